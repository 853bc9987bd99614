import DaymillCore

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
    ///   - partBytes: of the parts that workers encode; there are up to two per thread at a time.
    /// - Returns: the footer, the file's size and the file, still to be synced.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func write(
        _ inputs: [Input], id: ContentID, _ layouts: [StateLayout], sections: [Int]? = nil, keepsDays: Bool, rows: Int,
        badRows: Int, to path: String, threads: Int, dropsZero: Bool = false, partBytes: Int = 4 << 20
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let writer = try SegmentStreamWriter(path, id: id, layouts, hasDays: keepsDays)
        let pieces = (sections ?? Array(layouts.indices)).flatMap {
            MergePiece.all(of: inputs, section: $0, keepsDays: keepsDays)
        }
        try writer.appendPieces(pieces.count, threads, partBytes: partBytes) { i, parts in
            let piece = pieces[i], layout = layouts[piece.section]
            parts.begin(layout, section: piece.section, day: piece.day)
            let cursor = try SegmentMergeCursor(piece.spans, layout, hashes: piece.hashes)
            let batch = MergedGroups(layout)
            while try cursor.next(into: batch) {
                if dropsZero { try parts.part.appendLiving(batch) } else { parts.part.append(batch) }
                try parts.handOverIfFull()
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
