import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation

/// `daymill verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compute an output again by another way, and compare.",
        discussion: """
            Reads all the files that the output was made of, with DuckDB or with a slow and simple engine of Daymill's \
            own, takes nothing from the store, and compares the result with the published file. Exit code 8 when they \
            differ.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Argument(help: "The date, as for 'run'.")
    var date: String

    @Argument(help: "One step (default: every step of the pipeline).")
    var step: String?

    @Option(help: "Which engine computes again: auto, duckdb or naive.")
    var engine = VerifyEngine.auto

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions
    @OptionGroup var threadOptions: ThreadOptions

    @Flag(help: "Print one JSON object when done, and nothing else.")
    var json = false

    @Flag(name: [.short, .long], help: "Print nothing but errors.")
    var quiet = false

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline, date: date, command: "verify")
        let pipeline = try paramOptions.applied(to: loaded)
        let date = try RunDate.parse(date, pipeline.timezone)
        let steps = try steps(of: pipeline)
        let store = Store(folder: project.storeFolder, clock: .system)
        let display = ProgressDisplay(isSilent: quiet || json)
        let options = VerifyOptions(
            engine: engine, duckDB: DuckDBProgram.find(ProcessInfo.processInfo.environment),
            threads: threadOptions.count(project), report: { display.show($0) })
        let verify = VerifyRun(project: project, pipeline: pipeline, store: store, options: options)
        let found = try display.during { try steps.map { try verify.verify($0, date) } }
        try tell(found)
    }

    private func steps(of pipeline: Pipeline) throws -> [Step] {
        guard let name = step else { return pipeline.steps }
        if let found = pipeline.step(name) { return [found] }
        let names = pipeline.steps.map(\.name)
        let list = "the steps are \(names.joined(separator: ", "))"
        throw DaymillError(
            .notFound, "the pipeline '\(pipeline.name)' has no step '\(name)'",
            hint: nearestWord(to: name, in: names).map { "did you mean '\($0)'? (\(list))" } ?? list)
    }

    /// - Throws: `.outputDiffers`, when people read it; machines have read the same.
    private func tell(_ found: [Verification]) throws {
        if json {
            try Output.line(try VerifyReport.json(found))
        } else if !quiet {
            try Output.write(VerifyReport.text(found))
        }
        let wrong = found.filter { $0.verdict == .differs }
        guard !wrong.isEmpty else { return }
        let error = VerifyReport.error(wrong)
        if json { Foundation.exit(Failure.exitCode(error.code)) }
        throw error
    }
}

extension VerifyEngine: ExpressibleByArgument {}
