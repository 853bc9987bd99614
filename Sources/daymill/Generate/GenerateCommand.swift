import ArgumentParser
import DaymillCore

/// `daymill generate`: data to try things on.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make data to try things on.",
        subcommands: [UserActions.self, AdImpressions.self])

    /// `daymill generate user-actions`.
    struct UserActions: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user-actions",
            abstract: "Make logs of user actions, one headerless CSV file a day: email,action,dt.",
            discussion: """
                Example: daymill generate user-actions input 2024-09-09 7 100000 1000000

                The same arguments give the same bytes on every machine. Every user appears every day when EVENTS is not \
                less than USERS.
                """)

        @Argument(help: "The directory for the files; made when it is not there.")
        var directory: String

        @Argument(help: "The first day: 2024-09-09 or 09/09/2024.", transform: { try day($0) })
        var date: Day

        @Argument(help: "How many days, a file each.")
        var days: Int

        @Argument(help: "How many different users.")
        var users: Int

        @Argument(help: "How many rows a day.")
        var events: Int

        @Option(help: ArgumentHelp("Another number gives other users and rows.", valueName: "n"))
        var seed: UInt64 = 1

        @Option(help: "How active users are: a few much and most little, or all alike.")
        var popularity: UserPopularity = .skewed

        @Flag(help: "Put every field in quotes.")
        var quoted = false

        @Flag(name: [.short, .long], help: "Say nothing.")
        var quiet = false

        func run() throws {
            let clock = ContinuousClock()
            let start = clock.now
            let written = try UserActionsGenerator(
                directory: directory, firstDay: date, days: days, users: users, eventsPerDay: events, seed: seed,
                popularity: popularity, isQuoted: quoted
            ).run()
            if !quiet { try Output.line(summary(directory, written, took: clock.now - start)) }
        }
    }

    /// `daymill generate ad-impressions`.
    struct AdImpressions: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ad-impressions",
            abstract: "Make a day's logs of ad impressions, some of which stand in them several times.",
            discussion: """
                Example: daymill generate ad-impressions impressions 2024-09-15 100000 62000

                Writes DIRECTORY/YYYY/MM/DD/impressions-1.csv and so on, with a header line: IMPRESSION_ID, \
                IMPRESSION_DATETIME, CAMPAIGN_ID, COUNTRY, DEVICE. The same arguments give the same bytes on every machine.
                """)

        @Argument(help: "The directory for the folders by day; made when it is not there.")
        var directory: String

        @Argument(help: "The day: 2024-09-15 or 09/15/2024.", transform: { try day($0) })
        var date: Day

        @Argument(help: "How many rows in all files together.")
        var rows: Int

        @Argument(help: "How many different impressions; the other rows repeat some of them.")
        var distinct: Int

        @Option(help: ArgumentHelp("How many files.", valueName: "n"))
        var files = 4

        @Option(help: ArgumentHelp("How many campaigns.", valueName: "n"))
        var campaigns = 3000

        @Option(help: ArgumentHelp("Another number gives other impressions.", valueName: "n"))
        var seed: UInt64 = 1

        @Flag(name: [.short, .long], help: "Say nothing.")
        var quiet = false

        func run() throws {
            let clock = ContinuousClock()
            let start = clock.now
            let written = try AdImpressionsGenerator(
                directory: directory, day: date, rows: rows, distinct: distinct, files: files, campaigns: campaigns,
                seed: seed
            ).run()
            if !quiet { try Output.line(summary(directory, written, took: clock.now - start)) }
        }
    }
}

private func summary(_ directory: String, _ written: GeneratedFile.Progress, took duration: Duration) -> String {
    let seconds = significant(duration / .seconds(1))
    let files = written.files == 1 ? "1 file" : "\(written.files) files"
    return "\(directory): \(files), \(written.rows) rows, \(ByteCount(written.bytes)), in \(seconds) s"
}

extension UserPopularity: ExpressibleByArgument {}

private func day(_ text: String) throws -> Day {
    do {
        return try Day.parse(text)
    } catch {
        throw ValidationError("\(error)")
    }
}
