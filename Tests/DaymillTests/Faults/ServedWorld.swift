import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// A project that a server has seen before, and a clock that says that its schedule is due now.
struct ServedWorld {
    let project: FaultProject

    init(_ peer: Peer) throws {
        // The next day but one, a bit after seven: files are older than the clock says.
        let now = WallClock.system.nowMicroseconds
        let date = Day(ofSecond: now / 1_000_000).advanced(by: 2)
        let seven = Int64(date.daysSinceEpoch) * 86_400 + 7 * 3600
        project = try FaultProject(peer, dates: (-3...1).map { date.advanced(by: $0) })
        try MadeClock(project.scratch).set(aheadBy: (seven - 60) * 1_000_000 - now)
        let server = try serve(project, Faults(command: "nothing"))
        for _ in 0..<3000 {
            if project.said("serve.log").contains("serving 1 pipeline") { break }
            Thread.sleep(forTimeInterval: 0.01)
        }
        server.terminate()
        #expect(server.end().status == 0)
        try MadeClock(project.scratch).set(aheadBy: (seven + 5) * 1_000_000 - now)
    }

    /// A server that says what it does into `serve.log`.
    func serve(_ project: FaultProject, _ faults: Faults) throws -> Program.Running {
        var faults = faults
        faults.clock = MadeClock(project.scratch).path
        return try faults.start(["serve"], in: project.scratch, complaints: "serve.log")
    }

    /// Lets a server or what it starts meet a fault, and then all be done: by the same server, or by another one.
    ///
    /// - Returns: what was noted as done when the fault had come, and how often it was done.
    func disturb(
        _ project: FaultProject, _ fault: Faults, endsServer: Bool
    ) throws -> (noted: [String], done: [String: Int]) {
        var server = try serve(project, fault)
        for _ in 0..<6000 {
            if Faults.counted(in: project.scratch).hasKilled { break }
            if try isAllDone(project) { break }
            Thread.sleep(forTimeInterval: 0.005)
        }
        let state = try project.state()
        defer { state.close() }
        let run = try state.runs(limit: 1).first
        // In this order: what is noted was done before.
        let noted = FaultProject.succeeded(try run.map { try state.attempts(of: $0.id) } ?? [])
        let done = project.done()
        if endsServer {
            // One that met nothing may do so while it ends.
            if Faults.counted(in: project.scratch).hasKilled { server.kill() } else { server.terminate() }
            _ = server.end()
            server = try serve(project, Faults(command: "nothing"))
        }
        try waitUntilAllIsDone(project)
        server.terminate()
        #expect(server.end().status == 0)
        return (noted, done)
    }

    func isAllDone(_ project: FaultProject) throws -> Bool {
        let state = try project.state()
        defer { state.close() }
        let runs = try state.runs(limit: 10)
        let open = try state.notices(states: [.waiting, .sending], limit: 10)
        return !runs.isEmpty && runs.allSatisfy { ![.queued, .running, .interrupted].contains($0.state) }
            && open.isEmpty
    }

    func clock(_ project: FaultProject) -> MadeClock { MadeClock(project.scratch) }

    /// - Parameter seconds: how far the day's clock is moved meanwhile, once in a while: pauses are over then.
    func waitUntilAllIsDone(_ project: FaultProject, passing seconds: Int64 = 0) throws {
        for round in 1...3000 {
            if try isAllDone(project) { return }
            if seconds > 0, round.isMultiple(of: 20) { try clock(project).move(by: seconds) }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("it was not done: \(project.said("serve.log"))")
    }

    /// Waits until the server has said something so many times.
    func wait(_ project: FaultProject, _ words: String, times: Int = 1) throws {
        for _ in 0..<3000 {
            if project.said("serve.log").components(separatedBy: words).count > times { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("it was not said: \(words): \(project.said("serve.log"))")
    }

    /// One firing, one run of it, and all that must hold.
    func check(
        _ project: FaultProject, _ expected: [String: Data], before: (noted: [String], done: [String: Int]),
        _ about: Comment
    ) throws {
        let state = try project.state()
        let runs = try state.runs(limit: 10), firings = try state.firings(of: "job", limit: 10)
        #expect(runs.count == 1 && runs.first?.state == .succeeded, "\(runs); \(about)")
        #expect(firings.map(\.verdict) == ["ran"] && firings.first?.run == runs.first?.id, "\(firings); \(about)")
        let run = try #require(runs.first)
        let succeeded = FaultProject.succeeded(try state.attempts(of: run.id)).filter {
            FaultProject.lines.contains($0)
        }
        #expect(succeeded.sorted() == FaultProject.lines.sorted(), "\(succeeded); \(about)")
        state.close()
        try project.check(expected, before: before, ended: runs, about)
    }
}
