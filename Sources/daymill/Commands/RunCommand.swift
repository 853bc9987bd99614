import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
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
        let store = noStore ? nil : Store(folder: project.storeFolder, clock: .system)
        try store?.open()
        let display = ProgressDisplay(isSilent: quiet || json)
        var options = RunOptions(threads: threadOptions.count, report: { display.show($0) })
        options.memoryBytes = try memoryOptions.bytes(project)
        let runner = PipelineRun(project: project, pipeline: pipeline, store: store, options: options)
        let outcomes = try display.during {
            guard store != nil else { return try runner.run(date) }
            return try RunJournal.noting(
                "run", pipeline, dates: date.description, params: paramOptions.given, project
            ) { journal in try runner.run(date, note: journal.note) }
        }
        if json {
            try Output.line(try RunReport.json(outcomes))
        } else if !quiet {
            try Output.write(RunReport.text(outcomes))
        }
    }

    /// Many dates: as `backfill`.
    private func run(_ range: DateRange, _ project: Project, _ pipeline: Pipeline) throws {
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
