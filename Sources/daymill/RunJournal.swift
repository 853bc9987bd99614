import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// Notes in a project's history what a command that makes outputs does: that it begins before anything is done, and what
/// became of it when it ends. A command that dies leaves a run without an end, which is told from one that goes on.
final class RunJournal {
    private let state: StateDatabase
    private let record: RunRecord
    private var steps: [StepRecord] = []

    /// Lets a command do its work.
    ///
    /// - Throws: what `body` throws; `.io` and `.storeDamaged` before it, where the history cannot be written.
    static func noting<R>(
        _ command: String, _ pipeline: Pipeline, dates: String, params: [String: String], _ project: Project,
        _ body: (RunJournal) throws -> R
    ) throws -> R {
        let journal = try RunJournal(command, pipeline, dates: dates, params: params, project)
        do {
            let result = try body(journal)
            journal.noteEnd(nil)
            return result
        } catch {
            journal.noteEnd(error)
            throw error
        }
    }

    /// What was made is made, and what went wrong is said, whether it can be noted or not.
    private func noteEnd(_ error: (any Error)?) {
        do { try end(error) } catch {
            FileHandle.standardError.write(Data("the end of run \(record.id) was not noted: \(error)\n".utf8))
        }
    }

    private init(
        _ command: String, _ pipeline: Pipeline, dates: String, params: [String: String], _ project: Project
    ) throws {
        state = try StateDatabase(RunJournal.path(project), clock: .system)
        try state.noteInterrupted()
        try state.prune()
        record = try state.begin(pipeline.name, command: command, dates: dates, params: params)
    }

    /// Where a project's history lies.
    static func path(_ project: Project) -> String { "\(project.storeFolder)/state.db" }

    /// Notes what became of a step.
    func note(_ step: String, _ outcome: DateOutcome) {
        switch outcome {
        case .done(let made):
            steps.append(
                StepRecord(
                    step: step, date: made.date, status: made.status.rawValue, output: made.output,
                    seconds: made.seconds, filesRead: made.filesRead, bytesRead: made.bytesRead,
                    rowsRead: made.rowsRead,
                    badRows: made.badRows, rowsWritten: made.rowsWritten, bytesWritten: made.bytesWritten))
        case .failed(let error):
            steps.append(StepRecord(step: step, date: "", status: "failed", failure: RunFailure(error)))
        }
    }

    private func end(_ error: (any Error)?) throws {
        let errors = error.map { Failure($0).errors } ?? []
        let hasFailed = !errors.isEmpty || steps.contains { $0.failure != nil }
        let failure = errors.first.map(RunFailure.init) ?? steps.lazy.compactMap(\.failure).first
        try state.end(record.id, hasFailed ? .failed : .succeeded, steps, failure: failure)
    }
}

extension RunFailure {
    fileprivate init(_ error: DaymillError) { self.init(code: error.code.rawValue, message: "\(error)") }
}
