import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillState
import Foundation

/// Carries out a run of a pipeline's graph, for the commands that do.
struct GraphCommand {
    var project: Project
    var pipeline: Pipeline
    var date: Day
    var store: Store
    var options: RunOptions
    /// Told of each step that has ended.
    var report: @Sendable (StepReport) -> Void = { _ in }

    /// Carries out a run, and notes it.
    ///
    /// - Parameter settled: what an earlier run has done, and is not done again.
    /// - Throws: `.usage` when a param has no value; `.io`.
    func run(
        _ journal: RunJournal, settled: [String: RunMachine.SettledStep] = [:], attempts: [String: Int] = [:]
    ) throws -> GraphRun.Outcome {
        let signals = EndSignals()
        var setting = GraphRun.Setting(
            project: project, pipeline: pipeline, date: date, run: journal.record.id, store: store, options: options,
            notes: journal, environment: ProcessInfo.processInfo.environment)
        (setting.report, setting.settled, setting.attempts) = (report, settled, attempts)
        store.refresh()
        do {
            let outcome = try GraphRun(setting).run(signals: signals)
            let isCancelled = if case .cancelled = outcome.result { true } else { false }
            journal.noteEnd(GraphCommand.error(outcome), isCancelled: isCancelled, isGraph: true)
            return outcome
        } catch {
            journal.noteEnd(error)
            throw error
        }
    }

    /// That every param has a value.
    static func checkParams(_ pipeline: Pipeline) throws {
        guard let name = pipeline.missingParams.first else { return }
        throw DaymillError(
            .usage, "the param '\(name)' of pipeline '\(pipeline.name)' has no value",
            hint: "give it with --param \(name)=..., or give it a 'default' in the file")
    }

    /// Why a run was no success; nil when it was one.
    static func error(_ outcome: GraphRun.Outcome) -> (any Error)? {
        switch outcome.result {
        case .succeeded: return nil
        case .cancelled(let reason): return DaymillError(.cancelled, "the run was ended: \(reason)")
        case .failed(let names):
            let errors = outcome.steps.filter { names.contains($0.step) }.flatMap { step in
                outcome.errors[step.step] ?? [
                    DaymillError(step.verb == "check" ? .checkFailed : .stepFailed, "step '\(step.step)' failed: \(step.reason)")
                ]
            }
            return errors.isEmpty
                ? DaymillError(.stepFailed, "the run took longer than its 'timeout'") : DaymillErrors(errors)
        }
    }
}
