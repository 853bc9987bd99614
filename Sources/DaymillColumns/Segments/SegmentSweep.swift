import DaymillCore
import Synchronization

/// One merge of all days that gives every window asked for: keys in the order of their hashes, the days of each ascending.
///
///     day segments ──▶ SegmentMergeCursor ──▶ SlidingGroup ──▶ a segment per window, in the spool of the thread
///
/// Cost: one merge of the days, however many windows there are, and the bytes of the windows.
package enum SegmentSweep {
    /// - Parameters:
    ///   - inputs: each with the day that it counts for (`term.day`), unless its blocks say that.
    ///   - windows: first and last days ascend.
    ///   - sections: those that are swept.
    ///   - part: only the groups of one of so many equal parts of all hashes: a sample.
    ///   - spools: one per thread.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func run(
        _ inputs: [SegmentMerge.Input], _ layouts: [StateLayout], sections: [Int], windows: [ClosedRange<Int32>],
        oneOf part: Int = 1, into spools: [SegmentSpool]
    ) throws {
        let windows = SlidingGroup.Windows(windows)
        for section in sections {
            let spans = SegmentSpan.all(of: inputs, section: section)
            let pieces = part == 1 ? MergePiece.count(spans) : part
            for spool in spools { try spool.begin(section: section) }
            let next = NextPiece(below: part == 1 ? pieces : 1)
            try Workers.run(spools.count) { worker in
                // Each spool gets pieces in ascending order, so that its blocks ascend too.
                while let i = next.take() {
                    do {
                        let hashes = SegmentMergeCursor.piece(i, of: pieces)
                        try sweep(spans, layouts[section], hashes, windows, spools[worker])
                    } catch {
                        next.stop()
                        throw error
                    }
                }
            }
        }
        for spool in spools { try spool.finish() }
    }

    private static func sweep(
        _ spans: [SegmentSpan], _ layout: StateLayout, _ hashes: ClosedRange<UInt64>, _ windows: SlidingGroup.Windows,
        _ spool: SegmentSpool
    ) throws {
        let cursor = try SegmentMergeCursor(spans, layout, hashes: hashes, keepsDays: true)
        let batch = MergedGroups(layout)
        let group = SlidingGroup(layout, windows)
        func flush() throws {
            try group.each { window, words in
                try spool.append(to: window, hash: group.hash, key: group.key, length: group.length, words: words)
            }
        }
        while try cursor.next(into: batch) {
            for i in 0..<batch.count {
                if !group.isSame(batch, i) {
                    try flush()
                    group.begin(batch, i)
                }
                group.append(day: batch.days[i], batch.states.words[i])
            }
        }
        try flush()
    }
}

/// Numbers of pieces, each handed out once, in order.
private final class NextPiece: Sendable {
    private let next = Mutex(0)
    private let count: Int

    init(below count: Int) { self.count = count }

    func take() -> Int? {
        next.withLock { next in
            guard next < count else { return nil }
            defer { next += 1 }
            return next
        }
    }

    func stop() { next.withLock { $0 = count } }
}
