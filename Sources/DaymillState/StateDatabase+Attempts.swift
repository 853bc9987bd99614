import DaymillCore
import Foundation
import GRDB

extension StateDatabase {
    /// Notes what has become of steps of a run: all of it or nothing.
    ///
    /// - Parameter waits: whether it is on disk when this returns.
    /// - Returns: whether somebody wants the run to end, and why.
    @discardableResult
    package func note(_ run: String, _ changes: [AttemptRecord], waits: Bool = true) throws -> String? {
        try write(waits: waits) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO attempts (run, step, item, number, state, reason, started, ended, facts, place)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (run, step, item, number) DO UPDATE SET state = excluded.state,
                        reason = excluded.reason, ended = excluded.ended, facts = excluded.facts
                    """)
            for change in changes {
                try statement.execute(arguments: [
                    run, change.step, change.item, change.number, change.state.rawValue, change.reason, change.started,
                    change.ended, change.facts.isEmpty ? "{}" : StateDatabase.json(change.facts), change.place,
                ])
            }
            let wish = try database.cachedStatement(sql: "SELECT wish FROM runs WHERE id = ?")
            return try Optional<String>.fetchOne(wish, arguments: [run]) ?? nil
        }
    }

    /// The attempts of a run, in the order of its graph.
    package func attempts(of run: String) throws -> [AttemptRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM attempts WHERE run = ? ORDER BY place, item, number", arguments: [run]
            ).map(AttemptRecord.init)
        }
    }

    /// Values of a fact in the last successful runs of a pipeline for other dates, the newest first.
    package func history(
        of fact: String, step: String, pipeline: String, except date: String, limit: Int
    ) throws -> [String] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT a.facts, r.dates FROM runs r JOIN attempts a ON a.run = r.id
                    WHERE r.pipeline = ? AND r.dates <> ? AND a.step = ? AND a.state = 'succeeded'
                    ORDER BY r.id DESC LIMIT ?
                    """, arguments: [pipeline, date, step, limit * 4])
            var dates: Set<String> = []
            return rows.compactMap { row -> String? in
                guard dates.count < limit, dates.insert(row["dates"]).inserted else { return nil }
                return StateDatabase.facts(row["facts"])[fact]
            }
        }
    }

    static func facts(_ json: String) -> [String: String] {
        (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
    }
}

extension AttemptRecord {
    init(_ row: Row) {
        self.init(
            step: row["step"], item: row["item"], number: row["number"],
            state: State(rawValue: row["state"]) ?? .interrupted, reason: row["reason"], started: row["started"],
            ended: row["ended"], facts: StateDatabase.facts(row["facts"]), place: row["place"])
    }
}
