package import DaymillCore
package import DaymillPipeline
package import DaymillState

/// What people are told when a run has ended. Pure: from the run, what was before it, and who wants to know.
package struct NoticeWriter {
    private let name: String
    private let rule: NoticeRule?
    private let nodes: [StepNode]
    private let run: RunRecord
    private let now: Int64

    package init(_ pipeline: Pipeline, _ run: RunRecord, now: Int64) {
        (name, rule, nodes) = (pipeline.name, pipeline.notify, pipeline.nodes)
        (self.run, self.now) = (run, now)
    }

    /// Of a pipeline whose file cannot be read.
    package init(_ name: String, _ rule: NoticeRule?, _ run: RunRecord, now: Int64) {
        (self.name, self.rule, nodes) = (name, rule, [])
        (self.run, self.now) = (run, now)
    }

    /// The messages of a run's end.
    ///
    /// - Parameters:
    ///   - state: what the run came to; a cancelled one is nobody's news.
    ///   - before: what the pipeline's run before came to.
    package func notices(
        _ state: RunRecord.State, failure: RunFailure?, before: RunRecord.State?, steps: [StepReport]
    ) -> [NoticeRecord] {
        guard state == .succeeded || state == .failed else { return [] }
        let kinds: [NoticeKind] =
            state == .failed ? [.failure] : before == .failed ? [.recovery, .success] : [.success]
        var all: [NoticeRecord] = []
        if let rule, let kind = kinds.first(where: rule.on.contains) {
            all += rule.to.map { notice(kind, $0, text(state, failure, steps), about: "") }
        }
        for node in nodes {
            guard let rule = node.control.notify, let step = steps.first(where: { $0.step == node.name }) else {
                continue
            }
            let kind: NoticeKind? = step.state == "failed" ? .failure : step.state == "succeeded" ? .success : nil
            guard let kind, rule.on.contains(kind) else { continue }
            let words =
                step.state == "failed" ? "Step \(step.step) failed: \(step.reason)" : "Step \(step.step) succeeded."
            all += rule.to.map { notice(kind, $0, words, about: step.step) }
        }
        return all
    }

    private func notice(_ kind: NoticeKind, _ channel: String, _ text: String, about step: String) -> NoticeRecord {
        let what = step.isEmpty ? name : "\(name), step \(step)"
        let words: [NoticeKind: String] = [
            .success: "succeeded", .failure: "FAILED", .recovery: "works again", .late: "is late",
        ]
        var fields = [["pipeline", name], ["date", run.dates], ["run", run.id]]
        if !step.isEmpty { fields.append(["step", step]) }
        return NoticeRecord(
            id: [run.id, step, kind.rawValue, channel].filter { !$0.isEmpty }.joined(separator: "/"),
            pipeline: name, run: run.id, kind: kind.rawValue, channel: channel,
            subject: "\(what) \(words[kind] ?? kind.rawValue) for \(run.dates)", text: text, fields: fields,
            created: now)
    }

    private func text(_ state: RunRecord.State, _ failure: RunFailure?, _ steps: [StepReport]) -> String {
        let took = DurationText.human(.microseconds(max(0, now - run.started)))
        guard state == .failed else { return "The run took \(took). \(counts(steps))" }
        let failed = steps.filter { $0.state == "failed" && !$0.isReplaced }.map { "\($0.step): \($0.reason)" }
        let why = failed.isEmpty ? failure?.message ?? "" : failed.prefix(10).joined(separator: "\n")
        return "\(why)\n\nThe run took \(took). \(counts(steps))\n\n"
            + "To do what is left of it: daymill rerun \(run.id) --failed"
    }

    private func counts(_ steps: [StepReport]) -> String {
        let parts = [("succeeded", "succeeded"), ("failed", "failed"), ("skipped", "left out")].compactMap {
            state, word in
            let count = steps.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return parts.isEmpty ? "" : "Steps: \(parts.joined(separator: ", "))."
    }

    /// The messages of a run that had not succeeded at its deadline.
    package static func late(
        _ pipeline: Pipeline, date: Day, deadline: String, state: String, now: Int64
    ) -> [NoticeRecord] {
        guard let rule = pipeline.notify, rule.on.contains(.late) else { return [] }
        return rule.to.map { channel in
            NoticeRecord(
                id: "\(pipeline.name)/\(date)/late/\(channel)", pipeline: pipeline.name, run: nil, kind: "late",
                channel: channel, subject: "\(pipeline.name) is late for \(date)",
                text: "It was to be there by \(deadline), and it is not: \(state).\n\n"
                    + "What is known: daymill why \(pipeline.name) \(date)",
                fields: [["pipeline", pipeline.name], ["date", "\(date)"], ["deadline", deadline]], created: now)
        }
    }
}
