package import DaymillSQL

/// The result as the CSV file that is published.
extension NaiveEngine.Result {
    /// A header, then the rows. NULL is written as nothing, the empty text as `""`; other text is quoted only where it
    /// holds a comma, a quote, CR or LF. Lines end with `\n`.
    package var csv: [UInt8] { Self.header(names) + rows.flatMap(Self.line) }

    /// The first line of the file.
    package static func header(_ names: [String]) -> [UInt8] { line(names.map(Value.text)) }

    /// A row of the file.
    package static func line(_ row: [Value]) -> [UInt8] {
        Array((row.map { field(NaiveText.text(of: $0)) }.joined(separator: ",") + "\n").utf8)
    }

    /// A row of a file of JSON Lines. Numbers are as in CSV, but for those that JSON does not have, which are null.
    package static func jsonLine(_ names: [String], _ row: [Value]) -> [UInt8] {
        let members = zip(names, row).map { "\(jsonString($0)):\(jsonValue($1))" }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }

    private static func jsonValue(_ value: Value) -> String {
        guard let text = NaiveText.text(of: value) else { return "null" }
        return switch value {
        case .null: "null"
        case .integer, .decimal, .boolean: text
        case .double(let number): number.isFinite ? text : "null"
        case .text, .date, .timestamp, .interval: jsonString(text)
        }
    }

    private static func jsonString(_ text: String) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
        ]
        let escaped = text.unicodeScalars.map { scalar in
            if let letter = short[scalar] { return letter }
            guard scalar.value < 0x20 else { return String(Character(scalar)) }
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "\"\(escaped.joined())\""
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
