import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// `daymill work`: carries out a run that `serve` has queued. Not for people.
struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "Carry out a run that was queued.", shouldDisplay: false)

    @Argument var id: String
    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var memoryOptions: MemoryOptions

    func run() throws {
        let project = try projectOptions.project(for: nil)
        let state = try StateDatabase(RunJournal.path(project), clock: .system)
        // Another process may have been faster.
        guard let record = try state.take(id) else { return }
        let journal = RunJournal(state, record)
        let command: GraphCommand
        do { command = try prepare(record, project) } catch {
            let notices = { tell($0, $1, record, project) }
            journal.noteEnd(error, notices: notices)
            throw error
        }
        let resumption = RunResumption.sameRun(try state.attempts(of: record.id))
        let outcome = try command.run(journal, settled: resumption.settled, attempts: resumption.attempts)
        try Output.write(RunReport.text(outcome.outcomes))
        if let error = GraphCommand.error(outcome) { Failure(error).end(json: false) }
    }

    private func prepare(_ record: RunRecord, _ project: Project) throws -> GraphCommand {
        let pipeline = try Pipeline.load(record.pipeline, in: project).applying(record.params)
        try GraphCommand.checkParams(pipeline)
        guard let date = Day(record.dates) else {
            throw DaymillError(.bug, "run \(record.id) has no date but '\(record.dates)'")
        }
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let report: @Sendable (String) -> Void = { Output.complain($0 + "\n") }
        var options = RunOptions(
            threads: threadOptions.count, report: { if case .remark(let text) = $0 { report(text) } })
        options.memoryBytes = try memoryOptions.bytes(project)
        return GraphCommand(
            project: project, pipeline: pipeline, date: date, store: store, options: options, tellsPeople: true,
            report: { report(GraphReport.line($0)) })
    }

    /// People are told of a run that could not begin as the project says, since its own file cannot be read.
    private func tell(
        _ state: RunRecord.State, _ failure: RunFailure?, _ record: RunRecord, _ project: Project
    ) -> [NoticeRecord] {
        NoticeWriter(record.pipeline, project.notify, record, now: WallClock.system.nowMicroseconds)
            .notices(state, failure: failure, before: nil, steps: [])
    }
}

/// `daymill queue`: lets the server carry out a run as soon as there is a place.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Let 'daymill serve' run a pipeline for a date, now or when it is next there.")

    @Argument(help: "A name under pipelines/.")
    var pipeline: String

    @Argument(help: "The date (default: today in the pipeline's time zone).")
    var date: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline, date: date, command: "queue")
        let pipeline = try paramOptions.applied(to: loaded)
        let date = try RunDate.parse(date, pipeline.timezone)
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let state = try StateDatabase(RunJournal.path(project), clock: .system)
        let run = try state.queue(pipeline.name, date: date.description, params: paramOptions.given, cause: "queue")
        ServeLock.wake(project)
        let isServed = ServeLock.server(project) != nil
        try Output.line("\(run.id)\(isServed ? "" : ": nothing serves this project now; 'daymill serve' starts it")")
    }
}
