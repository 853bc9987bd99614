import DaymillColumns
import DaymillCore
import Dispatch
import Synchronization

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

    /// What has been written so far.
    struct Progress: Sendable {
        var files = 0
        var rows = 0
        var bytes = 0
    }

    /// Writes all files, one thread for each core, and blocks meanwhile.
    ///
    /// - Parameter progress: Told now and then, from any thread, never from two at once.
    /// - Returns: What was written.
    /// - Throws: `usage` for an argument out of bounds, `io` when a file cannot be written.
    func run(progress: @Sendable (Progress) -> Void = { _ in }) throws -> Progress {
        try checkArguments()
        try FileDoor.makeDirectory(directory)
        let names = UserNames(count: users, seed: seed)
        let state = Mutex(State())
        // Days are independent of each other. The writing blocks, so it is kept off the cooperative thread pool.
        DispatchQueue.concurrentPerform(iterations: days) { offset in
            do {
                try writeDay(firstDay.adding(days: offset), names: names) { rows, bytes in
                    try state.withLock { state in
                        if let failure = state.failure { throw failure }
                        state.add(rows: rows, bytes: bytes)
                        progress(state.progress)
                    }
                }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.progress
        }
    }

    /// What the threads share.
    private struct State {
        var progress = Progress()
        /// The first thing that went wrong; the other threads stop when they see it.
        var failure: (any Error)?

        /// A file's end is told as a piece without rows.
        mutating func add(rows: Int, bytes: Int) {
            progress.files += rows == 0 ? 1 : 0
            progress.rows += rows
            progress.bytes += bytes
        }
    }

    // MARK: Writing

    /// Rows made before they are written: about a MiB.
    private static let rowsPerPiece = 16_384

    private func writeDay(_ day: Day, names: UserNames, wrote: (_ rows: Int, _ bytes: Int) throws -> Void) throws {
        let path = "\(directory)/\(day).csv"
        let temporaryPath = FileDoor.temporaryName(for: path)
        do {
            let file = try FileDoor.create(temporaryPath)
            try writeRows(UserActionsDay(day, of: self, names: names), to: file, wrote: wrote)
            try FileDoor.move(temporaryPath, to: path)
        } catch {
            try? FileDoor.remove(temporaryPath)
            throw error
        }
        try wrote(0, 0)
    }

    private func writeRows(
        _ source: UserActionsDay, to file: FileDoor, wrote: (_ rows: Int, _ bytes: Int) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: min(eventsPerDay, Self.rowsPerPiece) * UserActionsDay.rowBytesMax)
        for start in stride(from: 0, to: eventsPerDay, by: Self.rowsPerPiece) {
            let rows = start..<min(start + Self.rowsPerPiece, eventsPerDay)
            let byteCount = source.write(rows: rows, into: &buffer)
            try file.write(Array(buffer[..<byteCount]))
            try wrote(rows.count, byteCount)
        }
    }
}

// MARK: Arguments

extension UserActionsGenerator {
    private func checkArguments() throws {
        try check("DAYS", days, isIn: 1...36_600)
        try check("USERS", users, isIn: 1...UserNames.countMax)
        try check("EVENTS", eventsPerDay, isIn: 1...100_000_000_000)
        guard firstDay.adding(days: days - 1).civil.year <= 9999 else {
            throw DaymillError(.usage, "\(days) days from \(firstDay) on end after the year 9999")
        }
    }

    private func check(_ name: String, _ value: Int, isIn range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw DaymillError(.usage, "\(name) is \(value), but it goes from \(bounds)")
        }
    }
}
