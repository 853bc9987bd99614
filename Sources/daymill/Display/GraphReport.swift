import DaymillCore
import DaymillPipeline
import DaymillRunner
import Foundation

/// The end of a run of a graph, in words or as JSON.
enum GraphReport {
    /// What became of a step, in a line.
    static func line(_ report: StepReport) -> String {
        let item = report.item.isEmpty ? "" : " (\(report.item))"
        let attempt = report.attempt > 1 ? ", attempt \(report.attempt)" : ""
        let reason = report.reason.isEmpty ? "" : ": \(report.reason)"
        let again = report.state == "failed" && !report.isEnd && report.item.isEmpty ? "; it is tried again" : ""
        return "\(report.step)\(item) \(word(report.state))\(attempt)\(reason)\(again)"
    }

    private static func word(_ state: String) -> String {
        switch state {
        case "skipped": "was left out"
        case "cancelled": "was ended"
        default: state
        }
    }

    /// Writes it, and fails when the run did.
    static func print(
        _ outcome: GraphRun.Outcome, _ pipeline: Pipeline, _ date: Day, run: String, json: Bool, quiet: Bool
    ) throws {
        let error = GraphCommand.error(outcome)
        if json {
            if error == nil { try Output.line(try Output.json(Report(outcome, pipeline, date, run))) }
        } else if !quiet {
            try Output.write(text(outcome, pipeline, date, run))
        }
        if let error { throw error }
    }

    /// Rollups as ever; for pipelines with other steps a line of how it went.
    private static func text(_ outcome: GraphRun.Outcome, _ pipeline: Pipeline, _ date: Day, _ run: String) -> String {
        let rollups = RunReport.text(outcome.outcomes)
        guard !pipeline.isPlain else { return rollups }
        let counts = ["succeeded", "failed", "skipped", "cancelled"].compactMap { state in
            let count = outcome.steps.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(word(state).replacing("was ", with: ""))"
        }
        let replaced = outcome.steps.filter(\.isReplaced).map(\.step)
        let more = replaced.isEmpty ? "" : " (another step took the place of \(replaced.joined(separator: ", ")))"
        return rollups + (rollups.isEmpty ? "" : "\n")
            + "\(pipeline.name) \(date): \(counts.joined(separator: ", "))\(more); see 'daymill show \(run)'\n"
    }

    private struct Report: Encodable {
        struct Node: Encodable {
            var step: String
            var verb: String
            var state: String
            var reason: String?
            var attempts: Int
        }
        var status = "succeeded"
        var run: String
        var steps: [StepOutcome]
        var graph: [Node]?

        init(_ outcome: GraphRun.Outcome, _ pipeline: Pipeline, _ date: Day, _ run: String) {
            self.run = run
            steps = outcome.outcomes
            graph =
                pipeline.isPlain
                ? nil
                : outcome.steps.map {
                    Node(
                        step: $0.step, verb: $0.verb, state: $0.state, reason: $0.reason.isEmpty ? nil : $0.reason,
                        attempts: $0.attempt)
                }
        }
    }
}
