import DaymillCore
import DaymillHTTP

/// Somebody's address: `bot@x.test`, or with a name: `Daymill <bot@x.test>`.
struct MailAddress: Sendable, Equatable {
    /// Empty when there is none.
    var name: String
    /// ASCII, with one `@`; nothing in it can end a line or a command.
    var address: String

    /// Nil when it is no address, when it has line breaks, and when the address is in letters beyond ASCII: such a
    /// domain is written with `xn--`.
    init?(_ text: String) {
        guard HTTPToken.isValue(text) else { return nil }
        let text = text.trimmed
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            let quoted = text[..<open].trimmed
            let isQuoted = quoted.utf8.count > 1 && quoted.hasPrefix("\"") && quoted.hasSuffix("\"")
            name = CleanText.line(isQuoted ? String(quoted.dropFirst().dropLast()) : quoted)
            address = String(text[text.index(after: open)...].dropLast())
        } else {
            name = ""
            address = text
        }
        guard MailAddress.isAddress(address) else { return nil }
    }

    var domain: String { String(address[address.index(after: address.lastIndex(of: "@") ?? address.startIndex)...]) }

    /// `local@domain` without quotes and comments, which nobody uses.
    private static func isAddress(_ text: String) -> Bool {
        let sides = text.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, sides[0].utf8.count <= 64, sides[1].utf8.count <= 255 else { return false }
        return isDotted(sides[0]) { HTTPToken.isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            && isDotted(sides[1]) { HTTPToken.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Words with single dots between them.
    private static func isDotted(_ text: Substring, _ isAllowed: (UInt8) -> Bool) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAllowed) }
    }
}
