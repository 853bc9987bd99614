import CKernels

/// Sorting groups by bytes: of their keys, or of sort keys made for an ORDER BY.
///
/// Radix sort on eight bytes at a time. The bytes that all keys share are stepped over first; the next eight of each key
/// are its prefix. One pass spreads the items over 256 buckets by the prefix's top byte, workers sort buckets by the
/// other seven (least significant first, passes without effect left out), and items with equal prefixes go on with the
/// next eight bytes. n items of d distinguishing bytes: O(n · d / 8 · 8) moves, no comparison but in runs under 24.
extension GroupList {
    /// Where an item's sort bytes lie: length as Int32 at one offset from its place in a pool, bytes at another.
    // Unchecked because pools do not move, and nobody writes to these bytes any more.
    struct SortBytes: @unchecked Sendable {
        var base: UnsafeMutableRawPointer
        var lengthOffset: Int
        var bytesOffset: Int
        /// Where a number lies that orders items of equal bytes; nil: there are none.
        var tagOffset: Int?

        @inline(__always)
        func place(_ item: Item) -> UnsafeMutableRawPointer { base + Int(item.reference) &* 8 }

        @inline(__always)
        func length(_ item: Item) -> Int { Int((place(item) + lengthOffset).load(as: Int32.self)) }

        @inline(__always)
        func bytes(_ item: Item) -> UnsafePointer<UInt8> {
            UnsafePointer((place(item) + bytesOffset).assumingMemoryBound(to: UInt8.self))
        }

        /// Bytes depth ..< depth + 8, big-endian, zeros past the end.
        @inline(__always)
        func prefix(_ item: Item, _ depth: Int) -> UInt64 {
            let left = length(item) - depth
            guard left > 0 else { return 0 }
            let word = UInt64(bigEndian: UnsafeRawPointer(bytes(item) + depth).loadUnaligned(as: UInt64.self))
            return left >= 8 ? word : word & ~(UInt64.max >> UInt64(left * 8))
        }

        func precedes(_ a: Item, _ b: Item) -> Bool {
            let order = compareBytes(bytes(a), max(0, length(a)), bytes(b), max(0, length(b)))
            guard order == 0, let tagOffset else { return order < 0 }
            return (place(a) + tagOffset).load(as: UInt32.self) < (place(b) + tagOffset).load(as: UInt32.self)
        }
    }

    /// Sorts by the group keys: ascending, NULLs last.
    package func sortByKey(threads: Int) {
        let by = SortBytes(base: base, lengthOffset: 0, bytesOffset: GroupEntry.header)
        guard count > 0 else { return }
        let survey = survey(count, by, threads)
        // The NULL of a bare text key: at most one item, and it comes last.
        if let null = survey.null { swapItems(null, count - 1) }
        sort(survey.null == nil ? count : count - 1, by, depth: survey.shared, threads)
    }

    /// Sorts by the group keys, none of which is NULL, and groups of one key by their tags.
    func sortByKeyAndTag(threads: Int) {
        let by = SortBytes(
            base: base, lengthOffset: 0, bytesOffset: GroupEntry.header, tagOffset: GroupEntry.tagOffset)
        if count > 0 { sort(count, by, depth: survey(count, by, threads).shared, threads) }
    }

    /// Sorts by encoded sort keys, one per item, in item order: see `KeyCodec` and `SortKeyWriter`.
    package func sort(by keys: SortKeys, threads: Int) {
        sortToRecords(by: keys, threads: threads)
        for i in 0..<count {
            items[i].reference = (keys.base + Int(items[i].reference) * 8).load(as: UInt32.self)
        }
    }

    /// The same, but afterwards items refer to the records of their sort keys: reference of the group, length, bytes.
    func sortToRecords(by keys: SortKeys, threads: Int = 1) {
        precondition(keys.count == count)
        for i in 0..<count { items[i].reference = keys.record(i, for: items[i].reference) }
        let by = SortBytes(base: keys.base, lengthOffset: 4, bytesOffset: 8)
        if count > 0 { sort(count, by, depth: survey(count, by, threads).shared, threads) }
    }

    private func swapItems(_ a: Int, _ b: Int) { (items[a], items[b]) = (items[b], items[a]) }

    private func sort(_ n: Int, _ by: SortBytes, depth: Int, _ threads: Int) {
        guard n > 1 else { return }
        let scratch = Buffer<Item>(capacity: n)
        let items = SendablePointer(self.items), other = SendablePointer(scratch.pointer)
        Workers.ranges(n, threads) { range in
            for i in range {
                if i + 16 < range.upperBound { dm_prefetch(by.place(items.p[i + 16]) + by.bytesOffset) }
                items.p[i].prefix = by.prefix(items.p[i], depth)
            }
        }
        var starts = GroupList.spread(items.p, other.p, n)
        starts.append(n)
        let bounds = starts
        Workers.each(256, threads) { bucket in
            let first = bounds[bucket], size = bounds[bucket + 1] - first
            items.p.advanced(by: first).update(from: other.p + first, count: size)
            GroupList.sortRun(items.p + first, other.p + first, size, by, depth)
        }
    }

    /// What one look at all keys tells.
    private struct Survey {
        /// How many leading bytes all keys share, the NULL left out.
        var shared = Int.max
        /// The item whose key is NULL.
        var null: Int?
    }

    private func survey(_ n: Int, _ by: SortBytes, _ threads: Int) -> Survey {
        let items = SendablePointer(self.items)
        let model = (0..<min(n, 2)).first { by.length(items.p[$0]) >= 0 } ?? 0
        let parts = Workers.ranges(n, threads) { range in
            let first = items.p[model]
            var found = Survey()
            for i in range {
                if i + 16 < range.upperBound { dm_prefetch(by.place(items.p[i + 16])) }
                let length = by.length(items.p[i])
                if length < 0 {
                    found.null = i
                    continue
                }
                let limit = min(found.shared, length, by.length(first))
                let a = by.bytes(first), b = by.bytes(items.p[i])
                var k = 0
                while k < limit && a[k] == b[k] { k += 1 }
                found.shared = k
            }
            return found
        }
        return parts.reduce(into: Survey()) { all, part in
            all.shared = min(all.shared, part.shared)
            all.null = all.null ?? part.null
        }
    }

    /// Scatters by the top byte of the prefix into `out`; returns where each bucket starts.
    private static func spread(
        _ items: UnsafeMutablePointer<Item>, _ out: UnsafeMutablePointer<Item>, _ n: Int
    ) -> [Int] {
        var next = [Int](repeating: 0, count: 256)
        for i in 0..<n { next[Int(items[i].prefix >> 56)] += 1 }
        var sum = 0
        for b in 0..<256 { (next[b], sum) = (sum, sum + next[b]) }
        let starts = next
        next.withUnsafeMutableBufferPointer { next in
            for i in 0..<n {
                let b = Int(items[i].prefix >> 56)
                out[next[b]] = items[i]
                next[b] &+= 1
            }
        }
        return starts
    }

    /// Sorts a run whose prefixes are set for `depth`; `scratch` has the same size.
    private static func sortRun(
        _ items: UnsafeMutablePointer<Item>, _ scratch: UnsafeMutablePointer<Item>, _ n: Int, _ by: SortBytes,
        _ depth: Int
    ) {
        guard n > 1 else { return }
        if n < 24 { return insertionSort(items, n, by) }
        radixByPrefix(items, scratch, n)
        var start = 0
        while start < n {
            var end = start + 1
            while end < n && items[end].prefix == items[start].prefix { end += 1 }
            if end - start > 1 { sortTies(items + start, scratch + start, end - start, by, depth) }
            start = end
        }
    }

    /// Items equal in bytes depth ..< depth + 8: those that end there come first, by length; the others go on.
    private static func sortTies(
        _ items: UnsafeMutablePointer<Item>, _ scratch: UnsafeMutablePointer<Item>, _ n: Int, _ by: SortBytes,
        _ depth: Int
    ) {
        let next = depth + 8
        if n < 24 { return insertionSort(items, n, by) }
        var ended = 0
        for i in 0..<n where by.length(items[i]) <= next {
            (items[i], items[ended]) = (items[ended], items[i])
            ended += 1
        }
        // Same bytes, zeros included, so only the length differs; there are at most eight lengths, each once.
        insertionSort(items, ended, by)
        for i in ended..<n { items[i].prefix = by.prefix(items[i], next) }
        sortRun(items + ended, scratch + ended, n - ended, by, next)
    }

    private static func insertionSort(_ items: UnsafeMutablePointer<Item>, _ n: Int, _ by: SortBytes) {
        guard n > 1 else { return }
        for i in 1..<n {
            let item = items[i]
            var j = i
            while j > 0 && by.precedes(item, items[j - 1]) {
                items[j] = items[j - 1]
                j -= 1
            }
            items[j] = item
        }
    }

    private static func radixByPrefix(
        _ items: UnsafeMutablePointer<Item>, _ scratch: UnsafeMutablePointer<Item>, _ n: Int
    ) {
        var from = items, to = scratch
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256 * 8) { counts in
            counts.initialize(repeating: 0)
            for i in 0..<n {
                let prefix = items[i].prefix
                for digit in 0..<8 { counts[digit &* 256 &+ Int((prefix >> UInt64(digit * 8)) & 255)] &+= 1 }
            }
            for digit in 0..<8 {
                let shift = UInt64(digit * 8)
                let at = counts.baseAddress! + digit * 256
                if at[Int((from[0].prefix >> shift) & 255)] == UInt32(n) { continue }
                var sum: UInt32 = 0
                for b in 0..<256 { (at[b], sum) = (sum, sum &+ at[b]) }
                for i in 0..<n {
                    let b = Int((from[i].prefix >> shift) & 255)
                    to[Int(at[b])] = from[i]
                    at[b] &+= 1
                }
                swap(&from, &to)
            }
        }
        if from != items { items.update(from: from, count: n) }
    }
}

/// Sort keys for an ORDER BY, in item order: terms encoded so that byte order is the wanted order.
package final class SortKeys {
    package private(set) var count = 0
    private let pool: PagePool
    private let cursor: PoolCursor
    private var records: [UInt32] = []
    var base: UnsafeMutableRawPointer { pool.base }
    /// Bytes taken.
    package var bytes: Int { pool.bytesUsed + records.count * 4 }
    /// Whether no more should be appended: 28 GiB of sort keys.
    package var isFull: Bool { pool.isFull }

    package init() {
        pool = PagePool()
        cursor = PoolCursor(pool)
    }

    func removeAll() {
        count = 0
        records.removeAll(keepingCapacity: true)
        pool.removeAll()
        cursor.reset()
    }

    /// Appends the keys of a batch: the terms in order of weight, each with its direction.
    package func append(_ terms: [(column: Vector, descending: Bool, nullsFirst: Bool)], count n: Int) {
        let codecs = terms.map { _ in KeyBatch(capacity: n) }
        for (term, keys) in zip(terms, codecs) {
            let codec = KeyCodec([term.column.form], allowsBareText: false)
            codec.encode([term.column], count: n, into: keys)
            // The codec's bytes die with it, so they are copied at once.
            for row in 0..<n { stash(term, keys, row) }
            parts.append(contentsOf: stashed)
            stashed.removeAll(keepingCapacity: true)
        }
        for row in 0..<n { finish(row, n, terms.count) }
        parts.removeAll(keepingCapacity: true)
        count += n
    }

    private var parts: [[UInt8]] = []
    private var stashed: [[UInt8]] = []

    private func stash(_ term: (column: Vector, descending: Bool, nullsFirst: Bool), _ keys: KeyBatch, _ row: Int) {
        var bytes = Array(UnsafeBufferPointer(start: keys.pointers[row], count: Int(keys.lengths[row])))
        let isNull = bytes[0] == 2
        if term.descending { for i in bytes.indices { bytes[i] = ~bytes[i] } }
        bytes[0] = isNull ? (term.nullsFirst ? 0 : 2) : 1
        stashed.append(bytes)
    }

    private func finish(_ row: Int, _ n: Int, _ terms: Int) {
        let bytes = (0..<terms).flatMap { parts[$0 * n + row] }
        // reference of the group · length · bytes
        let record = cursor.allocate((8 + bytes.count).rounded(upTo: 8))
        (record + 4).storeBytes(of: Int32(bytes.count), as: Int32.self)
        bytes.withUnsafeBytes { (record + 8).copyMemory(from: $0.baseAddress ?? $0.emptyBase, byteCount: $0.count) }
        records.append(cursor.reference(to: record))
    }

    fileprivate func record(_ i: Int, for group: UInt32) -> UInt32 {
        (pool.base + Int(records[i]) * 8).storeBytes(of: group, as: UInt32.self)
        return records[i]
    }
}
