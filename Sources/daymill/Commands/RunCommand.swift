import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// `daymill run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Compute and publish what a pipeline makes for a date.",
        discussion: """
            Reads only files that are new or changed; days seen before come from the store. Running again with nothing \
            changed does nothing.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Argument(
        help: """
            The date: 2024-09-16, 09/16/2024, today or yesterday (default: today in the pipeline's time zone); or dates: \
            2024-09-01..2024-09-07, 2024-09, 2024, all.
            """)
    var date: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var memoryOptions: MemoryOptions

    @Flag(help: "Compute in one pass and keep nothing but the output.")
    var noStore = false

    @Flag(help: "Tell people how it ended, as 'notify' of the pipeline says; 'serve' always does.")
    var notify = false

    @Flag(help: "Print one JSON object when done, and nothing else.")
    var json = false

    @Flag(name: [.short, .long], help: "Print nothing but errors.")
    var quiet = false

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline, date: date, command: "run")
        let pipeline = try paramOptions.applied(to: loaded)
        if let range = try RunDate.range(date, pipeline.timezone) {
            return try run(range, project, pipeline)
        }
        let date = try RunDate.parse(date, pipeline.timezone)
        let display = ProgressDisplay(isSilent: quiet || json)
        var options = RunOptions(threads: threadOptions.count, report: { display.show($0) })
        options.memoryBytes = try memoryOptions.bytes(project)
        guard !noStore else { return try runWithoutStore(project, pipeline, date, options, display) }
        let isPlain = pipeline.isPlain
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let command = GraphCommand(
            project: project, pipeline: pipeline, date: date, store: store, options: options, tellsPeople: notify,
            report: { if !isPlain { display.show(.remark(GraphReport.line($0))) } })
        let journal = try RunJournal(
            "run", pipeline, dates: date.description, params: paramOptions.given, project)
        let outcome = try display.during { try command.run(journal) }
        try GraphReport.print(outcome, pipeline, date, run: journal.record.id, json: json, quiet: quiet)
    }

    private func runWithoutStore(
        _ project: Project, _ pipeline: Pipeline, _ date: Day, _ options: RunOptions, _ display: ProgressDisplay
    ) throws {
        guard !notify else {
            throw DaymillError(
                .usage, "--no-store keeps no history, and so nobody is told", hint: "leave one of them out")
        }
        guard pipeline.isPlain else {
            throw DaymillError(
                .usage, "--no-store is for pipelines whose steps are all rollups",
                hint: "leave it out: what the other steps of '\(pipeline.name)' do has to be noted")
        }
        let runner = PipelineRun(project: project, pipeline: pipeline, store: nil, options: options)
        let outcomes = try display.during { try runner.run(date) }
        if json {
            try Output.line(try RunReport.json(outcomes))
        } else if !quiet {
            try Output.write(RunReport.text(outcomes))
        }
    }

    /// Many dates: as `backfill`.
    private func run(_ range: DateRange, _ project: Project, _ pipeline: Pipeline) throws {
        guard !notify else {
            throw DaymillError(.usage, "--notify is for one date", hint: "leave it out, or call daymill for each date")
        }
        guard !noStore else {
            throw DaymillError(
                .usage, "--no-store computes one date", hint: "leave it out, or call daymill for each date")
        }
        let outcomes = try Backfill.run(
            pipeline, range, project, threads: threadOptions.count, memory: try memoryOptions.bytes(project),
            isSilent: quiet || json, command: "run", params: paramOptions.given)
        try ManyReport.print(outcomes, verb: "made", json: json, quiet: quiet)
    }
}
