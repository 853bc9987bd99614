/// What a step did, for people and machines.
package struct StepOutcome: Sendable, Codable {
    package enum Status: String, Sendable, Codable {
        case made
        /// Nothing has changed since it was published.
        case upToDate = "up-to-date"
        /// Inputs have changed, and the output would come out the same.
        case unchanged
    }

    /// A stored segment, or a part of one, that was compared with what it was made of.
    package struct Audited: Sendable, Codable, Hashable {
        /// Its id.
        package var segment: String
        /// `file`, `day`, or the part of a day or of a window.
        package var what: String
        /// `right`, `wrong`, or `skipped` where its source has gone.
        package var verdict: String
    }

    /// A part of the work and how long it took.
    package struct Timing: Sendable, Codable {
        package var part: String
        package var seconds: Double
    }

    package var pipeline: String
    package var step: String
    /// ISO.
    package var date: String
    package var status: Status
    /// First and last day, ISO; nil for everything.
    package var days: [String]?
    package var output: String
    package var files = 0
    /// What happened to input files since they were last seen.
    package var changes: [FileChange] = []
    package var filesRead = 0
    package var bytesRead = 0
    package var rowsRead = 0
    package var filesReused = 0
    package var bytesReused = 0
    package var rowsReused = 0
    /// Rows that the source's policy left out, of all files of the window.
    package var badRows = 0
    package var quarantine: [String] = []
    /// Stored segments that were damaged and made anew.
    package var rebuilt = 0
    /// What was re-checked of earlier work.
    package var audited: [Audited] = []
    package var segmentBytesWritten = 0
    /// How the window was put together, where not from its days alone: a `WindowOperator`.
    package var window: String?
    package var rowsWritten = 0
    package var bytesWritten = 0
    /// The output's first lines.
    package var firstLines: [String] = []
    package var timings: [Timing] = []
    package var seconds = 0.0
}
