import DaymillColumns
import DaymillCore

/// Failures of reading input, worded in one place.
extension DaymillError {
    /// The first record that does not fit, where bad rows end the run.
    static func badRow(_ line: BadLine, path: String, _ records: RecordFormat) -> DaymillError {
        let usual = "mend the file, correct the source's columns, or set 'on_bad_row: skip' or 'quarantine'"
        return DaymillError(
            .badRow, at: SourcePlace(file: path, line: line.line, column: line.column), line.reason,
            hint: suspicion(line, records).map { "\($0); else \(usual)" } ?? usual)
    }

    /// What may be wrong with the whole file, if it looks like that.
    private static func suspicion(_ line: BadLine, _ records: RecordFormat) -> String? {
        switch records {
        case .csv(let dialect, _, _):
            guard line.reason.hasPrefix("1 field "), let other = otherDelimiter(in: line.bytes, dialect) else {
                return nil
            }
            return "if fields are separated by \(other.plural), set 'delimiter: \(other.word)'"
        case .jsonl:
            guard line.line == 1, line.bytes.first == UInt8(ascii: "[") else { return nil }
            return "if the file is one array, write each of its objects into a line of its own (jq -c '.[]' does)"
        }
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
