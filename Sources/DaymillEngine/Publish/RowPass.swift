import DaymillColumns
import DaymillCore
import DaymillSQL

/// Groups that come in the order of their keys, made into rows of outputs and, beside them, into records of a window
/// that is kept. One per thread.
///
///     groups ─┬─▶ records of the window          those of the last date
///             └─▶ HAVING ─▶ expressions ─▶ rows   a batch at a time; a row goes to the outputs of all its dates
final class RowPass {
    /// Takes groups for `add`.
    let batch: RolledGroups
    private let list: GroupList
    private let having: ResultReader?
    private let reader: ResultReader
    private let format: any RowFormat
    private let forms: [CSVTextForm]
    private var writer = ByteWriter(capacity: 512 << 10)
    /// What goes to the outputs, where there are several.
    private let outputs: [RowBytes]
    private let ends = Buffer<Int>(capacity: MergedGroups.capacity)
    /// Rows of the output at work, where there is one.
    private var rows = 0
    /// The records; nil where no window is kept.
    private var records: EncodedGroups?
    /// What is audited of them.
    private let slice: ClosedRange<UInt64>?
    private var sum = RecordSum()

    /// What came out of some consecutive groups.
    // Unchecked because one thread hands it over to another.
    struct Piece: @unchecked Sendable {
        /// For each output its rows and their bytes.
        var outputs: [(rows: Int, bytes: [UInt8])]
        var records: EncodedGroups?
        var sum: RecordSum
    }

    /// - Parameters:
    ///   - layout: of the groups; it begins with that of the plan.
    ///   - dates: how many outputs there are.
    ///   - slice: hashes of the groups whose records are summed up.
    init(
        _ result: WindowResult, _ layout: StateLayout, _ format: any RowFormat, dates: Int = 1,
        slice: ClosedRange<UInt64>? = nil
    ) {
        let list = GroupList(layout), rollup = result.plan.rollup
        self.list = list
        batch = RolledGroups(layout, dates: dates)
        self.format = format
        self.slice = slice
        outputs = dates == 1 ? [] : (0..<dates).map { _ in RowBytes() }
        having = rollup.having.map { ResultReader(result, list, [$0]) }
        reader = ResultReader(result, list, rollup.outputs.map(\.expression))
        forms = rollup.outputs.map { textForm(of: $0.expression.type) }
    }

    /// Begins a piece.
    ///
    /// - Parameter records: takes the records, where a window is kept.
    func begin(_ records: EncodedGroups?) {
        (rows, sum) = (0, RecordSum())
        records?.removeAll()
        self.records = records
    }

    /// Adds what lies in `batch`.
    func addBatch() throws {
        list.show(batch.groups)
        if let records {
            records.append(lasting: batch)
            if let slice { records.add(to: &sum, lasting: batch, hashes: slice) }
        }
        guard !outputs.isEmpty else { return try addRows() }
        let kept = try keepRows()
        writer.removeAll()
        try format(ends: ends.pointer)
        spread(batch, kept)
    }

    /// Adds a batch of groups of the one output.
    func add(_ batch: MergedGroups) throws {
        list.show(batch)
        records?.append(batch)
        try addRows()
    }

    /// Adds some groups of a list, at most a batch.
    func add(_ groups: GroupList, _ range: Range<Int>) throws {
        list.show(groups, range)
        records?.append(list)
        try addRows()
    }

    private func addRows() throws {
        _ = try keepRows()
        try format(ends: nil)
        rows += list.count
    }

    /// Leaves out what HAVING leaves out.
    ///
    /// - Returns: the places of the groups that stay; nil: all of them.
    private func keepRows() throws -> [Int]? {
        guard let having else { return nil }
        let passed = try having.read(0..<list.count)[0]
        let flags = (0..<list.count).map { !passed.isNull($0) && passed.bool($0) }
        list.keep(flags)
        return flags.indices.filter { flags[$0] }
    }

    private func format(ends: UnsafeMutablePointer<Int>?) throws {
        guard list.count > 0 else { return }
        let vectors = try reader.read(0..<list.count)
        format.append(0..<list.count, of: Array(zip(vectors, forms)), to: &writer, ends: ends)
    }

    /// Copies rows to the outputs of their dates, those that follow each other and have the same dates at once.
    private func spread(_ batch: RolledGroups, _ kept: [Int]?) {
        var first = 0, start = 0
        while first < list.count {
            let dates = batch.span(kept?[first] ?? first)
            var last = first
            while last + 1 < list.count, batch.span(kept?[last + 1] ?? last + 1) == dates { last += 1 }
            let end = ends.pointer[last], n = last + 1 - first
            writer.withBytes { bytes in
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                for date in dates { outputs[date].append(piece, rows: n) }
            }
            (first, start) = (last + 1, end)
        }
    }

    /// What the groups since `begin` came to.
    func end() -> Piece {
        let made = outputs.isEmpty ? [(rows, writer.bytes)] : outputs.map { $0.take() }
        writer.removeAll()
        return Piece(outputs: made, records: records, sum: sum)
    }
}

/// Rows on their way to one of several outputs.
private final class RowBytes {
    private var writer = ByteWriter(capacity: 64 << 10)
    private var rows = 0

    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer, rows n: Int) {
        rows &+= n
        writer.append(bytes)
    }

    func take() -> (rows: Int, bytes: [UInt8]) {
        let taken = (rows, writer.bytes)
        writer.removeAll()
        rows = 0
        return taken
    }
}
