import DaymillColumns
import DaymillCore
import Synchronization

/// Groups of a computation that lie in segments and not in tables: its own temporary ones, and stored ones that are to be
/// merged as a stream. All have the same sections.
final class DiskGroups: Sendable {
    let budget: MemoryBudget
    let layouts: [StateLayout]
    private let state = Mutex(State())

    private struct State {
        var segments: [Segment] = []
        /// Bytes of the largest segment written here: what is made of all may be as large.
        var largest = 0
    }

    struct Segment: Sendable {
        var input: SegmentMerge.Input
        /// Removes the file when nobody uses it any more.
        var file: TemporaryFile?
    }

    /// More temporary segments than this are merged before others are written: each is an open file.
    private static let filesMax = 128

    init(_ budget: MemoryBudget, _ layouts: [StateLayout]) {
        self.budget = budget
        self.layouts = layouts
    }

    var isEmpty: Bool { state.withLock { $0.segments.isEmpty } }
    var inputs: [SegmentMerge.Input] { state.withLock { $0.segments.map(\.input) } }

    func add(_ inputs: [SegmentMerge.Input]) {
        state.withLock { $0.segments += inputs.map { Segment(input: $0, file: nil) } }
    }

    /// Writes the groups of tables as a segment and empties the tables.
    ///
    /// - Throws: `.io`, also when the disk has no room for it.
    func spill(_ sections: [ShardedGroups], dayPrefixed: Bool, threads: Int, keepsMemory: Bool) throws {
        let largest = state.withLock { $0.largest }
        let bytes = sections.reduce(0) { $0 + $1.bytes }
        try write(needing: bytes + max(bytes, largest)) { path in
            try SegmentWriter.stream(
                sections, id: .ofNothing, rows: 0, badRows: 0, dayPrefixed: dayPrefixed, to: path, threads: threads,
                partBytes: budget.partBytes
            ).bytes
        }
        let isMany = state.withLock { $0.segments.count { $0.file != nil } } > DiskGroups.filesMax
        for groups in sections { groups.removeAll(keepsMemory: keepsMemory && !isMany) }
        if isMany { try compact(to: 1, keepsDays: dayPrefixed, threads: threads) }
    }

    /// Writes a temporary segment and keeps it.
    private func write(needing bytes: Int, _ body: (String) throws -> Int) throws {
        try FileDoor.makeDirectory(FileDoor.parent(of: budget.spillPath))
        try budget.checkSpace(for: bytes)
        let file = TemporaryFile(for: budget.spillPath)
        let written = try body(file.path)
        let segment = Segment(input: .init(try SegmentReader(file.path), days: nil), file: file)
        state.withLock {
            $0.segments.append(segment)
            $0.largest = max($0.largest, written)
        }
    }

    /// Merges segments into temporary ones until no more than so many strands are left to be read at once.
    ///
    /// - Parameter keepsDays: days are told apart, so that only those of one day are read at once.
    func compact(to strands: Int, keepsDays: Bool, threads: Int) throws {
        let most = max(2, budget.strands)
        func weight(_ segment: Segment) -> Int { keepsDays ? 1 : max(1, segment.input.strands) }
        while true {
            let segments = state.withLock { $0.segments }
            let total = segments.reduce(0) { $0 + weight($1) }
            guard segments.count > 1, total > max(1, strands) else { return }
            var taken = 0, sum = 0
            while taken < segments.count, taken < 2 || sum + weight(segments[taken]) <= most {
                sum += weight(segments[taken])
                taken += 1
            }
            let part = Array(segments[..<taken])
            try write(needing: part.reduce(0) { $0 + $1.input.reader.bytes }) { path in
                try SegmentMerge.write(
                    part.map(\.input), id: .ofNothing, layouts, keepsDays: keepsDays, rows: 0, badRows: 0, to: path,
                    threads: min(threads, max(1, budget.strands / sum)), partBytes: budget.partBytes
                ).bytes
            }
            state.withLock { $0.segments.removeFirst(taken) }
        }
    }

    /// Threads that can read all segments side by side, after as many merges as that takes.
    func readers(keepsDays: Bool, threads: Int) throws -> Int {
        try compact(to: budget.strands, keepsDays: keepsDays, threads: threads)
        let strands = inputs.reduce(0) { $0 + (keepsDays ? 1 : $1.strands) }
        return max(1, min(threads, budget.strands / max(1, strands)))
    }
}

extension SegmentMerge.Input {
    /// How many strands a merge of the groups has to read of it.
    fileprivate var strands: Int { SegmentSpan.all(of: [self], section: 0).count }
}
