/// Groups in memory, in the order of their keys: what a window is changed by, from one date to the next.
///
///     key      a     a     b     c     c
///     date     0     2     1     0     1        groups of a key in the order of dates
// Unchecked because nobody changes its list or its groups any more.
package final class SortedGroups: @unchecked Sendable {
    let list: GroupList
    private let pool: PagePool
    /// How many dates there are.
    package let dates: Int

    /// Merges the first section of segments, for each date by itself, and sorts what comes out.
    ///
    /// - Parameters:
    ///   - dates: for each date segments in the order of hashes; they may be subtracted.
    ///   - layout: of the states.
    /// - Throws: `.storeDamaged`, `.io`; `NotSubtractable`.
    package init(merging dates: [[SegmentMerge.Input]], _ layout: StateLayout, threads: Int) throws {
        let pool = PagePool.next()
        self.pool = pool
        self.dates = dates.count
        let spare = SendableStack<SortedGroupsPart>()
        for (date, inputs) in dates.enumerated() {
            let spans = SegmentSpan.all(of: inputs, section: 0)
            let parts = try SegmentMerge.stream(spans, layout, threads: threads) {
                spare.pop() ?? SortedGroupsPart(layout, pool)
            } use: { part, batch in
                part.add(batch, tag: UInt32(date))
            }
            parts.forEach(spare.push)
        }
        list = GroupList(layout, base: pool.base)
        var nulls: [UInt32] = []
        while let part = spare.pop() {
            for i in 0..<part.list.count {
                let reference = part.list.items[i].reference
                if part.list.entry(i).length < 0 { nulls.append(reference) } else { list.append(reference: reference) }
            }
        }
        list.sortByKeyAndTag(threads: threads)
        // NULL comes last.
        let base = pool.base
        func tag(_ reference: UInt32) -> UInt32 { GroupEntry(base + Int(reference) * 8).tag }
        for reference in nulls.sorted(by: { tag($0) < tag($1) }) { list.append(reference: reference) }
    }

    deinit { PagePool.retire(pool) }

    package var count: Int { list.count }

    /// The most memory that the groups of segments take here.
    package static func bytes(_ inputs: [SegmentMerge.Input], _ layout: StateLayout) -> Int {
        SegmentSpan.all(of: inputs, section: 0).reduce(0) { $0 + $1.bytes + $1.records * (40 + 8 * layout.words) }
    }

    /// The first group whose key is not below another; `count` when there is none.
    func first(from key: UnsafePointer<UInt8>, _ length: Int32) -> Int {
        var low = 0, high = list.count
        while low < high {
            let middle = (low + high) / 2, entry = list.entry(middle)
            if compareSortedKeys(entry.key, entry.length, key, length) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What one thread collects.
// Unchecked because one thread at a time has it.
private final class SortedGroupsPart: @unchecked Sendable {
    let list: GroupList
    private let layout: StateLayout
    private let cursor: PoolCursor
    private let seen: GroupList

    init(_ layout: StateLayout, _ pool: PagePool) {
        self.layout = layout
        cursor = PoolCursor(pool)
        list = GroupList(layout, base: pool.base)
        seen = GroupList(layout)
    }

    func add(_ batch: MergedGroups, tag: UInt32) {
        seen.show(batch)
        for i in 0..<seen.count {
            list.append(reference: cursor.copy(seen.entry(i), layout))
            list.entry(list.count - 1).setTag(tag)
        }
    }
}

/// The order of keys as outputs are sorted: by their bytes, the NULL of a bare text key (length -1) last. Seven bytes after
/// each key must be readable, as they are in buffers and pools.
@inline(__always)
func compareSortedKeys(_ a: UnsafePointer<UInt8>, _ n: Int32, _ b: UnsafePointer<UInt8>, _ m: Int32) -> Int {
    if n < 0 || m < 0 { return n < 0 ? (m < 0 ? 0 : 1) : -1 }
    let common = Int(min(n, m))
    var i = 0
    while i < common {
        var x = UInt64(bigEndian: UnsafeRawPointer(a + i).loadUnaligned(as: UInt64.self))
        var y = UInt64(bigEndian: UnsafeRawPointer(b + i).loadUnaligned(as: UInt64.self))
        if common &- i < 8 {
            let rest = UInt64(truncatingIfNeeded: 64 &- 8 &* (common &- i))
            (x, y) = (x >> rest, y >> rest)
        }
        if x != y { return x < y ? -1 : 1 }
        i &+= 8
    }
    return Int(n) &- Int(m)
}
