import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState

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
    @OptionGroup var graphOptions: GraphOptions

    @Flag(help: "Compute in one pass and keep nothing but the output.")
    var noStore = false

    private var work: WorkOptions { graphOptions.work }

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline, date: date, command: "run")
        let pipeline = try paramOptions.applied(to: loaded)
        if let range = try RunDate.range(date, pipeline.timezone) {
            return try run(range, project, pipeline)
        }
        let date = try RunDate.parse(date, pipeline.timezone)
        guard !noStore else { return try runWithoutStore(project, pipeline, date) }
        try graphOptions.carryOut(pipeline, date, in: project, params: paramOptions.given)
    }

    private func runWithoutStore(_ project: Project, _ pipeline: Pipeline, _ date: Day) throws {
        guard !graphOptions.notify else {
            throw DaymillError(
                .usage, "--no-store keeps no history, and so nobody is told", hint: "leave one of them out")
        }
        guard pipeline.isPlain else {
            throw DaymillError(
                .usage, "--no-store is for pipelines whose steps are all rollups",
                hint: "leave it out: what the other steps of '\(pipeline.name)' do has to be noted")
        }
        let display = ProgressDisplay(isSilent: work.isSilent)
        let options = try work.runOptions(project) { display.show($0) }
        let runner = PipelineRun(project: project, pipeline: pipeline, store: nil, options: options)
        let outcomes = try display.during { try EndedBySignals.during { try runner.run(date) } }
        if work.json {
            try Output.line(try RunReport.json(outcomes))
        } else if !work.quiet {
            try Output.write(RunReport.text(outcomes))
        }
    }

    /// Many dates: as `backfill`.
    private func run(_ range: DateRange, _ project: Project, _ pipeline: Pipeline) throws {
        guard !graphOptions.notify else {
            throw DaymillError(.usage, "--notify is for one date", hint: "leave it out, or call daymill for each date")
        }
        guard !noStore else {
            throw DaymillError(
                .usage, "--no-store computes one date", hint: "leave it out, or call daymill for each date")
        }
        let outcomes = try Backfill.run(
            pipeline, range, project, work, command: "run", params: paramOptions.given)
        try ManyReport.print(outcomes, verb: "made", json: work.json, quiet: work.quiet)
    }
}
