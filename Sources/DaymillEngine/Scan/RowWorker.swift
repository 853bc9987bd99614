import DaymillColumns
import DaymillCore
import DaymillSQL

/// One thread of a scan over a source whose equal rows count once: typed batches in, rows by their keys out. See
/// `DistinctRows`.
final class RowWorker: RowSink {
    private let rows: ShardedGroups.Worker
    /// Where rows go that can be packed.
    private let packed: PackedRows.Worker?
    private let codec: KeyCodec
    private let payloadCodec: KeyCodec
    private let keys = KeyBatch(capacity: ScanWorker.batch)
    private let payload = KeyBatch(capacity: ScanWorker.batch)
    /// The payload as the rows' only partial takes it.
    private let payloadValue: Vector
    /// Where the columns of key and payload stand among those that are read.
    private let keyPlaces: [Int]
    private let payloadPlaces: [Int]
    /// The day of a row, over the event time.
    private let day: ExpressionProgram?
    private let days: ClosedRange<Day>?
    private let columns: Int
    private let needed: [Int]
    private let kept = RowList(capacity: ScanWorker.batch)
    private let gathered: [Vector]
    private let gatheredDay = Vector(.int64, capacity: ScanWorker.batch)
    /// Rows that cannot be packed: what has to be equal, then the rest.
    private let unpacked: [Vector]

    init(_ plan: ScanPlan, _ groups: ScanGroups) {
        let distinct = plan.distinct!
        func form(_ column: Int) -> Vector.Form { vectorForm(of: plan.rollup.columns[column].type) }
        rows = ShardedGroups.Worker(groups.main, batchCapacity: ScanWorker.batch, usesLocalTable: false)
        codec = KeyCodec(plan.keyForms)
        payloadCodec = KeyCodec(distinct.payload.map(form), allowsBareText: false)
        payloadValue = Vector(distinct.isPacked ? .int128 : .text, capacity: ScanWorker.batch)
        keyPlaces = distinct.keys.map { plan.needed.firstIndex(of: $0)! }
        payloadPlaces = distinct.payload.map { plan.needed.firstIndex(of: $0)! }
        day = plan.format.eventTime.map { eventTime in
            let column = Expression.column(eventTime, plan.rollup.columns[eventTime].type)
            return ExpressionProgram(
                [column.type == .date ? column : .cast(column, .date)], batchCapacity: ScanWorker.batch)
        }
        days = plan.onlyDays
        columns = plan.rollup.columns.count
        needed = plan.needed
        gathered = plan.needed.map { Vector(form($0), capacity: ScanWorker.batch) }
        packed = groups.packed.map { PackedRows.Worker($0, keys: plan.keyForms.count, batchCapacity: ScanWorker.batch) }
        unpacked = (plan.keyForms + distinct.payload.map(form)).map { Vector($0, capacity: ScanWorker.batch) }
    }

    func add(_ columns: [Vector], count: Int) throws {
        guard count > 0 else { return }
        guard let day else { return put(columns, day: nil, count: count) }
        var all = [Vector?](repeating: nil, count: self.columns)
        for (position, vector) in zip(needed, columns) { all[position] = vector }
        day.begin(EvaluationInput(columns: all, keys: [], aggregates: [], count: count))
        let days = try day.evaluate(0)
        guard let wanted = self.days else { return put(columns, day: days, count: count) }
        let range = Int64(wanted.lowerBound.daysSinceEpoch)...Int64(wanted.upperBound.daysSinceEpoch)
        kept.set(where: { range.contains(days.int64($0)) }, count: count)
        if kept.count == count { return put(columns, day: days, count: count) }
        guard kept.count > 0 else { return }
        for (to, from) in zip(gathered, columns) { to.gather(from, kept) }
        gatheredDay.gather(days, kept)
        put(gathered, day: gatheredDay, count: kept.count)
    }

    private func put(_ columns: [Vector], day: Vector?, count: Int) {
        let row = (day.map { [$0] } ?? []) + (keyPlaces + payloadPlaces).map { columns[$0] }
        guard let packed, let rest = packed.add(row, count: count) else { return put(row, count: count) }
        guard rest.count > 0 else { return }
        for (to, from) in zip(unpacked, row) { to.gather(from, rest) }
        put(unpacked, count: rest.count)
    }

    /// Vectors for rows: what has to be equal, then the rest.
    var rowVectors: [Vector] { unpacked }

    /// Puts rows into groups: what has to be equal, then the rest.
    func put(_ row: [Vector], count: Int) {
        let keyCount = row.count - payloadPlaces.count
        codec.encode(Array(row[..<keyCount]), count: count, into: keys)
        guard !payloadPlaces.isEmpty else { return rows.add(keys, inputs: []) }
        let rest = Array(row[keyCount...])
        if payloadValue.form == .int128 {
            payloadCodec.encode(rest, count: count, packed: payloadValue, scratch: payload)
        } else {
            payloadCodec.encode(rest, count: count, into: payload, hashing: false)
            payload.copyTexts(to: payloadValue)
        }
        rows.add(keys, inputs: [PartialInput(partial: 0, mask: nil, values: payloadValue)])
    }

    func finish() {
        packed?.finish()
        rows.finish()
    }
}
