import CKernels

/// The groups of an aggregation as a list that can be filtered, sorted and read in batches.
///
/// Lives no longer than the `ShardedGroups` it was taken from, and reads it without locks: the workers are done.
package final class GroupList {
    /// 12 bytes: sorting needs two of them per group, and there may be many groups.
    struct Item {
        private var upper: UInt32
        private var lower: UInt32
        /// The entry's place in the pool; while sorting by sort keys, that of the sort key.
        var reference: UInt32

        init(reference: UInt32) {
            upper = 0
            lower = 0
            self.reference = reference
        }

        /// Eight bytes of the key, or of the sort key.
        @inline(__always)
        var prefix: UInt64 {
            get { UInt64(upper) << 32 | UInt64(lower) }
            set {
                upper = UInt32(truncatingIfNeeded: newValue >> 32)
                lower = UInt32(truncatingIfNeeded: newValue)
            }
        }
    }

    /// Who holds the entries, so that they live as long as the list; nil where the caller sees to that.
    private let groups: ShardedGroups?
    package let layout: StateLayout
    /// What items' references count from.
    private(set) var base: UnsafeMutableRawPointer
    package private(set) var count: Int
    private(set) var items: UnsafeMutablePointer<Item>
    private var memory: Buffer<Item>

    package init(_ groups: ShardedGroups, threads: Int = 1) {
        self.groups = groups
        layout = groups.layout
        base = groups.pool.base
        count = groups.count
        memory = Buffer(capacity: count)
        items = memory.pointer
        let items = SendablePointer(memory.pointer)
        Workers.each(groups.tables.count, threads) { shard in
            var n = groups.tables[..<shard].reduce(0) { $0 + $1.count }
            groups.tables[shard].forEachEntry {
                items.p[n] = Item(reference: groups.pool.reference(to: $0.raw))
                n += 1
            }
        }
    }

    /// A list of groups that are added one after another, or seen through `show`; entries count from `base`.
    init(_ layout: StateLayout, base: UnsafeMutableRawPointer) {
        groups = nil
        self.layout = layout
        self.base = base
        count = 0
        memory = Buffer(capacity: MergedGroups.capacity)
        items = memory.pointer
    }

    /// A list through which the groups of a merge are read, a batch at a time: see `show`.
    package convenience init(_ layout: StateLayout) {
        self.init(layout, base: UnsafeMutableRawPointer(mutating: Vector.nothing))
    }

    /// Lists the groups of a batch, and nothing else, until the batch is filled again.
    package func show(_ batch: MergedGroups) {
        precondition(groups == nil && batch.layout == layout)
        base = batch.base
        count = batch.count
        for i in 0..<count { items[i] = Item(reference: batch.reference(i)) }
    }

    /// Lists some items of another list, and nothing else, as long as that one is there.
    package func show(_ other: GroupList, _ range: Range<Int>) {
        precondition(groups == nil && other.layout == layout && range.upperBound <= other.count)
        precondition(range.count <= memory.capacity)
        base = other.base
        count = range.count
        items.update(from: other.items + range.lowerBound, count: range.count)
    }

    /// Lists the entries in a table's slots, from one slot on, at most `n` and nothing else.
    ///
    /// - Returns: The slot to go on from.
    func show(_ table: GroupTable, from first: Int, atMost n: Int) -> Int {
        precondition(groups == nil && n <= memory.capacity)
        let slots = table.slots, end = 1 << table.slotBits, items = self.items
        var found = 0, place = first
        while place < end && found < n {
            let slot = slots[place]
            place &+= 1
            if slot == 0 { continue }
            items[found] = Item(reference: UInt32(truncatingIfNeeded: slot))
            found &+= 1
        }
        count = found
        return place
    }

    /// Adds an entry by its place.
    func append(reference: UInt32) {
        if count == memory.capacity {
            let larger = Buffer<Item>(capacity: 2 * count)
            larger.pointer.update(from: items, count: count)
            (memory, items) = (larger, larger.pointer)
        }
        items[count] = Item(reference: reference)
        count += 1
    }

    func removeAll() { count = 0 }

    /// Lets go of what only finding groups needs: from now on the list is all there is.
    package func releaseTables() {
        for table in groups?.tables ?? [] { table.releaseSlots() }
    }

    @inline(__always)
    func entry(_ i: Int) -> GroupEntry { GroupEntry(base + Int(items[i].reference) * 8) }

    /// Keeps the items whose flag is true, in order. `flags[i]` belongs to item i.
    package func keep(_ flags: [Bool]) {
        precondition(flags.count == count)
        var n = 0
        for i in 0..<count where flags[i] {
            items[n] = items[i]
            n += 1
        }
        count = n
    }

    /// Drops all but a range of positions.
    package func slice(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        items.update(from: items + range.lowerBound, count: range.count)
        count = range.count
    }

    /// The keys of a range of items, as columns. One vector per key column.
    package func keys(
        _ range: Range<Int>, codec: KeyCodec, into columns: [Vector?], scratch: KeyBatch, arena: TextArena
    ) {
        fill(scratch, range)
        codec.decode(scratch.pointers, scratch.lengths, count: range.count, into: columns, arena: arena)
    }

    func fill(_ keys: KeyBatch, _ range: Range<Int>) {
        precondition(range.count <= keys.capacity && range.upperBound <= count)
        keys.count = range.count
        let first = range.lowerBound
        for i in 0..<range.count {
            if i + 16 < range.count {
                // States mostly lie in the entry's second cache line.
                let ahead = entry(first + i + 16).raw
                dm_prefetch(ahead)
                dm_prefetch(ahead + 64)
            }
            let entry = entry(first + i)
            keys.pointers[i] = entry.key
            keys.lengths[i] = entry.length
        }
    }

    func words(_ i: Int, _ partial: Int) -> UnsafeMutablePointer<UInt64> {
        entry(i).words + layout.offsets[partial]
    }
}

/// Reading partials of a range of groups into vectors.
extension GroupList {
    /// A count, as int64.
    package func counts(_ range: Range<Int>, _ partial: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count { v.int64s[i] = Int64(bitPattern: words(range.lowerBound + i, partial).pointee) }
    }

    /// A sum of 64-bit integers, as int128. NULL where `present` counts nothing.
    package func sumsInt64(_ range: Range<Int>, _ partial: Int, present: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count {
            v.int128s[i] = StateUpdate.int128(words(range.lowerBound + i, partial))
            nullUnless(range.lowerBound + i, present, v, i)
        }
    }

    /// A sum of decimals, as int128; false when some sum does not fit 38 digits.
    package func sumsInt128(_ range: Range<Int>, _ partial: Int, present: Int, into v: Vector) -> Bool {
        begin(v, range)
        for i in 0..<range.count {
            let w = words(range.lowerBound + i, partial)
            let value = StateUpdate.int128(w)
            guard GroupList.fits38(w) else { return false }
            v.int128s[i] = value
            nullUnless(range.lowerBound + i, present, v, i)
        }
        return true
    }

    /// An exact sum of doubles, rounded once.
    package func sumsDouble(_ range: Range<Int>, _ partial: Int, present: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count {
            v.doubles[i] = CompactSum.quotient(words(range.lowerBound + i, partial), by: 1)
            nullUnless(range.lowerBound + i, present, v, i)
        }
    }

    /// Sum divided by count, rounded once, as double. `scale`: of decimals.
    package func averages(_ range: Range<Int>, _ partial: Int, present: Int, scale: Int, into v: Vector) {
        begin(v, range)
        let kind = layout.kinds[partial]
        let powers = RoundedQuotient.powerOfTen(scale)
        for i in 0..<range.count {
            let rows = words(range.lowerBound + i, present).pointee
            nullUnless(range.lowerBound + i, present, v, i)
            guard rows > 0 else { continue }
            v.doubles[i] = GroupList.average(words(range.lowerBound + i, partial), kind, rows: rows, powers)
        }
    }

    /// - Parameter powers: what decimals are divided by.
    static func average(
        _ w: UnsafePointer<UInt64>, _ kind: PartialKind, rows: UInt64, _ powers: [UInt64]
    ) -> Double {
        if kind == .sumDouble { return CompactSum.quotient(w, by: rows) }
        let value = Array(UnsafeBufferPointer(start: w, count: kind.words))
        return RoundedQuotient.of(twosComplement: value, lowExponent: 0, divisors: [rows] + powers)
    }

    /// Whether a sum of decimals has at most 38 digits.
    static func fits38(_ w: UnsafePointer<UInt64>) -> Bool {
        let value = StateUpdate.int128(w)
        return w[2] == UInt64(truncatingIfNeeded: value >> 127) && value.magnitude < limit38
    }

    /// A least or greatest encoding (see `KeyCodec`), as text; NULL where there is none.
    package func encodings(_ range: Range<Int>, _ partial: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count {
            let w = words(range.lowerBound + i, partial)
            let p = UnsafePointer<UInt8>(bitPattern: UInt(w[0]))
            v.setText(i, p ?? UnsafePointer(Vector.nothing), p == nil ? 0 : Int(w[1]))
            if p == nil || v.hasNulls { v.setNull(i, p == nil) }
        }
    }

    /// A minimum or maximum in its vector's form.
    package func extremes(_ range: Range<Int>, _ partial: Int, present: Int, into v: Vector) {
        begin(v, range)
        let kind = layout.kinds[partial]
        for i in 0..<range.count {
            let w = words(range.lowerBound + i, partial)
            nullUnless(range.lowerBound + i, present, v, i)
            switch (kind, v.form) {
            case (.minText, _), (.maxText, _):
                let p = UnsafePointer<UInt8>(bitPattern: UInt(w[0])) ?? UnsafePointer(Vector.nothing)
                v.setText(i, p, Int(w[1]))
            case (.minInt128, _), (.maxInt128, _): v.int128s[i] = StateUpdate.int128(w)
            case (.minDouble, _), (.maxDouble, _): v.doubles[i] = doubleOfOrderedBits(Int64(bitPattern: w[0]))
            case (_, .bool): v.bools[i] = UInt8(truncatingIfNeeded: w[0] & 1)
            default: v.int64s[i] = Int64(bitPattern: w[0])
            }
        }
    }

    /// The bytes of a least or greatest text, which stay where they are.
    package func texts(_ range: Range<Int>, _ partial: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count {
            let w = words(range.lowerBound + i, partial)
            v.setText(i, UnsafePointer<UInt8>(bitPattern: UInt(w[0])) ?? UnsafePointer(Vector.nothing), Int(w[1]))
        }
    }

    /// A least or greatest number of 128 bits of groups that all have one.
    package func numbers(_ range: Range<Int>, _ partial: Int, into v: Vector) {
        begin(v, range)
        for i in 0..<range.count { v.int128s[i] = StateUpdate.int128(words(range.lowerBound + i, partial)) }
    }

    func begin(_ v: Vector, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        v.count = range.count
        v.hasNulls = false
    }

    @inline(__always)
    private func nullUnless(_ item: Int, _ present: Int, _ v: Vector, _ row: Int) {
        if words(item, present).pointee == 0 { v.setNull(row, true) }
    }

    /// 10^38.
    static let limit38: UInt128 = (0..<38).reduce(UInt128(1)) { p, _ in p * 10 }
}
