import DaymillColumns
import DaymillCore
import DaymillSQL

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
        if let packed = rows.packed, packed.hasStrays || rows.disk?.isEmpty == false {
            try PackedDrain.run(packed, plan, into: rows.unpacked, threads: threads)
        }
        if let disk = rows.disk, !disk.isEmpty {
            try rows.spill(dayPrefixed: keysHaveDays, threads: threads, keepsMemory: false)
            return try fold(disk, rows.main.layout, of: plan, into: groups, gate, threads: threads)
        }
        let workers = SendableStack<RowReader>()
        try Workers.eachThrowing(ShardedGroups.shards, threads) { shard in
            let reader = workers.pop() ?? RowReader(plan, keysHaveDays: keysHaveDays, into: groups)
            try fold(rows, shard, reader, gate)
            workers.push(reader)
        }
        while let reader = workers.pop() { reader.finish() }
    }

    /// The same for the rows of one shard, wherever in memory they are.
    private static func fold(_ rows: ScanGroups, _ shard: Int, _ reader: RowReader, _ gate: SpillGate) throws {
        func step(_ body: () throws -> Bool) throws -> Bool {
            try WorkStop.check()
            gate.enter()
            defer { gate.leave() }
            guard try body() else { return false }
            try gate.pass()
            return true
        }
        let walk = ShardWalk(rows.main, batch: ScanWorker.batch)
        walk.begin(shard: shard)
        while try step({
            guard walk.next() else { return false }
            try reader.fold(walk.list, 0..<walk.list.count)
            return true
        }) {}
        guard let packed = rows.packed, let walk = PackedWalk(packed, batch: ScanWorker.batch) else { return }
        walk.begin(shard: shard)
        while try step({ try reader.fold(walk) }) {}
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
        try add(range.count)
    }

    /// Folds the next packed rows; false when there are no more.
    func fold(_ walk: PackedWalk) throws -> Bool {
        let n = walk.next(into: keyColumns + payloadColumns)
        if n > 0 { try add(n) }
        return n > 0
    }

    private func add(_ count: Int) throws {
        do { try worker.add(sources, count: count) } catch let failure as EvaluationFailure { throw failure.error }
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
