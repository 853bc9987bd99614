import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// What `serve` says of what it does, a line for each thing, on standard error.
struct ServeLog: Sendable {
    enum Format: String, CaseIterable, Sendable { case text, json }
    var format: Format

    func write(_ event: ServeEvent) {
        let now = Words.time(WallClock.system.nowMicroseconds)
        let (kind, fields, sentence) = words(event)
        var line = "\(now) \(sentence)"
        if format == .json {
            let all = fields.merging(["time": now, "event": kind, "message": sentence]) { $1 }
            line = (try? Output.json(all, isPretty: false)) ?? line
        }
        Output.complain((line + "\n"))
    }

    private func words(_ event: ServeEvent) -> (kind: String, fields: [String: String], sentence: String) {
        switch event {
        case .ready(let pipelines, let schedules):
            return ("ready", [:], "serving \(Words.count(pipelines, "pipeline")), \(schedules) with a schedule")
        case .wrong(let pipeline, let problem, let isKept):
            let then = isKept ? "; what it was before goes on" : ""
            return ("wrong", ["pipeline": pipeline], "\(pipeline) is wrong\(then): \(problem)")
        case .decided(let decision):
            let what = decision.verdict == .ran ? "is due" : decision.verdict == .skipped ? "is left out" : "is merged"
            return (
                "decided", ["pipeline": decision.pipeline, "verdict": decision.verdict.rawValue],
                "\(decision.pipeline) for \(decision.firing.date) \(what): \(decision.reason)"
            )
        case .triggered(let run, let pipeline, let cause):
            return ("triggered", ["run": run, "pipeline": pipeline], "\(pipeline): run \(run) is queued: \(cause)")
        case .started(let run, let pipeline):
            return ("started", ["run": run, "pipeline": pipeline], "\(pipeline): run \(run) starts")
        case .adopted(let run, let pipeline):
            return ("adopted", ["run": run, "pipeline": pipeline], "\(pipeline): run \(run) is at work already")
        case .fenced(let run, let pipeline):
            let sentence = "\(pipeline): the process of run \(run) is gone; the run goes on in another one"
            return ("fenced", ["run": run, "pipeline": pipeline], sentence)
        case .finished(let run):
            let why = run.failure.map { ": \($0.message.split(separator: "\n").first ?? "")" } ?? ""
            return (
                "finished", ["run": run.id, "pipeline": run.pipeline, "state": run.state.rawValue],
                "\(run.pipeline): run \(run.id) \(run.state.rawValue)\(why)"
            )
        case .failed(let run, let pipeline, let why):
            return ("failed", ["run": run, "pipeline": pipeline], "\(pipeline): run \(run) failed: \(why)")
        case .remark(let pipeline, let text): return ("remark", ["pipeline": pipeline], "\(pipeline): \(text)")
        case .late(let pipeline, let date, let state):
            return ("late", ["pipeline": pipeline], "\(pipeline) is late for \(date): \(state)")
        case .troubled(let error, let seconds):
            let sentence = "\(error); nothing starts until this works, and it is tried again in \(seconds) s"
            return ("troubled", ["code": error.code.rawValue], sentence)
        case .recovered: return ("recovered", [:], "it works again")
        case .ended(let left):
            let rest = left.isEmpty ? "" : "; at work by themselves: \(left.joined(separator: ", "))"
            return ("ended", [:], "stopped\(rest)")
        }
    }
}
