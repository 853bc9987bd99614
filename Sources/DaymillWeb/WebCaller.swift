import HTTPTypes
import NIOCore

/// Whom a server on the loopback address talks to.
///
/// A page in a browser on this machine can send requests here, and a name that its owner lets point to 127.0.0.1 even
/// lets the page read the answers. So the name that the caller used has to be `localhost` or a plain address, and
/// a page that sends something has to come from this machine.
enum WebCaller {
    /// Why a request is not answered; nil when it is.
    static func objection(to request: HTTPRequest) -> String? {
        if let authority = request.authority, !isLocalOrAddress(authority) {
            return "the host '\(authority)' is not this machine's: use 127.0.0.1 or localhost"
        }
        if let origin = request.headerFields[.origin], !isOwn(origin: origin, request.authority) {
            return "the page at '\(origin)' may not send requests here"
        }
        return nil
    }

    /// Whether an address is this machine's own.
    static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") && isAddress(address)
    }

    /// Whether the text is an IP address.
    static func isAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }

    private static func isLocalOrAddress(_ authority: String) -> Bool {
        host(of: authority[...]).map { $0 == "localhost" || isAddress($0) } ?? false
    }

    /// `scheme://authority`; a page without an origin says `null`. An address alone does not make a page harmless: it
    /// has to be the one that was called, or this machine's.
    private static func isOwn(origin: String, _ called: String?) -> Bool {
        guard let start = origin.firstRange(of: "://") else { return false }
        let authority = origin[start.upperBound...]
        if let called, called == authority { return true }
        return host(of: authority).map { $0 == "localhost" || isLoopback($0) } ?? false
    }

    /// The name or address, in small letters, before a port; an address of IPv6 stands in brackets. Nil when it is
    /// neither.
    private static func host(of authority: Substring) -> String? {
        let isBracketed = authority.first == "["
        let host = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        var rest = authority[host.endIndex...]
        if isBracketed, rest.popFirst() != "]" || !host.contains(":") { return nil }
        let isPort = rest.first == ":" && rest.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
        return rest.isEmpty || isPort ? host.lowercased() : nil
    }
}
