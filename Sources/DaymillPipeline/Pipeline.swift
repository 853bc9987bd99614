public import DaymillCore
public import DaymillSQL

/// A pipeline file that has been read and checked: nothing in it contradicts anything else, every name is known, and
/// its SQL is typed. What it describes may still be missing on disk.
public struct Pipeline: Sendable {
    /// The file's name without its ending.
    public var name: String
    /// The path of the file, as the user would type it.
    public var file: String
    /// What it is for, in the author's words.
    public var about: String?
    /// When it starts by itself.
    public var schedule: Schedule?
    /// The zone in which its days are days.
    public var timezone: TimeZoneName
    /// What `{name}` in paths stands for, by name: as the file says, or as it was given instead.
    public var params: [String: String] = [:]
    /// What the values of params are, where the file says so.
    public var paramTypes: [String: SQLType] = [:]
    /// Params that have no value of their own and were given none: nothing can run without them.
    public var missingParams: [String] = []
    /// The file and project it was read from, for reading it with other params.
    let origin: Origin
    /// In the file's order; names are unique, also among steps.
    public var sources: [Source]
    /// Those that compute an output from rows, in the order of `nodes`.
    public var steps: [Step]
    /// All steps, in an order in which they can run: a step stands after the steps it needs, else in the file's order.
    public var nodes: [StepNode] = []
    public var limits = GraphLimits()
    /// What starts it beside its schedule.
    public var triggers = PipelineTriggers()
    /// Who is told of what; that of the project where the file says nothing.
    public var notify: NoticeRule?
    /// The minute of the day at which a run that its schedule starts has to have succeeded.
    public var deadline: Int?

    /// Whether it does nothing but compute outputs one after another, with nothing that depends on how others end.
    public var isPlain: Bool {
        nodes.allSatisfy { node in
            guard case .rollup = node.work else { return false }
            let control = node.control
            return control.when == nil && control.runIf == .allSucceeded && control.onFailure == nil
                && control.retry.times == 0 && control.timeout == nil
        }
    }

    /// The source of a name.
    public func source(_ name: String) -> Source? { sources.first { $0.name == name } }

    struct Origin: Sendable {
        var yaml: String
        var project: Project
    }

    /// The step of a name.
    public func step(_ name: String) -> Step? { steps.first { $0.name == name } }
}

/// Dated rows from outside.
public struct Source: Sendable {
    public var name: String
    /// Where its name stands in the pipeline file.
    public var place: SourcePlace
    /// At least one; relative paths start in the project's folder.
    public var files: [PathTemplate]
    public var format: FileFormat
    public var compression: Compression
    /// At least one; for CSV in the order of the file's fields.
    public var columns: [Column]
    /// For each column where its values stand in an object of JSON Lines.
    public var paths: [JSONPath]
    public var header: HeaderPolicy
    /// The byte between fields.
    public var delimiter: UInt8
    /// The byte around fields; nil when fields are never quoted.
    public var quote: UInt8?
    /// Unquoted fields of CSV, or texts of JSON, that mean NULL.
    public var nullWords: [String]
    public var onBadRow: BadRowPolicy
    /// Where bad rows go when the policy is quarantine. `{date}` is the day of the file that a row came from; for files
    /// without a day it is the date of the run.
    public var quarantineTo: PathTemplate
    /// The position in `columns` of the date or timestamp that says which day a row belongs to; nil when the path does.
    public var eventTime: Int?
    /// Positions in `columns`: of rows that are equal in these, one is kept. Empty keeps all.
    public var distinctOn: [Int]
    public var missing: MissingPolicy
    /// The first day that the source has.
    public var start: Day?
    public var extraColumns: ExtraColumns
    public var missingColumns: MissingColumns
    /// How long its files must not have changed before they are read; nil: what a file holds when it is listed is read.
    public var settle: SettlePolicy?

    /// The zone by whose clock its paths, and times that say no zone, are written; the pipeline's unless it says otherwise.
    public var timezone: TimeZoneName = .utc
    /// The zone of the pipeline, in which its rows have days.
    public var dayZone: TimeZoneName = .utc
    /// Its clock and the pipeline's; nil when nothing of it depends on them.
    public var clocks: ClockShift?
    /// Positions in `columns`, ascending: timestamps whose text may say how far their clock is ahead of UTC.
    public var zonedColumns: [Int] = []

    /// Whether its rows belong to days, so that a window over it makes sense.
    public var hasDays: Bool { eventTime != nil || files.contains(where: \.hasDate) }
}

/// How the bytes of a file are rows.
public enum FileFormat: String, Sendable, CaseIterable {
    /// A line of fields for each row.
    case csv
    /// A line with a JSON object for each row.
    case jsonl
}

/// How the bytes of a file are packed.
public enum Compression: String, Sendable, CaseIterable {
    /// The first bytes of each file say.
    case auto
    case none, gzip, zstd
}

/// Whether the first line of a file names the columns.
public enum HeaderPolicy: String, Sendable, CaseIterable {
    /// It does when it holds the names of declared columns.
    case auto
    case present = "true"
    case absent = "false"
}

/// What happens with a row that does not fit the columns.
public enum BadRowPolicy: String, Sendable, CaseIterable {
    /// The run stops, naming file, line and column.
    case fail
    /// It is left out and counted.
    case skip
    /// It is written to `quarantine_to` with the reason, and counted.
    case quarantine
}

/// What happens when a day of the window has no file.
public enum MissingPolicy: String, Sendable, CaseIterable {
    case fail
    /// The day counts as a day without rows.
    case empty
}

/// When a file counts as written to its end. A file that changes while it is read is refused whatever this says.
public struct SettlePolicy: Sendable, Hashable {
    /// How long its size and times must have held still.
    public var hold: Duration
    /// How long a run waits for that before it fails.
    public var wait: Duration
}

/// What happens with a row that has more fields than the source has columns.
public enum ExtraColumns: String, Sendable, CaseIterable {
    /// It is a bad row.
    case fail
    case ignore
}

/// What happens with a row that has fewer fields than the source has columns, or no key for one of them.
public enum MissingColumns: String, Sendable, CaseIterable {
    /// It is a bad row: so for CSV, unless something else is said.
    case fail
    /// The columns that are missing are NULL: so for JSON Lines.
    case null
}

/// What starts a pipeline beside its schedule, while it is served.
public struct PipelineTriggers: Sendable {
    /// Outputs of other pipelines that were made: it starts for their date.
    public var outputs: [Output] = []
    /// Files that come or change: it starts for their date.
    public var files: [File] = []
    /// The token with which a POST to `/trigger/NAME` starts it; nil: none does.
    public var httpToken: SecretText?

    /// An output of a pipeline; without a step each of them.
    public struct Output: Sendable, Hashable {
        public var pipeline: String
        public var step: String?
        public var place: SourcePlace
    }

    /// Files of a path. Those of a path without a date are of the day on which they come.
    public struct File: Sendable, Hashable {
        /// Relative paths start in the project's folder.
        public var path: PathTemplate
        /// How long size and times must have held still.
        public var settle: Duration
        public var place: SourcePlace
    }
}

/// What bounds the runs of a pipeline.
public struct GraphLimits: Sendable {
    /// Steps at work at once; nil: twice as many as the machine has cores, and at least four.
    public var maxParallel: Int?
    /// Places of pools, by name.
    public var pools: [String: Int] = [:]
    /// How long a run may take.
    public var timeout: Duration?
}

/// A rollup that is written to a file.
public struct Step: Sendable {
    public var name: String
    /// Where its name stands in the pipeline file.
    public var place: SourcePlace
    public var rollup: Rollup
    /// The SQL as it stands in the file.
    public var sqlText: String
    /// Where the SQL starts.
    public var sqlPlace: SourcePlace
    /// The days it covers; nil only when its source has no days, and everything is covered.
    public var window: Window?
    /// The file it makes; relative paths start in the project's folder. It has a date whenever there is a window.
    public var to: PathTemplate
    public var format: FileFormat
    /// Whether the file starts with the names of its columns. JSON Lines never do.
    public var header: Bool
    /// Names of steps that come before it.
    public var needs: [String]
    /// Whether its rows go to several files.
    public var split = Split.none
}

/// Whether the rows of a step go to several files.
public enum Split: String, Sendable, CaseIterable {
    /// Each date of a run has one file.
    case none
    /// Each day that rows belong to has one file; `{date}` in `to` is that day. The window then says which days' paths a
    /// run takes in.
    case day
}
