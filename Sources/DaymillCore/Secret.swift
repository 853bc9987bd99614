import Foundation

/// A password, a token, or a URL that holds one. Printing it shows `***`.
package struct Secret: Sendable, Equatable {
    /// The text itself: for the place that uses it, and for no message.
    package let reveal: String
    /// Every spelling in which it could come back in somebody's words, the longest first.
    private let spellings: [String]

    package init(_ text: String) {
        reveal = text
        let all = Secret.parts(text).union([text])
        spellings = all.union(all.flatMap(Secret.variants)).filter { !$0.isEmpty }
            .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// A text without this secret. Of a URL also its parts go that are not the host: servers like to answer with the
    /// path that they do not know.
    package func masked(_ text: String) -> String {
        spellings.reduce(text) { $0.replacingOccurrences(of: $1, with: "***", options: .literal) }
    }

    /// Of a URL: what follows the host, each long piece of it, and what stands before the host. Of anything else its
    /// long words: the token of `Bearer …`.
    private static func parts(_ text: String) -> Set<String> {
        guard let start = text.range(of: "://")?.upperBound else {
            return Set(text.split(separator: " ").map(String.init).filter { $0.utf8.count >= pieceBytesMin })
        }
        let rest = text[start...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let login = rest[..<end].lastIndex(of: "@").map { String(rest[..<$0]) } ?? ""
        let pieces = rest[end...].split { "/?#&=".contains($0) }.filter { $0.utf8.count >= pieceBytesMin }
        let ways = [rest[end...], rest[end...].prefix { $0 != "?" && $0 != "#" }].filter { $0.utf8.count > 3 }
        let logins = [login] + login.split(separator: ":").map(String.init)
        return Set((pieces + ways).map(String.init) + logins)
    }

    /// Shorter pieces of a URL are words such as `hooks` and `send`, which tell nothing.
    private static let pieceBytesMin = 8

    /// As it stands in JSON, in a URL, and in the login of a mail server.
    private static func variants(_ text: String) -> [String] {
        let json = String(JSONText.quoted(text).dropFirst().dropLast())
        return [
            json, json.replacingOccurrences(of: "/", with: "\\/"), text.removingPercentEncoding ?? "",
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            // As RFC 3986 wants it.
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
                ?? "",
            Data(text.utf8).base64EncodedString(),
        ]
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
