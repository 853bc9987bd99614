import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

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
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var memoryOptions: MemoryOptions

    @Flag(help: "Print one JSON object when done, and nothing else.")
    var json = false

    @Flag(name: [.short, .long], help: "Print nothing but errors.")
    var quiet = false

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline)
        let pipeline = try paramOptions.applied(to: loaded)
        let dates = try DateBounds.parse(from, to, pipeline)!
        let outcomes = try Backfill.run(
            pipeline, .dates(dates), project, threads: threadOptions.count, memory: try memoryOptions.bytes(project),
            isSilent: quiet || json, command: "backfill", params: paramOptions.given)
        try ManyReport.print(outcomes, verb: "made", json: json, quiet: quiet)
    }
}

/// Many dates of a pipeline with a progress display.
enum Backfill {
    static func run(
        _ pipeline: Pipeline, _ range: DateRange, _ project: Project, threads: Int, memory: Int, isSilent: Bool,
        command: String, params: [String: String]
    ) throws -> [DateOutcome] {
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let display = ManyDisplay(isSilent: isSilent)
        var options = RunOptions(threads: threads, report: { display.show($0) })
        options.memoryBytes = memory
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
}
