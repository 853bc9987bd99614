import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillHTTP
import DaymillPipeline
import DaymillProcess
import Foundation
import Synchronization

extension GraphRun {
    /// Looks again and again until what it waits for is so, or its time is over.
    func perform(_ work: WaitWork, _ attempt: Attempt) -> AttemptResult {
        let stop = WakeEvent(), transfer = TransferStop(), flag = StopFlag()
        self.stop(attempt.unit) {
            flag.isSet.store(true, ordering: .relaxed)
            transfer.stop()
            stop.set()
        }
        let clock = setting.options.steadyClock, start = clock.nowMicroseconds
        var limit = work.atMost
        if let timeout = attempt.node.control.timeout { limit = min(limit, timeout) }
        var look = WaitLook(setting: setting, attempt: attempt)
        var last = ""
        while true {
            let passed = Duration.microseconds(clock.nowMicroseconds - start)
            let found: WaitLook.Answer
            do {
                found = try look.look(work.target, passed) { call($0, $1, transfer, flag) }
            } catch { return .failure(error) }
            switch found {
            case .so(var facts):
                facts["seconds"] = "\(passed.seconds)"
                return .succeeded(facts: facts)
            case .notYet(let why): last = why
            }
            guard passed < limit else {
                return .failure(.stepFailed, "\(last), after \(DurationText.human(passed)) of waiting")
            }
            let pause = max(min(look.pause(work), limit - passed), .milliseconds(1))
            let isStopped = clock.pause(pause) {
                waitForAny(of: [stop.descriptor], atMost: max($0, .milliseconds(1))) == 0
            }
            if isStopped { return .stopped }
        }
    }
}

/// Looks whether something that is waited for is so.
struct WaitLook {
    enum Answer {
        case so([String: String])
        case notYet(String)
    }
    var setting: GraphRun.Setting
    var attempt: Attempt
    /// The stamps of the files that match, and since when they are so.
    private var seen: (files: [String: FileStamp], since: ContinuousClock.Instant)?

    init(setting: GraphRun.Setting, attempt: Attempt) {
        self.setting = setting
        self.attempt = attempt
    }

    mutating func look(
        _ target: WaitWork.Target, _ passed: Duration, call: (CallWork, Attempt) -> AttemptResult
    ) throws -> Answer {
        switch target {
        case .time(let length):
            return passed >= length ? .so([:]) : .notYet("the time is not over")
        case .file(let template, let settle): return try file(template, settle)
        case .output(let pipeline, let step): return try output(pipeline, step)
        case .answer(let work):
            switch call(work, attempt) {
            case .succeeded(let facts): return .so(facts.filter { $0.key == "bytes" })
            case .failed(let problem, _): return .notYet(problem.message)
            case .stopped: return .notYet("it was stopped")
            }
        }
    }

    func pause(_ work: WaitWork) -> Duration {
        if case .time(let length) = work.target { return length }
        return work.every
    }

    private mutating func file(_ template: TextTemplate, _ settle: Duration) throws -> Answer {
        // Values stand for themselves, wildcards are those of the file.
        let path = attempt.text(template, spelt: OutputQuery.literal)
        let files = try matches(path)
        guard !files.isEmpty else {
            seen = nil
            return .notYet("no file matches '\(path)'")
        }
        let now = ContinuousClock.now
        if seen?.files != files { seen = (files, now) }
        // What was last changed long ago need not be watched for as long again.
        let wall = setting.options.clock.nowMicroseconds
        let byClock = files.values.map { wall - max($0.modified, $0.changed) / 1000 }.min() ?? 0
        let byWatching = (now - (seen?.since ?? now)).microseconds
        guard max(byClock, byWatching) >= settle.microseconds else {
            return .notYet("'\(path)' has not held still for \(DurationText.text(settle))")
        }
        let bytes = files.values.reduce(0) { $0 + $1.size }
        return .so(["path": files.keys.min() ?? path, "bytes": "\(bytes)"])
    }

    private func matches(_ path: String) throws -> [String: FileStamp] {
        let template: PathTemplate
        do { template = try PathTemplate.parse(path) } catch let error {
            throw DaymillError(.pipelineInvalid, "'\(path)' is no path: \(error.message)", hint: error.hint)
        }
        var found: [String: FileStamp] = [:]
        for file in try LocalFiles.list(template, for: setting.date, root: setting.project.root) {
            found[file.path] = file.stamp
        }
        return found
    }

    private func output(_ name: String, _ step: String?) throws -> Answer {
        let pipeline = try Pipeline.load(name, in: setting.project)
        if let step, pipeline.step(step) == nil {
            throw DaymillError(
                .notFound, "the pipeline '\(name)' has no output of a step '\(step)'",
                hint: nearestWord(to: step, in: pipeline.steps.map(\.name)).map { "did you mean '\($0)'?" } ?? "")
        }
        let run = StatusRun(project: setting.project, store: setting.store, options: setting.options)
        setting.store.refresh()
        guard !pipeline.steps.isEmpty else {
            throw DaymillError(.notFound, "the pipeline '\(name)' has no outputs to wait for")
        }
        for status in try run.status(of: pipeline, dates: attempt.date...attempt.date) {
            if let step, status.step != step { continue }
            guard let output = status.outputs.first(where: { $0.date == attempt.date.description }) else {
                return .notYet("\(name).\(status.step) has no output for \(attempt.date)")
            }
            guard output.state == .fresh else {
                return .notYet("\(name).\(status.step) for \(attempt.date) is \(output.state.rawValue)")
            }
        }
        return .so([:])
    }
}
