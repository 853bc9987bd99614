import DaymillCore
import GRDB

/// What tells a file from the one that stood there before, without reading it.
package struct FileIdentity: Sendable, Hashable, Codable {
    package var size: Int
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Nanoseconds since 1970; programs cannot set it.
    package var changed: Int64
    /// 0 where the file system numbers its files anew each time that it is mounted.
    package var inode: UInt64

    package init(size: Int, modified: Int64, changed: Int64, inode: UInt64) {
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
    }
}

/// A file that a trigger of a pipeline takes in, and what became of its coming.
package struct ArrivalRecord: Sendable, Hashable {
    package enum Verdict: String, Sendable {
        /// It was there before anything looked for it.
        case known
        /// A run was queued for it.
        case ran
        /// It was left out.
        case skipped
    }
    /// As the pipeline knows it.
    package var path: String
    package var identity: FileIdentity
    /// The date of its run, ISO.
    package var date: String
    package var verdict: Verdict
    /// Why it was left out.
    package var reason: String
    package var run: String?
    /// Microseconds since 1970.
    package var noted: Int64

    package init(
        path: String, identity: FileIdentity, date: String, verdict: Verdict, reason: String = "", run: String? = nil,
        noted: Int64
    ) {
        self.path = path
        self.identity = identity
        self.date = date
        self.verdict = verdict
        self.reason = reason
        self.run = run
        self.noted = noted
    }
}

/// Files that start runs: what of them has been seen. A file and the run that it starts are noted in one transaction, so that a
/// process that dies neither loses a run nor starts it twice.
extension StateDatabase {
    static func makeArrivals(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE arrivals (
                    pipeline TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
                    changed INTEGER NOT NULL, inode INTEGER NOT NULL, date TEXT NOT NULL, verdict TEXT NOT NULL,
                    reason TEXT NOT NULL, run TEXT, noted INTEGER NOT NULL, gone INTEGER, PRIMARY KEY (pipeline, path)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE file_triggers (
                    pipeline TEXT NOT NULL, pattern TEXT NOT NULL, since INTEGER NOT NULL,
                    PRIMARY KEY (pipeline, pattern)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    /// The patterns that were looked for already, by pipeline.
    package func watchedPatterns() throws -> [String: Set<String>] {
        try read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT pipeline, pattern FROM file_triggers")
            return rows.reduce(into: [:]) { $0[$1["pipeline"], default: []].insert($1["pattern"]) }
        }
    }

    /// Notes the patterns of a pipeline, instead of those that it had, and files that are there already and start nothing.
    package func watch(_ pipeline: String, _ patterns: [String], known: [ArrivalRecord]) throws {
        let now = clock.nowMicroseconds
        try write { database in
            let earlier = try String.fetchAll(
                database, sql: "SELECT pattern FROM file_triggers WHERE pipeline = ?", arguments: [pipeline])
            for pattern in earlier where !patterns.contains(pattern) {
                try database.execute(
                    sql: "DELETE FROM file_triggers WHERE pipeline = ? AND pattern = ?", arguments: [pipeline, pattern])
            }
            if patterns.isEmpty {
                try database.execute(sql: "DELETE FROM arrivals WHERE pipeline = ?", arguments: [pipeline])
            }
            for pattern in patterns {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO file_triggers VALUES (?, ?, ?)", arguments: [pipeline, pattern, now])
            }
            // What is known already may have changed since, and starts a run then.
            for file in known { try StateDatabase.insert(file, pipeline, database, orReplace: false) }
        }
    }

    /// What is known of files of a pipeline, by path.
    ///
    /// - Parameter paths: only these; nil: all.
    package func arrivals(of pipeline: String, paths: Set<String>? = nil) throws -> [String: ArrivalRecord] {
        try read { database in
            var found: [String: ArrivalRecord] = [:]
            if let paths {
                let statement = try database.cachedStatement(
                    sql: "SELECT * FROM arrivals WHERE pipeline = ? AND path = ?")
                for path in paths {
                    found[path] = try Row.fetchOne(statement, arguments: [pipeline, path]).map(ArrivalRecord.init)
                }
            } else {
                let rows = try Row.fetchCursor(
                    database, sql: "SELECT * FROM arrivals WHERE pipeline = ?", arguments: [pipeline])
                while let row = try rows.next() { found[row["path"]] = ArrivalRecord(row) }
            }
            return found
        }
    }

    /// Files of a date that came or changed, the newest first.
    package func arrivals(of pipeline: String, date: String) throws -> [ArrivalRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM arrivals WHERE pipeline = ? AND date = ? AND verdict <> 'known'
                    ORDER BY noted DESC, path
                    """, arguments: [pipeline, date]
            ).map(ArrivalRecord.init)
        }
    }

    /// Notes that files have come, and the run that they start. Files that are known as they are start nothing again.
    ///
    /// - Parameters:
    ///   - cause: of the run.
    ///   - skipped: why there is no run; nil: there is one.
    /// - Returns: the run; nil where there is none.
    package func note(
        arrived files: [String: FileIdentity], of pipeline: String, date: String, cause: String, skipped: String? = nil
    ) throws -> RunRecord? {
        let now = clock.nowMicroseconds
        return try write { database in
            let known = try database.cachedStatement(
                sql: "SELECT * FROM arrivals WHERE pipeline = ? AND path = ?")
            let new = try files.filter { path, identity in
                try Row.fetchOne(known, arguments: [pipeline, path]).map(ArrivalRecord.init)?.identity != identity
            }
            guard !new.isEmpty else { return nil }
            var run: RunRecord?
            if skipped == nil {
                var record = StateDatabase.queued(pipeline, date, [:], cause, nil, nil, now)
                try StateDatabase.insert(&record, database)
                run = record
            }
            for (path, identity) in new {
                let file = ArrivalRecord(
                    path: path, identity: identity, date: date, verdict: skipped == nil ? .ran : .skipped,
                    reason: skipped ?? "", run: run?.id, noted: now)
                try StateDatabase.insert(file, pipeline, database, orReplace: true)
            }
            return run
        }
    }

    /// Notes which files are not there now. What is gone for a month is forgotten; what comes back before that as it was starts
    /// nothing, as when a disk was not mounted for a while.
    package func note(there: Set<String>, of pipeline: String) throws {
        let now = clock.nowMicroseconds
        let rows = try read { database in
            try Row.fetchAll(
                database, sql: "SELECT path, gone FROM arrivals WHERE pipeline = ?", arguments: [pipeline])
        }
        let changed = rows.filter { (($0["gone"] as Int64?) == nil) != there.contains($0["path"]) }
        let old = rows.contains { ($0["gone"] as Int64?).map { $0 < now - StateDatabase.goneMicroseconds } ?? false }
        guard !changed.isEmpty || old else { return }
        try write { database in
            for row in changed {
                let path: String = row["path"]
                try database.execute(
                    sql: "UPDATE arrivals SET gone = ? WHERE pipeline = ? AND path = ?",
                    arguments: [there.contains(path) ? nil : now, pipeline, path])
            }
            try database.execute(
                sql: "DELETE FROM arrivals WHERE pipeline = ? AND gone < ?",
                arguments: [pipeline, now - StateDatabase.goneMicroseconds])
        }
    }

    private static let goneMicroseconds: Int64 = 30 * 86_400_000_000

    private static func insert(
        _ file: ArrivalRecord, _ pipeline: String, _ database: Database, orReplace: Bool
    ) throws {
        try database.execute(
            sql:
                "INSERT OR \(orReplace ? "REPLACE" : "IGNORE") INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            arguments: [
                pipeline, file.path, file.identity.size, file.identity.modified, file.identity.changed,
                Int64(bitPattern: file.identity.inode), file.date, file.verdict.rawValue, file.reason, file.run,
                file.noted,
            ])
    }
}

extension ArrivalRecord {
    fileprivate init(_ row: Row) {
        self.init(
            path: row["path"],
            identity: FileIdentity(
                size: row["size"], modified: row["modified"], changed: row["changed"],
                inode: UInt64(bitPattern: row["inode"] as Int64)),
            date: row["date"], verdict: Verdict(rawValue: row["verdict"]) ?? .known, reason: row["reason"],
            run: row["run"], noted: row["noted"])
    }
}
