import DaymillCore
import GRDB

/// What became of a moment that a schedule means.
package struct FiringRecord: Sendable, Hashable, Codable {
    package var pipeline: String
    /// Seconds since 1970.
    package var instant: Int64
    /// The date that a run has then, ISO.
    package var date: String
    /// `ran`, `skipped`, `merged`.
    package var verdict: String
    package var reason: String
    /// The run that was queued for it.
    package var run: String?

    package init(
        pipeline: String, instant: Int64, date: String, verdict: String, reason: String, run: String? = nil
    ) {
        self.pipeline = pipeline
        self.instant = instant
        self.date = date
        self.verdict = verdict
        self.reason = reason
        self.run = run
    }
}

extension StateDatabase {
    /// Notes what became of moments of schedules, with a run for each that is to start: all of it or nothing. A moment that
    /// has its record already keeps it, and gets no second run.
    ///
    /// - Parameter decided: up to which second moments are decided, by pipeline.
    /// - Returns: the runs, in the order of the firings.
    package func note(_ firings: [FiringRecord], decided: [String: Int64]) throws -> [RunRecord] {
        let now = clock.nowMicroseconds
        return try write { database in
            var runs: [RunRecord] = []
            for firing in firings {
                let isKnown = try Bool.fetchOne(
                    database, sql: "SELECT EXISTS (SELECT 1 FROM firings WHERE pipeline = ? AND instant = ?)",
                    arguments: [firing.pipeline, firing.instant])
                if isKnown == true { continue }
                var run: RunRecord?
                if firing.verdict == "ran" {
                    var record = StateDatabase.queued(
                        firing.pipeline, firing.date, [:], "schedule", firing.instant * 1_000_000, nil, now)
                    try StateDatabase.insert(&record, database)
                    runs.append(record)
                    run = record
                }
                try database.execute(
                    sql: "INSERT INTO firings VALUES (?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        firing.pipeline, firing.instant, firing.date, firing.verdict, firing.reason, run?.id, now,
                    ])
            }
            for (pipeline, second) in decided {
                try database.execute(
                    sql: "UPDATE schedules SET decided = max(decided, ?) WHERE pipeline = ?",
                    arguments: [second, pipeline])
            }
            return runs
        }
    }

    /// From which second on the moments of schedules are to be decided, by name. Of a line that was not served before, or was
    /// another one, that is now: nothing of before is made up for.
    ///
    /// - Parameter lines: what a schedule says, by name.
    package func decided(_ lines: [String: String], now: Int64) throws -> [String: Int64] {
        let known = try read { database in
            try Row.fetchAll(database, sql: "SELECT pipeline, line, decided FROM schedules")
        }
        var found: [String: Int64] = [:]
        for row in known where lines[row["pipeline"]] == row["line"] { found[row["pipeline"]] = row["decided"] }
        let new = lines.filter { found[$0.key] == nil }
        guard !new.isEmpty else { return found }
        try write { database in
            for (name, line) in new {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?)", arguments: [name, line, now])
            }
        }
        return found.merging(new.mapValues { _ in now }) { first, _ in first }
    }

    /// The last firings of a pipeline, the newest first.
    package func firings(of pipeline: String, date: String? = nil, limit: Int) throws -> [FiringRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM firings WHERE pipeline = ?1 AND (?2 IS NULL OR date = ?2)
                    ORDER BY instant DESC LIMIT ?3
                    """, arguments: [pipeline, date, limit]
            ).map { row in
                FiringRecord(
                    pipeline: row["pipeline"], instant: row["instant"], date: row["date"], verdict: row["verdict"],
                    reason: row["reason"], run: row["run"])
            }
        }
    }

    /// Runs of a pipeline for a date, the newest first.
    package func runs(of pipeline: String, date: String, limit: Int) throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM runs WHERE pipeline = ? AND dates = ? ORDER BY id DESC LIMIT ?",
                arguments: [pipeline, date, limit]
            ).map(RunRecord.init)
        }
    }

    // MARK: Pauses

    /// Pipelines that start nothing by themselves, and why.
    package func pauses() throws -> [String: String] {
        try read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT pipeline, reason FROM pauses")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["pipeline"], $0["reason"]) })
        }
    }

    /// Lets a pipeline start nothing by itself.
    package func pause(_ pipeline: String, _ reason: String) throws {
        let now = clock.nowMicroseconds
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)", arguments: [pipeline, now, reason])
        }
    }

    /// Lets it start again.
    ///
    /// - Returns: whether it was paused.
    package func resume(_ pipeline: String) throws -> Bool {
        try write { database in
            try database.execute(sql: "DELETE FROM pauses WHERE pipeline = ?", arguments: [pipeline])
            return database.changesCount > 0
        }
    }
}
