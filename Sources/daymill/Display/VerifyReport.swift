import DaymillCore
import DaymillRunner
import Foundation

/// What verifying found, in words or as JSON.
enum VerifyReport {
    /// What people read.
    static func text(_ found: [Verification]) -> String { found.map(text).joined(separator: "\n") }

    private static func text(_ v: Verification) -> String {
        let verdict = v.verdict == .equal ? "is what its inputs give" : "is NOT what its inputs give"
        var lines = ["\(v.pipeline) \(v.step) \(v.date): \(v.output) \(verdict)"]
        let bytes = v.inputs.reduce(0) { $0 + $1.bytes }
        lines.append("  read       \(Words.count(v.inputs.count, "file")), \(ByteCount(bytes))")
        lines.append("  engine     \(v.engine)\(v.reason.map { ": \($0)" } ?? "")")
        lines.append("  compared   \(Words.count(v.rows, "row")), \(ByteCount(v.bytes)), \(way(v))")
        lines += v.differences.map { "  differs    \($0)" }
        if v.isCut { lines.append("  differs    and maybe more") }
        lines.append("  took       \(Words.seconds(v.seconds))")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func way(_ v: Verification) -> String {
        let close = v.columns.filter { $0.comparison == .close }.map(\.name)
        return close.isEmpty
            ? "byte for byte" : "byte for byte, but \(close.joined(separator: ", ")) to a billionth of the value"
    }

    /// At the end, of those that differ.
    static func error(_ wrong: [Verification]) -> DaymillError {
        let names = wrong.map(\.output).joined(separator: ", ")
        let verb = wrong.count == 1 ? "is" : "are"
        return DaymillError(
            .outputDiffers, "\(names) \(verb) not what the inputs give",
            hint: "if nobody edited it please report this; deleting the output and the store makes it anew")
    }

    private struct Report: Encodable {
        var status: String
        var steps: [Verification]
    }

    /// One object with every step.
    static func json(_ found: [Verification]) throws -> String {
        let isEqual = found.allSatisfy { $0.verdict == .equal }
        return try Output.json(Report(status: isEqual ? "equal" : "differs", steps: found))
    }
}
