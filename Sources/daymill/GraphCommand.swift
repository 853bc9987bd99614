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
    /// - Parameters:
    ///   - resumption: what was done before, and is not done again.
    ///   - signals: what ends it in order.
    /// - Throws: `.io` where something cannot be noted.
    func run(
        _ journal: RunJournal, _ resumption: RunResumption = RunResumption(), signals: EndSignals = EndSignals()
    ) throws -> GraphRun.Outcome {
        // Whoever reads what we say may go away; the run goes on.
        signal(SIGPIPE, SIG_IGN)
        defer {
            signal(SIGPIPE, SIG_DFL)
            journal.close()
        }
        var setting = GraphRun.Setting(
            project: project, pipeline: pipeline, date: date, run: journal.record.id, store: store, options: options,
            notes: journal, environment: ProcessInfo.processInfo.environment)
        (setting.report, setting.settled, setting.earlier) = (report, resumption.settled, resumption.earlier)
        setting.timeSpent = resumption.timeSpent
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
        let outcome: GraphRun.Outcome
        do {
            try noteKept(journal, resumption)
            outcome = try GraphRun(setting).run(signals: signals)
        } catch let error as DaymillError where error.code == .io && journal.record.isServed {
            // It could not be noted what the run did. That is no end: the server lets it go on when the system allows it.
            throw error
        } catch {
            try journal.noteEnd(error, notices: notices([]))
            sendNotices(journal.state)
            throw error
        }
        if outcome.isHandedOver {
            try journal.state.queueAgain(journal.record.id)
            return outcome
        }
        let isCancelled = if case .cancelled = outcome.result { true } else { false }
        try journal.noteEnd(
            GraphCommand.error(outcome), isCancelled: isCancelled, isGraph: true, notices: notices(outcome.steps))
        sendNotices(journal.state)
        return outcome
    }

    /// Notes what an earlier run has done for this one, so that it stands in its own history.
    private func noteKept(_ journal: RunJournal, _ resumption: RunResumption) throws {
        // What this run has begun itself is noted already.
        guard let parent = journal.record.parent, journal.record.starts <= 1 else { return }
        let now = options.clock.nowMicroseconds
        let kept = pipeline.nodes.enumerated().compactMap { place, node -> AttemptRecord? in
            guard let step = resumption.settled[node.name] else { return nil }
            return AttemptRecord(
                step: node.name, number: 0, state: .succeeded, reason: "run \(parent) did it", started: now,
                ended: now, facts: step.facts, place: place)
        }
        if !kept.isEmpty { _ = try journal.note(kept, waits: true) }
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
