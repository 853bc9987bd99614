/// What the server is asked and does not know itself.
///
/// All of them are called on threads of Swift's tasks, several at a time: they may look something up, and do not wait.
package struct WebQuestions: Sendable {
    /// Numbers as Prometheus reads them, in its text format 0.0.4.
    package var metrics: @Sendable () -> String
    /// Nil when new work is taken; else why not, as a sentence.
    package var isReady: @Sendable () -> String?
    /// Starts a run, or says why not. A client that leaves in the meantime changes nothing.
    package var trigger: @Sendable (WebTrigger) async -> WebAnswer
    /// What goes on, as JSON.
    package var status: @Sendable () -> String

    package init(
        metrics: @escaping @Sendable () -> String, isReady: @escaping @Sendable () -> String?,
        trigger: @escaping @Sendable (WebTrigger) async -> WebAnswer, status: @escaping @Sendable () -> String
    ) {
        self.metrics = metrics
        self.isReady = isReady
        self.trigger = trigger
        self.status = status
    }
}

/// Somebody wants a run.
package struct WebTrigger: Sendable, Hashable {
    package var pipeline: String
    /// What proves that the caller may: from `Authorization: Bearer` or `X-Daymill-Token`. Never from the address,
    /// since addresses end up in logs.
    package var token: String?
    /// As it was sent; whether it is a date is not known.
    package var date: String?
    /// By name.
    package var params: [String: String]
    /// Two triggers with the same key are one.
    package var idempotencyKey: String?

    package init(
        pipeline: String, token: String? = nil, date: String? = nil, params: [String: String] = [:],
        idempotencyKey: String? = nil
    ) {
        self.pipeline = pipeline
        self.token = token
        self.date = date
        self.params = params
        self.idempotencyKey = idempotencyKey
    }
}

/// What becomes of a trigger. Texts are sentences for the caller.
package enum WebAnswer: Sendable, Hashable {
    /// There is a new run, of this id.
    case accepted(run: String)
    /// This has been asked for before, and is that run.
    case duplicate(run: String)
    /// There is no such pipeline.
    case unknown(String)
    /// The token is missing or wrong.
    case forbidden
    /// It is understood, and cannot be done.
    case refused(String)
    /// Not now.
    case busy(String)
}
