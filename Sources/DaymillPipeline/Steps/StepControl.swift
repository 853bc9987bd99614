import DaymillCore
public import DaymillSQL

/// When a step may start, and what happens when it fails.
public struct StepControl: Sendable {
    /// It is left out when this is not true.
    public var when: Condition?
    /// What must have become of the steps it needs.
    public var runIf = RunIf.allSucceeded
    /// The step that takes its place when it has failed.
    public var onFailure: String?
    /// The step whose place it takes when that one has failed.
    public var fallbackOf: String?
    public var retry = RetryPolicy()
    /// How long one attempt may take; nil: as long as it takes.
    public var timeout: Duration?
    /// A named number of places that steps share; nil: none but that of the whole run.
    public var pool: String?
    public var forEach: ForEach?
    /// Who is told when it fails, succeeds or recovers.
    public var notify: NoticeRule?
}

/// What must have become of the steps that a step needs, for it to start.
public enum RunIf: String, Sendable, CaseIterable {
    /// Each has succeeded.
    case allSucceeded = "all_succeeded"
    /// Each has ended, however.
    case allDone = "all_done"
    /// None has failed; those that were left out do not count. For a step after two branches.
    case noneFailed = "none_failed"
    /// At least one has failed.
    case anyFailed = "any_failed"
    /// Each has failed.
    case allFailed = "all_failed"
    /// At least one has succeeded.
    case anySucceeded = "any_succeeded"
}

/// How often and after what pauses a step is tried again.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first one.
    public var times = 0
    /// The pause before the second attempt.
    public var delay = Duration.seconds(10)
    /// What each further pause is multiplied with; 1: all are alike.
    public var backoff = 2.0
    /// The part of a pause that chance may add or take away: 0...1.
    public var jitter = 0.1
    /// The longest pause.
    public var maxDelay = Duration.seconds(3600)

    public init() {}

    /// The pause after some failed attempts.
    ///
    /// - Parameter chance: 0..<1.
    public func pause(afterAttempt attempt: Int, chance: Double) -> Duration {
        var seconds = min(delay.seconds, maxDelay.seconds)
        // A loop and not a power, so that a long row of attempts does not overflow.
        for _ in 1..<max(1, min(attempt, 64)) { seconds = min(seconds * backoff, maxDelay.seconds) }
        return .seconds(max(0, seconds * (1 + jitter * (2 * chance - 1))))
    }
}

/// A step that is carried out once for each of some items, side by side.
public enum ForEach: Sendable {
    case items([String])
    /// The values of the one column of a SELECT over the output of a step.
    case query(CheckWork.Query)
}
