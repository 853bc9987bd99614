import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit
import Testing

/// The dates that a backfill of everything makes are those that `run` accepts, and no others.
@Suite struct PossibleDatesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var about: String
        var source: String
        var window: String
        var files: [String]
        /// First and last of the dates that are tried.
        var dates: (String, String)
        var expected: [String]
        var testDescription: String { about }
    }

    private static func hours(_ date: String, _ hours: Range<Int>) -> [String] {
        hours.map { "input/\(date)/\($0 < 10 ? "0" : "")\($0).csv" }
    }

    static let cases = [
        Case(
            about: "a day with some of its hours is no day yet",
            source: "files: input/{date:yyyy-MM-dd/HH}.csv", window: "last 1 day",
            files: hours("2024-09-09", 0..<24) + hours("2024-09-10", 0..<23) + hours("2024-09-11", 0..<24),
            dates: ("2024-09-08", "2024-09-14"), expected: ["2024-09-10", "2024-09-12"]),
        Case(
            about: "a day of 23 hours is whole with 23",
            source: "files: input/{date:yyyy-MM-dd/HH}.csv\n    timezone: Europe/Berlin", window: "this day",
            files: hours("2024-03-30", 0..<24) + hours("2024-03-31", 0..<2) + hours("2024-03-31", 3..<24)
                + hours("2024-04-01", 0..<24),
            dates: ("2024-03-28", "2024-04-03"), expected: ["2024-03-30", "2024-03-31", "2024-04-01"]),
        Case(
            about: "a day that clocks skipped needs no file",
            source: "files: input/{date}.csv\n    timezone: Pacific/Apia", window: "last 3 days",
            files: ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"].map { "input/\($0).csv" },
            dates: ("2011-12-27", "2012-01-05"), expected: ["2011-12-31", "2012-01-01", "2012-01-02"]),
        Case(
            about: "a day without a file is no day",
            source: "files: input/{date}.csv", window: "last 2 days",
            files: ["2024-09-01", "2024-09-02", "2024-09-04", "2024-09-05"].map { "input/\($0).csv" },
            dates: ("2024-08-30", "2024-09-09"), expected: ["2024-09-03", "2024-09-06"]),
    ]

    @Test(arguments: cases)
    func theyAreThoseThatRunAccepts(_ item: Case) throws {
        let yaml = """
            schedule: { cron: "0 7 * * *", timezone: \(item.source.contains("Apia") ? "Pacific/Apia" : item.source.contains("Berlin") ? "Europe/Berlin" : "UTC") }
            sources:
              t:
                \(item.source)
                columns: { k: text }
            steps:
              result:
                window: \(item.window)
                rollup: SELECT k, count(*) AS n FROM t GROUP BY k
                to: output/{date}.csv
            """
        let project = try TestProject(yaml)
        for file in item.files { try project.write(file, "a\n") }
        try project.store().open()
        let run = ManyRun(project: Project(root: project.root), store: project.store(), options: RunOptions(threads: 1))
        let possible = try run.possibleDates(try project.pipeline(nil)).map(\.description)
        #expect(possible == item.expected)
        let accepted = try (Day(item.dates.0)!...Day(item.dates.1)!).filter { date in
            do { try project.run(date.description) } catch let error as DaymillError where error.code == .inputMissing {
                return false
            }
            return true
        }
        #expect(accepted.map(\.description) == item.expected)
    }
}
