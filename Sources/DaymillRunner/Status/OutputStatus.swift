import DaymillCore

/// Where an output stands.
package struct OutputStatus: Sendable, Codable, Equatable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// It is what it would be if it were made now.
        case fresh
        /// It is not.
        case stale
        /// Whether it still is cannot be told before some file has been read.
        case unread
        /// It was made, and its file is gone.
        case missing
        /// Its inputs are there, and it was never made.
        case neverMade = "never-made"
    }

    /// Why an output is not fresh, or may not be.
    package struct Reason: Sendable, Codable, Hashable {
        package enum Kind: String, Sendable, Codable {
            case definition
            /// Somebody changed the published file.
            case edited
            case new, changed, grown, truncated, deleted
        }
        package var kind: Kind
        /// The file.
        package var path: String?
        /// Days of the output's window that the file has rows of, as far as known; ISO.
        package var days: [String] = []
    }

    package var pipeline: String
    package var step: String
    /// ISO.
    package var date: String
    /// As records know it.
    package var output: String
    package var state: State
    package var reasons: [Reason] = []
    /// When it was made last, in microseconds since 1970.
    package var made: Int64?
    /// When it was last found equal to a computation on another path, in microseconds since 1970.
    package var verified: Int64?
    package var verifiedBy: String?

    /// Whether `repair` makes it anew.
    package var needsRepair: Bool { state == .stale || state == .missing || state == .unread }
}

/// The outputs of one step.
package struct StepStatus: Sendable {
    package var pipeline: String
    package var step: String
    /// By date.
    package var outputs: [OutputStatus]
    /// Bytes of input files that have to be read to make all of them fresh.
    package var bytesToRead: Int
}
