import Foundation
import HTTPTypes

/// What an address of the server means.
enum WebRoute: Hashable {
    case metrics, health, readiness, status
    /// Of a pipeline, which need not exist.
    case trigger(String)

    /// The route of a path without its query; nil when there is none.
    init?(path: Substring) {
        switch path {
        case "/metrics": self = .metrics
        case "/healthz": self = .health
        case "/readyz": self = .readiness
        case "/status": self = .status
        default:
            guard let pipeline = WebRoute.pipeline(in: path) else { return nil }
            self = .trigger(pipeline)
        }
    }

    /// What may be done with it.
    var methods: [HTTPRequest.Method] {
        if case .trigger = self { [.post] } else { [.get, .head] }
    }

    /// The name after `/trigger/`, which is one segment of the path.
    private static func pipeline(in path: Substring) -> String? {
        let start = "/trigger/"
        guard path.hasPrefix(start) else { return nil }
        let name = path.dropFirst(start.count)
        guard !name.isEmpty, !name.contains("/") else { return nil }
        return String(name).removingPercentEncoding
    }
}
