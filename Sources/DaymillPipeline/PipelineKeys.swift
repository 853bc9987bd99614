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
    case pipeline, param, schedule, source, settle, column, step, retry, call, capture, wait, check, forEach, notify,
        triggers, httpTrigger,
        project, channel, email, telegram, webhook, slack, httpConnection, auth, basicAuth, oauth, limits, history

    package var keys: [PipelineKey] {
        switch self {
        case .pipeline: Self.pipelineKeys
        case .param: Self.paramKeys
        case .schedule: Self.scheduleKeys
        case .source: Self.sourceKeys
        case .settle: Self.settleKeys
        case .column: Self.columnKeys
        case .step: Self.stepKeys
        case .retry: Self.retryKeys
        case .call: Self.callKeys
        case .capture: Self.captureKeys
        case .wait: Self.waitKeys
        case .check: Self.checkKeys
        case .forEach: Self.forEachKeys
        case .notify: Self.notifyKeys
        case .triggers: Self.triggersKeys
        case .httpTrigger: Self.httpTriggerKeys
        case .channel: Self.channelKeys
        case .email: Self.emailKeys
        case .telegram: Self.telegramKeys
        case .webhook: Self.webhookKeys
        case .slack: Self.slackKeys
        case .project: Self.projectKeys
        case .httpConnection: Self.httpConnectionKeys
        case .auth: Self.authKeys
        case .basicAuth: Self.basicAuthKeys
        case .oauth: Self.oauthKeys
        case .limits: Self.limitsKeys
        case .history: Self.historyKeys
        }
    }

    private static let pipelineKeys =
        [
            PipelineKey("about", aliases: ["description", "doc", "comment"]),
            PipelineKey("schedule", aliases: ["cron", "every", "trigger", "on"]),
            PipelineKey("triggers", aliases: ["events", "starts_on", "run_on"]),
            PipelineKey("timezone", aliases: ["tz", "zone"]),
            PipelineKey("params", aliases: ["parameters", "vars", "variables", "arguments"]),
            PipelineKey("sources", aliases: ["inputs", "input", "from"]),
            PipelineKey("steps", aliases: ["tasks", "jobs", "stages"]),
            PipelineKey("retry", aliases: ["retries", "attempts"]),
            PipelineKey("timeout", aliases: ["time_limit", "max_time"]),
            PipelineKey("max_parallel", aliases: ["parallel", "concurrency", "max_workers"]),
            PipelineKey("pools", aliases: ["limits", "queues", "slots"]),
            PipelineKey("notify", aliases: ["alerts", "notifications", "email_on_failure"]),
            PipelineKey("deadline", aliases: ["sla", "due", "expected_by"]),
        ] + later("on_failure")

    private static let paramKeys = [
        PipelineKey("type", aliases: ["kind", "datatype"]),
        PipelineKey("default", aliases: ["value"]),
    ]

    private static let scheduleKeys = [
        PipelineKey("cron", aliases: ["at", "time", "expression"]),
        PipelineKey("timezone", aliases: ["tz", "zone"]),
        PipelineKey("missed", choices: words(MissedStarts.self), aliases: ["catchup", "catch_up"]),
        PipelineKey("overlap", choices: words(RunOverlap.self), aliases: ["concurrency", "max_active_runs"]),
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
            PipelineKey("shell", aliases: ["command", "bash", "cmd", "script", "exec"]),
            PipelineKey("program", aliases: ["interpreter", "shebang"]),
            PipelineKey("env", aliases: ["environment", "environ"]),
            PipelineKey("folder", aliases: ["cwd", "working_directory", "workdir", "dir"]),
            PipelineKey("call", aliases: ["http", "request", "url", "webhook"]),
            PipelineKey("wait", aliases: ["sensor", "wait_for", "until"]),
            PipelineKey("check", aliases: ["test", "tests", "assert", "assertions", "expect"]),
            PipelineKey("facts", aliases: ["outputs", "results", "xcom"]),
            PipelineKey("needs", aliases: ["depends_on", "after", "depends"]),
            PipelineKey("when", aliases: ["if", "condition", "only_if"]),
            PipelineKey("run_if", choices: words(RunIf.self), aliases: ["trigger_rule", "rule", "always"]),
            PipelineKey("on_failure", aliases: ["fallback", "catch", "or_else"]),
            PipelineKey("retry", aliases: ["retries", "attempts"]),
            PipelineKey("timeout", aliases: ["time_limit", "max_time", "execution_timeout"]),
            PipelineKey("pool", aliases: ["queue", "slot"]),
            PipelineKey("for_each", aliases: ["foreach", "loop", "matrix", "with_items", "expand"]),
            PipelineKey("notify", aliases: ["alerts", "notifications", "email_on_failure"]),
        ] + laterVerbs + later("keys", "deadline")

    private static let retryKeys = [
        PipelineKey("times", aliases: ["count", "max", "limit", "max_attempts"]),
        PipelineKey("delay", aliases: ["wait", "pause", "interval"]),
        PipelineKey("backoff", aliases: ["factor", "multiplier", "exponential"]),
        PipelineKey("jitter", aliases: ["random", "noise"]),
        PipelineKey("max_delay", aliases: ["max_wait", "cap"]),
    ]

    private static let callKeys = [
        PipelineKey("url", aliases: ["address", "uri", "endpoint"]),
        PipelineKey("connection", aliases: ["conn", "conn_id", "server", "via"]),
        PipelineKey("path", aliases: ["route", "resource"]),
        PipelineKey("method", choices: CallMethod.allCases.map(\.rawValue), aliases: ["verb"]),
        PipelineKey("headers", aliases: ["header"]),
        PipelineKey("body", aliases: ["data", "json", "payload"]),
        PipelineKey("expect", aliases: ["status", "expected", "codes"]),
        PipelineKey("capture", aliases: ["extract", "save"]),
        PipelineKey("timeout", aliases: ["time_limit"]),
    ]

    private static let captureKeys = [
        PipelineKey("path", aliases: ["from", "json_path", "jsonpath"]),
        PipelineKey("type", aliases: ["kind", "datatype"]),
    ]

    private static let waitKeys = [
        PipelineKey("file", aliases: ["files", "path", "glob"]),
        PipelineKey("settle", aliases: ["stable", "quiet", "hold_still"]),
        PipelineKey("output", aliases: ["dataset", "pipeline", "fresh"]),
        PipelineKey("call", aliases: ["http", "url"]),
        PipelineKey("time", aliases: ["sleep", "pause", "duration"]),
        PipelineKey("at_most", aliases: ["deadline", "timeout", "max"]),
        PipelineKey("every", aliases: ["interval", "poll", "poke_interval"]),
    ]

    private static let checkKeys = [
        PipelineKey("that", aliases: ["condition", "sql", "assert"]),
        PipelineKey("no_rows", aliases: ["empty", "none", "query"]),
        PipelineKey("of", aliases: ["step", "output", "table"]),
        PipelineKey("rows", aliases: ["row_count", "count"]),
        PipelineKey("unique", aliases: ["distinct", "key"]),
        PipelineKey("not_null", aliases: ["required", "present"]),
        PipelineKey("change", aliases: ["drift", "delta"]),
        PipelineKey("runs", aliases: ["history"]),
    ]

    private static let forEachKeys = [
        PipelineKey("query", aliases: ["sql", "select"])
    ]

    private static let projectKeys =
        [
            PipelineKey("timezone", aliases: ["tz", "zone"]),
            PipelineKey("store", aliases: ["state", "data"]),
            PipelineKey("memory", aliases: ["ram", "memory_limit"]),
            PipelineKey("limits", aliases: ["resources", "max"]),
            PipelineKey("history", aliases: ["retention", "keep", "cleanup"]),
            PipelineKey("connections", aliases: ["connection", "servers", "services", "databases"]),
            PipelineKey("channels", aliases: ["notifiers", "contacts"]),
            PipelineKey("notify", aliases: ["alerts", "notifications"]),
        ] + later("retry", "timeout")

    private static let historyKeys = [
        PipelineKey("keep", aliases: ["age", "days", "max_age", "ttl"]),
        PipelineKey("runs", aliases: ["count", "max_runs"]),
        PipelineKey("size", aliases: ["bytes", "max_size", "disk"]),
    ]

    private static let limitsKeys = [
        PipelineKey("max_runs", aliases: ["runs", "max_active_runs", "parallelism"]),
        PipelineKey("memory", aliases: ["ram", "memory_limit"]),
        PipelineKey("threads", aliases: ["cores", "cpus", "workers"]),
    ]

    private static let httpConnectionKeys = [
        PipelineKey("type", choices: words(ConnectionDefinition.KindWord.self), aliases: ["kind"]),
        PipelineKey("url", aliases: ["address", "base", "host", "base_url", "endpoint"]),
        PipelineKey("headers", aliases: ["header"]),
        PipelineKey("auth", aliases: ["login", "authorization", "credentials", "token"]),
        PipelineKey("timeout", aliases: ["time_limit"]),
        PipelineKey("certificates", aliases: ["ca", "cacert", "ca_file", "verify"]),
        PipelineKey("test", aliases: ["health", "ping", "check"]),
    ]

    private static let authKeys = [
        PipelineKey("bearer", aliases: ["token", "api_key"]), PipelineKey("basic", aliases: ["password", "user"]),
        PipelineKey("oauth", aliases: ["oauth2", "client_credentials"]),
    ]

    private static let basicAuthKeys = [
        PipelineKey("user", aliases: ["login", "username", "name"]),
        PipelineKey("password", aliases: ["pass", "secret"]),
    ]

    private static let oauthKeys = [
        PipelineKey("token_url", aliases: ["url", "endpoint", "authority"]),
        PipelineKey("client_id", aliases: ["id", "user"]),
        PipelineKey("client_secret", aliases: ["secret", "password"]),
        PipelineKey("scope", aliases: ["scopes", "audience"]),
    ]

    private static let notifyKeys = [
        PipelineKey("on", choices: words(NoticeKind.self), aliases: ["when", "events"]),
        PipelineKey("to", aliases: ["channels", "channel", "recipients"]),
    ]

    private static let triggersKeys = [
        PipelineKey("output", aliases: ["dataset", "pipeline", "after"]),
        PipelineKey("file", aliases: ["files", "path", "glob", "arrival"]),
        PipelineKey("settle", aliases: ["stable", "quiet", "hold_still"]),
        PipelineKey("http", aliases: ["webhook", "post", "url"]),
    ]

    private static let httpTriggerKeys = [PipelineKey("token", aliases: ["secret", "key", "password"])]

    private static let channelKeys = [
        PipelineKey("email", aliases: ["mail", "smtp"]), PipelineKey("telegram", aliases: ["tg"]),
        PipelineKey("webhook", aliases: ["http", "hook"]), PipelineKey("slack", aliases: ["mattermost"]),
    ]

    private static let emailKeys = [
        PipelineKey("host", aliases: ["server", "smtp_host"]), PipelineKey("port"),
        PipelineKey("security", choices: words(EmailDefinition.Security.self), aliases: ["tls", "ssl", "encryption"]),
        PipelineKey("user", aliases: ["login", "username"]), PipelineKey("password", aliases: ["pass", "secret"]),
        PipelineKey("from", aliases: ["sender"]), PipelineKey("to", aliases: ["recipients", "recipient"]),
        PipelineKey("certificates", aliases: ["ca", "cacert", "ca_file"]),
    ]

    private static let telegramKeys = [
        PipelineKey("token", aliases: ["bot_token", "bot"]), PipelineKey("chat", aliases: ["chat_id", "to"]),
        PipelineKey("base", aliases: ["url", "api", "address"]),
    ]

    private static let webhookKeys = [
        PipelineKey("url", aliases: ["address", "endpoint"]), PipelineKey("headers", aliases: ["header"]),
    ]

    private static let slackKeys = [PipelineKey("url", aliases: ["address", "webhook", "hook"])]

    /// Keys of a step that say what it does.
    static let verbs = ["rollup", "shell", "call", "wait", "check"]

    /// Verbs of steps that are not there yet.
    static let laterVerbs = later("query", "copy", "report", "watch")

    private static func later(_ names: String...) -> [PipelineKey] {
        names.map { PipelineKey($0, isLater: true) }
    }

    private static func words<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> [String] {
        type.allCases.map(\.rawValue)
    }
}
