package import DaymillColumns
import DaymillCore
import DaymillSQL

/// Publishing and keeping a window in one pass: each group becomes a row of the output and a record of the window.
///
/// Only where rows come in the order of keys, all of them: see `Rollup.isInKeyOrder`.
extension PublishedResult {
    /// Writes a window that is rolled over some dates: read, changed and written again, without all of it ever being in
    /// memory. Each date has an output; the window is that of the last one.
    ///
    /// - Parameters:
    ///   - window: takes the records; nil: the window is there already.
    ///   - slice: hashes of the groups that are audited.
    ///   - writes: for each date takes the bytes of its output.
    /// - Returns: the outputs, and the sum of the audited groups' records.
    /// - Throws: `.storeDamaged`, `.io`; `NotSubtractable`.
    package static func write(
        _ roll: KeyedRoll, _ plan: ScanPlan, _ format: OutputFormat, window: SegmentStreamWriter?,
        slice: ClosedRange<UInt64>?, threads: Int, writes: [OutputDoor]
    ) throws -> (outputs: [WrittenOutput], sum: RecordSum) {
        precondition(writes.count == roll.dates)
        let layout = roll.layout
        let result = WindowResult(counted: ShardedGroups(layout), plan)
        let sink = try KeepingSink(result, layout, format, window, slice, writes)
        try sink.run(roll.count, threads: threads) { i, pass in
            let cursor = try roll.cursor(i)
            while try cursor.next(into: pass.batch) { try pass.addBatch() }
        }
        return (sink.written, sink.sum)
    }

    /// Writes groups that are in memory, or sorted in files, and keeps them as a window.
    ///
    /// - Parameter result: its groups count days.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func write(
        _ result: WindowResult, _ format: OutputFormat, window: SegmentStreamWriter, threads: Int,
        write: @escaping OutputDoor
    ) throws -> WrittenOutput {
        let layout = result.main.layout
        let sink = try KeepingSink(result, layout, format, window, nil, [write])
        if let stream = result.stream {
            try sink.run(stream, result)
        } else {
            let list = GroupList(result.main, threads: threads)
            list.releaseTables()
            list.sortByKey(threads: threads)
            let shared = SharedGroups(list: list), piece = 16 * WindowResult.batch
            try sink.run((list.count + piece - 1) / piece, threads: threads) { i, pass in
                let end = min((i + 1) * piece, shared.list.count)
                for start in stride(from: i * piece, to: end, by: WindowResult.batch) {
                    try pass.add(shared.list, start..<min(start + WindowResult.batch, end))
                }
            }
        }
        return sink.written[0]
    }
}

// Unchecked because nobody changes the list any more.
private struct SharedGroups: @unchecked Sendable {
    let list: GroupList
}

/// Takes the pieces of a pass in order, and hands them to the outputs and to the window.
// Unchecked because pieces come one at a time, in turn.
private final class KeepingSink: @unchecked Sendable {
    private let sinks: [OutputSink]
    private let window: SegmentStreamWriter?
    private let format: any RowFormat
    private let newPass: () -> RowPass
    private let layout: StateLayout
    private let passes = SendableStack<RowPass>()
    private let spare = SendableStack<EncodedGroups>()
    private let spareRows = SendableStack<RowSpread>()
    private var rows: [Int]
    private(set) var sum = RecordSum()
    private let needsRecords: Bool

    init(
        _ result: WindowResult, _ layout: StateLayout, _ format: OutputFormat, _ window: SegmentStreamWriter?,
        _ slice: ClosedRange<UInt64>?, _ writes: [OutputDoor]
    ) throws {
        let format = format.rows(of: result.plan.rollup.outputs)
        self.format = format
        self.window = window
        self.layout = layout
        needsRecords = window != nil || slice != nil
        newPass = { RowPass(result, layout, format, dates: writes.count, slice: slice) }
        sinks = writes.map { OutputSink($0) }
        rows = Array(repeating: 0, count: writes.count)
        for sink in sinks { try sink.append(PublishedResult.head(format)) }
    }

    var written: [WrittenOutput] {
        zip(sinks, rows).map { $0.written(rows: $1, lines: format.headLines + 5) }
    }

    /// Lets workers make numbered pieces.
    func run(_ count: Int, threads: Int, _ make: @escaping @Sendable (Int, RowPass) throws -> Void) throws {
        let turns = Turns(ahead: 2 * threads)
        try Workers.eachThrowing(count, threads) { i in
            try turns.work(i) {
                let pass = self.passes.pop() ?? self.newPass()
                pass.begin(self.newRows(), self.newRecords())
                try make(i, pass)
                let piece = pass.end()
                self.passes.push(pass)
                return { try self.take(piece) }
            }
        }
    }

    /// Groups that are sorted in files.
    func run(_ stream: GroupStream, _ result: WindowResult) throws {
        let files = try PublishedResult.sortedFiles(result, stream, all: true)
        let cursor = try SortedGroupsCursor(try files.readers())
        let batch = MergedGroups(stream.layout), pass = newPass()
        var isDone = false
        while !isDone {
            pass.begin(newRows(), newRecords())
            for _ in 0..<16 where !isDone {
                isDone = try !cursor.next(into: batch)
                if !isDone { try pass.add(batch) }
            }
            try take(pass.end())
        }
    }

    private func newRecords() -> EncodedGroups? {
        needsRecords ? spare.pop() ?? EncodedGroups(layout, order: .keys) : nil
    }

    private func newRows() -> RowSpread { spareRows.pop() ?? RowSpread(sinks.count) }

    private func take(_ piece: RowPass.Piece) throws {
        for i in sinks.indices {
            rows[i] += piece.outputs.count(i)
            try piece.outputs.withRows(i) { if !$0.isEmpty { try sinks[i].append($0) } }
        }
        spareRows.push(piece.outputs)
        sum.add(piece.sum)
        guard let records = piece.records else { return }
        try window?.append(records, section: 0)
        window?.beginSync()
        spare.push(records)
    }
}
