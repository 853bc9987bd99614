import DaymillCore
import Foundation

/// An HTTP call.
package struct HTTPRequest: Sendable {
    /// In capitals: `GET`, `POST`.
    package var method: String
    /// http or https. May hold secrets, so `description` shows its host only.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// Headers for this host and no other that it may redirect to: tokens and the like. They take the place of those of
    /// the same name.
    package var hostHeaders: [(name: String, value: String)] = []
    /// Nil: none.
    package var body: [UInt8]?
    /// For the whole call, redirections included.
    package var timeoutSeconds: Double
    /// How long nothing may move; nil: `timeoutSeconds`.
    package var idleTimeoutSeconds: Double?
    /// Goes through the proxies that the environment names (`https_proxy`, `no_proxy`).
    package var usesProxies = true
    /// Until there is a connection, with TLS where the URL asks for it.
    package var connectTimeoutSeconds: Double
    /// A longer answer is a failure.
    package var responseBytesMax: Int
    /// A file of certificates (PEM) to trust in place of the system's.
    package var certificates: String?
    /// Follows up to five redirections, to http and https only. Headers go along to another host, but for
    /// `Authorization`, `Cookie` and `hostHeaders`; a POST becomes a GET as browsers do it. One with a body that is read
    /// as it is sent is not followed.
    package var followsRedirects: Bool

    package init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeoutSeconds: Double = 30, connectTimeoutSeconds: Double = 10, responseBytesMax: Int = 1 << 20,
        certificates: String? = nil, followsRedirects: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.responseBytesMax = responseBytesMax
        self.certificates = certificates
        self.followsRedirects = followsRedirects
    }

    /// Asks for a part of what is there: bytes from and to, the end not included. The answer has the status 206, or 200
    /// and all of it from a server that knows no parts.
    package mutating func ask(for range: Range<Int64>) {
        headers.append((name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }

    /// Whether a header of this name is given, in any case of letters.
    package func hasHeader(_ name: String) -> Bool {
        (headers + hostHeaders).contains { $0.name.lowercased() == name.lowercased() }
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `POST to hooks.x.test`: paths, headers and bodies may hold secrets.
    package var description: String { "\(method) to \(URL(string: url)?.host() ?? "?")" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// In the order of the answer.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Out of a status line and what follows it.
    static func headers(_ block: String) -> [(name: String, value: String)] {
        block.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...]
            return (String(line[..<colon]), value.trimmed)
        }
    }

    /// The body as UTF-8; what is none becomes U+FFFD.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first header of this name, in any case of letters.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Why there is no answer. Its words name the host and may name parts of the URL: whoever shows them masks secrets.
package enum HTTPFailure: Error, Sendable, Equatable {
    /// Nothing reached the server, and nothing will before the request is mended: a malformed URL, a line break in a
    /// header.
    case invalid(String)
    /// Nothing reached the server, and nothing will before certificates or TLS settings are mended.
    case untrusted(String)
    /// Surely nothing reached the server: its name has no address, nobody accepts the connection, libcurl is missing.
    case notSent(String)
    /// The server may have received it: a time-out or a cut after sending began.
    case uncertain(String)
    /// The server received it and answered with this status, but with more than was allowed.
    case tooLong(status: Int, String)

    /// What happened.
    package var text: String {
        switch self {
        case .invalid(let text), .untrusted(let text), .notSent(let text), .uncertain(let text), .tooLong(_, let text):
            text
        }
    }
}

/// What makes HTTP calls: `CurlTransport`, or something in memory for tests.
package protocol HTTPTransport: Sendable {
    /// Makes the call once: nothing is ever repeated. Blocks its thread within the request's limits, so it does not
    /// belong on the threads of Swift's tasks.
    func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse
}

/// A body that is read while it is sent.
package protocol HTTPBody: AnyObject {
    /// All of it; nil when nobody knows, and it goes in chunks.
    var byteCount: Int64? { get }
    /// Writes the next bytes at the start of some room, which is not empty.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: what ends the call.
    func fill(_ room: inout MutableSpan<UInt8>) throws -> Int
}

/// Takes the body of an answer as it comes.
package protocol HTTPSink: AnyObject {
    /// Asked once, before the first byte and with the answer but for its body. A body that is not wanted becomes that of
    /// the answer, within the request's limit: what a server says about a failure.
    ///
    /// - Throws: what ends the call.
    func wants(_ head: HTTPResponse) throws -> Bool
    /// - Throws: what ends the call.
    func take(_ bytes: RawSpan) throws
}
