/// Merges sections of segments as a stream: groups in the order of (hash, key bytes), a batch at a time.
///
///     strand 0 ──┐
///     strand 1 ──┼─ loser tree ─▶ equal keys folded ─▶ MergedGroups
///     strand k ──┘
///
/// A strand is what one segment holds of one day. Memory: a block of 64 KiB per strand, and the caller's batch; nothing
/// grows with the number of groups. n records of k strands take O(n log k) comparisons, nearly all of them of two hashes.
/// Equal hashes are never taken for equal keys.
///
/// Not for: few groups in many segments, where `SegmentMerge` through a hash table does no comparing at all.
package final class SegmentMergeCursor {
    private let layout: StateLayout
    private let keepsDays: Bool
    private let strands: [SegmentStrand]
    private let tree: LoserTree

    /// - Parameters:
    ///   - spans: what is merged; all of one section and layout. See `SegmentSpan.all`.
    ///   - layout: the states' layout. A span's own may name other kinds of the same words.
    ///   - hashes: only groups with these; parts of the whole range can be merged side by side.
    ///   - keepsDays: a group is (hash, key, day), and a key's days follow one another, ascending. Otherwise the days of a
    ///     key are folded together.
    /// - Throws: `.storeDamaged`, `.io`.
    package init(
        _ spans: [SegmentSpan], _ layout: StateLayout, hashes: ClosedRange<UInt64> = 0 ... .max, keepsDays: Bool = false
    ) throws {
        self.layout = layout
        self.keepsDays = keepsDays
        strands = spans.filter { !$0.blocks(holding: hashes).isEmpty }.map { SegmentStrand($0, hashes: hashes) }
        tree = LoserTree(strands.count)
        for i in strands.indices { try step(i) }
        tree.play(precedes)
    }

    /// The hashes of a shard, 0 ..< 16.
    package static func hashes(ofShard shard: Int) -> ClosedRange<UInt64> {
        piece(shard, of: ShardedGroups.shards)
    }

    /// One of `count` equal ranges of hashes; `count` is a power of two.
    package static func piece(_ i: Int, of count: Int) -> ClosedRange<UInt64> {
        guard count > 1 else { return 0 ... .max }
        let width = UInt64.max / UInt64(count) + 1
        return UInt64(i) * width...(UInt64(i) * width + (width - 1))
    }

    /// Fills a batch with the next groups; false when there are none any more.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    package func next(into batch: MergedGroups) throws -> Bool {
        batch.removeAll()
        while !tree.isDone {
            let first = tree.first, strand = strands[first]
            guard
                let words = batch.append(
                    hash: strand.hash, key: strand.key, length: strand.length, day: keepsDays ? strand.day : 0,
                    words: strand.words)
            else { break }
            try replay(first)
            try fold(into: words, batch)
        }
        return batch.count > 0
    }

    /// Folds what belongs to the batch's last group.
    @inline(__always)
    private func fold(into words: UnsafeMutablePointer<UInt64>, _ batch: MergedGroups) throws {
        let group = batch.count &- 1
        while !tree.isDone {
            let i = tree.first
            guard tree.number(i) == batch.keys.hashes[group] else { return }
            let strand = strands[i]
            guard strand.length == batch.keys.lengths[group], !keepsDays || strand.day == batch.days[group],
                compareKeys(strand.key, strand.length, batch.keys.pointers[group], strand.length) == 0
            else { return }
            batch.merge(strand.words, into: words)
            try replay(i)
        }
    }

    @inline(__always)
    private func step(_ i: Int) throws { tree.set(i, try strands[i].step() ? strands[i].hash : nil) }

    /// Steps the strand that came first and finds the one that comes first now.
    @inline(__always)
    private func replay(_ first: Int) throws {
        try step(first)
        tree.replay(first, precedes)
    }

    /// The order of two strands whose hashes are equal.
    private func precedes(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = (strands[a], strands[b])
        let order = compareKeys(x.key, x.length, y.key, y.length)
        if order != 0 { return order < 0 }
        return x.day != y.day ? x.day < y.day : a < b
    }
}

/// The order of keys with equal hashes: by their bytes, the NULL of a bare text key (length -1) first.
@inline(__always)
func compareKeys(_ a: UnsafePointer<UInt8>, _ n: Int32, _ b: UnsafePointer<UInt8>, _ m: Int32) -> Int {
    let order = compareBytes(a, Int(max(0, n)), b, Int(max(0, m)))
    return order != 0 ? order : Int(n) - Int(m)
}
