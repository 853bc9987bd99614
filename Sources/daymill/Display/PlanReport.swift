import DaymillCore
import DaymillPipeline
import DaymillRunner
import Foundation

/// A plan in words, or as JSON.
enum PlanReport {
    static func text(_ plan: StepPlan) -> String {
        let days = plan.days.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "everything"
        var lines = ["\(plan.pipeline) \(plan.step.name) \(plan.date): \(days)"]
        let width = plan.files.map(\.path.count).max() ?? 0
        for file in plan.files {
            let path = file.path.padding(toLength: width, withPad: " ", startingAt: 0)
            lines.append("  \(verb(file.action)) \(path)  \(ByteCount(file.bytes))\(why(file.action))")
        }
        if let hold = plan.source.settle?.hold {
            lines += plan.unsettled.map {
                "  wait for \($0.path): it changed \(DurationText.human($0.still)) ago, and holds still for "
                    + "\(DurationText.text(hold)) first"
            }
        }
        for path in plan.deleted { lines.append("  gone     \(path)") }
        lines.append(publish(plan))
        if plan.isFresh != true {
            lines.append("  to read: \(ByteCount(plan.bytesToRead)) of \(ByteCount(total(plan)))")
        }
        return lines.joined(separator: "\n")
    }

    private static func total(_ plan: StepPlan) -> Int { plan.files.reduce(0) { $0 + $1.bytes } }

    private static func verb(_ action: StepPlan.Action) -> String {
        switch action {
        case .reuse: "reuse   "
        case .scan: "read    "
        case .identify: "look at "
        }
    }

    private static func why(_ action: StepPlan.Action) -> String {
        switch action {
        case .reuse: "  its partials are kept"
        case .scan(let reason): "  \(reason.rawValue)"
        case .identify: "  it may be known already: its content is compared first"
        }
    }

    private static func publish(_ plan: StepPlan) -> String {
        switch plan.isFresh {
        case true: "  nothing to do: \(plan.output) is up to date"
        case false: "  publish  \(plan.output)"
        default: "  publish  \(plan.output), unless the contents turn out unchanged"
        }
    }

    private struct Step: Encodable {
        struct File: Encodable {
            var path: String
            var day: String?
            var bytes: Int
            var action: String
            var why: String
        }
        var pipeline: String
        var step: String
        var date: String
        var days: [String]?
        var output: String
        var fresh: Bool?
        var bytesToRead: Int
        var files: [File]
        var deleted: [String]
        var waitsFor: [String]
    }

    static func json(_ plans: [StepPlan]) throws -> String {
        let steps = plans.map { plan in
            Step(
                pipeline: plan.pipeline, step: plan.step.name, date: plan.date.description,
                days: plan.days.map { [$0.lowerBound.description, $0.upperBound.description] }, output: plan.output,
                fresh: plan.isFresh, bytesToRead: plan.bytesToRead,
                files: plan.files.map {
                    .init(
                        path: $0.path, day: $0.day?.description, bytes: $0.bytes,
                        action: verb($0.action).trimmingCharacters(in: .whitespaces),
                        why: why($0.action).trimmingCharacters(in: .whitespaces))
                }, deleted: plan.deleted, waitsFor: plan.unsettled.map(\.path))
        }
        return try Output.json(["steps": steps])
    }
}
