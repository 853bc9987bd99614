import DaymillColumns
import DaymillCore

/// Failures of reading input, worded in one place.
extension DaymillError {
    /// The first record that does not fit, where bad rows end the run.
    static func badRow(_ line: BadLine, path: String, _ dialect: CSVDialect) -> DaymillError {
        let usual = "mend the file, correct the source's columns, or set 'on_bad_row: skip' or 'quarantine'"
        let isOneField = line.reason.hasPrefix("1 field ")
        let other = isOneField ? otherDelimiter(in: line.bytes, dialect) : nil
        return DaymillError(
            .badRow, at: SourcePlace(file: path, line: line.line, column: line.column), line.reason,
            hint: other.map { "if fields are separated by \($0.plural), set 'delimiter: \($0.word)'; else \(usual)" }
                ?? usual)
    }

    /// The usual delimiter that a record has most of, when it is not the source's own.
    private static func otherDelimiter(in record: [UInt8], _ dialect: CSVDialect) -> (word: String, plural: String)? {
        let usual: [(byte: UInt8, word: String, plural: String)] = [
            (0x3b, "semicolon", "semicolons"), (0x09, "tab", "tabs"), (0x7c, "pipe", "pipes"),
            (0x2c, "comma", "commas"),
        ]
        let counts = usual.map { delimiter in record.count { $0 == delimiter.byte } }
        guard let most = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[most] > 0,
            usual[most].byte != dialect.delimiter
        else { return nil }
        return (usual[most].word, usual[most].plural)
    }
}
