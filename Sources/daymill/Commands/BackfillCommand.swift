import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState

/// `daymill backfill`.
struct BackfillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Compute a range of dates in one go.",
        discussion: """
            Dates that are up to date are passed over, so an interrupted backfill goes on where it was when it is started \
            again. A date whose input files are not there is reported, and the others are made.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Option(help: "The first date.")
    var from: String

    @Option(help: "The last date (default: today in the pipeline's time zone).")
    var to: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions
    @OptionGroup var work: WorkOptions

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline)
        let pipeline = try paramOptions.applied(to: loaded)
        let dates = try DateBounds.parse(from, to, pipeline)!
        let outcomes = try Backfill.run(
            pipeline, .dates(dates), project, work, command: "backfill", params: paramOptions.given)
        try ManyReport.print(outcomes, verb: "made", json: work.json, quiet: work.quiet)
    }
}

/// Many dates of a pipeline with a progress display.
enum Backfill {
    static func run(
        _ pipeline: Pipeline, _ range: DateRange, _ project: Project, _ work: WorkOptions, command: String,
        params: [String: String]
    ) throws -> [DateOutcome] {
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let display = ManyDisplay(isSilent: work.isSilent)
        let options = try work.runOptions(project) { display.show($0) }
        let looker = ManyRun(project: project, store: store, options: options)
        return try display.during {
            let dates =
                switch range {
                case .dates(let dates): Array(dates)
                case .all: try looker.possibleDates(pipeline)
                }
            guard let first = dates.first, let last = dates.last else {
                throw DaymillError(
                    .inputMissing, "no date has all the input files of the pipeline '\(pipeline.name)'",
                    hint: "'daymill run \(pipeline.name) DATE' says which files it looks for")
            }
            guard pipeline.isPlain else {
                return try runGraphs(pipeline, dates, project, store, options, display, params)
            }
            return try RunJournal.noting(
                command, pipeline, dates: first == last ? "\(first)" : "\(first) to \(last)", params: params, project
            ) { journal in
                let runner = ManyRun(
                    project: project, store: store, options: options, progress: { display.show($0, $1) },
                    note: journal.note)
                return try runner.backfill(pipeline, dates)
            }
        }
    }

    /// A pipeline with other steps than rollups: a run for each date, one after another. Dates for which it has succeeded with
    /// these params are passed over.
    private static func runGraphs(
        _ pipeline: Pipeline, _ dates: [Day], _ project: Project, _ store: Store, _ options: RunOptions,
        _ display: ManyDisplay, _ params: [String: String]
    ) throws -> [DateOutcome] {
        var outcomes: [DateOutcome] = []
        let history = try RunJournal.open(project)
        for (place, date) in dates.enumerated() {
            let earlier = try history.runs(of: pipeline.name, date: date.description, limit: 1000)
            if !earlier.contains(where: { $0.state == .succeeded && $0.command == "run" && $0.params == params }) {
                let journal = try RunJournal(
                    "run", pipeline, dates: date.description, params: params, project, cause: "hand")
                let command = GraphCommand(
                    project: project, pipeline: pipeline, date: date, store: store, options: options)
                let outcome = try command.run(journal)
                outcomes += outcome.outcomes.map { .done($0) }
                if case .cancelled = outcome.result, let error = GraphCommand.error(outcome) { throw error }
                if let error = GraphCommand.error(outcome) {
                    outcomes += Failure(error).errors.map { problem in
                        var problem = problem
                        problem.message = "\(date): \(problem.message)"
                        return .failed(problem, on: date)
                    }
                }
            }
            display.show(place + 1, dates.count)
        }
        return outcomes
    }
}
