/// One carrying out of a command that makes outputs.
package struct RunRecord: Sendable, Hashable, Codable {
    /// What became of it.
    package enum State: String, Sendable, CaseIterable, Codable {
        /// It has been decided that it starts, and no process has taken it yet.
        case queued
        case running, succeeded, failed
        /// Somebody had it ended.
        case cancelled
        /// Its process ended without saying how.
        case interrupted
    }

    /// When it started, to the millisecond, by the clock of UTC: `20261121-220213-317`. So ids ascend in time.
    package var id: String
    package var pipeline: String
    /// What was asked for: `run`, `backfill`, `repair`.
    package var command: String
    /// The dates that were asked for, as they are written for people; empty for what a repair finds.
    package var dates: String
    /// Params that were given, by name.
    package var params: [String: String]
    /// Microseconds since 1970.
    package var started: Int64
    /// Microseconds since 1970; nil while it runs, and where nobody knows.
    package var ended: Int64?
    package var state: State
    /// Whose work it is.
    package var process: ProcessIdentity
    /// The version of Daymill.
    package var version: String
    /// Why it failed.
    package var failure: RunFailure?
    /// Why there is it: `hand`, `schedule`, `rerun`, or what else started it, with its name: `file in/2026-11-21.csv`.
    package var cause = "hand"
    /// The moment that its schedule means, in microseconds since 1970; nil for a run that no schedule started.
    package var planned: Int64?
    /// The run that it repeats.
    package var parent: String?
    /// How many processes have taken it.
    package var starts = 1
    /// Why somebody wants it to end.
    package var wish: String?

    /// Whether a server started it, and starts it again when its process dies.
    package var isServed: Bool { cause != "hand" && !cause.hasPrefix("rerun") }

    package init(
        id: String, pipeline: String, command: String, dates: String, params: [String: String], started: Int64,
        process: ProcessIdentity, version: String
    ) {
        self.id = id
        self.pipeline = pipeline
        self.command = command
        self.dates = dates
        self.params = params
        self.started = started
        state = .running
        self.process = process
        self.version = version
    }
}

/// An error as it is kept.
package struct RunFailure: Sendable, Hashable, Codable {
    /// One of docs/spec/errors.md.
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// What a step did for a date.
package struct StepRecord: Sendable, Hashable, Codable {
    package var step: String
    /// ISO.
    package var date: String
    /// `made`, `unchanged`, `up-to-date`, or `failed`.
    package var status: String
    /// Relative to the project's folder, or as the pipeline says.
    package var output: String
    package var seconds: Double
    package var filesRead: Int
    package var bytesRead: Int
    package var rowsRead: Int
    package var badRows: Int
    package var rowsWritten: Int
    package var bytesWritten: Int
    package var failure: RunFailure?

    package init(
        step: String, date: String, status: String, output: String = "", seconds: Double = 0, filesRead: Int = 0,
        bytesRead: Int = 0, rowsRead: Int = 0, badRows: Int = 0, rowsWritten: Int = 0, bytesWritten: Int = 0,
        failure: RunFailure? = nil
    ) {
        self.step = step
        self.date = date
        self.status = status
        self.output = output
        self.seconds = seconds
        self.filesRead = filesRead
        self.bytesRead = bytesRead
        self.rowsRead = rowsRead
        self.badRows = badRows
        self.rowsWritten = rowsWritten
        self.bytesWritten = bytesWritten
        self.failure = failure
    }
}
