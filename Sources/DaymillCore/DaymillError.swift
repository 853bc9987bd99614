/// The one shape of everything that can go wrong, for people and for machines.
///
/// Sentences may improve freely; `code` is what tests, metrics and exit codes rely on.
public struct DaymillError: Error, Sendable {
    /// A stable name from a bounded list.
    public var code: ErrorCode
    /// Where in the user's own files, if anywhere.
    public var place: SourcePlace?
    /// What happened to which thing: one sentence without a final full stop.
    public var message: String
    /// What to do about it; empty when nothing helps.
    public var hint: String
    /// Whether the same call may succeed later without anybody changing anything.
    public var isRetryable: Bool
    /// What lay beneath, when there is something.
    public var cause: (any Error)?

    public init(
        _ code: ErrorCode, at place: SourcePlace? = nil, _ message: String, hint: String = "",
        isRetryable: Bool = false, cause: (any Error)? = nil
    ) {
        self.code = code
        self.place = place
        self.message = message
        self.hint = hint
        self.isRetryable = isRetryable
        self.cause = cause
    }
}

extension DaymillError: CustomStringConvertible {
    /// `place: message; hint`, one line.
    public var description: String {
        let start = place.map { "\($0): " } ?? ""
        return start + message + (hint.isEmpty ? "" : "; \(hint)")
    }
}

/// Every problem found in one go, in reading order, so that a file is mended once and not ten times.
public struct DaymillErrors: Error, Sendable, CustomStringConvertible {
    /// At least one.
    public var all: [DaymillError]

    public init(_ all: [DaymillError]) {
        precondition(!all.isEmpty, "DaymillErrors needs at least one error")
        self.all = all
    }

    /// One line per problem.
    public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The bounded list of what can go wrong. `docs/spec/errors.md` explains each.
public enum ErrorCode: String, Sendable, CaseIterable {
    /// The command line itself is wrong.
    case usage
    /// No such pipeline, step or project.
    case notFound = "not-found"
    /// A pipeline file cannot be understood.
    case pipelineInvalid = "pipeline-invalid"
    /// SQL that is wrong, or that Daymill does not do.
    case sqlInvalid = "sql-invalid"
    /// A day's input is not there.
    case inputMissing = "input-missing"
    /// A row does not fit the source's columns.
    case badRow = "bad-row"
    /// A file is damaged: broken compression, changed while it was read.
    case inputDamaged = "input-damaged"
    /// An expression failed on a row: division by zero, overflow, a cast.
    case evaluation
    /// An output is not what its inputs give.
    case outputDiffers = "output-differs"
    /// What an output was made of has changed since.
    case stale
    /// A stored segment, receipt or manifest fails its check.
    case storeDamaged = "store-damaged"
    /// A step did not do what it should: a shell ended badly, an address did not answer as expected, time ran out.
    case stepFailed = "step-failed"
    /// Something that is checked is not as it should be.
    case checkFailed = "check-failed"
    /// Somebody had a run ended.
    case cancelled
    /// The operating system refused: permissions, disk full, a vanished folder.
    case io
    /// A bound was passed: line length, number of columns, memory.
    case limit
    /// What does not work yet is refused with this.
    case unsupported
    /// A bug in Daymill.
    case bug = "internal"
}
