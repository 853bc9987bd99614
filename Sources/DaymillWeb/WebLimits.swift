/// The bounds of the server, with their reasons.
package struct WebLimits: Sendable {
    /// The body of a request: a date and some params take some hundred bytes.
    package var bodyBytesMax = 64 << 10
    /// What is read and thrown away of a body that is too large, so that its sender comes to see the answer.
    package var discardedBytesMax = 1 << 20
    /// All headers of a request, and its first line.
    package var headerBytesMax = 16 << 10
    /// Headers of a request.
    package var headersMax = 64
    /// Characters of an `Idempotency-Key`: it is stored.
    package var keyCharactersMax = 255
    /// Connections at once, each of which may hold a body. Further ones wait until one is closed.
    package var connectionsMax = 32
    /// From the first byte of a connection, or the last answer, to the end of the next request's headers.
    package var idleMilliseconds: Int64 = 20_000
    /// For the body of a request to arrive, and for an answer to leave, however slowly they trickle.
    package var transferMilliseconds: Int64 = 10_000
    /// For requests at work when the server stops.
    package var graceMilliseconds = 1500
    /// What a busy server asks its callers to wait.
    package var retryAfterSeconds = 5

    package init() {}
}
