package import DaymillCore
import GRDB

/// History is bounded: by age, by the number of runs, and by bytes. The oldest runs that have ended go first, with their attempts,
/// steps and firings; what a schedule or a trigger has decided is kept elsewhere, and stays.
extension StateDatabase {
    /// Runs that stay whatever is forgotten: those that have not ended, and those that one of these repeats; the last of each
    /// pipeline, and the last that ended well, which the next messages and numbers are compared with; and those that an output
    /// of a run which is still known has started, lest it start them again.
    private static let kept = """
        kept AS (
            SELECT id FROM runs WHERE state IN ('running', 'queued')
                OR state = 'interrupted' AND cause <> 'hand' AND cause NOT LIKE 'rerun%'
            UNION SELECT parent FROM runs WHERE state IN ('running', 'queued') AND parent IS NOT NULL
            UNION SELECT max(id) FROM runs GROUP BY pipeline
            UNION SELECT max(id) FROM runs WHERE state = 'succeeded' GROUP BY pipeline
            UNION SELECT r.id FROM runs r JOIN runs a ON a.id = substr(r.cause, -19)
                WHERE r.cause LIKE 'output of %, run %'
        )
        """

    /// Forgets runs that are older than some time, and the oldest beyond a number of them.
    ///
    /// - Returns: their ids.
    @discardableResult
    package func prune(keep: Duration = .seconds(400 * 86_400), runs: Int = 20_000) throws -> [String] {
        let oldest = clock.nowMicroseconds - keep.microseconds
        return try write { database in
            try database.execute(sql: "DELETE FROM firings WHERE noted < ?", arguments: [oldest])
            try database.execute(sql: "DELETE FROM notices WHERE ended < ?", arguments: [oldest])
            let isOver = """
                started < ? OR id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?)
                """
            // Most often there is nothing to forget, and that is seen at once.
            let first = "SELECT EXISTS (SELECT 1 FROM runs WHERE \(isOver))"
            guard try Bool.fetchOne(database, sql: first, arguments: [oldest, runs]) == true else { return [] }
            return try String.fetchAll(
                database,
                sql: """
                    WITH \(StateDatabase.kept)
                    DELETE FROM runs WHERE (\(isOver)) AND id NOT IN (SELECT id FROM kept) RETURNING id
                    """, arguments: [oldest, runs])
        }
    }

    /// The ids of all runs, ascending, and of those that may be forgotten.
    package func forgettable() throws -> (all: [String], old: [String]) {
        try read { database in
            let all = try String.fetchAll(database, sql: "SELECT id FROM runs ORDER BY id")
            let old = try String.fetchAll(
                database,
                sql: "WITH \(StateDatabase.kept) SELECT id FROM runs WHERE id NOT IN (SELECT id FROM kept) ORDER BY id")
            return (all, old)
        }
    }

    /// Forgets runs, and the firings and messages of their time.
    ///
    /// - Parameter ids: the oldest, ascending.
    package func forget(_ ids: [String]) throws {
        guard let last = ids.last else { return }
        try write { database in
            let until = try Int64.fetchOne(
                database, sql: "SELECT started FROM runs WHERE id = ?", arguments: [last])
            let statement = try database.cachedStatement(
                sql: "DELETE FROM runs WHERE id = ? AND state NOT IN ('running', 'queued')")
            for id in ids { try statement.execute(arguments: [id]) }
            guard let until else { return }
            try StateDatabase.forgetFirings(before: until, database)
        }
    }

    /// Forgets the older half of the time that firings and messages are known of.
    ///
    /// - Returns: whether there was anything.
    package func forgetFirings() throws -> Bool {
        try write { database in
            let before = database.totalChangesCount
            let span = try Row.fetchOne(
                database,
                sql: """
                    SELECT min(moment) AS first, max(moment) AS last FROM
                        (SELECT noted AS moment FROM firings UNION ALL SELECT ended FROM notices WHERE ended IS NOT NULL)
                    """)
            guard let first = span?["first"] as Int64?, let last = span?["last"] as Int64? else { return false }
            try StateDatabase.forgetFirings(before: first + (last - first) / 2 + 1, database)
            return database.totalChangesCount > before
        }
    }

    private static func forgetFirings(before moment: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM firings WHERE noted < ?", arguments: [moment])
        try database.execute(sql: "DELETE FROM notices WHERE ended < ?", arguments: [moment])
    }

    // MARK: Bytes

    /// Bytes of the file that hold something.
    package func usedBytes() throws -> Int {
        try read { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            return (pages - free) * (try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096)
        }
    }

    /// Gives the system back what the file no longer needs, in steps between which others may write.
    package func giveBackSpace() throws {
        // A file that was made before this was known gives back nothing until it is written anew, which takes a moment only
        // while it is small; a large one uses its free pages again.
        if try read({ try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") }) != 2 {
            guard try usedBytes() < 64 << 20 else { return }
            try writeOutside { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM") }
            return
        }
        var free = try freePages()
        while free > 0 {
            try writeOutside { try $0.execute(sql: "PRAGMA incremental_vacuum(1000)") }
            let left = try freePages()
            guard left < free else { return }
            free = left
        }
    }

    private func freePages() throws -> Int {
        try read { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 }
    }

    /// Whether something is due that is done now and then by whoever comes, and if it is, notes that it is done.
    package func isDue(_ name: String, every length: Duration) throws -> Bool {
        let now = clock.nowMicroseconds
        func known(_ database: Database) throws -> Bool {
            let last = try Int64.fetchOne(
                database, sql: "SELECT done FROM housekeeping WHERE name = ?", arguments: [name])
            // A clock that was set back does not put it off.
            return last.map { $0 <= now && now - $0 < length.microseconds } ?? false
        }
        if try read(known) { return false }
        return try write { database in
            if try known(database) { return false }
            try database.execute(sql: "INSERT OR REPLACE INTO housekeeping VALUES (?, ?)", arguments: [name, now])
            return true
        }
    }
}
