import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

/// `daymill plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what a run would read, reuse and publish, and why; nothing is done.")

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Argument(help: "The date, as for 'run'.")
    var date: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions

    @Flag(help: "Plan for a run without a store.")
    var noStore = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline, date: date, command: "plan")
        let pipeline = try paramOptions.applied(to: loaded)
        let date = try RunDate.parse(date, pipeline.timezone)
        let store = noStore ? nil : Store(folder: project.storeFolder, clock: .system)
        let run = PipelineRun(project: project, pipeline: pipeline, store: store, options: RunOptions(threads: 1))
        let plans = try run.plan(date)
        guard !json else { return try Output.line(try PlanReport.json(plans)) }
        let others = pipeline.nodes.filter { node in !plans.contains { $0.step.name == node.name } }
        try Output.line(
            (plans.map(PlanReport.text) + others.map { $0.lines.joined(separator: "\n") }).joined(separator: "\n"))
    }
}
