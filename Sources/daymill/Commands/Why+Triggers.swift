import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState

/// What triggers have to do with it.
extension Why {
    /// What starts a pipeline without a schedule, and what keeps it from that; nil when nothing does.
    func nextByTriggers() throws -> String? {
        guard !pipeline.triggers.isEmpty else { return nil }
        let start = "\(name) \(pipeline.triggers.sentence)"
        if let pause = try history?.pauses()[name], !pipeline.triggers.files.isEmpty {
            return "\(start). It is paused (\(pause)), so files start nothing. 'daymill resume \(name)' changes that."
        }
        guard isServed else {
            return "\(start), while something serves this project: nothing does now. 'daymill serve' changes that."
        }
        let today = pipeline.timezone.day(atMicroseconds: now * 1_000_000)
        return "\(start).\(try settling(today))"
    }

    /// Files of a date that have come and started nothing yet: a sentence, or nothing.
    func settling(_ date: Day) throws -> String {
        guard let sentence = try settlingSentence(date) else { return "" }
        return " \(sentence)"
    }

    /// Why files of a date have started nothing; nil when there are none.
    func noRunByFiles(_ date: Day) throws -> String? {
        if let sentence = try settlingSentence(date) { return "\(name) has not run for \(date) yet. \(sentence)" }
        guard
            let left = try history?.arrivals(of: name, date: date.description).first(where: { $0.verdict == .skipped })
        else { return nil }
        return "\(name) did not run for \(date): \(left.path) came by \(Words.time(left.noted)), and started nothing: "
            + "\(left.reason). 'daymill run \(name) \(date)' makes it."
    }

    private func settlingSentence(_ date: Day) throws -> String? {
        guard let history else { return nil }
        let files = try SettlingFile.all(of: pipeline, date: date, in: project, history, now: now * 1_000_000)
        // The one that lets the others wait.
        guard let file = files.min(by: { $0.still - $0.settle < $1.still - $1.settle }) else { return nil }
        let more = files.count > 1 ? " (and \(files.count - 1) more)" : ""
        guard isServed else {
            return
                "The file \(file.path)\(more) has come, and nothing serves this project: 'daymill serve' starts its run."
        }
        return
            "The file \(file.path)\(more) changed \(DurationText.human(file.still)) ago; a run starts when it has held "
            + "still for \(DurationText.text(file.settle))."
    }
}

extension PipelineTriggers {
    var isEmpty: Bool { lines.isEmpty }

    /// `starts when a file in/{date}.csv has held still for 2s, and when sales.daily has been made`.
    var sentence: String {
        let parts = lines.map { $0.dropFirst("starts ".count) }
        return "starts " + (parts.count > 1 ? parts.dropLast().joined(separator: ", ") + ", and " : "")
            + (parts.last ?? "")
    }
}
