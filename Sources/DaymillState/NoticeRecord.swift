/// A message that somebody is to get over a channel, or has got.
package struct NoticeRecord: Sendable, Hashable, Codable {
    /// What became of it.
    package enum State: String, Sendable, Codable {
        /// To be sent, maybe again.
        case waiting
        /// A process is sending it.
        case sending
        case sent
        /// It may have arrived or not: it is not sent again.
        case uncertain
        /// It could not be delivered and never will.
        case failed
    }
    /// Names it for good: what it is about, and the channel.
    package var id: String
    package var pipeline: String
    /// The run that it is about.
    package var run: String?
    /// `success`, `failure`, `recovery`, `late`, `test`.
    package var kind: String
    /// The name of the channel.
    package var channel: String
    package var subject: String
    package var text: String
    /// Names and values, in order.
    package var fields: [[String]]
    package var state = State.waiting
    /// Sendings that began.
    package var attempts = 0
    /// Microseconds since 1970 at which it is sent next.
    package var next: Int64
    package var created: Int64
    package var ended: Int64?
    /// What the other side said last.
    package var answer = ""

    package init(
        id: String, pipeline: String, run: String?, kind: String, channel: String, subject: String, text: String,
        fields: [[String]], created: Int64
    ) {
        self.id = id
        self.pipeline = pipeline
        self.run = run
        self.kind = kind
        self.channel = channel
        self.subject = subject
        self.text = text
        self.fields = fields
        self.created = created
        next = created
    }
}
