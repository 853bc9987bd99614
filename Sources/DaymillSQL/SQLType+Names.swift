extension SQLType {
    /// The type that a word of a pipeline file or of SQL means, or nil when it means none: the canonical `text`,
    /// `integer`, `decimal(P,S)`, `double`, `boolean`, `date`, `timestamp`, and the synonyms in wide use. Letter case
    /// and white space do not matter. `decimal(P)` is `decimal(P,0)`; P is 1...38 and S is 0...P.
    public static func parse(_ text: String) -> SQLType? {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard let bracket = words.firstIndex(of: "(") else { return names[words] }
        guard words.hasSuffix(")"), names[trimmed(words[..<bracket])] == nil else { return nil }
        guard ["decimal", "numeric", "dec"].contains(trimmed(words[..<bracket])) else { return nil }
        let inside = words[words.index(after: bracket)...].dropLast()
        return decimal(inside.split(separator: ",", omittingEmptySubsequences: false).map { Int(trimmed($0)) })
    }

    /// The canonical names, for messages and for the search of the nearest word.
    public static let canonicalNames = ["text", "integer", "decimal(P,S)", "double", "boolean", "date", "timestamp"]

    /// Every name without arguments that `parse` knows.
    package static let names: [String: SQLType] = [
        "text": .text, "string": .text, "varchar": .text, "character varying": .text,
        "integer": .integer, "int": .integer, "bigint": .integer, "smallint": .integer,
        "int2": .integer, "int4": .integer, "int8": .integer, "int64": .integer, "long": .integer,
        "double": .double, "double precision": .double, "float": .double, "float8": .double, "float64": .double,
        "boolean": .boolean, "bool": .boolean,
        "date": .date,
        "timestamp": .timestamp, "timestamp without time zone": .timestamp, "datetime": .timestamp,
    ]

    /// `decimal(P,S)` from its numbers.
    static func decimal(_ numbers: [Int?]) -> SQLType? {
        guard let first = numbers.first, let precision = first, 1...38 ~= precision, numbers.count <= 2 else {
            return nil
        }
        guard numbers.count == 2 else { return .decimal(scale: 0) }
        guard let scale = numbers[1], 0...precision ~= scale else { return nil }
        return .decimal(scale: scale)
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed())
    }

    /// integer, decimal or double.
    package var isNumeric: Bool {
        switch self {
        case .integer, .decimal, .double: true
        default: false
        }
    }

    /// What a person writes after `::` for this type.
    var castWord: String {
        if case .decimal(let scale) = self { "decimal(38,\(scale))" } else { description }
    }
}
