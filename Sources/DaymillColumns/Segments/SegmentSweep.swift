import DaymillCore
import Synchronization

/// One merge of all days that gives every window asked for: keys in the order of their hashes, the days of each ascending.
///
///     day segments ──▶ DayLists ──▶ SlidingGroup ──▶ a segment per window, in the spool of the thread
///
/// With little memory a `SegmentMergeCursor` takes the place of the lists.
///
/// Cost: one merge of the days, however many windows there are, and the bytes of the windows.
package enum SegmentSweep {
    /// - Parameters:
    ///   - inputs: days, each with its day as its term.
    ///   - windows: first and last days ascend.
    ///   - sections: those that are swept.
    ///   - seen: when pairs were seen last up to a day (see `LastSeen`): pairs of days up to that one are not read.
    ///   - part: only the groups of one of so many equal parts of all hashes: a sample.
    ///   - listBytes: what the lists of a thread may take.
    ///   - spools: one per thread.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func run(
        _ inputs: [SegmentMerge.Input], _ layouts: [StateLayout], sections: [Int], windows: [ClosedRange<Int32>],
        seen: (reader: SegmentReader, day: Int32)? = nil, oneOf part: Int = 1, listBytes: Int = 96 << 20,
        into spools: [SegmentSpool]
    ) throws {
        let windows = SlidingGroup.Windows(windows)
        for section in sections {
            // Of a pair only its days count, so they are all that is merged.
            let isPairs = section > 0 && LastSeen.isPossible(layouts[section])
            let spans = SegmentSpan.all(of: isPairs ? LastSeen.inputs(inputs, after: seen) : inputs, section: section)
            let merged = isPairs ? LastSeen.layout : layouts[section]
            let small = part == 1 ? DayLists.pieces(spans, merged, bytes: listBytes) : nil
            let pieces = part == 1 ? small ?? MergePiece.count(spans) : part
            for spool in spools { try spool.begin(section: section) }
            let next = NextPiece(below: part == 1 ? pieces : 1)
            try Workers.run(spools.count) { worker in
                // Each spool gets pieces in ascending order, so that its blocks ascend too.
                while let i = next.take() {
                    do {
                        let hashes = SegmentMergeCursor.piece(i, of: pieces)
                        if small == nil {
                            try sweep(spans, layouts[section], isPairs, hashes, windows, spools[worker])
                        } else {
                            try sweepLists(spans, layouts[section], isPairs, hashes, windows, spools[worker])
                        }
                    } catch {
                        next.stop()
                        throw error
                    }
                }
            }
        }
        for spool in spools { try spool.finish() }
    }

    private static func sweepLists(
        _ spans: [SegmentSpan], _ layout: StateLayout, _ isPairs: Bool, _ hashes: ClosedRange<UInt64>,
        _ windows: SlidingGroup.Windows, _ spool: SegmentSpool
    ) throws {
        let lists = try DayLists(spans, isPairs ? LastSeen.layout : layout, hashes: hashes)
        let group = SlidingGroup(layout, windows)
        func flush() throws {
            try group.each { window, words in
                try spool.append(to: window, hash: group.hash, key: group.key, length: group.length, words: words)
            }
        }
        try lists.each { hash, key, length in
            try flush()
            group.begin(hash, key, length)
        } day: { day, words in
            group.append(day: isPairs ? Int32(truncatingIfNeeded: Int64(bitPattern: words.pointee)) : day, words)
        }
        try flush()
    }

    private static func sweep(
        _ spans: [SegmentSpan], _ layout: StateLayout, _ isPairs: Bool, _ hashes: ClosedRange<UInt64>,
        _ windows: SlidingGroup.Windows, _ spool: SegmentSpool
    ) throws {
        let merged = isPairs ? LastSeen.layout : layout
        let cursor = try SegmentMergeCursor(spans, merged, hashes: hashes, keepsDays: true)
        let batch = MergedGroups(merged)
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
                let words = batch.states.words[i]
                let day = isPairs ? Int32(truncatingIfNeeded: Int64(bitPattern: words.pointee)) : batch.days[i]
                group.append(day: day, words)
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
