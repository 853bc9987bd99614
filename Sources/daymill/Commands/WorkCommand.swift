import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState

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
        try QueuedRun(
            project: project, state: StateDatabase(RunJournal.path(project), clock: .system),
            threads: threadOptions.count(project), memory: memoryOptions.bytes(project)
        ).carryOut(id)
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
