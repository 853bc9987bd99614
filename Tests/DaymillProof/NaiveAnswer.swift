import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// An output computed by the naive engine from raw bytes.
enum NaiveAnswer {
    /// Nil where a run must fail.
    static func csv(_ step: Step, _ source: Source, _ date: Day, _ files: [Answers.File]) throws -> [UInt8]? {
        let window = step.window!.days(for: date)
        let isDated = source.eventTime == nil
        let own = files.filter { file in !isDated || file.day.map { window.contains($0) } ?? true }
        if source.missing == .fail {
            let present = Set(own.map(\.day))
            if isDated ? window.contains(where: { !present.contains($0) }) : own.isEmpty { return nil }
        }
        let engine = NaiveEngine(dialect: dialect(source), rollup: step.rollup, window: window)
        do {
            return try engine.run(own.map { NaiveFile($0.path, $0.bytes, day: $0.day) }).csv
        } catch is BadRow { return nil } catch is BadFile { return nil } catch is EvaluationFailure { return nil }
    }

    private static func dialect(_ source: Source) -> NaiveDialect {
        var dialect = NaiveDialect(
            columns: source.columns, header: .auto, eventTime: source.eventTime.map { source.columns[$0].name },
            badRows: source.onBadRow == .fail ? .fail : .skip)
        dialect.distinctOn = source.distinctOn.map { source.columns[$0].name }
        return dialect
    }
}
