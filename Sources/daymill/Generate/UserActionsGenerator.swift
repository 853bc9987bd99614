import DaymillColumns
import DaymillCore

/// Makes logs of user actions to try things on: one headerless CSV file a day, `DIR/2024-09-09.csv`, with the columns
/// `email,action,dt` and rows in no order.
///
/// Equal arguments give equal bytes, on every machine. A file appears complete or not at all.
struct UserActionsGenerator: Sendable {
    /// Where the files go; made when it is not there.
    var directory: String
    var firstDay: Day
    var days: Int
    /// How many different users there are. Each appears every day, given as many events.
    var users: Int
    var eventsPerDay: Int
    /// Another seed gives other users and other rows.
    var seed: UInt64 = 1
    var popularity: UserPopularity = .skewed
    /// Whether every field stands in quotes.
    var isQuoted = false

    /// Writes all files, one thread for each core, and blocks meanwhile.
    ///
    /// - Parameter progress: Told now and then, from any thread, never from two at once.
    /// - Returns: What was written.
    /// - Throws: `usage` for an argument out of bounds, `io` when a file cannot be written.
    func run(progress: @Sendable (GeneratedFile.Progress) -> Void = { _ in }) throws -> GeneratedFile.Progress {
        try checkArguments()
        try FileDoor.makeDirectory(directory)
        let names = UserNames(count: users, seed: seed)
        return try GeneratedFile.write(count: days, progress: progress) { offset in
            let day = firstDay.adding(days: offset)
            return GeneratedFile(
                path: "\(directory)/\(day).csv", rows: 0..<eventsPerDay,
                maker: UserActionsDay(day, of: self, names: names))
        }
    }
}

// MARK: Arguments

extension UserActionsGenerator {
    private func checkArguments() throws {
        try check(argument: "DAYS", days, isIn: 1...36_600)
        try check(argument: "USERS", users, isIn: 1...UserNames.countMax)
        try check(argument: "EVENTS", eventsPerDay, isIn: 1...100_000_000_000)
        guard firstDay.adding(days: days - 1).civil.year <= 9999 else {
            throw DaymillError(.usage, "\(days) days from \(firstDay) on end after the year 9999")
        }
    }
}
