import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

/// `daymill status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "List which outputs are fresh, stale, missing or were never made, and why.",
        discussion: """
            Compares what each output was made from with what it would be made from now. Reads no input file, but hashes \
            those that may be known ones under a new name or time.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file (default: all pipelines).")
    var pipeline: String?

    @Option(help: "The first date that should be there (default: the first that was made).")
    var from: String?

    @Option(help: "The last date that should be there (default: the last whose inputs are there).")
    var to: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions
    @OptionGroup var threadOptions: ThreadOptions

    @Flag(help: "Print one JSON object with every output.")
    var json = false

    @Flag(help: "List fresh outputs too.")
    var all = false

    func run() throws {
        let (project, loaded) = try projectOptions.pipelines(pipeline)
        let pipelines = try paramOptions.applied(to: loaded, named: pipeline)
        let store = Store(folder: project.storeFolder, clock: .system)
        let status = StatusRun(
            project: project, store: store, options: RunOptions(threads: threadOptions.count(project)))
        let steps = try pipelines.flatMap { pipeline in
            try status.status(of: pipeline, dates: try DateBounds.parse(from, to, pipeline))
        }
        try Output.write(json ? try StatusReport.json(steps) : StatusReport.text(steps, all: all))
    }
}

/// The dates between `--from` and `--to`.
enum DateBounds {
    /// Nil when neither is given.
    ///
    /// - Throws: `.usage`.
    static func parse(_ from: String?, _ to: String?, _ pipeline: Pipeline) throws -> ClosedRange<Day>? {
        guard from != nil || to != nil else { return nil }
        let first = try from.map { try RunDate.parse($0, pipeline.timezone) } ?? Day(daysSinceEpoch: -719_162)
        let last = try to.map { try RunDate.parse($0, pipeline.timezone) } ?? pipeline.timezone.today(.system)
        guard first <= last else {
            throw DaymillError(.usage, "--from \(first) is later than --to \(last)", hint: "swap them")
        }
        return first...last
    }
}
