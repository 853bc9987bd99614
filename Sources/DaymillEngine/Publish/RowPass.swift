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
    /// Rows that go to several outputs.
    private var writer = ByteWriter(capacity: 64 << 10)
    /// What goes to the outputs.
    private var outputs: RowSpread
    private let ends = RowEnds()
    /// The records; nil where no window is kept.
    private var records: EncodedGroups?
    /// What is audited of them.
    private let slice: ClosedRange<UInt64>?
    private var sum = RecordSum()

    /// What came out of some consecutive groups.
    // Unchecked because one thread hands it over to another.
    struct Piece: @unchecked Sendable {
        var outputs: RowSpread
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
        outputs = RowSpread(dates)
        having = rollup.having.map { ResultReader(result, list, [$0]) }
        reader = ResultReader(result, list, rollup.outputs.map(\.expression))
        forms = rollup.outputs.map { textForm(of: $0.expression.type) }
    }

    /// Begins a piece.
    ///
    /// - Parameters:
    ///   - outputs: takes the rows.
    ///   - records: takes the records, where a window is kept.
    func begin(_ outputs: RowSpread, _ records: EncodedGroups?) {
        sum = RecordSum()
        outputs.removeAll()
        records?.removeAll()
        (self.outputs, self.records) = (outputs, records)
    }

    /// Adds what lies in `batch`.
    func addBatch() throws {
        list.show(batch.groups)
        if let records {
            records.append(lasting: batch)
            if let slice { records.add(to: &sum, lasting: batch, hashes: slice) }
        }
        if outputs.dates == 1 { return try addRows() }
        let kept = try keepRows()
        guard let vectors = try rows() else { return }
        writer.removeAll()
        format.append(0..<list.count, of: vectors, to: &writer, ends: ends)
        outputs.append(writer, ends, of: batch, kept)
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
        guard let vectors = try rows() else { return }
        outputs.write(list.count) { format.append(0..<list.count, of: vectors, to: &$0) }
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

    /// The columns of the rows that stay; nil when none do.
    private func rows() throws -> [(Vector, CSVTextForm)]? {
        guard list.count > 0 else { return nil }
        return Array(zip(try reader.read(0..<list.count), forms))
    }

    /// What the groups since `begin` came to.
    func end() -> Piece { Piece(outputs: outputs, records: records, sum: sum) }
}
