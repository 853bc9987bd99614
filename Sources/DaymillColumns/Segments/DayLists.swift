/// The days of all keys with hashes of a range, as lists in memory: what a sweep slides over.
///
///     day 1 ──▶ k1 k3 k7 …  ┐   slots ascend with the hash, as the records of each day do:
///     day 2 ──▶ k1 k4 …     ├─▶ slot ▸ key ▸ day 1 ▸ day 2 ▸ …      so each day goes through the slots once, in order
///     day 3 ──▶ k3 k7 …     ┘
///
/// A merge of the same days by a loser tree compares each record with one of log k others, most of them equal keys, each in
/// another block of memory; here a record costs one look at a slot. Memory: 24 bytes and its state for each record. So
/// ranges are made small: see `pieces`.
final class DayLists {
    private let layout: StateLayout
    private let first: UInt64
    private var shift: UInt64 = 0
    private var slots = Buffer<UInt32>(capacity: 0)
    /// Keys.
    private var keyCount = 0
    private var keys = Buffer<Key>(capacity: 1024)
    /// Records: a day of a key each.
    private var recordCount = 0
    private var records = Buffer<Record>(capacity: 4096)
    private var states: Buffer<UInt64>
    private let texts = TextArena()

    private struct Key: BitwiseCopyable {
        var hash: UInt64
        var bytes: UnsafePointer<UInt8>
        var length: Int32
        /// Its first and its last record.
        var head: UInt32
        var tail: UInt32
    }

    private struct Record: BitwiseCopyable {
        var day: Int32
        var next: UInt32
    }

    private static let none = UInt32.max
    /// Slots after the last one that a hash leads to: what does not find a place there makes the table grow.
    private static let spare = 1024

    /// - Parameters:
    ///   - spans: with their days as terms.
    ///   - layout: of the states.
    /// - Throws: `.storeDamaged`, `.io`.
    init(_ spans: [SegmentSpan], _ layout: StateLayout, hashes: ClosedRange<UInt64>) throws {
        self.layout = layout
        first = hashes.lowerBound
        states = Buffer(capacity: 4096 * max(1, layout.words))
        let width = hashes.upperBound - hashes.lowerBound
        shift = UInt64(max(0, 64 - width.leadingZeroBitCount - 12))
        clear(Int(width >> shift) + 1 + DayLists.spare)
        for span in spans.sorted(by: { $0.day < $1.day }) {
            let strand = SegmentStrand(span, hashes: hashes)
            while try strand.step() { add(strand) }
        }
    }

    private func clear(_ count: Int) {
        slots = Buffer(capacity: count)
        slots.pointer.update(repeating: DayLists.none, count: count)
    }

    @inline(__always)
    private func add(_ strand: SegmentStrand) {
        let key = find(strand.hash, strand.key, strand.length)
        let tail = keys.pointer[key].tail
        if tail != DayLists.none, records.pointer[Int(tail)].day == strand.day {
            return StateMerge.merge(strand.words, into: states.pointer + Int(tail) &* layout.words, layout, texts)
        }
        if recordCount == records.capacity { growRecords() }
        let record = UInt32(truncatingIfNeeded: recordCount)
        records.pointer[recordCount] = Record(day: strand.day, next: DayLists.none)
        copy(strand.words, states.pointer + recordCount &* layout.words)
        recordCount &+= 1
        if tail == DayLists.none {
            keys.pointer[key].head = record
        } else {
            records.pointer[Int(tail)].next = record
        }
        keys.pointer[key].tail = record
    }

    /// The position of a key, which is added when it is new.
    @inline(__always)
    private func find(_ hash: UInt64, _ bytes: UnsafePointer<UInt8>, _ length: Int32) -> Int {
        var slot = Int(truncatingIfNeeded: (hash &- first) >> shift)
        while slot < slots.capacity {
            let found = slots.pointer[slot]
            if found == DayLists.none { break }
            let key = keys.pointer[Int(found)]
            if key.hash == hash, key.length == length, compareKeys(key.bytes, length, bytes, length) == 0 {
                return Int(found)
            }
            slot &+= 1
        }
        return insert(hash, bytes, length, slot)
    }

    @inline(never)
    private func insert(_ hash: UInt64, _ bytes: UnsafePointer<UInt8>, _ length: Int32, _ slot: Int) -> Int {
        if keyCount == keys.capacity { keys = DayLists.larger(keys) }
        let n = Int(max(0, length))
        let copy = texts.allocate(n + 1)
        copy.update(from: bytes, count: n)
        keys.pointer[keyCount] = Key(
            hash: hash, bytes: UnsafePointer(copy), length: length, head: DayLists.none, tail: DayLists.none)
        keyCount += 1
        if slot < slots.capacity, 2 * keyCount < slots.capacity {
            slots.pointer[slot] = UInt32(keyCount - 1)
        } else {
            grow()
        }
        return keyCount - 1
    }

    /// Twice as many slots, until each key finds one.
    private func grow() {
        var count = slots.capacity - DayLists.spare
        repeat {
            count *= 2
            if shift > 0 { shift -= 1 }
            clear(count + DayLists.spare + keyCount)
        } while !(0..<keyCount).allSatisfy(place)
    }

    private func place(_ key: Int) -> Bool {
        var slot = Int(truncatingIfNeeded: (keys.pointer[key].hash &- first) >> shift)
        while slot < slots.capacity {
            if slots.pointer[slot] == DayLists.none {
                slots.pointer[slot] = UInt32(key)
                return true
            }
            slot += 1
        }
        return false
    }

    private func growRecords() {
        let larger = Buffer<UInt64>(capacity: 2 * states.capacity)
        larger.pointer.update(from: states.pointer, count: recordCount * layout.words)
        states = larger
        records = DayLists.larger(records)
    }

    private static func larger<T>(_ buffer: Buffer<T>) -> Buffer<T> {
        let larger = Buffer<T>(capacity: 2 * buffer.capacity)
        larger.pointer.update(from: buffer.pointer, count: buffer.capacity)
        return larger
    }

    @inline(__always)
    private func copy(_ words: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>) {
        guard layout.hasTexts else { return target.update(from: words, count: layout.words) }
        layout.neutral.withUnsafeBufferPointer { target.update(from: $0.baseAddress!, count: $0.count) }
        StateMerge.merge(words, into: target, layout, texts)
    }

    // MARK: Reading

    /// Calls `begin` with each key, in the order of (hash, key bytes), and `day` with each of its days, ascending.
    func each(
        begin: (_ hash: UInt64, _ key: UnsafePointer<UInt8>, _ length: Int32) throws -> Void,
        day: (Int32, UnsafePointer<UInt64>) -> Void
    ) throws {
        for position in ordered() {
            let key = keys.pointer[Int(position)]
            try begin(key.hash, key.bytes, key.length)
            var next = key.head
            while next != DayLists.none {
                let record = records.pointer[Int(next)]
                day(record.day, states.pointer + Int(next) &* layout.words)
                next = record.next
            }
        }
    }

    /// Slots nearly are in order: a key is at most some places after the one that its hash leads to.
    private func ordered() -> [UInt32] {
        var order: [UInt32] = []
        order.reserveCapacity(keyCount)
        for slot in 0..<slots.capacity where slots.pointer[slot] != DayLists.none { order.append(slots.pointer[slot]) }
        for i in order.indices.dropFirst() {
            let item = order[i]
            var j = i
            while j > 0, precedes(item, order[j - 1]) {
                order[j] = order[j - 1]
                j -= 1
            }
            order[j] = item
        }
        return order
    }

    private func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
        let (x, y) = (keys.pointer[Int(a)], keys.pointer[Int(b)])
        return x.hash != y.hash ? x.hash < y.hash : compareKeys(x.bytes, x.length, y.bytes, y.length) < 0
    }

    // MARK: Pieces

    /// Into how many ranges of hashes a merge is cut, so that the lists of one take no more memory than a limit; nil where
    /// blocks are too large for that.
    static func pieces(_ spans: [SegmentSpan], _ layout: StateLayout, bytes limit: Int) -> Int? {
        let blocks = spans.map(\.blocks.count).max() ?? 0
        let memory = spans.reduce(0) { $0 + $1.records * (40 + 8 * layout.words) + $1.bytes }
        var count = 1
        // At both ends of a range a block of each day is read twice: two or three of them make a range.
        while count * 3 < blocks, count < 1 << 20 { count *= 2 }
        while memory / count > limit, count < 1 << 20 { count *= 2 }
        return count <= max(16, 2 * blocks) ? count : nil
    }
}
