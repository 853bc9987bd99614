/// Groups in memory, in the order of their keys: what a window is changed by.
// Unchecked because nobody changes its list or its groups any more.
package final class SortedGroups: @unchecked Sendable {
    let list: GroupList
    private let pool: PagePool

    /// Merges the first section of segments, and sorts what comes out.
    ///
    /// - Parameters:
    ///   - inputs: segments in the order of hashes; they may be subtracted.
    ///   - layout: of the states.
    /// - Throws: `.storeDamaged`, `.io`; `NotSubtractable`.
    package init(merging inputs: [SegmentMerge.Input], _ layout: StateLayout, threads: Int) throws {
        let pool = PagePool.next()
        self.pool = pool
        let spans = SegmentSpan.all(of: inputs, section: 0)
        let parts = try SegmentMerge.stream(spans, layout, threads: threads) {
            SortedGroupsPart(layout, pool)
        } use: { part, batch in
            part.add(batch)
        }
        list = GroupList(layout, base: pool.base)
        for part in parts {
            for i in 0..<part.list.count { list.append(reference: part.list.items[i].reference) }
        }
        list.sortByKey(threads: threads)
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
private final class SortedGroupsPart {
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

    func add(_ batch: MergedGroups) {
        seen.show(batch)
        for i in 0..<seen.count { list.append(reference: cursor.copy(seen.entry(i), layout)) }
    }
}

/// The order of keys as outputs are sorted: by their bytes, the NULL of a bare text key (length -1) last.
@inline(__always)
func compareSortedKeys(_ a: UnsafePointer<UInt8>, _ n: Int32, _ b: UnsafePointer<UInt8>, _ m: Int32) -> Int {
    if n < 0 || m < 0 { return n < 0 ? (m < 0 ? 0 : 1) : -1 }
    return compareBytes(a, Int(n), b, Int(m))
}
