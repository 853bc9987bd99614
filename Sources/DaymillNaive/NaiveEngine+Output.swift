/// The result as the CSV file that is published.
extension NaiveEngine.Result {
    /// A header, then the rows. NULL is written as nothing, the empty text as `""`; other text is quoted only where it
    /// holds a comma, a quote, CR or LF. Lines end with `\n`.
    package var csv: [UInt8] {
        let header = names.map { Self.field($0) }.joined(separator: ",")
        let lines = rows.map { row in
            row.map { Self.field(NaiveText.text(of: $0)) }.joined(separator: ",")
        }
        return Array(([header] + lines).map { $0 + "\n" }.joined().utf8)
    }

    private static func field(_ text: String?) -> String {
        guard let text else { return "" }
        let scalars = text.unicodeScalars
        let isPlain = !text.isEmpty && !scalars.contains { [",", "\"", "\r", "\n"].contains($0) }
        if isPlain { return text }
        return NaiveText.quoted(text)
    }
}

extension NaiveText {
    /// The text in quotes, with the quotes in it doubled.
    package static func quoted(_ text: String, by quote: UnicodeScalar = "\"") -> String {
        let doubled = text.unicodeScalars.flatMap { $0 == quote ? [quote, quote] : [$0] }
        return String([quote] + doubled + [quote])
    }
}
