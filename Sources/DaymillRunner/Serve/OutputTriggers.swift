import DaymillCore
import DaymillPipeline
import DaymillState

/// Queues runs of pipelines whose trigger is an output that a run of another one has made.
struct OutputTriggers {
    private let setting: ServeLoop.Setting

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    /// What a run starts that has ended. Each run has each pipeline start once.
    ///
    /// - Returns: the runs that are new.
    func starts(after run: RunRecord, _ pipelines: ServePipelines) throws -> [RunRecord] {
        guard run.state == .succeeded, run.isServed else { return [] }
        // What another process of the run has made stands in its attempts, too.
        let made = Set(try setting.state.attempts(of: run.id).filter { $0.facts["made"] == "true" }.map(\.step))
        guard !made.isEmpty else { return [] }
        var queued: [RunRecord] = []
        for pipeline in pipelines.sorted {
            let trigger = pipeline.triggers.outputs.first { output in
                output.pipeline == run.pipeline && (output.step.map(made.contains) ?? true)
            }
            guard let trigger else { continue }
            let cause = "output of \(trigger.pipeline)\(trigger.step.map { ".\($0)" } ?? ""), run \(run.id)"
            let (next, isNew) = try setting.state.queueOnce(pipeline.name, date: run.dates, params: [:], cause: cause)
            _ = try setting.state.note([], decided: [Self.mark(pipeline): (run.ended ?? 0) / 1_000_000])
            guard isNew else { continue }
            queued.append(next)
            setting.say(.triggered(run: next.id, pipeline: next.pipeline, cause))
        }
        return queued
    }

    /// The same for runs that ended while nothing served, of triggers that were there before.
    func startsThatWaited(_ pipelines: ServePipelines) throws -> [RunRecord] {
        let now = setting.clock.nowMicroseconds / 1_000_000
        var queued: [RunRecord] = []
        for pipeline in pipelines.sorted where !pipeline.triggers.outputs.isEmpty {
            let line = pipeline.triggers.outputs.map { "\($0.pipeline).\($0.step ?? "")" }.joined(separator: " ")
            let mark = Self.mark(pipeline)
            let since = try setting.state.decided([mark: line], now: now)[mark] ?? now
            for name in Set(pipeline.triggers.outputs.map(\.pipeline)).sorted() {
                for run in try setting.state.runs(of: name, limit: 200).reversed()
                where (run.ended ?? 0) / 1_000_000 >= since { queued += try starts(after: run, pipelines) }
            }
        }
        return queued
    }

    private static func mark(_ pipeline: Pipeline) -> String { "\(pipeline.name) triggers" }
}
