import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// A run, its server, and both are killed at their calls that change the disk or send something: before and after each.
///
/// `make soak-runner` does so at every one of them; otherwise some are tried, the same each time.
@Suite(.serialized, .enabled(if: Peer.isThere)) struct EveryKillTests {
    private static let date = Day(iso: "2026-11-20")!
    private static let dates = (-2...0).map { date.advanced(by: $0) }

    /// A run by hand that is killed; another process finishes it.
    @Test func aRunIsKilledAtEachOfItsCalls() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let words = ["run", "job", "\(Self.date)", "--notify"]
        let untouched = try FaultProject(peer, dates: Self.dates)
        let ending = try Faults(command: "run").start(words, in: untouched.scratch).end()
        try #require(ending.status == 0, "\(ending.complaints)")
        let expected = untouched.outputs(), calls = Faults.counted(in: untouched.scratch).calls
        var kills = 0
        for at in Faults.chosen(of: calls, usually: 16) {
            for deed in Faults.deeds(at) {
                let project = try FaultProject(peer, dates: Self.dates)
                let about: Comment = "killed \(deed) call \(at) of \(calls)"
                let fault = Faults(command: "run", at: at, deed: deed)
                let killed = try fault.start(words, in: project.scratch).end().wasKilled
                kills += killed ? 1 : 0
                try finish(project, words, expected, killed, about)
            }
        }
        // The last calls may be fewer in one process than in another.
        #expect(kills > 10)
        print("a run was killed \(kills) times at its \(calls) calls")
    }

    private func finish(
        _ project: FaultProject, _ words: [String], _ expected: [String: Data], _ wasKilled: Bool, _ about: Comment
    ) throws {
        let hasHistory = FileManager.default.fileExists(atPath: "\(project.path)/.daymill/state.db")
        let state = hasHistory ? try project.state() : nil
        let first = try state?.runs(limit: 10) ?? []
        let noted = try first.first.map { FaultProject.succeeded(try state?.attempts(of: $0.id) ?? []) } ?? []
        let before = (noted, project.done())
        state?.close()
        #expect(first.count <= 1, about)
        var again = words
        if let run = first.first {
            #expect([.running, .succeeded].contains(run.state), about)
            again = run.state == .succeeded ? ["notices", "--send"] : ["rerun", run.id, "--failed", "--notify"]
        }
        let ending = try Program.run(again, in: project.path)
        #expect(ending.status == 0, "\(ending.complaints); \(about)")
        let runs = try project.state().runs(limit: 10)
        #expect(runs.count == (again[0] == "rerun" ? 2 : 1), about)
        #expect(runs.first?.state == .succeeded && runs.dropFirst().allSatisfy { $0.state == .interrupted }, about)
        try project.check(expected, before: before, ended: [runs[0]], about)
    }

    // MARK: Servers

    /// A server that is to start a run by its schedule is killed; the next one does what is left.
    @Test func aServerIsKilledAtEachOfItsCalls() throws { try kill("serve", usually: 10) }

    /// The process of a served run is killed; its server goes on with it in another one.
    @Test func aServedRunIsKilledAtEachOfItsCalls() throws { try kill("work", usually: 10) }

    /// Both are killed at once.
    @Test func aServedRunAndItsServerAreKilledAtOnce() throws { try kill("work", withServer: true, usually: 8) }

    /// A message that could not be sent before is sent, and its sender killed: nobody is told twice.
    @Test func aSenderIsKilledAtEachOfItsCalls() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let told = try FaultProject(peer, dates: Self.dates)
        let address = try String(contentsOfFile: "\(told.path)/hook", encoding: .utf8)
        try told.scratch.write("hook", "")
        #expect(try Program.run(["run", "job", "\(Self.date)", "--notify"], in: told.path).status == 0)
        try told.scratch.write("hook", address)
        // What could not be sent is tried again after ten seconds.
        try MadeClock(told.scratch).set(aheadBy: 60_000_000)
        func send(_ at: Int, _ deed: Faults.Deed) throws -> FaultProject {
            let project = try FaultProject(copyOf: told)
            var fault = Faults(command: "notices", at: at, deed: deed)
            fault.clock = MadeClock(project.scratch).path
            let ending = try fault.start(["notices", "--send"], in: project.scratch).end()
            #expect(ending.wasKilled == Faults.counted(in: project.scratch).hasKilled)
            fault.at = 0
            #expect(try fault.start(["notices", "--send"], in: project.scratch).end().status == 0)
            return project
        }
        let untouched = try send(0, .before), calls = Faults.counted(in: untouched.scratch).calls
        let before = (FaultProject.lines, untouched.done())
        var states: Set<NoticeRecord.State> = []
        for at in Faults.chosen(of: calls, usually: 10) {
            for deed in Faults.deeds(at) {
                let project = try send(at, deed)
                let state = try project.state()
                states.formUnion(try state.notices(limit: 10).map(\.state))
                let runs = try state.runs(limit: 10)
                state.close()
                try project.check(untouched.outputs(), before: before, ended: runs, "killed \(deed) call \(at)")
            }
        }
        #expect(states == [.sent, .uncertain])
    }

    private func kill(_ command: String, withServer: Bool = false, usually count: Int) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let world = try ServedWorld(peer)
        let untouched = try FaultProject(copyOf: world.project)
        let server = try world.serve(untouched, Faults(command: command))
        try world.waitUntilAllIsDone(untouched)
        server.terminate()
        #expect(server.end().status == 0)
        let expected = untouched.outputs(), calls = Faults.counted(in: untouched.scratch).calls
        try world.check(untouched, expected, before: ([], [:]), "undisturbed")
        var kills = 0
        for at in Faults.chosen(of: calls, usually: count) {
            for deed in Faults.deeds(at) {
                let project = try FaultProject(copyOf: world.project)
                let about: Comment = "\(command) killed \(deed) call \(at) of \(calls), its server too: \(withServer)"
                let fault = Faults(command: command, at: at, deed: deed, killsParentToo: withServer)
                // A server outlives its runs.
                let before = try world.disturb(project, fault, endsServer: command != "work" || withServer)
                kills += Faults.counted(in: project.scratch).hasKilled ? 1 : 0
                try world.check(project, expected, before: before, about)
                if command == "serve" {
                    // The run itself went on by itself.
                    #expect(project.done().values.allSatisfy { $0 == 1 }, "\(project.done()); \(about)")
                }
            }
        }
        #expect(kills >= min(5, count / 2))
        print("\(command) was killed \(kills) times at its \(calls) calls, its server too: \(withServer)")
    }
}
