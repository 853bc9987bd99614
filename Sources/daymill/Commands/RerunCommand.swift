import ArgumentParser
import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState

/// `daymill rerun`.
struct RerunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun", abstract: "Do a run again, whole or from where it failed.",
        discussion: """
            The pipeline as it is now, with the run's date and params. RUN is an id that 'daymill runs' lists, the first \
            characters of one, or 'last'.
            """)

    @Argument(help: ArgumentHelp("The run's id, its first characters, or 'last'.", valueName: "run"))
    var id: String

    @Flag(help: "Keep what succeeded; do only the rest.")
    var failed = false

    @Option(help: ArgumentHelp("Do this step and all that come after it; keep what else succeeded.", valueName: "step"))
    var from: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var graphOptions: GraphOptions

    func validate() throws {
        if failed, from != nil { throw ValidationError("--failed and --from do not go together") }
    }

    func run() throws {
        let project = try projectOptions.project(for: nil)
        let history = try RunHistory.existing(projectOptions)
        let earlier = try history.only(id)
        guard earlier.command == "run", let date = Day(earlier.dates) else {
            throw DaymillError(
                .usage,
                "run \(earlier.id) is a \(earlier.command)\(earlier.dates.isEmpty ? "" : " of \(earlier.dates)")",
                hint: "give that command again: it passes over what is up to date")
        }
        guard earlier.shown != .running && earlier.shown != .queued else {
            throw DaymillError(
                .usage, "run \(earlier.id) has not ended", hint: "wait, or end it with 'daymill cancel \(earlier.id)'")
        }
        let pipeline = try Pipeline.load(earlier.pipeline, in: project).applying(earlier.params)
        try GraphCommand.checkParams(pipeline)
        let resumption = try resumption(history, earlier, pipeline)
        try graphOptions.carryOut(
            pipeline, date, in: project, params: earlier.params, again: (run: earlier.id, kept: resumption))
    }

    private func resumption(
        _ history: StateDatabase, _ earlier: RunRecord, _ pipeline: Pipeline
    ) throws -> RunResumption {
        if let from {
            try pipeline.checkHas(step: from)
            return RunResumption(
                try history.attempts(of: earlier.id), of: earlier.id, redo: RunResumption.after(from, in: pipeline))
        }
        return failed ? RunResumption(try history.attempts(of: earlier.id), of: earlier.id) : RunResumption()
    }
}
