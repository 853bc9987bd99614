import DaymillColumns
import DaymillCore
import DaymillSQL

/// Groups that come in the order of their keys, made into rows of the output and, beside them, into records of a window
/// that is kept. One per thread.
///
///     groups ─┬─▶ records of the window          all of them
///             └─▶ HAVING ─▶ expressions ─▶ rows   a batch at a time
final class RowPass {
    private let list: GroupList
    private let having: ResultReader?
    private let reader: ResultReader
    private let format: any RowFormat
    private let forms: [CSVTextForm]
    private var writer = ByteWriter(capacity: 512 << 10)
    private var rows = 0
    /// The records; nil where no window is kept.
    private var records: EncodedGroups?
    /// What is audited of them.
    private let slice: ClosedRange<UInt64>?
    private var sum = RecordSum()

    /// What came out of some consecutive groups.
    // Unchecked because one thread hands it over to another.
    struct Piece: @unchecked Sendable {
        var rows: Int
        var bytes: [UInt8]
        var records: EncodedGroups?
        var sum: RecordSum
    }

    /// - Parameters:
    ///   - layout: of the groups; it begins with that of the plan.
    ///   - slice: hashes of the groups whose records are summed up.
    init(
        _ result: WindowResult, _ layout: StateLayout, _ format: any RowFormat, slice: ClosedRange<UInt64>? = nil
    ) {
        let list = GroupList(layout), rollup = result.plan.rollup
        self.list = list
        self.format = format
        self.slice = slice
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

    /// Adds a batch of groups.
    func add(_ batch: MergedGroups) throws {
        list.show(batch)
        if let records {
            records.append(list)
            if let slice { records.add(to: &sum, batch, hashes: slice) }
        }
        try addRows()
    }

    /// Adds some groups of a list, at most a batch.
    func add(_ groups: GroupList, _ range: Range<Int>) throws {
        list.show(groups, range)
        records?.append(list)
        try addRows()
    }

    private func addRows() throws {
        if let having {
            let passed = try having.read(0..<list.count)[0]
            list.keep((0..<list.count).map { !passed.isNull($0) && passed.bool($0) })
        }
        guard list.count > 0 else { return }
        let vectors = try reader.read(0..<list.count)
        format.append(0..<list.count, of: Array(zip(vectors, forms)), to: &writer)
        rows += list.count
    }

    /// What the groups since `begin` came to.
    func end() -> Piece {
        let piece = Piece(rows: rows, bytes: writer.bytes, records: records, sum: sum)
        writer.removeAll()
        return piece
    }
}
