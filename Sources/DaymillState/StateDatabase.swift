package import DaymillCore
import Foundation
import GRDB

/// What the runner remembers of its work: runs, and what their steps did. One SQLite file, which several processes may use.
///
///     runs   id · pipeline · command · dates · params · started · ended · state · process · version · failure
///     steps  run · number · step · date · status · output · seconds · what was read and written · failure
///     attempts  run · step · item · number · state · reason · started · ended · facts
///     firings   pipeline · instant · date · verdict · reason · run: one for each time that a schedule means
///     notices   id · pipeline · run · kind · channel · message · state · attempts · next · answer
///     pauses    pipeline · since · reason
///     schedules pipeline · line · decided: the moments up to there have their firings
///     arrivals  pipeline · path · size, times, inode · date · verdict · reason · run: files that start runs, as they were seen
///     file_triggers  pipeline · pattern · since
///     housekeeping  name · done: what is done now and then
///
/// Nothing here decides what an output is: losing the file loses history, and no result.
package final class StateDatabase: Sendable {
    private let queue: DatabaseQueue
    let clock: WallClock

    /// Opens the file, or makes it, and brings its tables to this version's.
    ///
    /// - Parameter patience: how long it is waited for another process that has the file locked, each time.
    /// - Throws: `.io` when it cannot be opened, `.storeDamaged` when it is no database or a later version's.
    package init(_ path: String, clock: WallClock, patience: Duration = .seconds(20)) throws {
        self.clock = clock
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience / .seconds(1))
        // Counts for a file that is new, so that it can be made smaller while others use it.
        // Said to another one it would take the lock for writing.
        configuration.prepareDatabase { database in
            guard try Int.fetchOne(database, sql: "PRAGMA page_count") == 0 else { return }
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        }
        // Said here and not by the library, which writes something whenever it turns this on.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        do { queue = try StateDatabase.open(path, configuration, patience) } catch let error as DatabaseError {
            throw StateDatabase.problem(error, path)
        }
    }

    /// Opens the file and brings its tables up to date, one process after another: while one makes the tables, another one
    /// may find the file locked or some of them missing. The folder is what they lock.
    private static func open(
        _ path: String, _ configuration: Configuration, _ patience: Duration
    ) throws -> DatabaseQueue {
        let folder = FileHandle(forReadingAtPath: URL(filePath: path).deletingLastPathComponent().path)
        defer { try? folder?.close() }
        let end = ContinuousClock.now + patience
        // Whoever has it may have stopped; then the file itself says whether it can be used.
        while let folder, flock(folder.fileDescriptor, LOCK_EX | LOCK_NB) != 0, ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: Double.random(in: 0.001...0.01))
        }
        while true {
            do { return try openOnce(path, configuration) } catch let error as DatabaseError {
                guard ContinuousClock.now < end, error.resultCode == .SQLITE_BUSY else { throw error }
                Thread.sleep(forTimeInterval: Double.random(in: 0.01...0.05))
            }
        }
    }

    private static func openOnce(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        if try queue.read(migrations.hasBeenSuperseded) {
            throw DaymillError(
                .storeDamaged, "\(path) was written by a later version of Daymill",
                hint: "use that version, or move the file away: only the history of runs is in it")
        }
        // Migrating takes the lock for writing, also where nothing is to be done.
        if try !queue.read(migrations.hasCompletedMigrations) { try migrations.migrate(queue) }
        // What is noted here is relied upon: a step starts when it has been noted that it does. The library turns this off when
        // it turns the write-ahead log on, so it is said last.
        try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return queue
    }

    /// Whether what is noted is on disk before the call that notes it returns.
    package var waitsForDisk: Bool {
        get throws { try read { try Int.fetchOne($0, sql: "PRAGMA synchronous") == 2 } }
    }

    /// What is wrong inside the file; nil when nothing is. Reads all of it.
    package func damage() throws -> String? {
        try read { database in
            let words = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
            return words == ["ok"] ? nil : words.joined(separator: "; ")
        }
    }

    /// Lets go of the file, so that nothing but the file itself is left of it.
    package func close() { try? queue.close() }

    private static func problem(_ error: DatabaseError, _ path: String) -> DaymillError {
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            DaymillError(
                .storeDamaged, "\(path) is damaged: \(error.message ?? "it is no database")",
                hint: "move it away: only the history of runs is in it")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            DaymillError(
                .io, "another process has kept \(path) locked for too long",
                hint: "see which one ('fuser \(path)') and end it, or try again", isRetryable: true)
        default:
            DaymillError(
                .io, "cannot use \(path): \(error.message ?? "\(error)")",
                hint: "see that the disk has room and the folder may be written")
        }
    }

    private static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 runs and steps") { database in
            try database.execute(
                sql: """
                    CREATE TABLE runs (
                        id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, command TEXT NOT NULL, dates TEXT NOT NULL,
                        params TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, state TEXT NOT NULL,
                        process INTEGER NOT NULL, began INTEGER NOT NULL, boot TEXT NOT NULL, version TEXT NOT NULL,
                        code TEXT, message TEXT
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX runs_of_pipeline ON runs (pipeline, id);
                    CREATE INDEX runs_by_state ON runs (state) WHERE state = 'running';
                    CREATE TABLE steps (
                        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, number INTEGER NOT NULL,
                        step TEXT NOT NULL, date TEXT NOT NULL, status TEXT NOT NULL, output TEXT NOT NULL,
                        seconds REAL NOT NULL, files_read INTEGER NOT NULL, bytes_read INTEGER NOT NULL,
                        rows_read INTEGER NOT NULL, bad_rows INTEGER NOT NULL, rows_written INTEGER NOT NULL,
                        bytes_written INTEGER NOT NULL, code TEXT, message TEXT, PRIMARY KEY (run, number)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2 attempts, firings, notices") { database in
            try database.execute(
                sql: """
                    ALTER TABLE runs ADD COLUMN cause TEXT NOT NULL DEFAULT 'hand';
                    ALTER TABLE runs ADD COLUMN planned INTEGER;
                    ALTER TABLE runs ADD COLUMN parent TEXT;
                    ALTER TABLE runs ADD COLUMN starts INTEGER NOT NULL DEFAULT 1;
                    ALTER TABLE runs ADD COLUMN wish TEXT;
                    CREATE TABLE attempts (
                        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, step TEXT NOT NULL, item TEXT NOT NULL,
                        number INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, started INTEGER NOT NULL,
                        ended INTEGER, facts TEXT NOT NULL, place INTEGER NOT NULL,
                        PRIMARY KEY (run, step, item, number)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE firings (
                        pipeline TEXT NOT NULL, instant INTEGER NOT NULL, date TEXT NOT NULL, verdict TEXT NOT NULL,
                        reason TEXT NOT NULL, run TEXT, noted INTEGER NOT NULL, PRIMARY KEY (pipeline, instant)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX firings_of_date ON firings (pipeline, date);
                    CREATE TABLE notices (
                        id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, run TEXT, kind TEXT NOT NULL, channel TEXT NOT NULL,
                        subject TEXT NOT NULL, text TEXT NOT NULL, fields TEXT NOT NULL, state TEXT NOT NULL,
                        attempts INTEGER NOT NULL, next INTEGER NOT NULL, created INTEGER NOT NULL, ended INTEGER,
                        answer TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX notices_to_send ON notices (next) WHERE state IN ('waiting', 'sending');
                    CREATE TABLE pauses (
                        pipeline TEXT PRIMARY KEY, since INTEGER NOT NULL, reason TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE schedules (
                        pipeline TEXT PRIMARY KEY, line TEXT NOT NULL, decided INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX runs_queued ON runs (pipeline, id) WHERE state = 'queued';
                    """)
        }
        migrator.registerMigration("3 arrivals of files") { try makeArrivals($0) }
        migrator.registerMigration("4 housekeeping") { database in
            try database.execute(
                sql: "CREATE TABLE housekeeping (name TEXT PRIMARY KEY, done INTEGER NOT NULL) STRICT, WITHOUT ROWID")
        }
        return migrator
    }

    // MARK: Writing

    /// Notes that a run begins, by this process.
    ///
    /// - Returns: it, with its id.
    package func begin(
        _ pipeline: String, command: String, dates: String, params: [String: String], cause: String = "hand",
        parent: String? = nil
    ) throws -> RunRecord {
        var record = RunRecord(
            id: "", pipeline: pipeline, command: command, dates: dates, params: params, started: clock.nowMicroseconds,
            process: .current, version: daymillVersion)
        record.cause = cause
        record.parent = parent
        try write { try StateDatabase.insert(&record, $0) }
        return record
    }

    /// Adds a run under the first id that is free: of two that begin in one millisecond the second is named after the next.
    static func insert(_ record: inout RunRecord, _ database: Database) throws {
        var moment = record.started / 1000
        repeat {
            record.id = StateDatabase.id(moment)
            moment += 1
        } while try StateDatabase.exists(record.id, database)
        try database.execute(
            sql: """
                INSERT INTO runs (id, pipeline, command, dates, params, started, state, process, began, boot, version,
                    cause, planned, parent, starts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.id, record.pipeline, record.command, record.dates, StateDatabase.json(record.params),
                record.started, record.state.rawValue, record.process.number, Int64(bitPattern: record.process.began),
                record.process.boot, record.version, record.cause, record.planned, record.parent, record.starts,
            ])
    }

    private static func exists(_ id: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?)", arguments: [id]) ?? false
    }

    /// Notes that a run has ended, and what its steps did, in their order: all of it or nothing.
    ///
    /// - Parameter notices: what people are told of it; in the outbox as soon as the end is noted.
    package func end(
        _ id: String, _ state: RunRecord.State, _ steps: [StepRecord], failure: RunFailure? = nil,
        notices: [NoticeRecord] = []
    ) throws {
        let now = clock.nowMicroseconds
        try write { database in
            try database.execute(
                sql: "UPDATE runs SET ended = ?, state = ?, code = ?, message = ? WHERE id = ?",
                arguments: [now, state.rawValue, failure?.code, failure?.message, id])
            try StateDatabase.insert(notices, database)
            // A run that another process began may have noted some of them.
            try database.execute(sql: "DELETE FROM steps WHERE run = ?", arguments: [id])
            for (number, step) in steps.enumerated() {
                try database.execute(
                    sql: "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        id, number, step.step, step.date, step.status, step.output, step.seconds, step.filesRead,
                        step.bytesRead, step.rowsRead, step.badRows, step.rowsWritten, step.bytesWritten,
                        step.failure?.code, step.failure?.message,
                    ])
            }
        }
    }

    /// Notes of runs whose processes are gone that they were interrupted. When they ended nobody knows.
    ///
    /// - Returns: them, as they were.
    @discardableResult
    package func noteInterrupted() throws -> [RunRecord] {
        try write { database in
            let running = try Row.fetchAll(database, sql: "SELECT * FROM runs WHERE state = 'running'")
            let gone = running.map(RunRecord.init).filter { !$0.process.isRunning }
            for run in gone {
                try database.execute(sql: "UPDATE runs SET state = 'interrupted' WHERE id = ?", arguments: [run.id])
                try StateDatabase.interruptAttempts(of: run.id, database)
            }
            return gone
        }
    }

    // MARK: Reading

    /// The newest runs first.
    ///
    /// - Parameter pipeline: only its own; nil: all.
    package func runs(of pipeline: String? = nil, limit: Int) throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM runs WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY id DESC LIMIT ?2
                    """, arguments: [pipeline, limit]
            ).map(RunRecord.init)
        }
    }

    /// Runs whose ids begin with some characters, the newest first; at most ten.
    package func runs(startingWith prefix: String) throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM runs WHERE substr(id, 1, ?1) = ?2 ORDER BY id DESC LIMIT 10",
                arguments: [prefix.count, prefix]
            ).map(RunRecord.init)
        }
    }

    /// How many steps of each of some runs came to what.
    package func counts(of runs: [String]) throws -> [String: [String: Int]] {
        try read { database in
            let marks = Array(repeating: "?", count: runs.count).joined(separator: ",")
            let rows = try Row.fetchAll(
                database, sql: "SELECT run, status, count(*) FROM steps WHERE run IN (\(marks)) GROUP BY 1, 2",
                arguments: StatementArguments(runs))
            return rows.reduce(into: [:]) { $0[$1[0] as String, default: [:]][$1[1] as String] = $1[2] as Int }
        }
    }

    /// What a run's steps did, in their order.
    package func steps(of run: String) throws -> [StepRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM steps WHERE run = ? ORDER BY number", arguments: [run])
                .map(StepRecord.init)
        }
    }

    /// - Parameter waits: whether it is on disk when this returns. Else it is there for others, and for whoever comes after this
    ///   process dies; a power cut may take it, until the next write that waits.
    func write<R>(waits: Bool = true, _ body: (Database) throws -> R) throws -> R {
        do { return try waits ? queue.write(body) : writeWithoutWaiting(body) } catch let error as DatabaseError {
            throw StateDatabase.problem(error, queue.path)
        }
    }

    /// What cannot be part of a transaction.
    func writeOutside(_ body: (Database) throws -> Void) throws {
        do { try queue.writeWithoutTransaction(body) } catch let error as DatabaseError {
            throw StateDatabase.problem(error, queue.path)
        }
    }

    private func writeWithoutWaiting<R>(_ body: (Database) throws -> R) throws -> R {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            let result = Result { () throws -> R in
                var made: R?
                try database.inTransaction {
                    made = try body(database)
                    return .commit
                }
                return made!
            }
            try database.execute(sql: "PRAGMA synchronous = FULL")
            return try result.get()
        }
    }

    func read<R>(_ body: (Database) throws -> R) throws -> R {
        do { return try queue.read(body) } catch let error as DatabaseError {
            throw StateDatabase.problem(error, queue.path)
        }
    }

    private static func id(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000, clock = Int(seconds % 86_400)
        let date = Day(ofSecond: seconds).description.filter { $0 != "-" }
        let time = [clock / 3600, clock / 60 % 60, clock % 60].map { zeroPadded($0, 2) }.joined()
        return "\(date)-\(time)-\(zeroPadded(Int(milliseconds % 1000), 3))"
    }

    static func json(_ params: [String: String]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(params)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension RunRecord {
    init(_ row: Row) {
        let params = try? JSONDecoder().decode([String: String].self, from: Data((row["params"] as String).utf8))
        self.init(
            id: row["id"], pipeline: row["pipeline"], command: row["command"], dates: row["dates"],
            params: params ?? [:], started: row["started"],
            process: ProcessIdentity(
                number: row["process"], began: UInt64(bitPattern: row["began"] as Int64), boot: row["boot"]),
            version: row["version"])
        ended = row["ended"]
        state = State(rawValue: row["state"]) ?? .interrupted
        failure = RunFailure(row)
        (cause, planned, parent) = (row["cause"], row["planned"], row["parent"])
        (starts, wish) = (row["starts"], row["wish"])
    }
}

extension StepRecord {
    fileprivate init(_ row: Row) {
        self.init(
            step: row["step"], date: row["date"], status: row["status"], output: row["output"], seconds: row["seconds"],
            filesRead: row["files_read"], bytesRead: row["bytes_read"], rowsRead: row["rows_read"],
            badRows: row["bad_rows"], rowsWritten: row["rows_written"], bytesWritten: row["bytes_written"],
            failure: RunFailure(row))
    }
}

extension RunFailure {
    fileprivate init?(_ row: Row) {
        guard let code = row["code"] as String?, let message = row["message"] as String? else { return nil }
        self.init(code: code, message: message)
    }
}
