/// One attempt at a step of a run, or at one of its items; or why there was none.
package struct AttemptRecord: Sendable, Hashable, Codable {
    /// What became of it.
    package enum State: String, Sendable, Codable {
        case running, succeeded, failed, skipped, cancelled
        /// Its process ended without saying how.
        case interrupted
    }
    package var step: String
    /// The name of the item; empty for a step that has none.
    package var item: String
    /// From 1; 0 for a step that was left out.
    package var number: Int
    package var state: State
    /// Why it was left out, or has failed.
    package var reason: String
    /// Microseconds since 1970.
    package var started: Int64
    /// Microseconds since 1970; nil while it is at work.
    package var ended: Int64?
    /// What is known of it, by name.
    package var facts: [String: String]
    /// Its step's place in the graph, for lists.
    package var place: Int

    package init(
        step: String, item: String = "", number: Int, state: State, reason: String = "", started: Int64,
        ended: Int64? = nil, facts: [String: String] = [:], place: Int = 0
    ) {
        self.step = step
        self.item = item
        self.number = number
        self.state = state
        self.reason = reason
        self.started = started
        self.ended = ended
        self.facts = facts
        self.place = place
    }
}
