import DaymillCore
import GRDB

/// Runs that one process decides upon and another one carries out.
extension StateDatabase {
    /// The run of an id.
    package func run(_ id: String) throws -> RunRecord? {
        try read { try Row.fetchOne($0, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]).map(RunRecord.init) }
    }

    /// When runs of pipelines last ended well, in microseconds since 1970.
    package func lastSuccesses(of pipelines: [String]) throws -> [String: Int64] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT ended FROM runs WHERE pipeline = ? AND state = 'succeeded' ORDER BY id DESC LIMIT 1")
            var found: [String: Int64] = [:]
            for name in pipelines { found[name] = try Int64.fetchOne(statement, arguments: [name]) }
            return found
        }
    }

    /// Notes a run, unless the same cause has started one already.
    ///
    /// - Returns: it, and whether it is new.
    package func queueOnce(
        _ pipeline: String, date: String, params: [String: String], cause: String
    ) throws -> (run: RunRecord, isNew: Bool) {
        var record = StateDatabase.queued(pipeline, date, params, cause, nil, nil, clock.nowMicroseconds)
        let earlier = try write { database -> RunRecord? in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM runs WHERE pipeline = ? AND cause = ? ORDER BY id DESC LIMIT 1",
                arguments: [pipeline, cause])
            if row == nil { try StateDatabase.insert(&record, database) }
            return row.map(RunRecord.init)
        }
        return (earlier ?? record, earlier == nil)
    }

    /// Notes a run that a process is to take.
    package func queue(
        _ pipeline: String, date: String, params: [String: String], cause: String, planned: Int64? = nil,
        parent: String? = nil
    ) throws -> RunRecord {
        var record = StateDatabase.queued(pipeline, date, params, cause, planned, parent, clock.nowMicroseconds)
        try write { try StateDatabase.insert(&record, $0) }
        return record
    }

    static func queued(
        _ pipeline: String, _ date: String, _ params: [String: String], _ cause: String, _ planned: Int64?,
        _ parent: String?, _ now: Int64
    ) -> RunRecord {
        var record = RunRecord(
            id: "", pipeline: pipeline, command: "run", dates: date, params: params, started: now,
            process: ProcessIdentity(number: 0, began: 0, boot: ""), version: daymillVersion)
        (record.state, record.cause, record.planned, record.parent, record.starts) = (
            .queued, cause, planned, parent, 0
        )
        return record
    }

    /// Takes a run for this process: one that waits, or one whose process is gone. Of several that try, one gets it.
    ///
    /// - Returns: it; nil when it is not there to be taken.
    package func take(_ id: String) throws -> RunRecord? {
        let now = clock.nowMicroseconds
        return try write { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]) else {
                return nil
            }
            var record = RunRecord(row)
            let isFree =
                record.state == .queued || record.state == .interrupted
                || record.state == .running && !record.process.isRunning
            guard isFree else { return nil }
            let process = ProcessIdentity.current
            try database.execute(
                sql: """
                    UPDATE runs SET state = 'running', process = ?, began = ?, boot = ?, version = ?, starts = starts + 1,
                        started = CASE starts WHEN 0 THEN ? ELSE started END, ended = NULL, code = NULL, message = NULL WHERE id = ?
                    """,
                arguments: [
                    process.number, Int64(bitPattern: process.began), process.boot, daymillVersion, now, id,
                ])
            if record.starts == 0 { record.started = now }
            (record.state, record.process, record.starts) = (.running, process, record.starts + 1)
            return record
        }
    }

    /// Notes that somebody wants a run to end. One that no process has taken ends at once.
    ///
    /// - Returns: the run as it is then; nil when there is no such run or it has ended.
    package func wish(_ id: String, _ reason: String) throws -> RunRecord? {
        let now = clock.nowMicroseconds
        return try write { database in
            try database.execute(
                sql: """
                    UPDATE runs SET wish = ?1,
                        ended = CASE state WHEN 'queued' THEN ?2 ELSE ended END,
                        message = CASE state WHEN 'queued' THEN ?1 ELSE message END,
                        code = CASE state WHEN 'queued' THEN 'cancelled' ELSE code END,
                        state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
                    WHERE id = ?3 AND state IN ('queued', 'running')
                    """, arguments: [reason, now, id])
            guard database.changesCount > 0 else { return nil }
            return try Row.fetchOne(database, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]).map(
                RunRecord.init)
        }
    }

    /// Runs that have not ended, the oldest first.
    package func openRuns() throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM runs WHERE state IN ('queued', 'running') ORDER BY id"
            ).map(RunRecord.init)
        }
    }

    /// Runs that a server had started and whose processes were found gone, by whom ever.
    package func interruptedRuns() throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql:
                    "SELECT * FROM runs WHERE state = 'interrupted' AND cause <> 'hand' AND cause NOT LIKE 'rerun%' ORDER BY id"
            ).map(RunRecord.init)
        }
    }

    /// Lets another process take a run whose process is gone.
    ///
    /// - Parameter isCounted: whether that process counts as one that the run has worn out.
    package func queueAgain(_ id: String, isCounted: Bool = true) throws {
        try write { database in
            try StateDatabase.interruptAttempts(of: id, database)
            try database.execute(
                sql: """
                    UPDATE runs SET state = 'queued', starts = CASE WHEN ? OR starts < 2 THEN starts ELSE starts - 1 END
                    WHERE id = ? AND state IN ('running', 'interrupted', 'queued')
                    """, arguments: [isCounted, id])
        }
    }

    /// Ends a run that no process will take any more.
    package func giveUp(_ id: String, _ reason: String, isCancelled: Bool) throws {
        let now = clock.nowMicroseconds
        try write { database in
            try StateDatabase.interruptAttempts(of: id, database)
            try database.execute(
                sql: "UPDATE runs SET state = ?, ended = ?, code = ?, message = ? WHERE id = ?",
                arguments: [
                    isCancelled ? "cancelled" : "failed", now, isCancelled ? "cancelled" : "step-failed", reason, id,
                ])
        }
    }

    static func interruptAttempts(of run: String, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE attempts SET state = 'interrupted', reason = 'its process ended without saying how'
                WHERE run = ? AND state = 'running'
                """, arguments: [run])
    }
}
