import DaymillCore

/// HTTP calls by libcurl: http and https only, HTTP/1.1, a connection for each call. The environment's proxies are
/// respected (`https_proxy`, `no_proxy`).
package struct CurlTransport: HTTPTransport {
    private let stop: TransferStop?

    /// - Parameter stop: ends calls early when it is set.
    package init(stop: TransferStop? = nil) {
        self.stop = stop
    }

    package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        if let problem = request.problem { throw .invalid(problem) }
        let report = CurlDoor.perform(order(request))
        guard report.end == .done else { throw HTTPFailure(report) }
        return HTTPResponse(
            status: report.status, headers: CurlTransport.headers(report.headers), body: report.answer)
    }

    private func order(_ request: HTTPRequest) -> TransferOrder {
        var headers = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if !request.hasHeader("User-Agent") { headers.append("User-Agent: daymill/\(daymillVersion)") }
        // Without a value: libcurl would else guess a type, and wait for "100 Continue".
        if !request.hasHeader("Content-Type") { headers.append("Content-Type:") }
        if !request.hasHeader("Expect") { headers.append("Expect:") }
        var order = TransferOrder(
            url: request.url, body: request.body, certificates: request.certificates,
            timeoutSeconds: request.timeoutSeconds, connectTimeoutSeconds: request.connectTimeoutSeconds,
            answerBytesMax: request.responseBytesMax, stop: stop)
        (order.method, order.headers, order.followsRedirects) = (request.method, headers, request.followsRedirects)
        return order
    }

    /// The lines after the status line.
    private static func headers(_ block: String) -> [(name: String, value: String)] {
        block.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...]
            return (String(line[..<colon]), value.trimmed)
        }
    }
}

extension HTTPRequest {
    /// What forbids to send it; nil when it can be sent.
    fileprivate var problem: String? {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        if scheme != "http" && scheme != "https" { return "the address does not start with http:// or https://" }
        if url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) { return "the address has spaces or control characters" }
        if !HTTPToken.isToken(method) { return "'\(CleanText.line(method))' is no HTTP method" }
        for header in headers {
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
    /// What an exchange without an answer means for the caller.
    init(_ report: TransferReport) {
        let said = report.problem.trimmed
        let words = report.end == .cut ? "the connection broke (\(said))" : said
        switch report.end {
        case .tooLong: self = .tooLong(status: report.status, "the answer is longer than allowed")
        case .stopped: self = report.sentBytes == 0 ? .notSent("it was stopped") : .uncertain("it was stopped")
        // After a redirection these are about the second server, and the first one has the request.
        case _ where report.sentBytes > 0: self = .uncertain(words)
        case .invalid: self = .invalid(words)
        case .untrusted, .noTLS: self = .untrusted("\(words); \(TLSHint.text(report.end))")
        case .noLibrary: self = .notSent("\(words); install libcurl (Debian: libcurl4)")
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
