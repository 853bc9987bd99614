import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillState
import Foundation
import Synchronization

/// Notes in a project's history what a command that makes outputs does: that it begins before anything is done, and what
/// became of it when it ends. A command that dies leaves a run without an end, which is told from one that goes on.
final class RunJournal: Sendable {
    let state: StateDatabase
    let record: RunRecord
    private let steps = Mutex<[StepRecord]>([])

    /// Lets a command do its work, until it is done or somebody ends it.
    ///
    /// - Throws: what `body` throws, `.cancelled`; `.io` and `.storeDamaged` before it, where the history cannot be written.
    static func noting<R>(
        _ command: String, _ pipeline: Pipeline, dates: String, params: [String: String], _ project: Project,
        _ body: (RunJournal) throws -> R
    ) throws -> R {
        // Whoever sees it at work may end it.
        try EndedBySignals.during {
            let journal = try RunJournal(command, pipeline, dates: dates, params: params, project)
            do {
                let result = try body(journal)
                try journal.noteEnd(nil)
                return result
            } catch let ended as WorkEnded {
                let wish = try? journal.state.run(journal.record.id)?.wish
                let error = (wish.map { WorkEnded(.asked($0)) } ?? ended).error
                try journal.noteEnd(error, isCancelled: true)
                throw error
            } catch {
                try journal.noteEnd(error)
                throw error
            }
        }
    }

    /// What was made is made, and what went wrong is said, whether it can be noted or not.
    ///
    /// - Parameters:
    ///   - error: what went wrong; where that is what keeps the end from being noted, it is not said twice.
    ///   - isGraph: whether a step that failed may have been made up for by another attempt or step.
    ///   - notices: what people are told, from what the run came to.
    /// - Throws: why it could not be noted, where nothing else went wrong.
    func noteEnd(
        _ error: (any Error)?, isCancelled: Bool = false, isGraph: Bool = false,
        notices: (RunRecord.State, RunFailure?) -> [NoticeRecord] = { _, _ in [] }
    ) throws {
        do { try end(error, isCancelled, isGraph, notices) } catch let problem as DaymillError {
            var problem = problem
            let isTold = error.map { "\($0)" == "\(problem)" }
            problem.message = "the end of run \(record.id) was not noted: \(problem.message)"
            guard let isTold else { throw problem }
            if !isTold { Output.complain("\(problem)\n") }
        }
    }

    /// Begins a run.
    init(
        _ command: String, _ pipeline: Pipeline, dates: String, params: [String: String], _ project: Project,
        cause: String = "hand", parent: String? = nil
    ) throws {
        state = try RunJournal.open(project)
        record = try state.begin(
            pipeline.name, command: command, dates: dates, params: params, cause: cause, parent: parent)
    }

    /// Goes on with a run that has been taken.
    init(_ state: StateDatabase, _ record: RunRecord) {
        self.state = state
        self.record = record
    }

    /// The history of a project, in which what is gone is noted as gone, and of which nothing is left at work.
    static func open(_ project: Project) throws -> StateDatabase {
        let state = try StateDatabase(path(project), clock: .system)
        sweep(try state.noteInterrupted(), project)
        try project.prune(state)
        return state
    }

    /// Ends what runs whose processes are gone have left at work. Those of a server that is there are its own to see to: it may
    /// have started them again by now.
    static func sweep(_ runs: [RunRecord], _ project: Project) {
        let isServed = runs.contains { $0.isServed } && ServeLock.server(project) != nil
        for run in runs where !(isServed && run.isServed) { ProcessTable.killAll(startedWith: "DAYMILL_RUN=\(run.id)") }
    }

    /// Where a project's history lies.
    static func path(_ project: Project) -> String { "\(project.storeFolder)/state.db" }

    /// Lets go of the file; nothing is noted any more.
    func close() { state.close() }

    /// Notes what became of a step.
    func note(_ step: String, _ outcome: DateOutcome) {
        switch outcome {
        case .done(let made): add(made)
        case .failed(let error, _): failed(step, error)
        }
    }

    private func add(_ made: StepOutcome) {
        let record = StepRecord(
            step: made.step, date: made.date, status: made.status.rawValue, output: made.output,
            seconds: made.seconds, filesRead: made.filesRead, bytesRead: made.bytesRead, rowsRead: made.rowsRead,
            badRows: made.badRows, rowsWritten: made.rowsWritten, bytesWritten: made.bytesWritten)
        steps.withLock { $0.append(record) }
    }

    private func end(
        _ error: (any Error)?, _ isCancelled: Bool, _ isGraph: Bool,
        _ notices: (RunRecord.State, RunFailure?) -> [NoticeRecord]
    ) throws {
        let errors = error.map { Failure($0).errors } ?? []
        let steps = steps.withLock { $0 }
        let hasFailed = !errors.isEmpty || !isGraph && steps.contains { $0.failure != nil }
        let failure = errors.first.map(RunFailure.init) ?? (hasFailed ? steps.lazy.compactMap(\.failure).first : nil)
        let came: RunRecord.State = isCancelled ? .cancelled : hasFailed ? .failed : .succeeded
        try state.end(record.id, came, steps, failure: failure, notices: notices(came, failure))
    }
}

extension RunJournal: RunNotes {
    func note(_ changes: [AttemptRecord], waits: Bool) throws -> String? {
        try state.note(record.id, changes, waits: waits)
    }

    func made(_ outcomes: [StepOutcome]) { for outcome in outcomes { add(outcome) } }

    func failed(_ step: String, _ error: DaymillError) {
        steps.withLock {
            $0.append(StepRecord(step: step, date: "", status: "failed", failure: RunFailure(error)))
        }
    }

    func history(of fact: String, step: String, limit: Int) throws -> [String] {
        try state.history(of: fact, step: step, pipeline: record.pipeline, except: record.dates, limit: limit)
    }
}

extension RunFailure {
    init(_ error: DaymillError) { self.init(code: error.code.rawValue, message: "\(error)") }
}
