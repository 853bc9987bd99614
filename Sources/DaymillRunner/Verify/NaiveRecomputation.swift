import DaymillColumns
import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// Computes an output again with the naive engine, which shares nothing with the native one but the parsed SQL, the
/// listing of files and the unpacking of compressed ones.
enum NaiveRecomputation {
    /// - Throws: `.stale` when a file is not what it was; `.badRow`, `.evaluation` when the naive engine takes something
    ///   for wrong that the native one did not: the output then should not be there.
    static func rows(_ request: VerifyRequest, _ options: VerifyOptions) throws -> NaiveEngine.Result {
        options.report(.reading(step: request.step, bytes: request.bytes, files: request.inputs.count))
        let inputs = request.inputs.map { input in
            NaiveInput(input.path, day: input.day) {
                let pieces = try InputPieces(input, of: request) { options.report(.read(bytes: $0)) }
                return { try pieces.next() }
            }
        }
        let engine = NaiveEngine(dialect: NaiveDialect(request.source), rollup: request.rollup, window: request.days)
        do { return try engine.run(inputs) } catch let row as BadRow {
            throw DaymillError(
                .badRow, at: SourcePlace(file: row.file, line: row.line),
                "the naive engine takes this for a bad row, so there should be no output: \(row.reason)",
                hint: "one of the two engines is wrong: please report it")
        } catch let file as BadFile {
            throw DaymillError(
                .badRow, at: SourcePlace(file: file.file),
                "the naive engine cannot read this, so there should be no output: \(file.reason)",
                hint: "one of the two engines is wrong: please report it")
        } catch let failure as EvaluationFailure {
            throw DaymillError(
                .evaluation, "the naive engine fails, so there should be no output: \(failure)",
                hint: "one of the two engines is wrong: please report it")
        }
    }
}

extension NaiveDialect {
    /// How a source's files are read.
    init(_ source: Source) {
        let header: NaiveDialect.Header =
            switch source.header {
            case .auto: .auto
            case .present: .yes
            case .absent: .no
            }
        self.init(
            columns: source.columns, delimiter: source.delimiter, quote: source.quote, header: header,
            nullWords: source.nullWords, eventTime: source.eventTime.map { source.columns[$0].name },
            badRows: source.onBadRow == .fail ? .fail : .skip)
        ignoresExtraFields = source.extraColumns == .ignore
        fillsMissingFields = source.missingColumns == .null
        if source.format == .jsonl { paths = source.paths }
        distinctOn = source.distinctOn.map { source.columns[$0].name }
        for column in source.movedColumns {
            clocks[source.columns[column].name] = NaiveClock(
                from: source.timezone, to: source.dayZone, saysZone: source.zonedColumns.contains(column))
        }
    }
}
