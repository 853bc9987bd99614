import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillNotify
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
    /// Whether people are told how it ended, as the pipeline's 'notify' says.
    var tellsPeople = false
    /// Told of each step that has ended.
    var report: @Sendable (StepReport) -> Void = { _ in }

    /// Carries out a run, and notes it.
    ///
    /// - Parameter settled: what an earlier run has done, and is not done again.
    /// - Throws: `.io` where something cannot be noted.
    func run(
        _ journal: RunJournal, settled: [String: RunMachine.SettledStep] = [:], attempts: [String: Int] = [:]
    ) throws -> GraphRun.Outcome {
        let signals = EndSignals()
        // Whoever reads what we say may go away; the run goes on.
        signal(SIGPIPE, SIG_IGN)
        defer {
            signal(SIGPIPE, SIG_DFL)
            journal.close()
        }
        var setting = GraphRun.Setting(
            project: project, pipeline: pipeline, date: date, run: journal.record.id, store: store, options: options,
            notes: journal, environment: ProcessInfo.processInfo.environment)
        (setting.report, setting.settled, setting.attempts) = (report, settled, attempts)
        setting.isHandedOver = journal.record.isServed
        store.refresh()
        let before = try journal.state.stateBefore(journal.record.id, of: pipeline.name)
        func notices(_ steps: [StepReport]) -> (RunRecord.State, RunFailure?) -> [NoticeRecord] {
            { state, failure in
                guard tellsPeople else { return [] }
                return NoticeWriter(pipeline, journal.record, now: options.clock.nowMicroseconds)
                    .notices(state, failure: failure, before: before, steps: steps)
            }
        }
        do {
            try noteKept(journal, settled, attempts)
            let outcome = try GraphRun(setting).run(signals: signals)
            if outcome.isHandedOver {
                try journal.state.queueAgain(journal.record.id)
                return outcome
            }
            let isCancelled = if case .cancelled = outcome.result { true } else { false }
            journal.noteEnd(
                GraphCommand.error(outcome), isCancelled: isCancelled, isGraph: true, notices: notices(outcome.steps))
            sendNotices(journal.state)
            return outcome
        } catch {
            journal.noteEnd(error, notices: notices([]))
            sendNotices(journal.state)
            throw error
        }
    }

    /// Notes what an earlier run has done for this one, so that it stands in its own history.
    private func noteKept(
        _ journal: RunJournal, _ settled: [String: RunMachine.SettledStep], _ attempts: [String: Int]
    ) throws {
        let now = options.clock.nowMicroseconds
        let kept = pipeline.nodes.enumerated().compactMap { place, node -> AttemptRecord? in
            // What this run has begun itself is noted already.
            guard let step = settled[node.name], attempts[node.name] == nil else { return nil }
            return AttemptRecord(
                step: node.name, number: 0, state: .succeeded, reason: "run \(journal.record.parent ?? "") did it",
                started: now, ended: now, facts: step.facts, place: place)
        }
        if !kept.isEmpty { _ = try journal.note(kept) }
    }

    /// Sends what people are to be told. What cannot be sent now waits in the outbox.
    private func sendNotices(_ state: StateDatabase) {
        guard tellsPeople, !project.channels.isEmpty else { return }
        let outbox = Outbox(
            project: project, state: state, courier: Courier(), clock: options.clock,
            environment: ProcessInfo.processInfo.environment)
        do { try outbox.send() } catch {
            Output.complain("notices were not sent: \(error)\n")
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
                    DaymillError(
                        step.verb == "check" ? .checkFailed : .stepFailed, "step '\(step.step)' failed: \(step.reason)")
                ]
            }
            return errors.isEmpty
                ? DaymillError(.stepFailed, "the run took longer than its 'timeout'") : DaymillErrors(errors)
        }
    }
}
