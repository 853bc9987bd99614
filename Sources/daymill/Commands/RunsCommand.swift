import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillPipeline
import DaymillState

/// `daymill runs`.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List what run, backfill and repair have done, the newest first.",
        discussion: "Times are of UTC. 'daymill show RUN' tells more of one.")

    @Argument(help: "A name under pipelines/ (default: all pipelines).")
    var pipeline: String?

    @OptionGroup var projectOptions: ProjectOptions

    @Option(name: [.customShort("n"), .long], help: "At most so many.")
    var limit = 20

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if !(1...20_000).contains(limit) { throw ValidationError("--limit is 1 to 20000, not \(limit)") }
    }

    func run() throws {
        guard let history = try RunHistory.open(projectOptions) else {
            return try Output.line(json ? try RunsReport.json([]) : RunsReport.none(of: nil))
        }
        let runs = try history.runs(of: pipeline, limit: limit)
        if json { return try Output.line(try RunsReport.json(runs)) }
        guard !runs.isEmpty else { return try Output.line(RunsReport.none(of: pipeline)) }
        try Output.line(RunsReport.text(runs, try history.counts(of: runs.map(\.id))))
    }
}

/// `daymill show`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell what a run did, step by step.",
        discussion: "RUN is an id that 'daymill runs' lists, the first characters of one, or 'last'.")

    @Argument(help: ArgumentHelp("The run's id, its first characters, or 'last'.", valueName: "run"))
    var id: String

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        guard let history = try RunHistory.open(projectOptions) else {
            throw DaymillError(.notFound, "there is no run '\(id)'", hint: "'daymill runs' lists them")
        }
        let first = try history.only(id)
        let steps = try history.steps(of: first.id)
        let attempts = try history.attempts(of: first.id)
        try Output.line(
            json ? try RunsReport.json(first, steps, attempts) : RunsReport.text(first, steps, attempts))
    }
}

/// A project's history of runs.
enum RunHistory {
    /// Nil when nothing was ever run.
    ///
    /// - Throws: `.io`, `.storeDamaged`; `.notFound` when there is no such folder.
    static func open(_ options: ProjectOptions) throws -> StateDatabase? {
        let path = RunJournal.path(try options.project(for: nil))
        return try FileDoor.stamp(of: path) == nil ? nil : StateDatabase(path, clock: .system)
    }
}
