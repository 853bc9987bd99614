import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillState

/// How much of the machine a command takes, and how much it says: the options of all commands that make outputs.
struct WorkOptions: ParsableArguments {
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var memoryOptions: MemoryOptions

    @Flag(help: "Print one JSON object when done, and nothing else.")
    var json = false

    @Flag(name: [.short, .long], help: "Print nothing but errors.")
    var quiet = false

    /// Whether nothing is said while it is at work.
    var isSilent: Bool { quiet || json }

    func runOptions(_ project: Project, report: @escaping @Sendable (RunEvent) -> Void) throws -> RunOptions {
        var options = RunOptions(threads: threadOptions.count(project), report: report)
        options.memoryBytes = try memoryOptions.bytes(project)
        return options
    }
}

/// What `run` and `rerun` have in common: a run for a date, by hand.
struct GraphOptions: ParsableArguments {
    @OptionGroup var work: WorkOptions

    @Flag(help: "Tell people how it ended, as 'notify' of the pipeline says; 'serve' always does.")
    var notify = false

    /// Carries out a run and says what it came to.
    ///
    /// - Parameters:
    ///   - earlier: the run that it repeats, and what is kept of that.
    ///   - params: those that were given.
    func carryOut(
        _ pipeline: Pipeline, _ date: Day, in project: Project, params: [String: String],
        again earlier: (run: String, kept: RunResumption)? = nil
    ) throws {
        let display = ProgressDisplay(isSilent: work.isSilent)
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let isPlain = pipeline.isPlain
        let command = GraphCommand(
            project: project, pipeline: pipeline, date: date, store: store,
            options: try work.runOptions(project) { display.show($0) }, tellsPeople: notify,
            report: { if !isPlain { display.show(.remark(GraphReport.line($0))) } })
        // Whoever sees it at work may end it.
        let signals = EndSignals()
        let journal = try RunJournal(
            "run", pipeline, dates: date.description, params: params, project,
            cause: earlier.map { "rerun of \($0.run)" } ?? "hand", parent: earlier?.run)
        let outcome = try display.during {
            try command.run(journal, earlier?.kept ?? RunResumption(), signals: signals)
        }
        try GraphReport.print(outcome, pipeline, date, run: journal.record.id, json: work.json, quiet: work.quiet)
    }
}
