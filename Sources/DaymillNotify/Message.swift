import DaymillCore
import DaymillHTTP

/// A message as every channel can carry it.
package struct Message: Sendable {
    /// Names this message for good. It becomes the Message-ID of a mail and the `Idempotency-Key` of a webhook, so that
    /// a repeated sending can be recognised: a repetition must have the same id, and another message another one.
    package var id: String
    /// One line.
    package var subject: String
    /// Plain text; paragraphs are parted by empty lines.
    package var text: String
    /// A whole page, for channels that show one (e-mail). It stands for text and fields together.
    package var html: String?
    /// Facts such as pipeline, date, run, step, error; in this order after the text.
    package var fields: [(name: String, value: String)]
    /// When it came to be, since 1970.
    package var createdMicroseconds: Int64

    package init(
        id: String, subject: String, text: String, html: String? = nil, fields: [(name: String, value: String)] = [],
        createdMicroseconds: Int64
    ) {
        self.id = id
        self.subject = subject
        self.text = text
        self.html = html
        self.fields = fields
        self.createdMicroseconds = createdMicroseconds
    }
}

extension Message {
    /// The subject as one line of bounded length.
    var subjectLine: String { CleanText.clipped(CleanText.line(subject), NotifyLimits.subjectCharactersMax) }

    /// The text, and the fields as lines after it.
    var plainText: String {
        let facts = fields.map { "\(CleanText.line($0.name)): \(CleanText.paragraphs($0.value))" }
        let parts = [CleanText.paragraphs(text).trimmedLines, facts.joined(separator: "\n").trimmedLines]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// A page made of text and fields: paragraphs, and a table. For `html`, when there is nothing better.
    package var page: String {
        let paragraphs = CleanText.paragraphs(text).trimmedLines.split(separator: "\n\n")
            .map { MarkupText.html(String($0)).split(separator: "\n", omittingEmptySubsequences: false) }
            .map { "<p>\($0.joined(separator: "<br>\n"))</p>\n" }
        let rows = fields.map { field in
            let value = MarkupText.html(CleanText.paragraphs(field.value)).replacing("\n", with: "<br>\n")
            return "<tr><th align=\"left\">\(MarkupText.html(CleanText.line(field.name)))</th><td>\(value)</td></tr>\n"
        }
        let table = rows.isEmpty ? "" : "<table>\n\(rows.joined())</table>\n"
        return "<!DOCTYPE html>\n<html><body>\n\(paragraphs.joined())\(table)</body></html>\n"
    }

    /// The id in letters that every header takes: letters, digits, `-`, `_`, and single dots within; all others as
    /// `=2F`. Different ids stay different. A very long one ends with a hash instead.
    var headerID: String {
        let bytes = Array(id.utf8)
        let spelled = bytes.enumerated().map { index, byte -> String in
            let isInnerDot =
                byte == UInt8(ascii: ".") && index > 0 && index + 1 < bytes.count
                && bytes[index - 1] != byte
            let isPlain = HTTPToken.isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            return isPlain || isInnerDot ? String(UnicodeScalar(byte)) : "=" + hex(byte)
        }.joined()
        if spelled.isEmpty { return "=" }
        return spelled.utf8.count <= 200 ? spelled : spelled.prefix(180) + "=." + hash
    }

    /// 64 bits of the id (FNV-1a), for what only has to look different.
    var hash: String {
        let bits = id.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension String {
    /// Without empty lines at its start and end.
    fileprivate var trimmedLines: String {
        let start = drop { $0 == "\n" }
        return String(start[..<(start.lastIndex { $0 != "\n" }.map(start.index(after:)) ?? start.startIndex)])
    }
}
