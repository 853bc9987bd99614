import DaymillCore
import Foundation

extension SegmentMerge {
    /// Merges segments into a segment, streamed: memory for a block of each input per thread and a few parts of 4 MiB,
    /// however many groups there are. The bytes are those that a merge through a hash table and `SegmentWriter` give.
    ///
    /// - Parameters:
    ///   - id: what the result is made of.
    ///   - layouts: the sections of the result.
    ///   - sections: those that are merged; nil: all.
    ///   - keepsDays: the result has days; otherwise the days of a key are folded together.
    ///   - dropsZero: groups whose last word comes out zero are left out: nothing is left of them.
    /// - Returns: the footer, the file's size and the file, still to be synced.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func write(
        _ inputs: [Input], id: ContentID, _ layouts: [StateLayout], sections: [Int]? = nil, keepsDays: Bool, rows: Int, badRows: Int, to path: String,
        threads: Int, dropsZero: Bool = false
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let writer = try SegmentStreamWriter(path, id: id, layouts, hasDays: keepsDays)
        let pieces = (sections ?? Array(layouts.indices)).flatMap { MergePiece.all(of: inputs, section: $0, keepsDays: keepsDays) }
        let turns = Turns(ahead: 2 * threads)
        let sink = SendableWriter(writer: writer)
        let spare = SendableStack<EncodedGroups>()
        try Workers.eachThrowing(pieces.count, threads) { i in
            let piece = pieces[i], layout = layouts[piece.section]
            try turns.work(i) {
                let cursor = try SegmentMergeCursor(piece.spans, layout, hashes: piece.hashes)
                let batch = MergedGroups(layout)
                var part = spare.pop() ?? EncodedGroups(layout)
                if part.layout != layout { part = EncodedGroups(layout) }
                func hand() throws {
                    try sink.writer.append(part, section: piece.section, day: piece.day)
                    part.removeAll()
                }
                while try cursor.next(into: batch) {
                    if dropsZero { try part.appendLiving(batch) } else { part.append(batch) }
                    if part.isFull { try turns.inTurn(i) { try hand() } }
                }
                return {
                    try hand()
                    spare.push(part)
                }
            }
        }
        return try writer.finish(rows: rows, badRows: badRows)
    }
}

/// A part of a merge that one worker does: a range of hashes of a section, of one day where days are kept.
struct MergePiece: Sendable {
    var section: Int
    var day: Int32
    var hashes: ClosedRange<UInt64>
    var spans: [SegmentSpan]

    /// The pieces of a section in the order of a segment.
    static func all(of inputs: [SegmentMerge.Input], section: Int, keepsDays: Bool) -> [MergePiece] {
        let spans = SegmentSpan.all(of: inputs, section: section)
        guard keepsDays else { return pieces(spans, section, day: 0) }
        let byDay = Dictionary(grouping: spans, by: \.day)
        return byDay.keys.sorted().flatMap { pieces(byDay[$0]!, section, day: $0) }
    }

    private static func pieces(_ spans: [SegmentSpan], _ section: Int, day: Int32) -> [MergePiece] {
        let count = count(spans)
        return (0..<count).map {
            MergePiece(section: section, day: day, hashes: SegmentMergeCursor.piece($0, of: count), spans: spans)
        }
    }

    /// So many pieces that each gives about a part's worth of records, but is worth opening all spans: at both ends of a
    /// piece a block of each is read twice.
    static func count(_ spans: [SegmentSpan]) -> Int {
        let blocks = spans.reduce(0) { $0 + $1.blocks.count }
        let wanted = blocks / max(16, 8 * spans.count)
        var count = 1
        while count < min(wanted, 4096) { count *= 2 }
        return count
    }
}

// Unchecked because parts come one at a time, in turn.
private struct SendableWriter: @unchecked Sendable {
    let writer: SegmentStreamWriter
}

/// Lets workers make numbered pieces side by side and hand them over in order, none too far ahead of the others.
// Unchecked because everything is touched under `condition`'s lock.
package final class Turns: @unchecked Sendable {
    private let condition = NSCondition()
    private var current = 0
    private var waiting: [Int: () throws -> Void] = [:]
    private let ahead: Int
    private var failure: (any Error)?

    /// - Parameter ahead: no piece begins so many before its turn: what is made is held until then.
    package init(ahead: Int) { self.ahead = max(1, ahead) }

    /// Makes piece `i`; what `make` returns is called when all pieces before have been handed over, by whichever thread
    /// is at hand.
    ///
    /// - Throws: what making or handing over throw, here or in an earlier piece.
    package func work(_ i: Int, _ make: () throws -> () throws -> Void) throws {
        do {
            try wait { i < current + ahead }
            let hand = try make()
            condition.lock()
            defer { condition.unlock() }
            waiting[i] = hand
            while failure == nil, let hand = waiting.removeValue(forKey: current) {
                try hand()
                current += 1
            }
            condition.broadcast()
        } catch {
            condition.lock()
            failure = failure ?? error
            condition.broadcast()
            condition.unlock()
            throw error
        }
    }

    /// Waits until all pieces before `i` have been handed over, then calls `body`: for pieces too large to be held.
    package func inTurn(_ i: Int, _ body: () throws -> Void) throws {
        try wait { i == current }
        try body()
    }

    private func wait(until test: () -> Bool) throws {
        condition.lock()
        defer { condition.unlock() }
        while failure == nil, !test() { condition.wait() }
        if let failure { throw failure }
    }
}
