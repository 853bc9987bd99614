import DaymillColumns
import DaymillCore

/// Failures of reading input, worded in one place.
extension DaymillError {
    /// The first record that does not fit, where bad rows end the run.
    static func badRow(_ line: BadLine, path: String) -> DaymillError {
        DaymillError(
            .badRow, at: SourcePlace(file: path, line: line.line, column: line.column), line.reason,
            hint: "mend the file, correct the source's columns, or set 'on_bad_row: skip' or 'quarantine'")
    }
}
