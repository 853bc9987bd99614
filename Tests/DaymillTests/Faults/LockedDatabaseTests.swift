import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// Another process keeps `state.db` locked: for a moment, and for ever. Sleeps are shorter in these processes, so that waiting for
/// a lock in vain takes no twenty seconds.
@Suite(.serialized, .enabled(if: Peer.isThere)) struct LockedDatabaseTests {
    private let scratch: Scratch
    private static let haste = Faults(command: "nothing", haste: 100)

    init() throws {
        scratch = try Scratch()
        try scratch.write(
            "pipelines/job.yaml",
            """
            schedule: { cron: "0 7 * * *" }
            steps:
              a: { shell: "echo a >> done; : > begun; while [ ! -e go ]; do sleep 0.01; done" }
              b: { shell: "echo b >> done", needs: a }
            """)
        #expect(try Program.run(["runs"], in: scratch.path).status == 0)
        try scratch.write("pipelines/make.yaml", "steps: { x: { shell: ':' } }\n")
        #expect(try Program.run(["run", "make", "2026-11-20"], in: scratch.path).status == 0)
    }

    /// A process that has the file locked until `release` is there.
    private func lock() throws -> Program.Running {
        try? FileManager.default.removeItem(atPath: "\(scratch.path)/release")
        let script = """
            import os, sqlite3, time
            c = sqlite3.connect('.daymill/state.db', isolation_level=None, timeout=60)
            c.execute('BEGIN IMMEDIATE')
            open('locked', 'w').close()
            while not os.path.exists('release'): time.sleep(0.005)
            c.execute('ROLLBACK')
            """
        let process = try Program.start(["python3", "-c", script], in: scratch.path, program: "/usr/bin/env")
        try wait { self.isThere("locked") }
        return process
    }

    private func release(_ process: Program.Running) throws {
        try scratch.write("release", "")
        #expect(process.end().status == 0)
        try FileManager.default.removeItem(atPath: "\(scratch.path)/locked")
    }

    private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(scratch.path)/\(name)") }

    private func said(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(scratch.path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }

    private func wait(_ condition: () throws -> Bool) throws {
        for _ in 0..<4000 {
            if try condition() { return }
            Thread.sleep(forTimeInterval: 0.005)
        }
        Issue.record("it did not come: \(said("serve.log"))")
    }

    private func runs() throws -> [RunRecord] {
        let state = try StateDatabase("\(scratch.path)/.daymill/state.db", clock: .system)
        defer { state.close() }
        return try state.runs(of: "job", limit: 10)
    }

    @Test func aRunWaitsForAMoment() throws {
        try scratch.write("go", "")
        let locker = try lock()
        let run = try Program.start(["run", "job", "2026-11-20"], in: scratch.path)
        try release(locker)
        #expect(run.end().status == 0)
        #expect(said("done") == "a\nb\n")
    }

    @Test func aRunDoesNotBeginWhereNothingCanBeNoted() throws {
        let locker = try lock()
        let ending = try Self.haste.start(["run", "job", "2026-11-20"], in: scratch).end()
        #expect(ending.status == 6)
        #expect(
            ending.complaints == """
                error: another process has kept .daymill/state.db locked for too long; see which one \
                ('fuser .daymill/state.db') and end it, or try again

                """)
        try release(locker)
        #expect(try runs().isEmpty && said("done") == "")
    }

    /// What cannot be noted does not go on: the next step does not begin.
    @Test func aRunEndsWhereNothingCanBeNotedAnyMore() throws {
        let run = try Self.haste.start(["run", "job", "2026-11-20"], in: scratch)
        try wait { self.isThere("begun") }
        let locker = try lock()
        try scratch.write("go", "")
        let ending = run.end()
        #expect(ending.status == 6)
        #expect(ending.complaints.split(separator: "\n").count { $0.contains("locked for too long") } == 1)
        try release(locker)
        #expect(said("done") == "a\n")
        let id = try #require(try runs().first).id
        #expect(try Program.run(["rerun", id, "--failed"], in: scratch.path).status == 0)
        // That the first step had ended was not noted.
        #expect(said("done") == "a\na\nb\n")
    }

    @Test func aServerOutlivesIt() throws {
        try scratch.write("go", "")
        let clock = MadeClock(scratch),
            seven = Int64(try #require(Day(iso: "2027-06-01")).daysSinceEpoch) * 86_400 + 7 * 3600
        try clock.set(to: seven - 60)
        var fault = Self.haste
        fault.clock = clock.path
        let server = try fault.start(["serve"], in: scratch, complaints: "serve.log")
        try wait { self.said("serve.log").contains("serving") }
        let locker = try lock()
        try clock.set(to: seven + 1)
        try wait { self.said("serve.log").contains("locked for too long") }
        try release(locker)
        // The pause is over.
        try clock.set(to: seven + 3)
        try wait { self.said("serve.log").contains("it works again") }
        try wait { try self.runs().first?.state == .succeeded }
        server.terminate()
        #expect(server.end().status == 0)
        #expect(try runs().count == 1 && said("done") == "a\nb\n")
    }
}
