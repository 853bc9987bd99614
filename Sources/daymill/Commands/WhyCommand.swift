import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState

/// `daymill why`.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a pipeline, or a step of it, did or did not run, and what would change that.",
        discussion:
            "Without a date: when it starts next. With one: what became of it. With a step: what became of that step.")

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Argument(help: "The date of the run.")
    var date: String?

    @Argument(help: "A step of the pipeline.")
    var step: String?

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let (project, pipeline) = try projectOptions.load(pipeline, date: date, command: "why")
        let date = try date.map { try RunDate.parse($0, pipeline.timezone) }
        if let step { try pipeline.checkHas(step: step) }
        let path = RunJournal.path(project)
        let history = try FileDoor.stamp(of: path) == nil ? nil : StateDatabase(path, clock: .system)
        let why = Why(
            project: project, pipeline: pipeline, history: history, isServed: ServeLock.server(project) != nil,
            now: WallClock.system.nowMicroseconds / 1_000_000)
        try Output.line(try date.map { try why.answer($0, step) } ?? why.next())
    }
}

/// Answers, in a sentence or two, from what is noted.
struct Why {
    var project: Project
    var pipeline: Pipeline
    var history: StateDatabase?
    var isServed: Bool
    /// Seconds since 1970.
    var now: Int64

    var name: String { pipeline.name }

    // MARK: What comes

    /// When it starts next, and what keeps it from that.
    func next() throws -> String {
        guard let schedule = pipeline.schedule else {
            if let triggers = try nextByTriggers() { return triggers }
            return "\(name) starts by hand only: it has no 'schedule'. 'daymill run \(name)' starts it; "
                + "'schedule: \"0 7 * * *\"' in \(pipeline.file) would start it every day at seven."
        }
        let rules = try pipeline.timezone.rules()
        guard let firing = schedule.next(after: now, rules) else {
            return "\(name) never starts again: its schedule (\(schedule)) has no more starts."
        }
        let start =
            "\(name) starts next at \(time(firing)), in \(DurationText.human(.seconds(firing.second - now))), "
            + "for \(firing.date)"
        if let pause = try history?.pauses()[name] {
            return
                "\(start), but it is paused (\(pause)), so that start will be left out. 'daymill resume \(name)' changes that."
        }
        guard isServed else {
            return "\(start), if something serves this project by then: nothing does now. 'daymill serve' changes that."
        }
        let open = try history?.openRuns().filter { $0.pipeline == name } ?? []
        guard let run = open.first else { return "\(start)." }
        let what = run.state == .queued ? "waits for its turn" : "is at work"
        return "\(start). Run \(run.id) of it \(what) (overlap: \(schedule.runOverlap.rawValue))."
    }

    private func time(_ firing: Firing) -> String {
        let local = firing.second + firing.offset
        let clock = local - Int64(Day(ofSecond: local).daysSinceEpoch) * 86_400
        return
            "\(Day(ofSecond: local)) \(zeroPadded(Int(clock / 3600), 2)):\(zeroPadded(Int(clock / 60 % 60), 2)) \(pipeline.timezone)"
    }

    // MARK: What was

    /// What became of a date, or of one of its steps.
    func answer(_ date: Day, _ step: String?) throws -> String {
        let runs = try history?.runs(of: name, date: date.description, limit: 10) ?? []
        guard let run = runs.first else { return try noRun(date) }
        if let step { return try answer(step, date, run) }
        let head = "Run \(run.id) of \(name) for \(date) \(cause(of: run)) at \(Words.time(run.started))"
        switch run.shown {
        case .queued:
            return "\(head) and waits: \(try blocker(run))"
        case .running: return "\(head) and is at work: \(try atWork(run))"
        case .succeeded: return "\(head) and succeeded.\(try firing(date, run))\(try settling(date))"
        case .cancelled:
            return "\(head) and was ended: \(run.wish ?? run.failure?.message ?? "somebody stopped it"). \(again(run))"
        case .interrupted:
            return "\(head), and its process ended without a word. "
                + (run.isServed ? "'daymill serve' goes on with it." : again(run))
        case .failed:
            let reason = run.failure?.message.split(separator: "\n").first.map(String.init) ?? "nothing is noted of it"
            return "\(head) and failed: \(reason). \(again(run))"
        }
    }

    private func cause(of run: RunRecord) -> String {
        switch run.cause {
        case "hand": "was started by hand"
        case "schedule": "was started by its schedule"
        case let cause where cause.hasPrefix("file "): "was started by the \(cause)"
        default: "was started (\(run.cause))"
        }
    }

    private func again(_ run: RunRecord) -> String { "'daymill rerun \(run.id) --failed' does what is left of it." }

    private func firing(_ date: Day, _ run: RunRecord) throws -> String {
        let others = try history?.firings(of: name, date: date.description, limit: 5).filter { $0.run != run.id } ?? []
        guard let other = others.first, other.verdict != "ran" else { return "" }
        return " Its start at \(Words.time(other.instant * 1_000_000)) was \(other.verdict): \(other.reason)."
    }

    private func blocker(_ run: RunRecord) throws -> String {
        let open = try history?.openRuns() ?? []
        guard isServed else { return "nothing serves this project. 'daymill serve' starts it." }
        if let other = open.first(where: { $0.pipeline == name && $0.id < run.id }) {
            return "run \(other.id) has not ended. 'daymill cancel \(other.id)' would end it."
        }
        return "\(open.count { $0.state == .running }) other runs are at work, and there is no place for one more."
    }

    private func atWork(_ run: RunRecord) throws -> String {
        let attempts = try history?.attempts(of: run.id) ?? []
        let now = attempts.filter { $0.state == .running }.map(\.step)
        if now.isEmpty { return "no step is at work; a pause before another attempt may go on." }
        return "\(Set(now).sorted().joined(separator: ", ")). 'daymill logs -f \(run.id)' follows it."
    }

    private func answer(_ step: String, _ date: Day, _ run: RunRecord) throws -> String {
        let attempts = try history?.attempts(of: run.id).filter { $0.step == step } ?? []
        guard let last = attempts.max(by: { $0.number < $1.number }) else {
            let needs = pipeline.nodes.first { $0.name == step }?.needs ?? []
            let wait = needs.isEmpty ? "" : "; it waits for \(needs.joined(separator: ", "))"
            return "\(step) has not started in run \(run.id), which is \(run.shown.rawValue)\(wait)."
        }
        let head = "\(step) of \(name) for \(date)"
        let count = last.number > 1 ? " at attempt \(last.number)" : ""
        switch last.state == .running && run.shown == .interrupted ? .interrupted : last.state {
        case .succeeded: return "\(head) succeeded\(count) in run \(run.id)."
        case .running:
            return
                "\(head) is at work\(count) since \(Words.time(last.started)). 'daymill logs -f \(run.id) \(step)' follows it."
        case .skipped: return "\(head) was left out of run \(run.id): \(last.reason)."
        case .failed:
            let isOpen = run.shown == .running
            if run.shown == .succeeded {
                return "\(head) failed\(count): \(last.reason). Another step took its place, and the run succeeded."
            }
            return "\(head) failed\(count): \(last.reason). "
                + (isOpen ? "The run has not ended; it may be tried again." : again(run))
        case .cancelled: return "\(head) was ended: \(last.reason). \(again(run))"
        case .interrupted:
            return
                "\(head) was interrupted: its process ended without saying how. \(run.isServed ? "'daymill serve' goes on with it." : again(run))"
        }
    }

    private func noRun(_ date: Day) throws -> String {
        let byHand = "'daymill run \(name) \(date)' makes it."
        if let firing = try history?.firings(of: name, date: date.description, limit: 1).first {
            return "\(name) did not run for \(date): its start at \(Words.time(firing.instant * 1_000_000)) was "
                + "\(firing.verdict == "ran" ? "noted, and its run is forgotten" : "\(firing.verdict): \(firing.reason)"). \(byHand)"
        }
        if let files = try noRunByFiles(date) { return files }
        guard let schedule = pipeline.schedule else {
            if !pipeline.triggers.isEmpty {
                return
                    "\(name) did not run for \(date): nothing has started it. It \(pipeline.triggers.sentence). \(byHand)"
            }
            return "\(name) did not run for \(date): it starts by hand only, and nobody started it. \(byHand)"
        }
        let rules = try pipeline.timezone.rules()
        guard let firing = schedule.firings(on: date...date, rules).first else {
            return "\(name) did not run for \(date): its schedule (\(schedule)) has no start on that day. \(byHand)"
        }
        if firing.second > now {
            return "\(name) has not run for \(date) yet: it is due at \(time(firing)), "
                + "in \(DurationText.human(.seconds(firing.second - now)))"
                + (isServed ? "." : ", and nothing serves this project: 'daymill serve' changes that.")
        }
        return
            "\(name) did not run for \(date): its start at \(time(firing)) passed before this schedule was first served"
            + (isServed ? "" : ", or while nothing served it") + ". \(byHand)"
    }
}
