import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillState
import Foundation

/// A run that `serve` has queued, in a process of its own.
struct QueuedRun {
    let project: Project
    let state: StateDatabase
    let threads: Int
    let memory: Int

    init(project: Project, state: StateDatabase, threads: Int, memory: Int) {
        (self.project, self.state, self.threads, self.memory) = (project, state, threads, memory)
    }

    /// Takes the run and carries it out; does nothing where another process has taken it.
    func carryOut(_ id: String) throws {
        guard let record = try state.take(id) else { return }
        let journal = RunJournal(state, record)
        let command: GraphCommand
        do { command = try prepare(record) } catch {
            try journal.noteEnd(error, notices: { tell($0, $1, record) })
            throw error
        }
        let resumption = RunResumption.sameRun(
            record, try state.attempts(of: record.id), now: WallClock.system.nowMicroseconds)
        let outcome = try command.run(journal, resumption)
        try Output.write(RunReport.text(outcome.outcomes))
        if let error = GraphCommand.error(outcome) { Failure(error).end(json: false) }
    }

    private func prepare(_ record: RunRecord) throws -> GraphCommand {
        let pipeline = try Pipeline.load(record.pipeline, in: project).applying(record.params)
        try GraphCommand.checkParams(pipeline)
        guard let date = Day(record.dates) else {
            throw DaymillError(.bug, "run \(record.id) has no date but '\(record.dates)'")
        }
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let report: @Sendable (String) -> Void = { Output.complain($0 + "\n") }
        var options = RunOptions(threads: threads, report: { if case .remark(let text) = $0 { report(text) } })
        options.memoryBytes = memory
        return GraphCommand(
            project: project, pipeline: pipeline, date: date, store: store, options: options, tellsPeople: true,
            report: { report(GraphReport.line($0)) })
    }

    /// People are told of a run that could not begin as the project says, since its own file cannot be read.
    private func tell(_ state: RunRecord.State, _ failure: RunFailure?, _ record: RunRecord) -> [NoticeRecord] {
        NoticeWriter(record.pipeline, project.notify, record, now: WallClock.system.nowMicroseconds)
            .notices(state, failure: failure, before: nil, steps: [])
    }
}

// MARK: As the server starts it

extension QueuedRun {
    /// Carries out what a server's words ask for, without the parser of command lines, which takes a fifth of the time until the
    /// first step starts.
    ///
    /// - Returns: whether these are the words of a server.
    static func serve(_ words: [String]) throws -> Bool {
        guard words.count >= 4, words[0] == "work", words[words.count - 2] == "--project" else { return false }
        let root = words[words.count - 1]
        switch (words.count, words[1]) {
        case (4, let id) where !id.hasPrefix("-"): try QueuedRun(root: root).carryOut(id)
        case (5, "--stand-by"): try standBy(root, pipeline: words[2])
        default: return false
        }
        return true
    }

    private init(root: String, state: StateDatabase? = nil) throws {
        project = try Project.load(root: root)
        self.state = try state ?? StateDatabase(RunJournal.path(project), clock: .system)
        threads = project.threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
        memory = project.memory?.bytes ?? MemoryBudget.usual()
    }

    /// Waits for the id of a run on standard input, and carries it out: a process that was started a moment before it is needed.
    /// What it reads before then it reads again, so that a file that was changed meanwhile counts; only the program is warm. Ends
    /// when nobody is there any more to tell it an id.
    private static func standBy(_ root: String, pipeline: String) throws {
        let rehearsal = try? QueuedRun(root: root)
        if let rehearsal {
            _ = try? Pipeline.load(pipeline, in: rehearsal.project)
            _ = try? rehearsal.state.openRuns()
            try? Store(folder: rehearsal.project.storeFolder, clock: .system).open()
        }
        guard let id = readLine(), !id.isEmpty else { return }
        let folder = try Project.load(root: root).logFolder(ofRun: id)
        try FileDoor.makeDirectory(folder, isDurable: false)
        writeOutput(toLog: "\(folder)/run.log")
        // What its steps start is found by this.
        setenv("DAYMILL_RUN", id, 1)
        try QueuedRun(root: root, state: rehearsal?.state).carryOut(id)
    }
}
