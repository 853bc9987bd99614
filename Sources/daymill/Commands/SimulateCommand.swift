import ArgumentParser
import DaymillCore
import DaymillPipeline

/// `daymill simulate`.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "List when a schedule starts its pipeline; nothing is started.",
        discussion: """
            Each line is a start: the time as the pipeline's clock shows it, the moment in UTC, the date of its run, and \
            what the clock did if it was set forward or back.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file.")
    var pipeline: String

    @Option(help: "The first day of the pipeline's time zone (default: today).")
    var from: String?

    @Option(help: "The last day (default: six days after the first).")
    var to: String?

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let (_, pipeline) = try projectOptions.load(pipeline)
        guard let schedule = pipeline.schedule else {
            let then =
                pipeline.triggers.isEmpty ? "nothing starts it" : "no clock starts it; it \(pipeline.triggers.sentence)"
            throw DaymillError(
                .usage, "the pipeline '\(pipeline.name)' has no schedule, so \(then)",
                hint: "add for example 'schedule: \"0 7 * * *\"' to \(pipeline.file)")
        }
        let first = try from.map { try RunDate.parse($0, pipeline.timezone) } ?? pipeline.timezone.today(.system)
        let last = try to.map { try RunDate.parse($0, pipeline.timezone) } ?? first.adding(days: 6)
        guard first <= last else {
            throw DaymillError(.usage, "--from \(first) is later than --to \(last)", hint: "swap them")
        }
        let rules = try pipeline.timezone.rules()
        var firings: [Firing] = []
        // Month by month, so that a bound stops it.
        for day in stride(from: first, through: last, by: 31) {
            firings += schedule.firings(on: day...min(last, day.adding(days: 30)), rules)
            guard firings.count <= Self.most else {
                throw DaymillError(
                    .limit, "the schedule starts more than \(Self.most) times from \(first) to \(last)",
                    hint: "give a shorter span")
            }
        }
        let report = SimulationReport(pipeline: pipeline, schedule: schedule, days: first...last, firings: firings)
        try Output.line(json ? try report.json() : report.text)
    }

    private static let most = 100_000
}
