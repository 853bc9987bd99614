import DaymillCore
import Foundation
import GRDB

/// The outbox: what is to be said is noted together with what it is about, and sent afterwards.
extension StateDatabase {
    static func insert(_ notices: [NoticeRecord], _ database: Database) throws {
        for notice in notices {
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO notices (id, pipeline, run, kind, channel, subject, text, fields, state,
                        attempts, next, created, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, '')
                    """,
                arguments: [
                    notice.id, notice.pipeline, notice.run, notice.kind, notice.channel, notice.subject, notice.text,
                    String(decoding: (try? JSONEncoder().encode(notice.fields)) ?? Data(), as: UTF8.self), notice.next,
                    notice.created,
                ])
        }
    }

    /// Adds messages to send. One that was added before is not added again.
    package func add(_ notices: [NoticeRecord]) throws {
        guard !notices.isEmpty else { return }
        try write { try StateDatabase.insert(notices, $0) }
    }

    /// Takes the messages that are due, and notes that they are being sent: what is noted so and whose process dies may have
    /// arrived or not.
    package func takeNotices() throws -> [NoticeRecord] {
        let now = clock.nowMicroseconds, sender = ProcessIdentity.current.number
        return try write { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM notices WHERE state = 'waiting' AND next <= ? ORDER BY created, id LIMIT 500",
                arguments: [now])
            for row in rows {
                try database.execute(
                    sql: "UPDATE notices SET state = 'sending', attempts = attempts + 1, answer = ? WHERE id = ?",
                    arguments: ["being sent by process \(sender)", row["id"] as String])
            }
            return rows.map(NoticeRecord.init)
        }
    }

    /// Notes what became of messages.
    ///
    /// - Parameter next: when one that waits is sent again, in microseconds since 1970.
    package func settle(_ ids: [String], _ state: NoticeRecord.State, answer: String, next: Int64 = 0) throws {
        let now = clock.nowMicroseconds
        try write { database in
            for id in ids {
                try database.execute(
                    sql: "UPDATE notices SET state = ?, answer = ?, next = ?, ended = ? WHERE id = ?",
                    arguments: [state.rawValue, answer, next, state == .waiting ? nil : now, id])
            }
        }
    }

    /// Notes of messages whose sender is gone that nobody knows whether they arrived.
    ///
    /// - Parameter isSending: whether a process may be at it right now.
    package func noteUncertain(_ isSending: (Int32) -> Bool) throws {
        let open = try notices(states: [.sending], limit: 10_000)
        let gone = open.filter { notice in
            let number = notice.answer.split(separator: " ").last.flatMap { Int32($0) } ?? 0
            return !isSending(number)
        }
        guard !gone.isEmpty else { return }
        let now = clock.nowMicroseconds
        try write { database in
            for notice in gone {
                // It may have been settled since it was looked at.
                try database.execute(
                    sql: """
                        UPDATE notices SET state = 'uncertain', ended = ?,
                            answer = 'its sender was interrupted: it may have arrived or not'
                        WHERE id = ? AND state = 'sending' AND answer = ?
                        """, arguments: [now, notice.id, notice.answer])
            }
        }
    }

    /// Messages, the newest first.
    package func notices(states: [NoticeRecord.State] = [], limit: Int) throws -> [NoticeRecord] {
        try read { database in
            let wanted = states.map { "'\($0.rawValue)'" }.joined(separator: ",")
            let condition = states.isEmpty ? "" : "WHERE state IN (\(wanted))"
            return try Row.fetchAll(
                database, sql: "SELECT * FROM notices \(condition) ORDER BY created DESC, id LIMIT ?",
                arguments: [limit]
            ).map(NoticeRecord.init)
        }
    }

    /// When the next message is due, in microseconds since 1970; nil: none waits.
    package func nextNotice() throws -> Int64? {
        try read { try Int64.fetchOne($0, sql: "SELECT min(next) FROM notices WHERE state = 'waiting'") }
    }

    /// How the last run of a pipeline that ended before another one ended.
    package func stateBefore(_ run: String, of pipeline: String) throws -> RunRecord.State? {
        try read { database in
            let state = try String.fetchOne(
                database,
                sql: """
                    SELECT state FROM runs WHERE pipeline = ? AND id < ? AND state IN ('succeeded', 'failed')
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [pipeline, run])
            return state.flatMap(RunRecord.State.init)
        }
    }
}

extension NoticeRecord {
    init(_ row: Row) {
        let fields = try? JSONDecoder().decode([[String]].self, from: Data((row["fields"] as String).utf8))
        self.init(
            id: row["id"], pipeline: row["pipeline"], run: row["run"], kind: row["kind"], channel: row["channel"],
            subject: row["subject"], text: row["text"], fields: fields ?? [], created: row["created"])
        state = State(rawValue: row["state"]) ?? .uncertain
        (attempts, next, ended, answer) = (row["attempts"], row["next"], row["ended"], row["answer"])
    }
}
