import DaymillCore
import DaymillSQL

extension PipelineReader {
    /// A column's type, by the words of SQL.
    mutating func parseType(_ text: String, column: FileReader.Field, title: String) -> SQLType? {
        if let type = SQLType.parse(text), type != .interval { return type }
        if Self.isZonedTimestamp(text) { return .timestamp }
        let word = String(text.lowercased().prefix { $0.isLetter })
        let name = FileReader.shortened(text)
        if ["decimal", "numeric", "dec", "number", "money"].contains(word) {
            file.report(
                "\(title) is '\(name)', whose digits are not said right",
                hint: "write decimal(18,2) for 18 digits, 2 of them after the point", at: column.value.place)
        } else {
            let near = nearestWord(to: text, in: SQLType.names.keys.sorted() + ["decimal(18,2)", "timestamptz"])
            let hint =
                near.map { "did you mean '\($0)'?" }
                ?? "types are text, integer, decimal(18,2), double, boolean, date, timestamp and timestamptz"
            file.report("\(title) is '\(name)', which is not a type", hint: hint, at: column.value.place)
        }
        return nil
    }
}
