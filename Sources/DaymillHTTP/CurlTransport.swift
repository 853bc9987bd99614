import DaymillCore

/// HTTP calls by libcurl: http and https only, HTTP/1.1.
package struct CurlTransport: HTTPTransport {
    private let stop: TransferStop?
    private let connections: HTTPConnections?

    /// - Parameters:
    ///   - stop: ends calls early when it is set.
    ///   - connections: kept ones, for calls that may be repeated (GET, HEAD, PUT, DELETE): a server may close one just when
    ///     the next call begins, and then libcurl makes that call again. Without it each call has a new one.
    package init(stop: TransferStop? = nil, connections: HTTPConnections? = nil) {
        self.stop = stop
        self.connections = connections
    }

    package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        let (answer, error) = try exchange(request, body: nil, sink: nil)
        assert(error == nil)
        return answer
    }

    /// Makes the call once, with a body that is read as it is sent, or an answer that is taken as it comes.
    ///
    /// - Returns: the answer, without a body where the sink wanted it.
    /// - Throws: `HTTPFailure`; what body and sink throw.
    package func send(
        _ request: HTTPRequest, body: (any HTTPBody)? = nil, into sink: (any HTTPSink)? = nil
    ) throws -> HTTPResponse {
        let (answer, error) = try exchange(request, body: body, sink: sink)
        if let error { throw error }
        return answer
    }

    /// - Returns: the answer, and what a body or sink has thrown.
    private func exchange(
        _ request: HTTPRequest, body: (any HTTPBody)?, sink: (any HTTPSink)?
    ) throws(HTTPFailure) -> (HTTPResponse, (any Error)?) {
        let start = ContinuousClock.now
        var hop = request
        for count in 0...Redirection.most {
            let follows = request.followsRedirects && body == nil
            if let problem = hop.problem { throw count == 0 ? .invalid(problem) : .uncertain(problem) }
            let filter = sink.map { Redirection.Filter($0, follows: follows) }
            let isRepeatable = ["GET", "HEAD", "PUT", "DELETE"].contains(hop.method)
            let report = CurlDoor.perform(
                order(hop), body: body, sink: filter, connections: isRepeatable ? connections : nil)
            let answer = HTTPResponse(
                status: report.status, headers: HTTPResponse.headers(report.headers), body: report.answer)
            if report.end == .givenUp { return (answer, report.error) }
            guard report.end == .done else {
                let failure = HTTPFailure(report)
                // The first server has the request.
                throw count == 0 ? failure : failure.asUncertain
            }
            guard follows, let next = Redirection.next(after: hop, answer) else { return (answer, nil) }
            hop = next
            hop.timeoutSeconds = request.timeoutSeconds - (ContinuousClock.now - start).seconds
        }
        throw .uncertain("it was redirected more than \(Redirection.most) times")
    }

    private func order(_ request: HTTPRequest) -> TransferOrder {
        let own = Set(request.hostHeaders.map { $0.name.lowercased() })
        let all = request.headers.filter { !own.contains($0.name.lowercased()) } + request.hostHeaders
        var headers = all.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if !request.hasHeader("User-Agent") { headers.append("User-Agent: daymill/\(daymillVersion)") }
        // Without a value: libcurl would else guess a type, and wait for "100 Continue".
        if !request.hasHeader("Content-Type") { headers.append("Content-Type:") }
        if !request.hasHeader("Expect") { headers.append("Expect:") }
        var order = TransferOrder(
            url: request.url, body: request.body, certificates: request.certificates,
            timeoutSeconds: request.timeoutSeconds, connectTimeoutSeconds: request.connectTimeoutSeconds,
            answerBytesMax: request.responseBytesMax, stop: stop)
        (order.method, order.headers) = (request.method, headers)
        (order.idleTimeoutSeconds, order.usesProxies) = (request.idleTimeoutSeconds, request.usesProxies)
        return order
    }
}

extension HTTPRequest {
    /// What forbids to send it; nil when it can be sent.
    fileprivate var problem: String? {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        if scheme != "http" && scheme != "https" { return "the address does not start with http:// or https://" }
        if url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) { return "the address has spaces or control characters" }
        if !HTTPToken.isToken(method) { return "'\(CleanText.line(method))' is no HTTP method" }
        for header in headers + hostHeaders {
            if !HTTPToken.isToken(header.name) { return "'\(CleanText.line(header.name))' is no name of a header" }
            if !HTTPToken.isValue(header.value) { return "header \(header.name) has line breaks or control characters" }
        }
        if certificates?.utf8.contains(0) ?? false { return "the path of the certificates has a NUL character" }
        return nil
    }
}

/// The letters of HTTP.
package enum HTTPToken {
    /// A method or the name of a header.
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
    }

    /// The value of a header: it cannot begin another header.
    package static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 9 || ($0 >= 32 && $0 != 127) }
    }

    package static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension HTTPFailure {
    /// The same, when another server had the request before.
    var asUncertain: HTTPFailure {
        switch self {
        case .tooLong: self
        case .invalid(let text), .untrusted(let text), .notSent(let text), .uncertain(let text): .uncertain(text)
        }
    }

    /// What an exchange without an answer means for the caller.
    init(_ report: TransferReport) {
        let said = report.problem.trimmed
        let words = report.end == .cut ? "the connection broke (\(said))" : said
        switch report.end {
        case .tooLong: self = .tooLong(status: report.status, "the answer is longer than allowed")
        case .stopped: self = report.sentBytes == 0 ? .notSent("it was stopped") : .uncertain("it was stopped")
        case _ where report.sentBytes > 0: self = .uncertain(words)
        case .invalid: self = .invalid(words)
        case .untrusted, .noTLS: self = .untrusted("\(words); \(TLSHint.text(report.end))")
        case .noLibrary: self = .notSent("\(words); install libcurl (Debian: libcurl4)")
        case .noHost:
            self = .notSent("\(words); see whether the name is right, and whether names are resolved here at all")
        case .noConnection:
            self = .notSent("\(words); see whether the server runs, its port is right, and no firewall lies between")
        default: self = .notSent(words)
        }
    }
}

/// How TLS is mended.
package enum TLSHint {
    package static func text(_ end: TransferEnd) -> String {
        end == .untrusted
            ? "if the server has a certificate of your own authority, name that authority's file as certificates; else "
                + "the server's certificate has to be mended"
            : "see whether the port is one for TLS, and whether the server knows TLS 1.2 or later"
    }
}
