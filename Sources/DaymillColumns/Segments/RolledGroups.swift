/// A batch of groups of a window that rolls over some dates, each with the dates at which the window holds it so.
///
///     dates      0 1 2 3
///     a 3        ▒▒▒▒▒▒▒     no change touched it: one group for all dates
///     b 1        ▒▒▒
///     b 4            ▒▒▒     a change of date 2
///     c 7        ▒▒▒▒▒       gone from date 3 on
package final class RolledGroups {
    package let groups: MergedGroups
    /// How many dates there are.
    package let dates: Int
    /// The first date of each group.
    package let from: UnsafeMutablePointer<Int32>
    /// The date after the last one of each group.
    package let to: UnsafeMutablePointer<Int32>
    /// Whether every group is there at all dates.
    package private(set) var isWhole = true
    /// Bytes of the record of each group in the window's block, if it is as it was there; else 0.
    let recordBytes: UnsafeMutablePointer<Int32>
    /// Where these records lie: in the block that the cursor stands in.
    let records: UnsafeMutablePointer<UnsafePointer<UInt8>>
    private let memory: Buffer<Int32>
    private let places: Buffer<UnsafePointer<UInt8>>

    package init(_ layout: StateLayout, dates: Int) {
        groups = MergedGroups(layout)
        self.dates = dates
        let capacity = MergedGroups.capacity
        memory = Buffer(capacity: 3 * capacity)
        places = Buffer(capacity: capacity)
        (from, to, recordBytes) = (memory.pointer, memory.pointer + capacity, memory.pointer + 2 * capacity)
        records = places.pointer
    }

    package var count: Int { groups.count }

    func removeAll() {
        groups.removeAll()
        isWhole = true
    }

    /// Adds a group that is there from a date on, for now to the end; nil when the batch is full.
    @inline(__always)
    func append(
        _ key: UnsafePointer<UInt8>, _ length: Int32, _ words: UnsafePointer<UInt64>, from date: Int
    ) -> UnsafeMutablePointer<UInt64>? {
        let i = groups.count
        guard let words = groups.append(hash: 0, key: key, length: length, day: 0, words: words) else { return nil }
        from[i] = Int32(truncatingIfNeeded: date)
        to[i] = Int32(truncatingIfNeeded: dates)
        recordBytes[i] = 0
        if date > 0 { isWhole = false }
        return words
    }

    /// Adds the group that a strand stands at; false when the batch is full.
    @inline(__always)
    func append(_ strand: KeyedStrand) -> Bool {
        let i = groups.count
        guard append(strand.key, strand.length, strand.words, from: 0) != nil else { return false }
        records[i] = strand.record
        recordBytes[i] = Int32(truncatingIfNeeded: strand.recordBytes)
        return true
    }

    /// Ends the last group before a date, and goes on with a copy of it.
    func split(at date: Int) -> UnsafeMutablePointer<UInt64>? {
        let i = groups.count - 1
        to[i] = Int32(truncatingIfNeeded: date)
        isWhole = false
        return append(groups.keys.pointers[i], groups.keys.lengths[i], groups.states.words[i], from: date)
    }

    /// Takes the last group back.
    func removeLast() { groups.removeLast() }
}

extension EncodedGroups {
    /// Appends those groups of a batch that are there at the last date.
    package func append(lasting batch: RolledGroups) {
        var i = 0
        while i < batch.count {
            let n = batch.untouched(from: i)
            if n > 0 {
                append(batch.records[i], batch.recordBytes + i, n)
            } else if batch.isLasting(i) {
                append(batch.groups, i)
            }
            i &+= max(1, n)
        }
    }

    /// Adds those records to a sum whose keys' hashes lie in a range. The last records are the lasting groups of a batch.
    package func add(to sum: inout RecordSum, lasting batch: RolledGroups, hashes: ClosedRange<UInt64>) {
        if batch.isWhole { return add(to: &sum, batch.groups, hashes: hashes) }
        batch.groups.keys.hashAll()
        let lasting = (0..<batch.count).filter(batch.isLasting)
        for (i, group) in lasting.enumerated() where hashes.contains(batch.groups.keys.hashes[group]) {
            add(to: &sum, record: count - lasting.count + i)
        }
    }
}

extension RolledGroups {
    /// How many groups from one on have records that lie one after another.
    @inline(__always)
    func untouched(from first: Int) -> Int {
        var i = first
        while i < count, recordBytes[i] > 0,
            i == first || records[i] == records[i &- 1] + Int(recordBytes[i &- 1])
        {
            i &+= 1
        }
        return i &- first
    }

    /// The dates of a group.
    @inline(__always)
    package func span(_ i: Int) -> Range<Int> {
        precondition(i >= 0 && i < count)
        return Int(from[i])..<Int(to[i])
    }

    /// Whether a group is there at the last date.
    @inline(__always)
    func isLasting(_ i: Int) -> Bool { to[i] == Int32(truncatingIfNeeded: dates) }
}
