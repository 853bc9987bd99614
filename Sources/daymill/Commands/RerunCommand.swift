import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

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
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var memoryOptions: MemoryOptions

    @Flag(help: "Tell people how it ended, as 'notify' of the pipeline says; 'serve' always does.")
    var notify = false

    @Flag(help: "Print one JSON object when done, and nothing else.")
    var json = false

    @Flag(name: [.short, .long], help: "Print nothing but errors.")
    var quiet = false

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
        let display = ProgressDisplay(isSilent: quiet || json)
        var options = RunOptions(threads: threadOptions.count, report: { display.show($0) })
        options.memoryBytes = try memoryOptions.bytes(project)
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let isPlain = pipeline.isPlain
        let command = GraphCommand(
            project: project, pipeline: pipeline, date: date, store: store, options: options, tellsPeople: notify,
            report: { if !isPlain { display.show(.remark(GraphReport.line($0))) } })
        let journal = try RunJournal(
            "run", pipeline, dates: date.description, params: earlier.params, project,
            cause: "rerun of \(earlier.id)", parent: earlier.id)
        let outcome = try display.during { try command.run(journal, settled: resumption.settled) }
        try GraphReport.print(outcome, pipeline, date, run: journal.record.id, json: json, quiet: quiet)
    }

    private func resumption(
        _ history: StateDatabase, _ earlier: RunRecord, _ pipeline: Pipeline
    ) throws -> RunResumption {
        if let from {
            try pipeline.checkHas(step: from)
            return RunResumption(
                try history.attempts(of: earlier.id), redo: RunResumption.after(from, in: pipeline))
        }
        return failed ? RunResumption(try history.attempts(of: earlier.id)) : RunResumption([])
    }
}
