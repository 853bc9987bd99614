import DaymillColumns
import DaymillCore
import DaymillSQL

/// One thread of a scan over a source whose equal rows count once: typed batches in, rows by their keys out. See
/// `DistinctRows`.
final class RowWorker: RowSink {
    private let rows: ShardedGroups.Worker
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
        codec.encode((day.map { [$0] } ?? []) + keyPlaces.map { columns[$0] }, count: count, into: keys)
        guard !payloadPlaces.isEmpty else { return rows.add(keys, inputs: []) }
        let rest = payloadPlaces.map { columns[$0] }
        if payloadValue.form == .int128 {
            payloadCodec.encode(rest, count: count, packed: payloadValue, scratch: payload)
        } else {
            payloadCodec.encode(rest, count: count, into: payload, hashing: false)
            payload.copyTexts(to: payloadValue)
        }
        rows.add(keys, inputs: [PartialInput(partial: 0, mask: nil, values: payloadValue)])
    }

    func finish() { rows.finish() }
}

/// Counts the rows that are left once duplicates are gone.
package enum RowFold {
    /// Folds rows into the groups of `plan.counting`.
    ///
    /// - Parameters:
    ///   - plan: of the scan that found the rows.
    ///   - keysHaveDays: whether the rows still know their day, which then is passed over.
    /// - Throws: `.evaluation`.
    package static func fold(
        _ rows: ScanGroups, of plan: ScanPlan, keysHaveDays: Bool, into groups: ScanGroups, threads: Int
    ) throws {
        let gate = SpillGate {
            groups.isFull
        } spill: {
            try groups.spill(dayPrefixed: false, threads: threads, keepsMemory: true)
        }
        if let disk = rows.disk, !disk.isEmpty {
            try rows.spill(dayPrefixed: keysHaveDays, threads: threads, keepsMemory: false)
            return try fold(disk, rows.main.layout, of: plan, into: groups, gate, threads: threads)
        }
        let main = rows.main
        let workers = SendableStack<RowReader>()
        try Workers.eachThrowing(ShardedGroups.shards, threads) { shard in
            let reader = workers.pop() ?? RowReader(plan, keysHaveDays: keysHaveDays, into: groups)
            let walk = ShardWalk(main, batch: ScanWorker.batch)
            walk.begin(shard: shard)
            while walk.next() {
                gate.enter()
                defer { gate.leave() }
                try reader.fold(walk.list, 0..<walk.list.count)
                try gate.pass()
            }
            workers.push(reader)
        }
        while let reader = workers.pop() { reader.finish() }
    }

    /// The same for rows on disk, whose days lie beside their keys.
    private static func fold(
        _ disk: DiskGroups, _ layout: StateLayout, of plan: ScanPlan, into groups: ScanGroups, _ gate: SpillGate,
        threads: Int
    ) throws {
        let readers = try disk.readers(keepsDays: plan.hasDays, threads: threads)
        let spans = SegmentSpan.all(of: disk.inputs, section: 0)
        let consumers = try SegmentMerge.stream(spans, layout, keepsDays: plan.hasDays, threads: readers) {
            (reader: RowReader(plan, keysHaveDays: false, into: groups), list: GroupList(layout))
        } use: { consumer, batch in
            gate.enter()
            defer { gate.leave() }
            consumer.list.show(batch)
            try consumer.reader.fold(consumer.list, 0..<batch.count)
            try gate.pass()
        }
        for consumer in consumers { consumer.reader.finish() }
    }
}

/// Turns rows back into columns and folds them, for one thread.
private final class RowReader {
    private let worker: ScanWorker
    private let codec: KeyCodec
    private let payloadCodec: KeyCodec
    /// Of columns that only tell rows apart nothing is taken out.
    private let keyColumns: [Vector?]
    private let payloadColumns: [Vector]
    /// For each column that is folded where it comes from.
    private let sources: [Vector]
    private let scratch = KeyBatch(capacity: ScanWorker.batch)
    private let payloadValue: Vector
    private let arena = TextArena()

    init(_ plan: ScanPlan, keysHaveDays: Bool, into groups: ScanGroups) {
        let distinct = plan.distinct!
        func vector(_ column: Int) -> Vector {
            Vector(vectorForm(of: plan.rollup.columns[column].type), capacity: ScanWorker.batch)
        }
        worker = ScanWorker(plan.counting, groups)
        let counted = plan.counting.needed
        let keys = distinct.keys.map { counted.contains($0) ? vector($0) : nil }
        payloadColumns = distinct.payload.map(vector)
        payloadValue = Vector(distinct.isPacked ? .int128 : .text, capacity: ScanWorker.batch)
        // With an event time a single text is encoded like any key, also where the day has been taken off.
        let keyForms = distinct.keys.map { vectorForm(of: plan.rollup.columns[$0].type) }
        codec = KeyCodec((keysHaveDays ? [.int64] : []) + keyForms, allowsBareText: !plan.hasDays)
        payloadCodec = KeyCodec(payloadColumns.map(\.form), allowsBareText: false)
        keyColumns = (keysHaveDays ? [nil] : []) + keys
        let byColumn = Dictionary(zip(distinct.keys + distinct.payload, keys + payloadColumns)) { first, _ in first }
        sources = counted.map { byColumn[$0]!! }
    }

    func fold(_ list: GroupList, _ range: Range<Int>) throws {
        arena.reset()
        list.keys(range, codec: codec, into: keyColumns, scratch: scratch, arena: arena)
        takePayload(list, range)
        do { try worker.add(sources, count: range.count) } catch let failure as EvaluationFailure {
            throw failure.error
        }
    }

    private func takePayload(_ list: GroupList, _ range: Range<Int>) {
        guard !payloadColumns.isEmpty else { return }
        if payloadValue.form == .int128 {
            list.numbers(range, 0, into: payloadValue)
            payloadCodec.decode(packed: payloadValue, into: payloadColumns, scratch: scratch, arena: arena)
        } else {
            list.texts(range, 0, into: payloadValue)
            payloadCodec.decode(payloadValue, count: range.count, into: payloadColumns, arena: arena)
        }
    }

    func finish() { worker.finish() }
}
