import DaymillCore
import DaymillRunner
import Foundation

/// The end of a run in words, or as JSON.
enum RunReport {
    /// What people read.
    static func text(_ outcomes: [StepOutcome]) -> String { outcomes.map(text).joined(separator: "\n") }

    private static func text(_ o: StepOutcome) -> String {
        var lines: [String] = []
        let days = o.days.map { $0[0] == $0[1] ? $0[0] : "\($0[0]) to \($0[1])" } ?? "everything"
        switch o.status {
        case .upToDate:
            lines.append("\(o.pipeline) \(o.step) \(o.date): nothing to do, \(o.output) is up to date")
            lines.append("  made from  \(files(o.files)) of \(days), unchanged")
            lines += changes(o.changes)
        case .unchanged:
            lines.append("\(o.pipeline) \(o.step) \(o.date): inputs have changed, \(o.output) stays the same")
            lines += changes(o.changes) + work(o)
        case .made:
            lines.append("\(o.pipeline) \(o.step) \(o.date): \(days)")
            lines += changes(o.changes) + work(o)
            lines.append(
                "  wrote      \(o.output), \(Words.count(o.rowsWritten, "row")), \(ByteCount(o.bytesWritten))")
        }
        lines.append("  took       \(took(o))")
        return lines.map { $0 + "\n" }.joined()
    }

    /// What happened to input files; new ones only where others happened too, since they are counted below.
    static func changes(_ changes: [FileChange]) -> [String] {
        let isOrdinary = changes.allSatisfy { $0.kind == .new }
        guard !isOrdinary else { return [] }
        let shown = changes.prefix(20).map { "  \(label($0.kind)) \($0.path)" }
        let rest = changes.count - shown.count
        return shown + (rest > 0 ? ["             and \(Words.count(rest, "more file"))"] : [])
    }

    private static func label(_ kind: FileChange.Kind) -> String {
        switch kind {
        case .new: "new       "
        case .changed: "changed   "
        case .grown: "grown     "
        case .truncated: "truncated "
        case .redelivered: "same again"
        case .deleted: "deleted   "
        }
    }

    private static func work(_ o: StepOutcome) -> [String] {
        var lines: [String] = []
        if o.filesRead > 0 {
            let rate = o.timings.first { $0.part == "read" }.map { " at \(Words.rate(o.rowsRead, $0.seconds))" } ?? ""
            lines.append(
                "  read       \(files(o.filesRead)), \(ByteCount(o.bytesRead)), \(Words.count(o.rowsRead, "row"))\(rate)"
            )
        }
        if o.filesReused > 0 {
            lines.append(
                "  reused     \(files(o.filesReused)), \(ByteCount(o.bytesReused)), \(Words.count(o.rowsReused, "row")), not read again"
            )
        }
        if o.badRows > 0 {
            let kept = o.quarantine.isEmpty ? "" : "; see \(o.quarantine.joined(separator: ", "))"
            lines.append("  left out   \(Words.count(o.badRows, "bad row"))\(kept)")
        }
        if o.rebuilt > 0 { lines.append("  rebuilt    \(Words.count(o.rebuilt, "damaged segment")) of the store") }
        return lines
    }

    private static func files(_ n: Int) -> String { Words.count(n, "file") }

    private static func took(_ o: StepOutcome) -> String {
        let parts = o.timings.filter { $0.seconds >= 0.0005 }.map { "\($0.part) \(Words.seconds($0.seconds))" }
        return Words.seconds(o.seconds) + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }

    // MARK: JSON

    private struct Success: Encodable {
        var status = "succeeded"
        var steps: [StepOutcome]
    }

    private struct Failure: Encodable {
        struct Problem: Encodable {
            var code: String
            var place: String?
            var message: String
            var hint: String?
            var retryable: Bool
        }
        var status = "failed"
        var errors: [Problem]
    }

    /// One object with the outcome of every step.
    static func json(_ outcomes: [StepOutcome]) throws -> String { try Output.json(Success(steps: outcomes)) }

    /// One object with every problem.
    static func json(_ errors: [DaymillError]) throws -> String {
        try Output.json(
            Failure(
                errors: errors.map {
                    .init(
                        code: $0.code.rawValue, place: $0.place?.description, message: $0.message,
                        hint: $0.hint.isEmpty ? nil : $0.hint, retryable: $0.isRetryable)
                }))
    }
}
