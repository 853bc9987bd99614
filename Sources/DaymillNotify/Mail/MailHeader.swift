import DaymillCore
import DaymillHTTP
import Foundation

/// Headers of a mail (RFC 5322), with words that are not ASCII encoded (RFC 2047) and lines folded at 76.
enum MailHeader {
    private static let lineMax = 76
    /// `=?UTF-8?B?` and `?=`
    private static let wordFrame = 12
    private static let encodedWordMax = 75

    /// Any text: `Subject`.
    static func text(_ name: String, _ text: String) -> String {
        let line = CleanText.line(text)
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // Spaces in a row would be lost where lines are folded, and one long word cannot be.
        let isPlain =
            isASCII(line) && !line.contains("=?")
            && words.allSatisfy { !$0.isEmpty && name.utf8.count + 2 + $0.utf8.count <= lineMax }
        if line.isEmpty { return "\(name): \r\n" }
        return fold(name, isPlain ? words : encoded(line, firstMax: lineMax - name.utf8.count - 2))
    }

    /// Addresses: `From`, `To`.
    static func addresses(_ name: String, _ addresses: [MailAddress]) -> String {
        var words = addresses.flatMap { address -> [String] in
            let place = address.name.isEmpty ? address.address : "<\(address.address)>"
            return phrase(address.name, firstMax: lineMax - name.utf8.count - 2) + [place + ","]
        }
        if let last = words.popLast() { words.append(String(last.dropLast())) }
        return fold(name, words)
    }

    /// A name before an address: as it is, in quotes, or encoded.
    private static func phrase(_ name: String, firstMax: Int) -> [String] {
        if name.isEmpty { return [] }
        guard isASCII(name), !name.contains("=?"), name.utf8.count <= firstMax - 2 else {
            return encoded(name, firstMax: firstMax)
        }
        if name.utf8.allSatisfy({ HTTPToken.isLetterOrDigit($0) || $0 == UInt8(ascii: " ") }) { return [name] }
        return ["\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""]
    }

    /// Encoded words, each of whole scalars; white space between them is not part of the text.
    private static func encoded(_ text: String, firstMax: Int) -> [String] {
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let more = Array(String(scalar).utf8)
            let max = words.isEmpty ? min(firstMax, encodedWordMax) : encodedWordMax
            // Four letters for three bytes.
            if bytes.count + more.count > (max - wordFrame) / 4 * 3 {
                words.append(word(bytes))
                bytes = []
            }
            bytes += more
        }
        return words + [word(bytes)]
    }

    private static func word(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Data(bytes).base64EncodedString())?=" }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { 32...126 ~= $0 } }

    /// One header of as many lines as it needs; it ends with a line break.
    private static func fold(_ name: String, _ words: [String]) -> String {
        var out = "\(name):"
        var column = out.utf8.count
        for (index, word) in words.enumerated() {
            let isNewLine = index > 0 && column + 1 + word.utf8.count > lineMax
            out += isNewLine ? "\r\n \(word)" : " \(word)"
            column = (isNewLine ? 0 : column) + 1 + word.utf8.count
        }
        return out + "\r\n"
    }
}
