import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// An output computed by the naive engine from raw bytes.
enum NaiveAnswer {
    /// Nil where a run must fail.
    static func bytes(_ step: Step, _ source: Source, _ date: Day, _ files: [Answers.File]) throws -> [UInt8]? {
        let window = step.window!.days(for: date)
        let own = files.filter { file in source.eventTime != nil || file.day.map { window.contains($0) } ?? true }
        if source.missing == .fail {
            let present = Set(own.map(\.day))
            if source.eventTime == nil ? window.contains(where: { !present.contains($0) }) : own.isEmpty { return nil }
        }
        guard let result = try result(step.rollup, source, window, own) else { return nil }
        guard step.format == .jsonl else { return result.csv }
        return result.rows.flatMap { NaiveEngine.Result.jsonLine(result.names, $0) }
    }

    /// The output over some days, whatever the step's window is.
    static func csv(
        _ step: Step, _ source: Source, _ days: ClosedRange<Day>, _ files: [Answers.File]
    ) throws -> [UInt8]? { try result(step.rollup, source, days, files)?.csv }

    /// Good rows of files, of whatever day.
    static func goodRows(_ step: Step, _ source: Source, _ files: [Answers.File]) throws -> Int {
        let everything = Day("0001-01-01")!...Day("9999-12-31")!
        return try result(step.rollup, source, everything, files)?.rowsRead ?? 0
    }

    private static func result(
        _ rollup: Rollup, _ source: Source, _ window: ClosedRange<Day>, _ files: [Answers.File]
    ) throws -> NaiveEngine.Result? {
        let engine = NaiveEngine(dialect: dialect(source), rollup: rollup, window: window)
        do {
            return try engine.run(files.map { NaiveFile($0.path, $0.bytes, day: $0.day) })
        } catch is BadRow { return nil } catch is BadFile { return nil } catch is EvaluationFailure { return nil }
    }

    /// What a day gives to a step: each different row of the columns that it reads, and how often it is there. Where two
    /// of these are equal no group can differ.
    ///
    /// - Returns: nil where a run must fail.
    static func rows(_ step: Step, _ source: Source, _ day: Day, _ files: [Answers.File]) throws -> [UInt8]? {
        var rollup = step.rollup
        let columns = rollup.usedColumns.sorted()
        rollup.keys = columns.map { .column($0, rollup.columns[$0].type) }
        rollup.aggregates = [Rollup.Aggregate(.count, nil, type: .integer)]
        rollup.outputs = columns.indices.map { .init("k\($0)", .key($0, rollup.columns[columns[$0]].type)) }
        rollup.outputs.append(.init("c", .aggregate(0, .integer)))
        (rollup.having, rollup.order, rollup.limit, rollup.offset) = (nil, [], nil, 0)
        let own = files.filter { $0.day == nil || $0.day == day }
        return try result(rollup, source, day...day, own)?.csv
    }

    private static func dialect(_ source: Source) -> NaiveDialect {
        var dialect = NaiveDialect(
            columns: source.columns, header: .auto, nullWords: source.nullWords,
            eventTime: source.eventTime.map { source.columns[$0].name },
            badRows: source.onBadRow == .fail ? .fail : .skip)
        dialect.distinctOn = source.distinctOn.map { source.columns[$0].name }
        if source.format == .jsonl { dialect.paths = source.paths }
        dialect.fillsMissingFields = source.missingColumns == .null
        if let time = source.eventTime, source.timezone != source.dayZone {
            dialect.clocks[source.columns[time].name] = NaiveClock(
                from: source.timezone, to: source.dayZone, saysZone: source.zonedColumns.contains(time))
        }
        return dialect
    }
}
