package import DaymillCore
package import DaymillPipeline
package import DaymillProcess
package import DaymillState
import Foundation

/// Starts pipelines when their schedules say, each run a process of its own, until it is told to end.
///
/// One thread: it sleeps until the next moment, a signal, a letter, or the end of a run. What is decided is noted before anything
/// is started, so that whoever comes after a crash finds it.
package final class ServeLoop {
    /// What it works with.
    package struct Setting: Sendable {
        package var project: Project
        package var state: StateDatabase
        package var clock: WallClock
        /// This program.
        package var program: String
        package var environment: [String: String]
        package var maxRuns = Limits.runsAtOnceMax
        /// Told what goes on.
        package var say: @Sendable (ServeEvent) -> Void

        package init(
            project: Project, state: StateDatabase, clock: WallClock, program: String, environment: [String: String],
            say: @escaping @Sendable (ServeEvent) -> Void
        ) {
            (self.project, self.state, self.clock, self.program) = (project, state, clock, program)
            (self.environment, self.say) = (environment, say)
        }
    }

    /// What others ask of it, from any thread.
    package enum Letter: Sendable {
        /// A run was queued by somebody else.
        case queued(RunRecord)
    }

    private let setting: Setting
    private var pipelines: ServePipelines
    private let runs: ServeRuns
    private var deadlines: ServeDeadlines
    private let outputs: OutputTriggers
    private let files: FileTriggers
    private var sender: NoticeSender
    /// When history was pruned, in microseconds since 1970.
    private var pruned: Int64 = 0
    private var trouble = ServePause()
    private let timer = WallTimer()
    package let mail = Mailbox<Letter>()
    private var watch: FolderWatch?
    /// What others may ask.
    package let board = ServeBoard()

    package init(_ setting: Setting) {
        self.setting = setting
        (pipelines, runs, deadlines) = (ServePipelines(setting), ServeRuns(setting), ServeDeadlines(setting))
        (outputs, files, sender) = (OutputTriggers(setting), FileTriggers(setting), NoticeSender(setting))
    }

    /// Serves until a signal says to end; runs that are at work then go on by themselves. Where something cannot be noted, it
    /// waits until it can.
    ///
    /// - Throws: `.io` where nothing can be noted at the start.
    package func run(_ signals: EndSignals) throws {
        watch = FolderWatch(setting.project.path(Pipeline.folder))
        try load()
        try takeUp()
        try prune()
        board.noteReady()
        let schedules = pipelines.all.values.count { $0.schedule != nil }
        setting.say(.ready(pipelines: pipelines.all.count, schedules: schedules))
        // What follows needs little of what the start did.
        forgetCode()
        while true {
            do {
                if let pause = trouble.end(setting.clock.nowMicroseconds) {
                    timer.set(pause)
                    if waitInTrouble(signals) { return }
                } else if try turn(signals) {
                    return
                }
            } catch let error as DaymillError where error.code == .io { meet(error) }
        }
    }

    /// Decides what is due, waits until something happens, and sees to it.
    ///
    /// - Returns: whether it is to end.
    private func turn(_ signals: EndSignals) throws -> Bool {
        if board.trouble != nil { try lookAnew() }
        try decide()
        let nextNotice = sender.send(try setting.state.nextNotice())
        let (running, queued, nextStart) = runs.machine.board
        board.note(running: running, queued: queued, nextStart: nextStart, settling: files.settling)
        timer.set(nextMoment(nextNotice))
        let atWork = runs.descriptors
        let fixed = [
            signals.descriptor, timer.descriptor, mail.descriptor, watch?.descriptor ?? -1, sender.descriptor,
        ]
        // Files come last: where some are written all the time, runs end all the same.
        let all = fixed + atWork.map(\.descriptor) + [files.descriptor]
        guard let place = waitForAny(of: all, atMost: nil) else { return false }
        switch place {
        case 0:
            guard let signal = signals.next() else { return false }
            if signal != SIGHUP { return end() }
            try load()
            try runs.adopt(pipelines)
        case 1: timer.clear()
        case 2: for letter in mail.takeAll() { take(letter) }
        case 3:
            watch?.clear()
            try load()
        case 4: try sender.ended()
        case all.count - 1: try files.takeEvents()
        default: try ended(atWork[place - fixed.count].id)
        }
        return false
    }

    private func end() -> Bool {
        setting.say(.ended(left: runs.descriptors.map(\.id)))
        return true
    }

    // MARK: Trouble

    /// Something could not be noted, or no process be started: the disk is full, the file is locked. Nothing is decided for a
    /// while, and what happens meanwhile is seen to afterwards.
    private func meet(_ error: DaymillError) {
        let length = trouble.beginLonger(now: setting.clock.nowMicroseconds)
        board.note(trouble: error.description)
        setting.say(.troubled(error, seconds: Int(length / 1_000_000)))
    }

    /// Waits for the end of the pause or a signal.
    private func waitInTrouble(_ signals: EndSignals) -> Bool {
        switch waitForAny(of: [signals.descriptor, timer.descriptor], atMost: nil) {
        // Whoever wants us to look does so for what we look at anyway.
        case 0: return (signals.next() ?? SIGHUP) != SIGHUP && end()
        case 1: timer.clear()
        default: break
        }
        return false
    }

    /// What is in memory may be ahead of what was noted.
    private func lookAnew() throws {
        runs.forget()
        try load()
        try takeUp()
        board.note(trouble: nil)
        setting.say(.recovered)
    }

    /// What others have left: runs, messages, outputs that start something.
    private func takeUp() throws {
        try runs.adopt(pipelines)
        try sender.noteUncertain()
        for run in try outputs.startsThatWaited(pipelines) { runs.queued(run) }
    }

    private func take(_ letter: Letter) {
        switch letter {
        case .queued(let run): runs.queued(run)
        }
    }

    private func ended(_ id: String) throws {
        let run = try runs.ended(id, pipelines)
        if let run {
            board.note(ended: run)
            setting.say(.finished(run))
        }
        // It may have died while it sent messages.
        try sender.noteUncertain()
        guard let run else { return }
        for next in try outputs.starts(after: run, pipelines) { runs.queued(next) }
        if setting.clock.nowMicroseconds - pruned > 3_600_000_000 { try prune() }
        if try setting.state.isDue("files that are gone", every: .seconds(86_400)) { try files.tidy(pipelines) }
    }

    /// At the start, and then once an hour.
    private func prune() throws {
        pruned = setting.clock.nowMicroseconds
        try setting.project.prune(setting.state)
    }

    // MARK: Schedules

    /// Reads all pipeline files, and what is decided of their schedules.
    private func load() throws {
        let now = setting.clock.nowMicroseconds / 1_000_000
        pipelines.load()
        let known = try setting.state.lastSuccesses(of: pipelines.all.keys.sorted())
        board.note(pipelines.all, wrong: pipelines.problems, lastSuccess: known)
        let pauses = try setting.state.pauses()
        let lines = pipelines.all.compactMapValues { pipeline in
            pipeline.schedule.map { "\($0) \(pipeline.timezone)" }
        }
        let decided = try setting.state.decided(lines, now: now)
        runs.machine.serve(
            pipelines.sorted.compactMap { pipeline in
                guard let schedule = pipeline.schedule, let rules = try? pipeline.timezone.rules() else { return nil }
                return ServeMachine.Served(
                    pipeline.name, schedule, rules, overlap: schedule.runOverlap, pause: pauses[pipeline.name],
                    decided: decided[pipeline.name] ?? now)
            })
        try deadlines.load(pipelines, now: now)
        try files.load(pipelines, pauses: pauses)
    }

    private func decide() throws {
        let now = setting.clock.nowMicroseconds / 1_000_000
        let hasDecided = try decideStarts(now)
        for run in try files.starts() { runs.queued(run) }
        try runs.startThoseThatMay()
        if hasDecided { runs.endSpare() }
        try deadlines.look(now)
    }

    /// Notes what becomes of the moments that are due.
    ///
    /// - Returns: whether there were any.
    private func decideStarts(_ now: Int64) throws -> Bool {
        let decisions = runs.machine.due(now)
        guard !decisions.isEmpty else { return false }
        let records = decisions.map { decision in
            FiringRecord(
                pipeline: decision.pipeline, instant: decision.firing.second,
                date: decision.firing.date.description, verdict: decision.verdict.rawValue, reason: decision.reason)
        }
        let decided = Dictionary(decisions.map { ($0.pipeline, now) }, uniquingKeysWith: { $1 })
        // First, since a moment that is noted is not decided again: whoever comes after a crash between the two finds the moment
        // to decide, and nothing in its way.
        for decision in decisions {
            for id in decision.ends { try runs.end(id, "a new run of \(decision.pipeline) takes its place") }
        }
        let queued = try setting.state.note(records, decided: decided)
        for decision in decisions {
            board.note(decision)
            setting.say(.decided(decision))
        }
        for run in queued { runs.queued(run) }
        return true
    }

    /// When something is due next, in microseconds since 1970.
    private func nextMoment(_ nextNotice: Int64?) -> Int64? {
        let moments = [runs.machine.nextWake, deadlines.nextWake].map { $0.map { $0 * 1_000_000 } }
        return (moments + [nextNotice, files.nextWake, runs.nextSpare]).compactMap { $0 }.min()
    }
}
