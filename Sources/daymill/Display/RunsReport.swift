import DaymillColumns
import DaymillCore
import DaymillState
import Foundation

/// Runs in words, or as JSON.
enum RunsReport {
    static func none(of pipeline: String?) -> String {
        pipeline.map { "no runs of '\($0)' yet" } ?? "no runs yet: 'daymill run PIPELINE' makes the first"
    }

    // MARK: Lists

    static func text(_ runs: [RunRecord], _ counts: [String: [String: Int]]) -> String {
        let rows = runs.map { run in
            [
                run.id, run.pipeline, [run.command, run.dates].filter { !$0.isEmpty }.joined(separator: " "),
                run.shown.rawValue, took(run) ?? "", summary(counts[run.id] ?? [:], run),
            ]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            line += row[5]
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func summary(_ counts: [String: Int], _ run: RunRecord) -> String {
        let words = ["made", "unchanged", "up-to-date", "failed"].compactMap { status in
            counts[status].map { "\(Words.count($0)) \(status)" }
        }.joined(separator: ", ")
        guard let failure = run.failure else { return words }
        let line = failure.message.split(separator: "\n").first.map(String.init) ?? ""
        let short = line.count > 100 ? line.prefix(99) + "…" : line
        return [words, short].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    private static func took(_ run: RunRecord) -> String? {
        run.ended.map { Words.seconds(Double($0 - run.started) / 1e6) }
    }

    // MARK: One

    static func text(_ run: RunRecord, _ steps: [StepRecord], _ attempts: [AttemptRecord]) -> String {
        let dates = run.dates.isEmpty ? "" : " \(run.dates)"
        var lines = ["\(run.id): \(run.pipeline), \(run.command)\(dates): \(run.shown.rawValue)"]
        lines.append("  started  \(Words.time(run.started))\(took(run).map { ", took \($0)" } ?? "")")
        if !run.params.isEmpty {
            let params = run.params.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.append("  params   \(params.joined(separator: " "))")
        }
        lines.append("  process  \(run.process.number), daymill \(run.version)")
        if run.cause != "hand" { lines.insert("  cause    \(run.cause)", at: 1) }
        lines += steps.map { "  " + text($0) }
        let told = Set(steps.map(\.step))
        lines += attempts.filter { !told.contains($0.step) || $0.state != .succeeded && $0.state != .failed }
            .map { "  " + text($0) }
        if run.shown == .interrupted {
            lines.append("  Its process ended without a word; what was published is whole, and the next run goes on.")
        }
        if let failure = run.failure, !steps.contains(where: { $0.failure == failure }) {
            lines.append("  error    \(failure.message)")
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ attempt: AttemptRecord) -> String {
        let item = attempt.item.isEmpty ? "" : " (\(attempt.item))"
        let number = attempt.number > 1 ? ", attempt \(attempt.number)" : ""
        let reason = attempt.reason.isEmpty ? "" : ": \(attempt.reason)"
        let known = attempt.facts.filter { $0.key != "exit" }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let facts = known.isEmpty ? "" : ", \(known.joined(separator: ", "))"
        let took =
            attempt.number > 0
            ? attempt.ended.map { ", took \(Words.seconds(Double($0 - attempt.started) / 1e6))" } : nil
        let state = attempt.state == .skipped ? "left out" : attempt.state.rawValue
        return "\(attempt.step)\(item): \(state)\(number)\(facts)\(took ?? "")\(reason)"
    }

    private static func text(_ step: StepRecord) -> String {
        let head = "\(step.step)\(step.date.isEmpty ? "" : " \(step.date)"): \(step.status)"
        if let failure = step.failure { return "\(head): \(failure.message)" }
        var parts: [String] = []
        if step.filesRead > 0 {
            let bad = step.badRows > 0 ? ", \(Words.count(step.badRows, "bad row"))" : ""
            parts.append(
                "read \(Words.count(step.filesRead, "file")), \(ByteCount(step.bytesRead)), "
                    + "\(Words.count(step.rowsRead, "row"))\(bad)")
        }
        if step.status == "made" {
            parts.append(
                "wrote \(step.output), \(Words.count(step.rowsWritten, "row")), \(ByteCount(step.bytesWritten))")
        }
        parts.append("took \(Words.seconds(step.seconds))")
        return "\(head), \(parts.joined(separator: ", "))"
    }

    // MARK: JSON

    /// Times are of UTC to the millisecond, lengths of time are seconds.
    private struct Run: Encodable {
        var id: String
        var pipeline: String
        var command: String
        var dates: String
        var params: [String: String]
        var started: String
        var ended: String?
        var seconds: Double?
        var state: String
        var process: Int32
        var version: String
        var failure: RunFailure?
        var cause: String
        var parent: String?
        var steps: [StepRecord]?
        var attempts: [Attempt]?

        init(_ run: RunRecord, _ steps: [StepRecord]? = nil, _ attempts: [AttemptRecord]? = nil) {
            (cause, parent, self.attempts) = (run.cause, run.parent, attempts.map { $0.map(Attempt.init) })
            (id, pipeline, command, dates) = (run.id, run.pipeline, run.command, run.dates)
            (params, started, ended) = (
                run.params, Words.exactTime(run.started), run.ended.map(Words.exactTime)
            )
            seconds = run.ended.map { RunsReport.seconds(run.started, $0) }
            (state, process, version) = (run.shown.rawValue, run.process.number, run.version)
            (failure, self.steps) = (run.failure, steps)
        }
    }

    private struct Attempt: Encodable {
        var step: String
        var item: String?
        var number: Int
        var state: AttemptRecord.State
        var reason: String?
        var started: String
        var ended: String?
        var seconds: Double?
        var facts: [String: String]

        init(_ attempt: AttemptRecord) {
            (step, number, state, facts) = (attempt.step, attempt.number, attempt.state, attempt.facts)
            item = attempt.item.isEmpty ? nil : attempt.item
            reason = attempt.reason.isEmpty ? nil : attempt.reason
            (started, ended) = (Words.exactTime(attempt.started), attempt.ended.map(Words.exactTime))
            seconds = attempt.ended.map { RunsReport.seconds(attempt.started, $0) }
        }
    }

    /// By the day's clock, which may have been set back meanwhile.
    private static func seconds(_ from: Int64, _ to: Int64) -> Double { max(0, Double(to - from) / 1e6) }

    static func json(_ runs: [RunRecord]) throws -> String { try Output.json(["runs": runs.map { Run($0) }]) }

    static func json(_ run: RunRecord, _ steps: [StepRecord], _ attempts: [AttemptRecord]) throws -> String {
        try Output.json(Run(run, steps, attempts))
    }
}

extension RunRecord {
    /// What people are told: of a run whose process is gone nobody will note that it ended.
    var shown: State { state == .running && !process.isRunning ? .interrupted : state }
}
