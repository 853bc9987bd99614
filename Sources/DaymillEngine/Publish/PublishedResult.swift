package import DaymillColumns
import DaymillCore
import DaymillSQL

/// Takes the bytes of an output, piece by piece, in order.
package typealias OutputDoor = @Sendable (RawSpan) throws -> Void

/// What was written.
package struct WrittenOutput: Sendable, Equatable {
    package var rows: Int
    package var bytes: Int
    package var contentID: ContentID
    /// Header and the first rows, for people.
    package var firstLines: [String]
}

/// Filters, sorts and writes the groups of a window; the format says how rows become bytes.
package enum PublishedResult {
    /// Writes everything through `write`, in order. The bytes depend on the groups alone.
    package static func write(
        _ result: WindowResult, _ format: OutputFormat, threads: Int,
        write: @escaping OutputDoor
    ) throws -> WrittenOutput {
        if let stream = result.stream { return try self.write(result, stream, format, threads: threads, write: write) }
        let list = GroupList(result.main, threads: threads)
        list.releaseTables()
        try having(list, result)
        try sort(list, result, threads)
        cut(list, result.plan.rollup)
        let sink = OutputSink(write)
        let rowFormat = format.rows(of: result.plan.rollup.outputs)
        try sink.append(head(rowFormat))
        let pieces = (list.count + piece - 1) / piece
        let queue = OrderedQueue<[UInt8]>()
        let shared = SharedList(list: list, result: result)
        let readers = ReaderPool(shared)
        try Workers.eachThrowing(pieces, threads) { i in
            let bytes = try readers.use {
                try rows($0, shared, i * piece..<min((i + 1) * piece, shared.list.count), rowFormat)
            }
            try queue.put(i, bytes) { try sink.append($0) }
        }
        return sink.written(rows: list.count, lines: rowFormat.headLines + 5)
    }

    /// Groups formatted together.
    private static let piece = 4 * WindowResult.batch

    private static func having(_ list: GroupList, _ result: WindowResult) throws {
        guard let having = result.plan.rollup.having else { return }
        let reader = ResultReader(result, list, [having])
        var flags: [Bool] = []
        flags.reserveCapacity(list.count)
        for range in batches(0..<list.count) {
            try WorkStop.check()
            let passed = try reader.read(range)[0]
            for row in 0..<range.count { flags.append(!passed.isNull(row) && passed.bool(row)) }
        }
        list.keep(flags)
    }

    private static func sort(_ list: GroupList, _ result: WindowResult, _ threads: Int) throws {
        let rollup = result.plan.rollup
        if rollup.order.isEmpty { return list.sortByKey(threads: threads) }
        let order = rollup.totalOrder
        let reader = ResultReader(result, list, order.map(\.expression))
        let keys = SortKeys()
        for range in batches(0..<list.count) {
            try WorkStop.check()
            let vectors = try reader.read(range)
            keys.append(
                zip(vectors, order).map { (column: $0, descending: $1.descending, nullsFirst: $1.nullsFirst) },
                count: range.count)
            if keys.isFull { throw DaymillError.groupsFull }
        }
        list.sort(by: keys, threads: threads)
    }

    private static func cut(_ list: GroupList, _ rollup: Rollup) {
        guard rollup.limit != nil || rollup.offset > 0 else { return }
        let first = min(rollup.offset, list.count)
        list.slice(first..<min(list.count, first + min(rollup.limit ?? list.count, list.count)))
    }

    private static func batches(_ range: Range<Int>) -> [Range<Int>] {
        stride(from: range.lowerBound, to: range.upperBound, by: WindowResult.batch).map {
            $0..<min($0 + WindowResult.batch, range.upperBound)
        }
    }

    static func head(_ format: any RowFormat) -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        format.appendHead(to: &writer)
        return writer.bytes
    }

    private static func rows(
        _ reader: ResultReader, _ shared: SharedList, _ range: Range<Int>, _ format: any RowFormat
    ) throws -> [UInt8] {
        let forms = shared.result.plan.rollup.outputs.map { textForm(of: $0.expression.type) }
        var writer = ByteWriter(capacity: 512 << 10)
        for batch in batches(range) {
            let vectors = try reader.read(batch)
            format.append(0..<batch.count, of: Array(zip(vectors, forms)), to: &writer)
        }
        return writer.bytes
    }
}

/// The finished groups, read by many threads.
// Unchecked because nobody changes the list or its groups any more.
private struct SharedList: @unchecked Sendable {
    let list: GroupList
    let result: WindowResult
}

/// Readers for whichever thread needs one.
private final class ReaderPool: Sendable {
    private let shared: SharedList
    private let idle = SendableStack<ResultReader>()

    init(_ shared: SharedList) { self.shared = shared }

    func use<R>(_ body: (ResultReader) throws -> R) rethrows -> R {
        let reader =
            idle.pop() ?? ResultReader(shared.result, shared.list, shared.result.plan.rollup.outputs.map(\.expression))
        defer { idle.push(reader) }
        return try body(reader)
    }
}

/// Collects the output: hashes it, counts it, remembers its first lines.
// Unchecked because pieces come one at a time, out of an `OrderedQueue`.
final class OutputSink: @unchecked Sendable {
    private let write: OutputDoor
    private var bytes = 0
    private let hasher = StreamHasher()
    private var head: [UInt8] = []

    init(_ write: @escaping OutputDoor) { self.write = write }

    func append(_ piece: [UInt8]) throws { try piece.withSpan { try append($0) } }

    func append(_ piece: RawSpan) throws {
        try write(piece)
        hasher.add(piece)
        bytes += piece.byteCount
        if head.count < 4096 { head += Array(piece, atMost: 4096) }
    }

    func written(rows: Int, lines: Int) -> WrittenOutput {
        let text = String(decoding: head, as: UTF8.self)
        let first = text.split(separator: "\n", maxSplits: lines, omittingEmptySubsequences: false).prefix(lines)
        return WrittenOutput(
            rows: rows, bytes: bytes, contentID: hasher.contentID,
            firstLines: first.map(String.init).filter { !$0.isEmpty })
    }
}
