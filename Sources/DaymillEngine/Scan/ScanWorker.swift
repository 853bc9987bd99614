package import DaymillColumns
import DaymillCore
import DaymillSQL

/// The groups of a scan: those of the rollup, and the pairs of (keys, value) that some aggregates need.
package struct ScanGroups: Sendable {
    package let main: ShardedGroups
    package let pairs: [ShardedGroups]
    /// The groups that are not in memory; nil where all have to be.
    let disk: DiskGroups?
    /// Rows that lie packed, and not in `main`; nil where none do.
    var packed: PackedRows?

    /// - Parameters:
    ///   - memory: what the groups may take; without it they stop at 28 GiB, with an error.
    ///   - packsRows: rows of which equal ones count once are packed as far as they fit: where they are only counted
    ///     (`RowFold`), and neither stored nor merged with others.
    package init(_ plan: ScanPlan, memory: MemoryBudget? = nil, packsRows: Bool = false) {
        self.init(
            plan.layouts, memory: memory, tableBytes: memory?.tableBytes(hasDays: plan.hasDays), packsRows: packsRows)
    }

    /// Groups of a layout, and sets of distinct pairs.
    init(_ layouts: [StateLayout], memory: MemoryBudget?, tableBytes: Int?, packsRows: Bool = false) {
        main = ShardedGroups(layouts[0])
        pairs = layouts.dropFirst().map { ShardedGroups($0) }
        disk = memory.map { DiskGroups($0, layouts) }
        let meter = tableBytes.map { MemoryMeter(limit: $0) }
        packed = packsRows ? PackedRows(meter: meter, rowsMax: memory?.groupsMax ?? .max) : nil
        guard let memory, let meter else { return }
        for groups in sections { groups.count(with: meter, localGroups: memory.groupsMax / 4) }
    }

    /// The sections of a segment.
    package var sections: [ShardedGroups] { [main] + pairs }
}

/// Where one thread of a scan puts its rows.
protocol RowSink: AnyObject {
    /// Folds one batch: the vectors of `plan.needed`.
    func add(_ columns: [Vector], count: Int) throws
    /// Hands over what is still the thread's own. Call once, at the end.
    func finish()
}

/// One thread of a scan: typed batches in, groups out.
final class ScanWorker: RowSink {
    private let plan: ScanPlan
    private let filter: ExpressionProgram?
    private let program: ExpressionProgram
    private let slots: Slots
    private let main: ShardedGroups.Worker
    private let pairs: [PairWorker]
    private let codec: KeyCodec
    private let keys = KeyBatch(capacity: ScanWorker.batch)
    private let kept = RowList(capacity: ScanWorker.batch)
    private let gathered: [Vector]
    /// For each partial over encodings (min_by, max_by): what makes them, and where they go.
    private let encodings: [(codec: KeyCodec, texts: Vector)?]

    static let batch = 2048

    /// Where each expression stands in `program`.
    private struct Slots {
        var day: Int?
        var keys: [Int] = []
        var arguments: [Int?] = []
        var by: [Int?] = []
        var filters: [Int?] = []
        var pairArguments: [Int] = []
        var pairFilters: [Int?] = []
    }

    init(_ plan: ScanPlan, _ groups: ScanGroups) {
        self.plan = plan
        filter = plan.rollup.filter.map { ExpressionProgram([$0], batchCapacity: ScanWorker.batch) }
        var expressions: [Expression] = []
        slots = ScanWorker.slots(plan, &expressions)
        program = ExpressionProgram(expressions, batchCapacity: ScanWorker.batch)
        main = ShardedGroups.Worker(groups.main, batchCapacity: ScanWorker.batch)
        pairs = zip(plan.aggregates.pairs, groups.pairs).map { PairWorker($0, plan.keyForms, $1) }
        codec = KeyCodec(plan.keyForms)
        gathered = plan.needed.map { Vector(vectorForm(of: plan.rollup.columns[$0].type), capacity: ScanWorker.batch) }
        encodings = plan.aggregates.partials.map { partial in
            guard let by = partial.by, let argument = partial.argument else { return nil }
            let forms = [by, argument].map { vectorForm(of: $0.type) }
            return (KeyCodec(forms, allowsBareText: false), Vector(.text, capacity: ScanWorker.batch))
        }
    }

    private static func slots(_ plan: ScanPlan, _ expressions: inout [Expression]) -> Slots {
        func slot(_ expression: Expression) -> Int {
            if let known = expressions.firstIndex(of: expression) { return known }
            expressions.append(expression)
            return expressions.count - 1
        }
        var slots = Slots()
        if plan.hasDays, let eventTime = plan.format.eventTime {
            let column = Expression.column(eventTime, plan.rollup.columns[eventTime].type)
            slots.day = slot(column.type == .date ? column : .cast(column, .date))
        }
        slots.keys = plan.rollup.keys.map(slot)
        // What stands for pairs is found at the end.
        let partials = plan.aggregates.partials.map { $0.isOfPairs ? nil : $0 }
        slots.arguments = partials.map { $0.flatMap { filtered($0.argument, $0.filter) }.map(slot) }
        slots.by = partials.map { $0.flatMap { filtered($0.by, $0.filter) }.map(slot) }
        slots.filters = partials.map { $0?.filter.map(slot) }
        slots.pairArguments = plan.aggregates.pairs.map { slot(filtered($0.argument, $0.filter)!) }
        slots.pairFilters = plan.aggregates.pairs.map { $0.filter.map(slot) }
        return slots
    }

    /// An argument that is computed under a filter gets a result of its own, since the same expression may be needed
    /// under another filter in the same batch.
    private static func filtered(_ argument: Expression?, _ filter: Expression?) -> Expression? {
        guard let argument, let filter else { return argument }
        if case .column = argument { return argument }
        let nothing = Expression.literal(.null, argument.type)
        return .choose([.init(condition: filter, value: argument)], otherwise: nothing, argument.type)
    }

    func add(_ columns: [Vector], count: Int) throws {
        guard count > 0 else { return }
        guard let filter else { return try fold(columns, count: count) }
        filter.begin(input(columns, count))
        kept.set(whereTrue: try filter.evaluate(0))
        if kept.count == count { return try fold(columns, count: count) }
        guard kept.count > 0 else { return }
        for (to, from) in zip(gathered, columns) { to.gather(from, kept) }
        try fold(gathered, count: kept.count)
    }

    func finish() {
        main.finish()
        for pair in pairs { pair.finish() }
    }

    private func input(_ columns: [Vector], _ count: Int) -> EvaluationInput {
        var all = [Vector?](repeating: nil, count: plan.rollup.columns.count)
        for (position, vector) in zip(plan.needed, columns) { all[position] = vector }
        return EvaluationInput(columns: all, keys: [], aggregates: [], count: count)
    }

    private func fold(_ columns: [Vector], count: Int) throws {
        program.begin(input(columns, count))
        let keyColumns = try ((slots.day.map { [$0] } ?? []) + slots.keys).map { try program.evaluate($0) }
        codec.encode(keyColumns, count: count, into: keys)
        var inputs: [PartialInput] = []
        inputs.reserveCapacity(plan.aggregates.partials.count)
        for (i, partial) in plan.aggregates.partials.enumerated() where !partial.isOfPairs {
            let mask = try slots.filters[i].map { try program.evaluate($0) }
            var values = try slots.arguments[i].map { try program.evaluate($0, active: mask) }
            if let encoding = encodings[i], let by = slots.by[i], let x = values {
                encoding.codec.encode(
                    [try program.evaluate(by, active: mask), x], count: count, asTexts: encoding.texts)
                values = encoding.texts
            }
            inputs.append(PartialInput(partial: i, mask: mask, values: values))
        }
        main.add(keys, inputs: inputs)
        for i in pairs.indices { try addPairs(i, keyColumns, count) }
    }

    /// Adds (keys, value) for the rows that count.
    private func addPairs(_ i: Int, _ keyColumns: [Vector], _ count: Int) throws {
        let mask = try slots.pairFilters[i].map { try program.evaluate($0) }
        let value = try program.evaluate(slots.pairArguments[i], active: mask)
        kept.set(whereTrue: mask, notNull: value, count: count)
        if kept.count > 0 { pairs[i].add(keyColumns, value, kept) }
    }
}
