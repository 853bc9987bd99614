import DaymillCore

/// Text as quoted-printable (RFC 2045): ASCII lines of at most 76 letters that end with CR LF.
///
/// Beyond what must be written as `=2E`, dots and `From ` at the start of a line are, since programs on the way have
/// ideas about those; so are spaces at the end of one.
enum QuotedPrintable {
    /// What is left for text beside the `=` of a line that goes on.
    private static let lineMax = 75

    /// The text in UTF-8, with a line break at its end.
    static func encoded(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        let clean = CleanText.paragraphs(text).utf8
        for text in clean.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line(Array(text), &out)
            out += lineEnd
        }
        return out
    }

    private static let lineEnd: [UInt8] = [13, 10]
    private static let from = Array("From ".utf8)

    private static func line(_ bytes: [UInt8], _ out: inout [UInt8]) {
        var column = 0
        for index in bytes.indices {
            let byte = bytes[index]
            var isPlain = isPlain(byte) || (isBlank(byte) && index + 1 < bytes.count)
            // Where the letter would stand first, also after a line that goes on.
            if column == 0 || column + 1 > lineMax { isPlain = isPlain && !isTrouble(bytes, index) }
            let width = isPlain ? 1 : 3
            if column + width > lineMax {
                out += [UInt8(ascii: "=")] + lineEnd
                column = 0
            }
            if isPlain { out.append(byte) } else { out += "=\(hex(byte))".utf8 }
            column += width
        }
    }

    private static func isTrouble(_ bytes: [UInt8], _ index: Int) -> Bool {
        bytes[index] == UInt8(ascii: ".") || bytes[index...].starts(with: from)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { 33...126 ~= byte && byte != UInt8(ascii: "=") }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
