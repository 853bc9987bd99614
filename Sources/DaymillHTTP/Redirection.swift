import DaymillCore
import Foundation

/// Where a server sends a request on to.
///
/// Not libcurl's: it keeps `Authorization` from another host, and no other header that holds a secret.
enum Redirection {
    /// More in a row are a circle.
    static let most = 5

    /// Whether the answer is about another address, and not one itself.
    static func isOne(_ answer: HTTPResponse) -> Bool {
        [301, 302, 303, 307, 308].contains(answer.status) && answer.header("Location") != nil
    }

    /// The request for the other address; nil for an answer that is none.
    static func next(after request: HTTPRequest, _ answer: HTTPResponse) -> HTTPRequest? {
        guard isOne(answer), let place = answer.header("Location"), let before = URL(string: request.url) else {
            return nil
        }
        let url = URL(string: place, relativeTo: before)?.absoluteURL
        var next = request
        next.url = url?.absoluteString ?? place
        if url.map(origin) != origin(before) {
            next.hostHeaders = []
            next.headers.removeAll { ["authorization", "cookie"].contains($0.name.lowercased()) }
        }
        let becomesGet = answer.status == 303 ? next.method != "HEAD" : answer.status < 303 && next.method == "POST"
        if becomesGet {
            (next.method, next.body) = ("GET", nil)
            next.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        return next
    }

    /// Scheme, host and port: what secrets are for.
    private static func origin(_ url: URL) -> [String] {
        let scheme = url.scheme?.lowercased() ?? ""
        return [scheme, url.host()?.lowercased() ?? "", "\(url.port ?? (scheme == "https" ? 443 : 80))"]
    }

    /// Keeps from a sink the bodies of answers that are not the last one.
    final class Filter: HTTPSink {
        private let sink: any HTTPSink
        private let follows: Bool

        init(_ sink: any HTTPSink, follows: Bool) { (self.sink, self.follows) = (sink, follows) }

        func wants(_ head: HTTPResponse) throws -> Bool {
            if follows && Redirection.isOne(head) { return false }
            return try sink.wants(head)
        }

        func take(_ bytes: RawSpan) throws { try sink.take(bytes) }
    }
}
