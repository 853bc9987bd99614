/// A key of a pipeline file or of `daymill.yaml`. This table is the only list of keys: the reader, the JSON Schema and
/// the documentation are held against it.
package struct PipelineKey: Sendable {
    package var name: String
    /// Known, but not there yet.
    package var isLater: Bool
    /// The words it takes, when it takes only some.
    package var choices: [String]
    /// What people write who mean it.
    package var aliases: [String]

    init(_ name: String, choices: [String] = [], aliases: [String] = [], isLater: Bool = false) {
        self.name = name
        self.choices = choices
        self.aliases = aliases
        self.isLater = isLater
    }
}

/// Where in a file a key may stand.
package enum KeyScope: String, CaseIterable, Sendable {
    case pipeline, schedule, source, settle, column, step, project

    package var keys: [PipelineKey] {
        switch self {
        case .pipeline: Self.pipelineKeys
        case .schedule: Self.scheduleKeys
        case .source: Self.sourceKeys
        case .settle: Self.settleKeys
        case .column: Self.columnKeys
        case .step: Self.stepKeys
        case .project: Self.projectKeys
        }
    }

    private static let pipelineKeys =
        [
            PipelineKey("about", aliases: ["description", "doc", "comment"]),
            PipelineKey("schedule", aliases: ["cron", "every", "trigger", "on"]),
            PipelineKey("timezone", aliases: ["tz", "zone"]),
            PipelineKey("params", aliases: ["parameters", "vars", "variables", "arguments"]),
            PipelineKey("sources", aliases: ["inputs", "input", "from"]),
            PipelineKey("steps", aliases: ["tasks", "jobs", "stages"]),
        ] + later("notify", "on_failure", "retry", "timeout", "deadline")

    private static let scheduleKeys = [
        PipelineKey("cron", aliases: ["at", "time", "expression"]),
        PipelineKey("timezone", aliases: ["tz", "zone"]),
        PipelineKey("missed", choices: words(MissedStarts.self), aliases: ["catchup", "catch_up"]),
        PipelineKey("start", aliases: ["start_date", "since", "from"]),
        PipelineKey("end", aliases: ["end_date", "until", "to"]),
        PipelineKey("clock_gap", choices: words(ClockGap.self), aliases: ["dst_gap", "gap", "skipped_time"]),
        PipelineKey(
            "clock_overlap", choices: words(ClockOverlap.self), aliases: ["dst_overlap", "fold", "repeated_time"]),
    ]

    private static let sourceKeys =
        [
            PipelineKey("files", aliases: ["path", "paths", "input", "glob", "location"]),
            PipelineKey("format", choices: words(FileFormat.self), aliases: ["type"]),
            PipelineKey("compression", choices: words(Compression.self), aliases: ["codec"]),
            PipelineKey("columns", aliases: ["schema", "fields"]),
            PipelineKey("header", choices: words(HeaderPolicy.self), aliases: ["headers", "has_header"]),
            PipelineKey("delimiter", aliases: ["separator", "sep"]),
            PipelineKey("quote", aliases: ["quotechar", "quote_char"]),
            PipelineKey("null_words", aliases: ["null", "nulls", "null_values", "na_values"]),
            PipelineKey("on_bad_row", choices: words(BadRowPolicy.self), aliases: ["bad_rows", "on_error", "errors"]),
            PipelineKey("quarantine_to", aliases: ["quarantine", "bad_rows_to"]),
            PipelineKey("event_time", aliases: ["timestamp", "time_column", "date_column"]),
            PipelineKey("distinct_on", aliases: ["dedup", "deduplicate", "unique", "primary_key"]),
            PipelineKey("missing", choices: words(MissingPolicy.self), aliases: ["on_missing", "missing_files"]),
            PipelineKey("settle", aliases: ["stable", "quiet", "hold_still", "min_age"]),
            PipelineKey("timezone", aliases: ["tz", "zone"]),
            PipelineKey("start", aliases: ["start_date", "since", "first_day"]),
            PipelineKey("extra_columns", choices: words(ExtraColumns.self)),
            PipelineKey("missing_columns", choices: words(MissingColumns.self)),
        ] + later("postgres", "clickhouse", "kafka", "http")

    private static let settleKeys = [
        PipelineKey("for", aliases: ["age", "time", "seconds"]),
        PipelineKey("wait", aliases: ["timeout", "at_most", "max"]),
    ]

    private static let columnKeys = [
        PipelineKey("type", aliases: ["kind", "datatype"]),
        PipelineKey("path", aliases: ["from", "json_path", "jsonpath"]),
    ]

    private static let stepKeys =
        [
            PipelineKey("rollup", aliases: ["sql", "select", "aggregate"]),
            PipelineKey("window", aliases: ["range", "period", "days", "over"]),
            PipelineKey("to", aliases: ["output", "out", "write", "into", "save"]),
            PipelineKey("format", choices: words(FileFormat.self), aliases: ["type"]),
            PipelineKey("header", choices: ["true", "false"], aliases: ["headers"]),
            PipelineKey("split", choices: words(Split.self), aliases: ["split_by", "partition_by"]),
            PipelineKey("needs", aliases: ["depends_on", "after", "depends"]),
        ] + laterVerbs
        + later("keys", "when", "retry", "timeout", "on_failure", "for_each", "notify", "deadline")

    private static let projectKeys =
        [
            PipelineKey("timezone", aliases: ["tz", "zone"]),
            PipelineKey("store", aliases: ["state", "data"]),
            PipelineKey("memory", aliases: ["ram", "memory_limit"]),
        ] + later("notify", "threads", "connections", "retry", "timeout")

    /// Verbs of steps that are not there yet.
    static let laterVerbs = later("query", "copy", "report", "watch", "check", "call", "shell", "wait")

    private static func later(_ names: String...) -> [PipelineKey] {
        names.map { PipelineKey($0, isLater: true) }
    }

    private static func words<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> [String] {
        type.allCases.map(\.rawValue)
    }
}
