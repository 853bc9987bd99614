import DaymillCore

/// The latest day on which each pair of a count(DISTINCT …) was seen.
///
///     day segments                         last-seen segment as of day 9
///     7: (g, a) (g, b)                     (g, a) 9
///     8: (g, b)                      ──▶   (g, b) 8      the window 8…9 has two values in g, the window 9…9 one
///     9: (g, a)
///
/// One such segment gives the exact pairs of every window that ends on its day, of whatever length: those seen since the
/// window's first day. It has the sections of the days' segments, of which it fills those of pairs; a pair's only partial
/// is the day. It does not know earlier days of a pair, so that a day that is taken away, or changed, needs a merge.
package enum LastSeen {
    /// The partials of a pair.
    package static let layout = StateLayout([.maxInt64])

    /// Whether the pairs of a section are told apart by their keys alone, so that the day is all there is to keep.
    package static func isPossible(_ layout: StateLayout) -> Bool { layout.words == 0 }

    static func layouts(_ layouts: [StateLayout]) -> [StateLayout] {
        layouts.map { isPossible($0) ? layout : StateLayout([]) }
    }

    /// The sections that hold such pairs.
    package static func sections(_ layouts: [StateLayout]) -> [Int] {
        layouts.indices.filter { $0 > 0 && isPossible(layouts[$0]) }
    }

    /// A day's segment as it counts here.
    static func input(_ input: SegmentMerge.Input) -> SegmentMerge.Input {
        guard let day = input.term.day else { preconditionFailure("a segment without a day") }
        var input = input
        input.term.extra = UInt64(bitPattern: Int64(day))
        return input
    }

    /// A last-seen segment as an input: older than all days.
    static func input(_ reader: SegmentReader) -> SegmentMerge.Input {
        SegmentMerge.Input(reader, days: nil, term: SegmentTerm(day: .min))
    }

    /// Days, those up to a day replaced by what was seen up to it.
    static func inputs(
        _ days: [SegmentMerge.Input], after seen: (reader: SegmentReader, day: Int32)?
    ) -> [SegmentMerge.Input] {
        guard let seen else { return days.map { input($0) } }
        return [input(seen.reader)] + days.map { input($0) }.filter { $0.term.day.map { $0 > seen.day } ?? true }
    }

    /// Writes a segment from an earlier one and days, each of which has its day as its term.
    ///
    /// - Parameter layouts: of the sections of the days' segments.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func write(
        _ earlier: SegmentReader?, _ days: [SegmentMerge.Input], _ layouts: [StateLayout], to path: String, threads: Int
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let inputs = (earlier.map { [input($0)] } ?? []) + days.map { input($0) }
        return try SegmentMerge.write(
            inputs, id: ContentID(high: 0, low: 0), self.layouts(layouts), sections: sections(layouts),
            keepsDays: false,
            rows: 0, badRows: 0, to: path, threads: threads)
    }

    /// Folds the pairs of a section that were seen since the first days of windows into groups, one for each window; one
    /// pass for all.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    package static func fold(
        _ reader: SegmentReader, section: Int, since first: [Int32], into windows: [ShardedGroups], threads: Int
    ) throws {
        precondition(first.count == windows.count && windows.allSatisfy { isPossible($0.layout) })
        let pieces = MergePiece.all(of: [input(reader)], section: section, keepsDays: false)
        try Workers.eachThrowing(pieces.count, threads) { i in
            let cursor = try SegmentMergeCursor(pieces[i].spans, layout, hashes: pieces[i].hashes)
            let batch = MergedGroups(layout)
            let workers = windows.map {
                ShardedGroups.Worker($0, batchCapacity: MergedGroups.capacity, usesLocalTable: false)
            }
            let keys = KeyBatch(capacity: MergedGroups.capacity)
            while try cursor.next(into: batch) {
                for (first, worker) in zip(first, workers) {
                    batch.select(since: Int64(first), into: keys)
                    worker.addSorted(keys, states: batch.states)
                }
            }
            for worker in workers { worker.finish() }
        }
    }
}

extension MergedGroups {
    /// The keys of groups whose first partial, a day, is not before another.
    fileprivate func select(since first: Int64, into keys: KeyBatch) {
        var n = 0
        for i in 0..<count where Int64(bitPattern: states.words[i].pointee) >= first {
            keys.hashes[n] = self.keys.hashes[i]
            keys.pointers[n] = self.keys.pointers[i]
            keys.lengths[n] = self.keys.lengths[i]
            n += 1
        }
        keys.count = n
    }
}
