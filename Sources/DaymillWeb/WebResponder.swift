import DaymillCore
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Answers requests.
struct WebResponder: Sendable {
    let questions: WebQuestions
    let limits: WebLimits
    let clock: WallClock
    /// Whether only callers on this machine are talked to.
    let isLoopback: Bool

    /// Reads a request and writes its answer.
    ///
    /// - Throws: when the connection broke, or the request is no HTTP; there is no answer then.
    func respond(to request: Request, _ writer: consuming ResponseWriter) async throws {
        let reply = try await reply(to: request)
        let hasBody = request.method != .head && !reply.body.isEmpty
        let body = hasBody ? ResponseBody(byteBuffer: ByteBuffer(string: reply.body)) : ResponseBody()
        try await writer.write(response: reply.head(clock), body: body)
    }

    private func reply(to request: Request) async throws -> WebReply {
        if isLoopback, let objection = WebCaller.objection(to: request.head) { return .error(.forbidden, objection) }
        let target = request.head.path ?? ""
        let path = target.prefix { $0 != "?" }
        guard let route = WebRoute(path: path) else { return .error(.notFound, "there is nothing at '\(path)'") }
        guard route.methods.contains(request.method) else { return notAllowed(request.method, route) }
        switch route {
        case .metrics: return .metrics(questions.metrics())
        case .health: return .text("ok\n")
        case .readiness: return readiness()
        case .status: return .json(questions.status())
        case .trigger(let pipeline):
            guard path.endIndex == target.endIndex else { return .error(.badRequest, Self.queryProblem) }
            return try await trigger(pipeline, request)
        }
    }

    /// A date that is asked for in the address would be overlooked, and another one would run.
    private static let queryProblem = "nothing is read after '?': send the date and params as JSON in the body"

    private func notAllowed(_ method: HTTPRequest.Method, _ route: WebRoute) -> WebReply {
        let allowed = route.methods.map(\.rawValue).joined(separator: ", ")
        return .error(.methodNotAllowed, "\(method.rawValue) is not done here; \(allowed) is", [.allow: allowed])
    }

    private func readiness() -> WebReply {
        questions.isReady().map { .text($0 + "\n", .serviceUnavailable) } ?? .text("ready\n")
    }

    // MARK: Triggers

    private func trigger(_ pipeline: String, _ request: Request) async throws -> WebReply {
        let key = request.headers[.idempotencyKey].flatMap { $0.isEmpty ? nil : $0 }
        if let key, key.count > limits.keyCharactersMax {
            return .error(.badRequest, "the Idempotency-Key is longer than \(limits.keyCharactersMax) characters")
        }
        guard let bytes = try await body(of: request) else { return tooLarge }
        switch TriggerBody.read(bytes.readableBytesView) {
        case .failure(let problem): return .error(.badRequest, problem.sentence)
        case .success(let body):
            let trigger = WebTrigger(
                pipeline: pipeline, token: token(request.headers), date: body.date, params: body.params,
                idempotencyKey: key)
            return reply(to: await questions.trigger(trigger))
        }
    }

    /// Nil when it is too large.
    private func body(of request: Request) async throws -> ByteBuffer? {
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= limits.bodyBytesMax else { return nil }
        do {
            return try await request.body.collect(upTo: limits.bodyBytesMax)
        } catch is NIOTooManyBytesError { return nil }
    }

    private var tooLarge: WebReply {
        .error(.contentTooLarge, "the body is larger than \(limits.bodyBytesMax) bytes", [.connection: "close"])
    }

    private func token(_ headers: HTTPFields) -> String? {
        if let field = headers[.authorization] {
            let parts = field.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1].drop { $0 == " " }) }
        }
        return headers[.daymillToken]
    }

    private func reply(to answer: WebAnswer) -> WebReply {
        switch answer {
        case .accepted(let run): .json("run", run, .accepted)
        case .duplicate(let run): .json("run", run, .ok)
        case .unknown(let sentence): .error(.notFound, sentence)
        case .forbidden: .error(.unauthorized, "the token is missing or wrong", [.wwwAuthenticate: "Bearer"])
        case .refused(let sentence): .error(.unprocessableContent, sentence)
        case .busy(let sentence): .error(.tooManyRequests, sentence, [.retryAfter: "\(limits.retryAfterSeconds)"])
        }
    }
}

extension HTTPField.Name {
    fileprivate static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    fileprivate static let daymillToken = HTTPField.Name("X-Daymill-Token")!
}
