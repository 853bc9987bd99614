import DaymillCore
import DaymillPipeline
import DaymillProcess
import DaymillState
import Foundation

/// The processes of runs: starts them, finds those of a server before us, and sees to what they leave when they end.
final class ServeRuns {
    private let setting: ServeLoop.Setting
    /// Which run may start.
    var machine: ServeMachine
    /// Runs at work, by id.
    private var atWork: [String: AtWork] = [:]
    private var spare: SpareProcess
    /// How often processes of a run ended before they had taken it.
    private var earlyDeaths: [String: Int] = [:]

    /// A run's process: our child, or that of a server before us.
    private struct AtWork {
        var pipeline: String
        var child: ChildProcess?
        var watched: WatchedProcess?
        /// How it ended.
        var ending: ChildProcess.Ending?

        var descriptor: Int32 { child?.descriptorOfEnd ?? watched?.descriptor ?? -1 }
    }

    init(_ setting: ServeLoop.Setting) {
        self.setting = setting
        machine = ServeMachine(maxRuns: setting.maxRuns)
        spare = SpareProcess(setting)
    }

    /// Runs at work, and what can be read once the process of each has ended.
    var descriptors: [(id: String, descriptor: Int32)] {
        atWork.sorted { $0.key < $1.key }.map { ($0.key, $0.value.descriptor) }
    }

    /// A run was noted that is to start.
    func queued(_ run: RunRecord) { machine.queued(.init(run.id, run.pipeline, isRunning: false)) }

    /// Keeps the processes and nothing of what was decided.
    func forget() {
        machine = ServeMachine(maxRuns: setting.maxRuns)
        machine.adopt(atWork.map { .init($0, $1.pipeline, isRunning: true) })
    }

    /// Finds runs that have not ended: those of a server before us, and those that others have queued.
    func adopt(_ pipelines: ServePipelines) throws {
        for run in try setting.state.openRuns() where atWork[run.id] == nil && run.command == "run" {
            if run.state == .running, run.process.isRunning {
                guard run.isServed, let watched = WatchedProcess(run.process.number) else { continue }
                machine.adopt([.init(run.id, run.pipeline, isRunning: true)])
                atWork[run.id] = AtWork(pipeline: run.pipeline, watched: watched)
                setting.say(.adopted(run: run.id, pipeline: run.pipeline))
            } else if run.state == .queued {
                machine.adopt([.init(run.id, run.pipeline, isRunning: false)])
            } else {
                try fence(run, pipelines)
            }
        }
        for run in try setting.state.interruptedRuns() where atWork[run.id] == nil { try fence(run, pipelines) }
    }

    // MARK: Starts and ends

    /// Starts those whose turn it is.
    ///
    /// - Throws: `.io` when one could not be started; others were.
    func startThoseThatMay() throws {
        var problem: DaymillError?
        for run in machine.starts() {
            do { try start(run) } catch let error as DaymillError {
                problem = DaymillError(.io, "run \(run.id) could not be started: \(error.message)", hint: error.hint)
            }
        }
        if let problem { throw problem }
        guard let next = machine.nextWake, let pipeline = machine.nextPipeline else { return spare.drop() }
        spare.prepare(for: pipeline, start: next * 1_000_000)
    }

    /// When a process is to be started for the next moment of a schedule, in microseconds since 1970.
    var nextSpare: Int64? { spare.moment(before: machine.nextWake.map { $0 * 1_000_000 }) }

    /// The moments that were due are decided: a process that was to begin one of them and does not is not needed any more.
    func endSpare() { spare.drop() }

    private func start(_ run: ServeMachine.OpenRun) throws {
        if let child = spare.take(run.id, of: run.pipeline) {
            atWork[run.id] = AtWork(pipeline: run.pipeline, child: child)
            return setting.say(.started(run: run.id, pipeline: run.pipeline))
        }
        let folder = setting.project.logFolder(ofRun: run.id)
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var environment = setting.environment
        // So that nothing of a run is left when it is fenced.
        environment["DAYMILL_RUN"] = run.id
        let command = ChildCommand(
            program: setting.program, arguments: ["work", run.id, "--project", setting.project.root],
            environment: environment, log: "\(folder)/run.log", diesWithUs: false)
        atWork[run.id] = AtWork(pipeline: run.pipeline, child: try ChildProcess(command))
        setting.say(.started(run: run.id, pipeline: run.pipeline))
    }

    /// Has a run ended.
    func end(_ id: String, _ reason: String) throws {
        guard let run = try setting.state.wish(id, reason) else { return }
        if run.state == .running { kill(run.process.number, SIGTERM) } else { machine.ended(id, of: run.pipeline) }
    }

    /// The process of a run has ended.
    ///
    /// - Returns: the run, when it has ended with it.
    func ended(_ id: String, _ pipelines: ServePipelines) throws -> RunRecord? {
        guard let work = atWork[id] else { return nil }
        let ending = work.ending ?? work.child?.wait(timeout: nil)
        atWork[id]?.ending = ending
        // Where this cannot be read now, it is asked for again.
        let found = try setting.state.run(id)
        atWork[id] = nil
        guard let run = found else {
            machine.ended(id, of: work.pipeline)
            return nil
        }
        switch run.state {
        case .succeeded, .failed, .cancelled:
            machine.ended(id, of: work.pipeline)
            return run
        case .running where run.process.isRunning && run.process.number != work.child?.number:
            // Another process has it: that of a server before us was faster.
            if let watched = WatchedProcess(run.process.number) {
                atWork[id] = AtWork(pipeline: run.pipeline, watched: watched)
            } else {
                try ended(again: run, pipelines)
            }
        case _ where ending?.code == Self.systemRefused: try refused(run, pipelines)
        case .queued where run.starts == 0:
            if ending?.code == 0 {
                machine.ended(id, of: work.pipeline)
            } else {
                let reason = "its process ended before it began; see 'daymill logs \(id)'"
                try diedEarly(id, work.pipeline, reason, pipelines)
            }
        case .queued, .running, .interrupted: try ended(again: run, pipelines)
        }
        return nil
    }

    // MARK: What processes leave

    /// The exit code of a process that could not note what it did.
    private static let systemRefused: Int32 = 6

    /// What could not be noted did not go on. That is no fault of the run, and it goes on when the system lets it.
    private func refused(_ run: RunRecord, _ pipelines: ServePipelines) throws {
        if run.starts > 0 { try fence(run, pipelines, isCounted: false) }
        throw DaymillError(
            .io, "run \(run.id) could not go on, since the system refused something",
            hint: "see 'daymill logs \(run.id)'")
    }

    private func ended(again run: RunRecord, _ pipelines: ServePipelines) throws {
        machine.ended(run.id, of: run.pipeline, isStartedAgain: true)
        try fence(run, pipelines)
    }

    /// The process of a run is gone, and the run has not ended: nothing of it is left at work, and it goes on in another process.
    ///
    /// - Parameter isCounted: whether a process is worn out by it.
    private func fence(_ run: RunRecord, _ pipelines: ServePipelines, isCounted: Bool = true) throws {
        ProcessTable.killAll(startedWith: "DAYMILL_RUN=\(run.id)")
        guard run.isServed, run.wish == nil, run.starts < Limits.runStartsMax || !isCounted else {
            machine.ended(run.id, of: run.pipeline)
            let reason = run.wish ?? "its process died \(run.starts) times"
            if run.isServed { try giveUp(run, reason, isCancelled: run.wish != nil, pipelines) }
            return
        }
        try setting.state.queueAgain(run.id, isCounted: isCounted)
        machine.ended(run.id, of: run.pipeline)
        queued(run)
        setting.say(.fenced(run: run.id, pipeline: run.pipeline))
    }

    /// A process ended before it had taken its run: it is tried again, but not for ever.
    private func diedEarly(
        _ id: String, _ pipeline: String, _ reason: String, _ pipelines: ServePipelines
    ) throws {
        machine.ended(id, of: pipeline)
        earlyDeaths[id, default: 0] += 1
        guard earlyDeaths[id, default: 0] >= Limits.runStartsMax, let run = try setting.state.run(id) else {
            return machine.queued(.init(id, pipeline, isRunning: false))
        }
        earlyDeaths[id] = nil
        try giveUp(run, reason, isCancelled: false, pipelines)
    }

    /// Ends a run that no process will take any more, and tells people.
    private func giveUp(_ run: RunRecord, _ reason: String, isCancelled: Bool, _ pipelines: ServePipelines) throws {
        try setting.state.giveUp(run.id, reason, isCancelled: isCancelled)
        try tell(of: run, reason, pipelines)
        setting.say(.failed(run: run.id, pipeline: run.pipeline, reason))
    }

    /// Tells people of a run that was given up.
    private func tell(of run: RunRecord, _ reason: String, _ pipelines: ServePipelines) throws {
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
}
