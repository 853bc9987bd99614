import DaymillCore
import DaymillRunner
import Foundation

/// Where outputs stand, in words or as JSON.
enum StatusReport {
    /// One block for each step: counts, then what is not fresh, dates with the same reasons together.
    static func text(_ steps: [StepStatus], all: Bool) -> String {
        steps.map { block($0, all: all) }.joined(separator: "\n")
    }

    private static func block(_ step: StepStatus, all: Bool) -> String {
        var lines = ["\(step.pipeline) \(step.step): \(counts(step.outputs))"]
        let shown = step.outputs.filter { all || $0.state != .fresh }
        for group in groups(shown) { lines += describe(group) }
        if step.bytesToRead > 0 { lines.append("  to read: \(ByteCount(step.bytesToRead))") }
        if let verified = verified(step.outputs) { lines.append(verified) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func counts(_ outputs: [OutputStatus]) -> String {
        guard !outputs.isEmpty else { return "no outputs, and no input for any" }
        let parts = OutputStatus.State.allCases.compactMap { state -> String? in
            let n = outputs.count { $0.state == state }
            return n == 0 ? nil : "\(Words.count(n)) \(word(state))"
        }
        return "\(Words.count(outputs.count, "output")): \(parts.joined(separator: ", "))"
    }

    private static func word(_ state: OutputStatus.State) -> String {
        switch state {
        case .fresh: "fresh"
        case .stale: "stale"
        case .unread: "unsure"
        case .missing: "missing"
        case .neverMade: "never made"
        }
    }

    /// Neighbours of the same state and reasons, the reasons' days apart.
    private static func groups(_ outputs: [OutputStatus]) -> [[OutputStatus]] {
        outputs.reduce(into: []) { groups, output in
            if let last = groups.last?.last, last.state == output.state, last.reasons == output.reasons,
                isNext(last.date, output.date)
            {
                groups[groups.count - 1].append(output)
            } else {
                groups.append([output])
            }
        }
    }

    private static func isNext(_ a: String, _ b: String) -> Bool {
        guard let a = Day(iso: a), let b = Day(iso: b) else { return false }
        return a.adding(days: 1) == b
    }

    private static func describe(_ group: [OutputStatus]) -> [String] {
        let first = group[0], last = group[group.count - 1]
        let dates = group.count == 1 ? first.date : "\(first.date) to \(last.date)"
        let head = "  \(pad(word(first.state), 10)) \(pad(dates, 24))"
        let reasons = reasons(first)
        guard let reason = reasons.first else { return [head.trimmingCharacters(in: .whitespaces)].map { "  " + $0 } }
        return [head + " " + reason] + reasons.dropFirst().map { String(repeating: " ", count: 38) + $0 }
    }

    private static func reasons(_ output: OutputStatus) -> [String] {
        if output.state == .missing && output.reasons.isEmpty { return ["\(output.output) is not there"] }
        let shown = output.reasons.prefix(5).map { text($0, isUnread: output.state == .unread) }
        let rest = output.reasons.count - shown.count
        return shown + (rest > 0 ? ["and \(Words.count(rest, "more reason"))"] : [])
    }

    private static func text(_ reason: OutputStatus.Reason, isUnread: Bool) -> String {
        let path = reason.path ?? ""
        let days = reason.days.isEmpty || path.contains(reason.days[0]) ? "" : " (\(range(reason.days)))"
        let unread = isUnread ? " and has not been read yet" : ""
        return switch reason.kind {
        case .definition: "the definition of the step has changed"
        case .edited: "\(path) was changed by somebody else"
        case .new: "\(path) is new\(unread)\(days)"
        case .changed: "\(path) has changed\(unread)\(days)"
        case .grown: "\(path) has grown\(unread)\(days)"
        case .truncated: "\(path) has been cut short\(unread)\(days)"
        case .deleted: "\(path) is gone\(days)"
        }
    }

    private static func range(_ days: [String]) -> String {
        days.count <= 3 ? days.joined(separator: ", ") : "\(days.count) days from \(days[0]) to \(days[days.count - 1])"
    }

    private static func verified(_ outputs: [OutputStatus]) -> String? {
        let verified = outputs.filter { $0.verified != nil }
        guard let last = verified.max(by: { $0.verified! < $1.verified! }) else { return nil }
        return
            "  verified: \(Words.count(verified.count)) of \(Words.count(outputs.count)), last \(last.date) by \(last.verifiedBy ?? "") on \(Words.time(last.verified!))"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: What repair would do

    static func plan(_ steps: [StepStatus]) -> String {
        let wanted = steps.map { step in
            var step = step
            step.outputs = step.outputs.filter(\.needsRepair)
            return step
        }.filter { !$0.outputs.isEmpty }
        guard !wanted.isEmpty else { return "nothing to repair: every output that was made is what it should be\n" }
        return text(wanted, all: false)
    }

    // MARK: JSON

    static func json(_ steps: [StepStatus]) throws -> String {
        return try Output.json(["outputs": steps.flatMap(\.outputs)]) + "\n"
    }
}
