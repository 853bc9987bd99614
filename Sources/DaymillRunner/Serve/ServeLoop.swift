package import DaymillCore
package import DaymillPipeline
package import DaymillProcess
package import DaymillState
import Foundation
import Synchronization

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
    private var machine: ServeMachine
    /// The moments at which runs have to have succeeded.
    private var deadlines = ServeMachine(maxRuns: 1)
    /// The process that sends notices.
    private var sender: ChildProcess?
    /// Where one has failed, none is started before, in microseconds since 1970.
    private var senderPauseEnds: Int64 = 0
    /// When history was pruned, in microseconds since 1970.
    private var pruned: Int64 = 0
    /// How often processes of a run ended before they had taken it.
    private var earlyDeaths: [String: Int] = [:]
    private let timer = WallTimer()
    package let mail = Mailbox<Letter>()
    private var watch: FolderWatch?
    /// Runs at work, by id.
    private var runs: [String: AtWork] = [:]
    /// Pipelines by name, and what was wrong with the file of one when it was read last.
    private var pipelines: [String: Pipeline] = [:]
    private var problems: [String: String] = [:]
    /// What others may ask.
    package let board = ServeBoard()

    /// A run's process: our child, or that of a server before us.
    private struct AtWork {
        var pipeline: String
        var child: ChildProcess?
        var watched: WatchedProcess?

        var descriptor: Int32 { child?.descriptorOfEnd ?? watched?.descriptor ?? -1 }
    }

    package init(_ setting: Setting) {
        self.setting = setting
        machine = ServeMachine(maxRuns: setting.maxRuns)
    }

    /// Serves until a signal says to end; runs that are at work then go on by themselves.
    ///
    /// - Throws: `.io` where nothing can be noted any more.
    package func run(_ signals: EndSignals) throws {
        watch = FolderWatch(setting.project.path(Pipeline.folder))
        try load()
        try adopt()
        try startThoseThatWaited()
        try prune()
        board.noteReady()
        setting.say(.ready(pipelines: pipelines.count, schedules: pipelines.values.count { $0.schedule != nil }))
        while true {
            try decide()
            let nextNotice = try setting.state.nextNotice()
            sendNotices(nextNotice)
            let (running, queued, nextStart) = machine.board
            board.note(running: running, queued: queued, nextStart: nextStart)
            timer.set(nextMoment(nextNotice))
            let atWork = runs.sorted { $0.key < $1.key }
            let fixed = [
                signals.descriptor, timer.descriptor, mail.descriptor, watch?.descriptor ?? -1,
                sender?.descriptorOfEnd ?? -1,
            ]
            guard let place = waitForAny(of: fixed + atWork.map(\.value.descriptor), atMost: nil) else { continue }
            switch place {
            case 0:
                guard let signal = signals.next() else { continue }
                if signal != SIGHUP { return setting.say(.ended(left: runs.keys.sorted())) }
                try load()
                try adopt()
            case 1: timer.clear()
            case 2: for letter in mail.takeAll() { take(letter) }
            case 3:
                watch?.clear()
                try load()
            case 4:
                if let ending = sender?.wait(timeout: nil), ending.code != 0 {
                    senderPauseEnds = setting.clock.nowMicroseconds + 30_000_000
                }
                sender = nil
            default: try ended(atWork[place - fixed.count].key)
            }
        }
    }

    // MARK: Pipelines

    /// Reads all pipeline files. Of a file that has become wrong what was right before goes on.
    private func load() throws {
        let now = setting.clock.nowMicroseconds / 1_000_000
        var found: [String: Pipeline] = [:], wrong: [String: String] = [:]
        for name in Pipeline.names(in: setting.project.root) {
            do { found[name] = try Pipeline.load(name, in: setting.project) } catch {
                wrong[name] = "\(error)"
                found[name] = pipelines[name]
                if problems[name] != wrong[name] {
                    setting.say(.wrong(pipeline: name, wrong[name] ?? "", isKept: found[name] != nil))
                }
            }
        }
        (pipelines, problems) = (found, wrong)
        let known = try setting.state.lastSuccesses(of: found.keys.sorted())
        board.note(found, wrong: wrong, lastSuccess: known)
        let pauses = try setting.state.pauses()
        func line(_ pipeline: Pipeline, _ schedule: Schedule) -> String { "\(schedule) \(pipeline.timezone)" }
        var lines: [String: String] = [:]
        for pipeline in found.values { lines[pipeline.name] = pipeline.schedule.map { line(pipeline, $0) } }
        let decided = try setting.state.decided(lines, now: now)
        machine.serve(
            found.values.sorted { $0.name < $1.name }.compactMap { pipeline in
                guard let schedule = pipeline.schedule, let rules = try? pipeline.timezone.rules() else { return nil }
                return ServeMachine.Served(
                    pipeline.name, schedule, rules, overlap: schedule.runOverlap, pause: pauses[pipeline.name],
                    decided: decided[pipeline.name] ?? now)
            })
        try loadDeadlines(now)
    }

    private func loadDeadlines(_ now: Int64) throws {
        func name(_ pipeline: Pipeline) -> String { "\(pipeline.name) deadline" }
        var lines: [String: String] = [:]
        for pipeline in pipelines.values {
            lines[name(pipeline)] = pipeline.deadline.map { "\($0) \(pipeline.timezone)" }
        }
        let decided = try setting.state.decided(lines, now: now)
        deadlines.serve(
            pipelines.values.sorted { $0.name < $1.name }.compactMap { pipeline in
                guard let minute = pipeline.deadline, let schedule = pipeline.schedule,
                    let rules = try? pipeline.timezone.rules(),
                    let cron = try? CronExpression.parse("\(minute % 60) \(minute / 60) * * *")
                else { return nil }
                let daily = Schedule(
                    cron: cron, missed: .latest, start: schedule.start, end: schedule.end, place: schedule.place)
                return ServeMachine.Served(
                    name(pipeline), daily, rules, overlap: .queue, pause: nil, decided: decided[name(pipeline)] ?? now)
            })
    }

    /// Finds runs that have not ended: those of a server before us, and those that others have queued.
    private func adopt() throws {
        for run in try setting.state.openRuns() where runs[run.id] == nil && run.command == "run" {
            if run.state == .running, run.process.isRunning {
                guard run.isServed, let watched = WatchedProcess(run.process.number) else { continue }
                machine.adopt([.init(run.id, run.pipeline, isRunning: true)])
                runs[run.id] = AtWork(pipeline: run.pipeline, watched: watched)
                setting.say(.adopted(run: run.id, pipeline: run.pipeline))
            } else if run.state == .queued {
                machine.adopt([.init(run.id, run.pipeline, isRunning: false)])
            } else {
                try fence(run)
            }
        }
        for run in try setting.state.interruptedRuns() where runs[run.id] == nil { try fence(run) }
    }

    private func take(_ letter: Letter) {
        switch letter {
        case .queued(let run): machine.queued(.init(run.id, run.pipeline, isRunning: false))
        }
    }

    // MARK: Decisions

    private func decide() throws {
        let now = setting.clock.nowMicroseconds / 1_000_000
        let decisions = machine.due(now)
        if !decisions.isEmpty {
            let records = decisions.map { decision in
                FiringRecord(
                    pipeline: decision.pipeline, instant: decision.firing.second,
                    date: decision.firing.date.description, verdict: decision.verdict.rawValue, reason: decision.reason)
            }
            let decided = Dictionary(decisions.map { ($0.pipeline, now) }, uniquingKeysWith: { $1 })
            let queued = try setting.state.note(records, decided: decided)
            for decision in decisions {
                for id in decision.ends { try end(id, "a new run of \(decision.pipeline) takes its place") }
                board.note(decision)
                setting.say(.decided(decision))
            }
            for run in queued { machine.queued(.init(run.id, run.pipeline, isRunning: false)) }
        }
        for run in machine.starts() { try start(run) }
        try lookAtDeadlines(now)
    }

    /// Tells people of runs that have not succeeded in time.
    private func lookAtDeadlines(_ now: Int64) throws {
        let due = deadlines.due(now)
        guard !due.isEmpty else { return }
        var notices: [NoticeRecord] = []
        for decision in due where decision.verdict == .ran {
            let name = String(decision.pipeline.dropLast(" deadline".count)), date = decision.firing.date
            guard let pipeline = pipelines[name], let schedule = pipeline.schedule, let minute = pipeline.deadline,
                let rules = try? pipeline.timezone.rules(), !schedule.firings(on: date...date, rules).isEmpty
            else { continue }
            let runs = try setting.state.runs(of: name, date: date.description, limit: 20)
            guard !runs.contains(where: { $0.state == .succeeded }) else { continue }
            let state = runs.first.map { "run \($0.id) is \($0.state.rawValue)" } ?? "it has not started"
            let time = "\(zeroPadded(minute / 60, 2)):\(zeroPadded(minute % 60, 2)) \(pipeline.timezone)"
            notices += NoticeWriter.late(
                pipeline, date: date, deadline: time, state: state, now: setting.clock.nowMicroseconds)
            setting.say(.late(pipeline: name, date: date, state))
        }
        try setting.state.add(notices)
        let decided = Dictionary(due.map { ($0.pipeline, now) }, uniquingKeysWith: { $1 })
        _ = try setting.state.note([], decided: decided)
    }

    // MARK: Notices

    /// When something is due next, in microseconds since 1970.
    private func nextMoment(_ nextNotice: Int64?) -> Int64? {
        let moments = [machine.nextWake, deadlines.nextWake].compactMap { $0.map { $0 * 1_000_000 } }
        let notice = sender == nil ? nextNotice : nil
        return (moments + (notice.map { [max($0, senderPauseEnds)] } ?? [])).min()
    }

    /// Lets a process of its own send what is due, so that this one stays small and never waits for a mail server.
    private func sendNotices(_ next: Int64?) {
        let now = setting.clock.nowMicroseconds
        guard sender == nil, senderPauseEnds <= now, let next, next <= now else { return }
        let command = ChildCommand(
            program: setting.program,
            arguments: ["notices", "--send", "--limit", "1", "--project", setting.project.root],
            environment: setting.environment, log: nil, diesWithUs: false)
        sender = try? ChildProcess(command)
        if sender == nil { senderPauseEnds = now + 30_000_000 }
    }

    private func end(_ id: String, _ reason: String) throws {
        guard let run = try setting.state.wish(id, reason) else { return }
        if run.state == .running { kill(run.process.number, SIGTERM) } else { machine.ended(id, of: run.pipeline) }
    }

    private func start(_ run: ServeMachine.OpenRun) throws {
        let folder = setting.project.logFolder(ofRun: run.id)
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var environment = setting.environment
        // So that nothing of a run is left when it is fenced.
        environment["DAYMILL_RUN"] = run.id
        let command = ChildCommand(
            program: setting.program, arguments: ["work", run.id, "--project", setting.project.root],
            environment: environment, log: "\(folder)/run.log", diesWithUs: false)
        do {
            let child = try ChildProcess(command)
            runs[run.id] = AtWork(pipeline: run.pipeline, child: child)
            setting.say(.started(run: run.id, pipeline: run.pipeline))
        } catch {
            try diedEarly(run.id, run.pipeline, "its process could not be started: \(error)")
        }
    }

    /// The process of a run has ended.
    private func ended(_ id: String) throws {
        guard let work = runs.removeValue(forKey: id) else { return }
        let ending = work.child?.wait(timeout: nil)
        guard let run = try setting.state.run(id) else { return machine.ended(id, of: work.pipeline) }
        switch run.state {
        case .succeeded, .failed, .cancelled:
            machine.ended(id, of: work.pipeline)
            board.note(ended: run)
            if setting.clock.nowMicroseconds - pruned > 86_400_000_000 { try prune() }
            setting.say(.finished(run))
            try startThoseThatWait(for: run)
        case .running where run.process.isRunning && run.process.number != work.child?.number:
            // Another process has it: that of a server before us was faster.
            guard let watched = WatchedProcess(run.process.number) else { return try ended(again: run) }
            runs[id] = AtWork(pipeline: run.pipeline, watched: watched)
        case .queued where run.starts == 0:
            if ending?.code == 0 { return machine.ended(id, of: work.pipeline) }
            try diedEarly(id, work.pipeline, "its process ended before it began; see 'daymill logs \(id)'")
        case .queued, .running, .interrupted: try ended(again: run)
        }
    }

    private func ended(again run: RunRecord) throws {
        machine.ended(run.id, of: run.pipeline, isStartedAgain: true)
        try fence(run)
    }

    /// A process ended before it had taken its run, or could not be started: it is tried again, but not for ever.
    private func diedEarly(_ id: String, _ pipeline: String, _ reason: String) throws {
        machine.ended(id, of: pipeline)
        earlyDeaths[id, default: 0] += 1
        guard earlyDeaths[id, default: 0] >= Limits.runStartsMax, let run = try setting.state.run(id) else {
            return machine.queued(.init(id, pipeline, isRunning: false))
        }
        earlyDeaths[id] = nil
        try giveUp(run, reason, isCancelled: false)
    }

    /// Ends a run that no process will take any more, and tells people.
    private func giveUp(_ run: RunRecord, _ reason: String, isCancelled: Bool) throws {
        try setting.state.giveUp(run.id, reason, isCancelled: isCancelled)
        try tell(of: run, reason)
        setting.say(.failed(run: run.id, pipeline: run.pipeline, reason))
    }

    /// At the start, and then once a day.
    private func prune() throws {
        pruned = setting.clock.nowMicroseconds
        try setting.project.prune(setting.state)
    }

    /// Tells people of a run that was given up.
    private func tell(of run: RunRecord, _ reason: String) throws {
        guard run.wish == nil else { return }
        let now = setting.clock.nowMicroseconds
        let writer =
            pipelines[run.pipeline].map { NoticeWriter($0, run, now: now) }
            ?? NoticeWriter(run.pipeline, setting.project.notify, run, now: now)
        try setting.state.add(
            writer.notices(
                .failed, failure: RunFailure(code: ErrorCode.stepFailed.rawValue, message: reason), before: nil,
                steps: []))
    }

    /// Queues runs of pipelines whose trigger is an output that a run has made. Each run has each of them start once.
    private func startThoseThatWait(for run: RunRecord) throws {
        guard run.state == .succeeded, run.isServed else { return }
        // What another process of the run has made stands in its attempts, too.
        let made = Set(try setting.state.attempts(of: run.id).filter { $0.facts["made"] == "true" }.map(\.step))
        guard !made.isEmpty else { return }
        for pipeline in pipelines.values.sorted(by: { $0.name < $1.name }) {
            let trigger = pipeline.triggers.outputs.first { output in
                output.pipeline == run.pipeline && (output.step.map(made.contains) ?? true)
            }
            guard let trigger else { continue }
            let cause = "output of \(trigger.pipeline)\(trigger.step.map { ".\($0)" } ?? ""), run \(run.id)"
            let (next, isNew) = try setting.state.queueOnce(pipeline.name, date: run.dates, params: [:], cause: cause)
            let mark = "\(pipeline.name) triggers"
            _ = try setting.state.note([], decided: [mark: (run.ended ?? 0) / 1_000_000])
            guard isNew else { continue }
            machine.queued(.init(next.id, next.pipeline, isRunning: false))
            setting.say(.triggered(run: next.id, pipeline: next.pipeline, cause))
        }
    }

    /// The same for runs that ended while nothing served, of triggers that were there before.
    private func startThoseThatWaited() throws {
        let now = setting.clock.nowMicroseconds / 1_000_000
        for pipeline in pipelines.values.sorted(by: { $0.name < $1.name }) where !pipeline.triggers.outputs.isEmpty {
            let line = pipeline.triggers.outputs.map { "\($0.pipeline).\($0.step ?? "")" }.joined(separator: " ")
            let mark = "\(pipeline.name) triggers"
            let since = try setting.state.decided([mark: line], now: now)[mark] ?? now
            for name in Set(pipeline.triggers.outputs.map(\.pipeline)).sorted() {
                for run in try setting.state.runs(of: name, limit: 200).reversed()
                where (run.ended ?? 0) / 1_000_000 >= since { try startThoseThatWait(for: run) }
            }
        }
    }

    /// The process of a run is gone, and the run has not ended: nothing of it is left at work, and it goes on in another process.
    private func fence(_ run: RunRecord) throws {
        ProcessTable.killAll(startedWith: "DAYMILL_RUN=\(run.id)")
        guard run.isServed, run.wish == nil, run.starts < Limits.runStartsMax else {
            machine.ended(run.id, of: run.pipeline)
            let reason = run.wish ?? "its process died \(run.starts) times"
            if run.isServed { try giveUp(run, reason, isCancelled: run.wish != nil) }
            return
        }
        try setting.state.queueAgain(run.id)
        machine.ended(run.id, of: run.pipeline)
        machine.queued(.init(run.id, run.pipeline, isRunning: false))
        setting.say(.fenced(run: run.id, pipeline: run.pipeline))
    }
}

/// What happens while pipelines are served, for logs.
package enum ServeEvent: Sendable {
    case ready(pipelines: Int, schedules: Int)
    case wrong(pipeline: String, String, isKept: Bool)
    case decided(ServeMachine.Decision)
    case triggered(run: String, pipeline: String, String)
    case started(run: String, pipeline: String)
    case adopted(run: String, pipeline: String)
    case fenced(run: String, pipeline: String)
    case finished(RunRecord)
    case failed(run: String, pipeline: String, String)
    case late(pipeline: String, date: Day, String)
    case ended(left: [String])
}
