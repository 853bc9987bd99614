import DaymillColumns
import DaymillCore
import DaymillSQL
import Synchronization

/// Publishing what does not fit into memory: the same bytes, by way of files that are sorted piece by piece.
///
///     merge of segments, by hash ─▶ HAVING ─▶ a sorter per thread ─▶ sorted files ─▶ their merge ─▶ LIMIT ─▶ rows
extension PublishedResult {
    static func write(
        _ result: WindowResult, _ stream: GroupStream, _ format: OutputFormat, threads: Int,
        write: @escaping OutputDoor
    ) throws -> WrittenOutput {
        let files = try sortedFiles(result, stream)
        let sink = OutputSink(write)
        let rowFormat = format.rows(of: result.plan.rollup.outputs)
        try sink.append(head(rowFormat))
        let source = SortedSource(
            try SortedGroupsCursor(try files.readers()), stream.layout, result.plan.rollup)
        let queue = OrderedQueue<[UInt8]>()
        let forms = result.plan.rollup.outputs.map { textForm(of: $0.expression.type) }
        try Workers.run(threads) { _ in
            let batch = MergedGroups(stream.layout), list = GroupList(stream.layout)
            let reader = ResultReader(result, list, result.plan.rollup.outputs.map(\.expression))
            while let (number, rows) = try source.next(into: batch) {
                do {
                    list.show(batch)
                    list.slice(rows)
                    var writer = ByteWriter(capacity: 128 << 10)
                    let vectors = try reader.read(0..<rows.count)
                    rowFormat.append(0..<rows.count, of: Array(zip(vectors, forms)), to: &writer)
                    try queue.put(number, writer.bytes) { try sink.append($0) }
                } catch { source.stop(at: number, error) }
            }
        }
        if let failure = source.failure { throw failure }
        return sink.written(rows: source.rows, lines: rowFormat.headLines + 5)
    }

    /// The groups that HAVING lets pass, sorted in files.
    ///
    /// - Parameter all: HAVING is left to the reader.
    static func sortedFiles(_ result: WindowResult, _ stream: GroupStream, all: Bool = false) throws -> SortedFiles {
        let files = SortedFiles(stream.budget, stream.layout, result.plan.rollup)
        let share = stream.budget.bytes / 100 * 55 / stream.readers
        let collectors = try SegmentMerge.stream(stream.spans, stream.layout, threads: stream.readers) {
            GroupCollector(result, stream.layout, files, bytes: share, all: all)
        } use: { collector, batch in
            try collector.add(batch)
        }
        for collector in collectors { try collector.finish() }
        try files.compact()
        return files
    }
}

/// Filters and collects the groups of a merge for sorting. One per thread.
private final class GroupCollector {
    private let list: GroupList
    private let having: ResultReader?
    private let order: ResultReader?
    private let terms: [Rollup.OrderTerm]
    private let sorter: GroupSorter
    private let files: SortedFiles
    private let bytes: Int

    init(_ result: WindowResult, _ layout: StateLayout, _ files: SortedFiles, bytes: Int, all: Bool) {
        let rollup = result.plan.rollup
        let list = GroupList(layout)
        self.list = list
        having = all ? nil : rollup.having.map { ResultReader(result, list, [$0]) }
        terms = rollup.order.isEmpty ? [] : rollup.totalOrder
        order = terms.isEmpty ? nil : ResultReader(result, list, terms.map(\.expression))
        sorter = GroupSorter(layout, isByKey: terms.isEmpty)
        self.files = files
        self.bytes = bytes
    }

    func add(_ batch: MergedGroups) throws {
        list.show(batch)
        if let having {
            let passed = try having.read(0..<list.count)[0]
            list.keep((0..<list.count).map { !passed.isNull($0) && passed.bool($0) })
        }
        guard list.count > 0 else { return }
        let vectors = try order?.read(0..<list.count) ?? []
        sorter.add(
            list,
            terms: zip(vectors, terms).map {
                (column: $0, descending: $1.descending, nullsFirst: $1.nullsFirst)
            })
        if sorter.bytes >= bytes || sorter.count >= files.budget.groupsMax { try finish() }
    }

    /// Writes what is there.
    func finish() throws { if sorter.count > 0 { try files.add(sorter) } }
}

/// The sorted files of a result, removed when nobody needs them any more.
final class SortedFiles: Sendable {
    let budget: MemoryBudget
    private let layout: StateLayout
    /// Groups beyond these are never published.
    private let most: Int
    private let files = Mutex<[TemporaryFile]>([])

    /// More are merged before they are read.
    private static let filesMax = 128

    init(_ budget: MemoryBudget, _ layout: StateLayout, _ rollup: Rollup) {
        self.budget = budget
        self.layout = layout
        let (sum, overflow) = rollup.offset.addingReportingOverflow(rollup.limit ?? .max)
        most = overflow ? .max : sum
    }

    func add(_ sorter: GroupSorter) throws {
        try write(needing: 2 * sorter.bytes) { try sorter.write(to: $0, most: most) }
    }

    private func write(needing bytes: Int, _ body: (String) throws -> Void) throws {
        try FileDoor.makeDirectory(FileDoor.parent(of: budget.spillPath))
        try budget.checkSpace(for: bytes)
        let file = TemporaryFile(for: budget.spillPath)
        try body(file.path)
        files.withLock { $0.append(file) }
    }

    func readers() throws -> [SegmentReader] { try files.withLock { $0 }.map { try SegmentReader($0.path) } }

    /// Merges files until they can all be read at once.
    func compact() throws {
        let atOnce = max(2, min(budget.strands, SortedFiles.filesMax))
        while case let all = files.withLock({ $0 }), all.count > atOnce {
            let part = all[..<atOnce]
            let readers = try part.map { try SegmentReader($0.path) }
            try write(needing: readers.reduce(0) { $0 + $1.bytes }) {
                try SortedGroupsCursor.merge(readers, layout, to: $0)
            }
            files.withLock { $0.removeFirst(atOnce) }
        }
    }
}

/// The sorted groups, handed out in batches to whichever thread asks, without those that OFFSET and LIMIT leave out.
// Unchecked because everything is touched under `lock`.
private final class SortedSource: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private let cursor: SortedGroupsCursor
    private var number = 0
    private var toSkip: Int
    private var left: Int
    private var handedOut = 0
    private var failures: [Int: any Error] = [:]

    init(_ cursor: sending SortedGroupsCursor, _ layout: StateLayout, _ rollup: Rollup) {
        self.cursor = cursor
        toSkip = rollup.offset
        left = rollup.limit ?? .max
    }

    /// Groups handed out so far.
    var rows: Int { lock.withLock { _ in handedOut } }
    /// That of the earliest batch.
    var failure: (any Error)? { lock.withLock { _ in failures.keys.min().flatMap { failures[$0] } } }

    /// The number of a batch and which of its groups count; nil at the end.
    func next(into batch: MergedGroups) throws -> (number: Int, rows: Range<Int>)? {
        try lock.withLock { _ in
            while left > 0, failures.isEmpty, try cursor.next(into: batch) {
                let first = min(toSkip, batch.count), rows = first..<min(batch.count, first + min(left, batch.count))
                toSkip -= first
                guard !rows.isEmpty else { continue }
                left -= rows.count
                handedOut += rows.count
                defer { number += 1 }
                return (number, rows)
            }
            return nil
        }
    }

    /// Hands out no more: a batch failed.
    func stop(at number: Int, _ error: any Error) { lock.withLock { _ in failures[number] = error } }
}
