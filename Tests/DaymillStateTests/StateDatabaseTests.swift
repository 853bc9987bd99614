import DaymillCore
import DaymillState
import Foundation
import Synchronization
import Testing

/// What the runner remembers comes back as it was, whoever writes beside it, and no file that is wrong is taken for right.
@Suite struct StateDatabaseTests {
    private let folder: String

    init() throws {
        folder = "\(NSTemporaryDirectory())daymill-state-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private var path: String { "\(folder)/state.db" }

    private func open(now: Int64 = 1_700_000_000_000_000) throws -> StateDatabase {
        try StateDatabase(path, clock: .fixed(atMicroseconds: now))
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// A note that a power cut can take away again is relied upon too early.
    @Test func whatIsNotedIsOnDisk() throws {
        defer { remove() }
        let isNew = try open().waitsForDisk, isThere = try open().waitsForDisk
        #expect(isNew && isThere)
        // A note that need not wait is there all the same, and those after it wait again, also where it could not be written.
        let state = try open()
        let run = try state.begin("p", command: "run", dates: "2026-11-21", params: [:])
        let look = AttemptRecord(step: "a", number: 1, state: .running, started: 1, facts: [:], place: 0)
        try state.note(run.id, [look], waits: false)
        #expect(try state.attempts(of: run.id) == [look] && state.waitsForDisk)
        #expect(throws: DaymillError.self) { try state.note("no run", [look], waits: false) }
        #expect(try open().attempts(of: run.id) == [look] && state.waitsForDisk)
    }

    @Test func whatIsNotedComesBack() throws {
        defer { remove() }
        let begun = try open().begin("logs", command: "run", dates: "2026-11-21", params: ["who": "a \"b\"", "x": ""])
        #expect(begun.id == "20231114-221320-000")
        #expect(try open().runs(limit: 5) == [begun])
        let steps = [
            StepRecord(
                step: "weekly", date: "2026-11-21", status: "made", output: "out/ü.csv", seconds: 0.25, filesRead: 3,
                bytesRead: 4_000_000_000_000, rowsRead: 5, badRows: 1, rowsWritten: 6, bytesWritten: 7),
            StepRecord(
                step: "daily", date: "2026-11-21", status: "failed",
                failure: RunFailure(code: "bad-row", message: "line 1\nline 2")),
        ]
        try open(now: 1_700_000_003_000_000).end(begun.id, .failed, steps, failure: steps[1].failure)
        let ended = try #require(try open().runs(of: "logs", limit: 5).first)
        #expect(ended.state == .failed && ended.ended == 1_700_000_003_000_000 && ended.failure == steps[1].failure)
        #expect(ended.params == begun.params && ended.process == .current)
        #expect(try open().steps(of: begun.id) == steps)
        #expect(try open().counts(of: [begun.id, "other"]) == [begun.id: ["made": 1, "failed": 1]])
        #expect(try open().runs(of: "other", limit: 5).isEmpty)
    }

    @Test func idsAscendAlsoWithinAMillisecond() throws {
        defer { remove() }
        let state = try open()
        let ids = try (0..<20).map { _ in try state.begin("a", command: "run", dates: "", params: [:]).id }
        #expect(ids == ids.sorted() && Set(ids).count == 20)
        #expect(try state.runs(limit: 3).map(\.id) == Array(ids.reversed().prefix(3)))
        #expect(try state.runs(startingWith: ids[7]).map(\.id) == [ids[7]])
        #expect(try state.runs(startingWith: "2023").count == 10)
        #expect(try state.runs(startingWith: "%").isEmpty)
    }

    @Test func aRunWhoseProcessIsGoneWasInterrupted() throws {
        defer { remove() }
        let state = try open()
        let own = try state.begin("a", command: "run", dates: "", params: [:])
        #expect(try state.noteInterrupted().isEmpty)
        #expect(own.process.isRunning)
        // A process of this number that began at another time is another one.
        var other = own.process
        other.began += 1
        #expect(!other.isRunning)
        other = own.process
        other.boot = "of a system that was started before"
        #expect(!other.isRunning)
        let child = Process()
        child.executableURL = URL(filePath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        let asleep = try #require(ProcessIdentity(of: child.processIdentifier))
        #expect(asleep.isRunning)
        child.terminate()
        child.waitUntilExit()
        #expect(!asleep.isRunning && ProcessIdentity(of: child.processIdentifier) == nil)
    }

    @Test func oldRunsAreForgotten() throws {
        defer { remove() }
        let day: Int64 = 86_400_000_000
        for number in 0..<10 as Range<Int64> {
            let state = try open(now: 1_700_000_000_000_000 + number * day)
            let run = try state.begin("a", command: "run", dates: "", params: [:])
            if number != 1 { try state.end(run.id, .succeeded, [StepRecord(step: "s", date: "", status: "made")]) }
        }
        let state = try open(now: 1_700_000_000_000_000 + 10 * day)
        try state.prune(keep: .seconds(7 * 86_400), runs: 100)
        // The third oldest began more than seven days ago; the second one still runs.
        #expect(try state.runs(limit: 100).count == 8)
        try state.prune(keep: .seconds(100 * 86_400), runs: 4)
        let left = try state.runs(limit: 100)
        #expect(left.count == 5 && left.last?.state == .running)
        #expect(try state.counts(of: left.map(\.id)).count == 4)
    }

    @Test(arguments: ["", "no database, but long enough to be looked at as one by anybody who tries"])
    func aFileThatIsNoDatabaseIsToldOf(_ text: String) throws {
        defer { remove() }
        try Data(text.utf8).write(to: URL(filePath: path))
        // An empty file is an empty database.
        guard !text.isEmpty else {
            #expect(try open().runs(limit: 1).isEmpty)
            return
        }
        let error = #expect(throws: DaymillError.self) { try open() }
        #expect(error?.code == .storeDamaged && error?.message.contains(path) == true)
    }

    @Test func aFolderThatIsNotThereIsToldOf() throws {
        remove()
        let error = #expect(throws: DaymillError.self) { try open() }
        #expect(error?.code == .io)
    }

    @Test func aFileOfALaterVersionIsLeftAlone() throws {
        defer { remove() }
        _ = try open()
        let sqlite = Process()
        sqlite.executableURL = URL(filePath: "/usr/bin/env")
        sqlite.arguments = [
            "python3", "-c",
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"INSERT INTO grdb_migrations VALUES ('9 later')\"); c.commit()",
            path,
        ]
        try sqlite.run()
        sqlite.waitUntilExit()
        try #require(sqlite.terminationStatus == 0)
        let error = #expect(throws: DaymillError.self) { try open() }
        #expect(error?.code == .storeDamaged && error?.message.contains("later version") == true)
    }

    /// Many connections write at once: each waits its turn, and nothing is lost.
    @Test(arguments: 0..<5)
    func manyWriteAtOnce(_ number: Int) async throws {
        defer { remove() }
        // All of them make the file at once.
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let state = try StateDatabase(path, clock: .system)
                    for _ in 0..<5 {
                        let run = try state.begin("p\(number)", command: "run", dates: "", params: [:])
                        try state.end(run.id, .succeeded, [StepRecord(step: "s", date: "", status: "made")])
                    }
                }
            }
            try await group.waitForAll()
        }
        let runs = try open().runs(limit: 100)
        #expect(runs.count == 40 && runs.allSatisfy { $0.state == .succeeded })
    }

    /// While one makes the tables, others that open the file find all of them or wait, however often it happens.
    @Test func manyOpenANewFileAtOnce() async throws {
        defer { remove() }
        for round in 0..<150 {
            let path = "\(path).\(round)"
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try StateDatabase(path, clock: .system).runs(limit: 1).count }
                }
                for try await count in group { #expect(count == 0) }
            }
        }
    }
}
