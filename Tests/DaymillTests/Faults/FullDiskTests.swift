import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// A disk that is full, or broken, from some call on: it is said in a sentence, nothing is lost, and when there is room again
/// everything goes on.
@Suite(.serialized, .enabled(if: Peer.isThere)) struct FullDiskTests {
    private static let date = Day(iso: "2026-11-20")!
    private static let dates = (-2...0).map { date.advanced(by: $0) }
    private static let words = ["run", "job", "\(date)", "--notify"]

    /// What is written to; nil: all of it.
    @Test(arguments: ["/.daymill/state.db", ".daymill/logs", ".daymill/segments", "out/", nil])
    func aRunSaysSoAndIsFinishedLater(_ under: String?) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let untouched = try FaultProject(peer, dates: Self.dates)
        var fault = Faults(command: "run", under: under)
        #expect(try fault.start(Self.words, in: untouched.scratch).end().status == 0)
        let expected = untouched.outputs(), calls = Faults.counted(in: untouched.scratch).calls
        try #require(calls > 0)
        for at in Faults.chosen(of: calls, usually: 3) {
            for deed in Faults.isThorough ? [.full, .broken] : [at.isMultiple(of: 2) ? .broken : Faults.Deed.full] {
                let project = try FaultProject(peer, dates: Self.dates)
                (fault.at, fault.deed) = (at, deed)
                let about: Comment = "\(deed) from call \(at) of \(calls) on, under \(under ?? "all")"
                let ending = try fault.start(Self.words, in: project.scratch).end()
                try judge(ending, about)
                try finish(project, expected, ending.status, about)
            }
        }
    }

    /// 6: the system refused; 9: a step failed, since it did. Never a bug; a line that says why, or one for each step.
    private func judge(_ ending: Program.Ending, _ about: Comment) throws {
        #expect([0, 6, 9].contains(ending.status) && !ending.wasKilled, "\(ending.complaints); \(about)")
        let errors = ending.complaints.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(Set(errors).count == errors.count, "\(ending.complaints); \(about)")
        guard ending.status != 0 else { return }
        #expect(!errors.isEmpty, "\(ending.complaints); \(about)")
        let words = ["is full", "No space left", "I/O error", "Input/output error", "unable to open database file"]
        for error in errors { #expect(words.contains { error.contains($0) }, "\(error); \(about)") }
    }

    private func finish(
        _ project: FaultProject, _ expected: [String: Data], _ status: Int32, _ about: Comment
    ) throws {
        var before: (noted: [String], done: [String: Int]) = ([], project.done())
        var again = Self.words
        if FileManager.default.fileExists(atPath: "\(project.path)/.daymill/state.db") {
            let state = try project.state()
            if let run = try state.runs(limit: 10).first {
                before.noted = FaultProject.succeeded(try state.attempts(of: run.id))
                again = status == 0 ? ["runs"] : ["rerun", run.id, "--failed", "--notify"]
            }
            state.close()
        }
        let ending = try Program.run(again, in: project.path)
        #expect(ending.status == 0, "\(ending.complaints); \(about)")
        let state = try project.state(), runs = try state.runs(limit: 10)
        #expect(runs.first?.state == .succeeded, "\(runs); \(about)")
        state.close()
        // Who was not told since that could not be noted is told when the next one sends.
        try project.check(expected, before: before, ended: status == 0 ? [] : [runs[0]], about)
    }

    /// A server goes on when there is room again; what it could not note it has not done.
    @Test(arguments: [("serve", "/.daymill/state.db"), ("serve", ".daymill/logs"), ("work", "/.daymill/state.db")])
    func aServerOutlivesIt(_ command: String, _ under: String) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let world = try ServedWorld(peer)
        let untouched = try FaultProject(copyOf: world.project)
        let server = try world.serve(untouched, Faults(command: command, under: under))
        try world.waitUntilAllIsDone(untouched)
        server.terminate()
        #expect(server.end().status == 0)
        let expected = untouched.outputs(), calls = Faults.counted(in: untouched.scratch).calls
        try #require(calls > 0)
        var troubles = 0
        for at in Faults.chosen(of: calls, usually: 4) {
            for deed in Faults.isThorough ? [.full, .broken] : [at.isMultiple(of: 2) ? .full : Faults.Deed.broken] {
                let project = try FaultProject(copyOf: world.project)
                let about: Comment = "\(command): \(deed) from call \(at) of \(calls) on, under \(under)"
                troubles += try serve(project, world, Faults(command: command, at: at, deed: deed, under: under))
                try world.check(project, expected, before: ([], [:]), about)
            }
        }
        #expect(troubles > 0)
    }

    /// - Returns: 1 where the server met the fault.
    private func serve(_ project: FaultProject, _ world: ServedWorld, _ fault: Faults) throws -> Int {
        var fault = fault
        fault.lastsWhile = "\(project.path)/full"
        try project.scratch.write("full", "")
        var server = try world.serve(project, fault)
        var hasTrouble = false
        for _ in 0..<3000 {
            let said = project.said("serve.log")
            hasTrouble = said.contains("it is tried again in 1 s")
            // One that cannot begin says why, and ends.
            if try hasTrouble || said.contains("\nerror: ") || world.isAllDone(project) { break }
            Thread.sleep(forTimeInterval: 0.005)
        }
        if project.said("serve.log").contains("\nerror: ") {
            #expect(server.end().status == 6)
            server = try world.serve(project, fault)
        }
        try FileManager.default.removeItem(atPath: "\(project.path)/full")
        try world.waitUntilAllIsDone(project, passing: 70)
        server.terminate()
        let ending = server.end().status
        if ending != 0 {
            // The second one had met the fault, too, before it was over.
            #expect(ending == 6)
            let last = try world.serve(project, Faults(command: "nothing"))
            try world.waitUntilAllIsDone(project)
            last.terminate()
            #expect(last.end().status == 0)
        }
        if hasTrouble { #expect(project.said("serve.log").contains("it works again")) }
        return hasTrouble ? 1 : 0
    }

    /// While it lasts the server is asked as before, and looks less and less often.
    @Test func aServerInTroubleWaitsLongerAndLonger() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let world = try ServedWorld(peer), project = world.project
        var fault = Faults(command: "serve", at: 1, deed: .full, under: ".daymill/logs")
        fault.lastsWhile = "\(project.path)/full"
        try project.scratch.write("full", "")
        let server = try world.serve(project, fault)
        let pauses = [1, 2, 4, 8, 16, 32, 60, 60]
        for (round, seconds) in pauses.enumerated() {
            try world.wait(project, "is tried again", times: round + 1)
            try world.clock(project).move(by: Int64(seconds))
        }
        try world.wait(project, "is tried again", times: pauses.count + 1)
        // The clock is set back by hours: the pause does not become longer by that.
        try world.clock(project).move(by: -5 * 3600)
        try FileManager.default.removeItem(atPath: "\(project.path)/full")
        try world.wait(project, "it works again")
        try world.waitUntilAllIsDone(project)
        let lines = project.said("serve.log").split(separator: "\n")
        let said = lines.compactMap { $0.firstMatch(of: /is tried again in (\d+) s/).flatMap { Int($0.output.1) } }
        #expect(said == pauses + [60])
        #expect(lines.contains { $0.contains("could not be started: cannot write") && $0.contains("No space left") })
        server.terminate()
        #expect(server.end().status == 0)
    }
}
