import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// What the server itself does when the day's clock is set, or the machine sleeps for days: each moment of a schedule has one
/// decision, as its policy says, and one explanation.
@Suite(.serialized) struct ServeClockTests {
    private let scratch: Scratch
    private let clock: MadeClock

    init() throws {
        scratch = try Scratch()
        clock = MadeClock(scratch)
        try scratch.write("pipelines/mark.yaml", "steps: { x: { shell: ':' } }\n")
    }

    private var faults: Faults {
        var faults = Faults(command: "nothing")
        faults.clock = clock.path
        return faults
    }

    private func second(_ day: String, _ hour: Int64, _ minute: Int64 = 0, _ second: Int64 = 0) throws -> Int64 {
        Int64(try #require(Day(iso: day)).daysSinceEpoch) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private func serve(at second: Int64) throws -> Program.Running {
        try clock.set(to: second)
        let server = try faults.start(["serve"], in: scratch, complaints: "serve.log")
        try wait { self.said.contains("serving") }
        return server
    }

    private var said: String {
        FileManager.default.contents(atPath: "\(scratch.path)/serve.log").map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }

    private func wait(_ condition: () throws -> Bool) throws {
        for _ in 0..<4000 {
            if try condition() { return }
            Thread.sleep(forTimeInterval: 0.005)
        }
        Issue.record("it did not come: \(said)")
    }

    private func state<R>(_ body: (StateDatabase) throws -> R) throws -> R {
        let state = try StateDatabase("\(scratch.path)/.daymill/state.db", clock: .system)
        defer { state.close() }
        return try body(state)
    }

    /// The clock is set, and the server has looked at it: a run that was queued then has ended.
    private func pass(to second: Int64) throws {
        try clock.set(to: second)
        #expect(try faults.start(["queue", "mark", "2026-01-01"], in: scratch).end().status == 0)
        try wait {
            try self.state { try $0.openRuns().isEmpty && $0.runs(of: "mark", limit: 1).first?.state == .succeeded }
        }
    }

    /// Dates and verdicts, the oldest first. `why` names the run of each, or says why there is none.
    private func verdicts(_ pipeline: String) throws -> [String] {
        let firings = try state { try $0.firings(of: pipeline, limit: 100) }.reversed()
        #expect(Set(firings.map(\.instant)).count == firings.count)
        for firing in firings {
            #expect(!firing.reason.isEmpty)
            let why = try faults.start(["why", pipeline, firing.date], in: scratch).end()
            #expect(
                why.status == 0 && why.output.contains(firing.run ?? firing.reason), "\(why.output)\(why.complaints)")
        }
        return firings.map { "\($0.date) \($0.verdict)" }
    }

    /// The machine sleeps for three days; then the clock is set back and forward by hours.
    @Test func threeDaysOfSleepAreDecidedByThePolicy() throws {
        for policy in ["all", "latest", "none"] {
            try scratch.write(
                "pipelines/\(policy).yaml",
                "schedule: { cron: '0 7 * * *', missed: \(policy) }\nsteps: { x: { shell: 'echo $DAYMILL_DATE >> \(policy)' } }\n"
            )
        }
        let server = try serve(at: second("2027-06-01", 12))
        try pass(to: second("2027-06-04", 12))
        let expected = [
            "all": ["2027-06-02 ran", "2027-06-03 ran", "2027-06-04 ran"],
            "latest": ["2027-06-02 merged", "2027-06-03 merged", "2027-06-04 ran"],
            "none": ["2027-06-02 skipped", "2027-06-03 skipped", "2027-06-04 skipped"],
        ]
        for (policy, verdicts) in expected { #expect(try self.verdicts(policy) == verdicts) }
        // Back behind what was decided, and forward again; twice.
        for hour in [5, 12, 1, 13] as [Int64] { try pass(to: second("2027-06-04", hour)) }
        for (policy, verdicts) in expected { #expect(try self.verdicts(policy) == verdicts) }
        // In time, by the timer.
        try clock.set(to: second("2027-06-05", 6, 59, 59))
        try wait { try self.state { try $0.firings(of: "none", limit: 1).first?.date == "2027-06-05" } }
        try pass(to: second("2027-06-05", 7, 0, 30))
        for (policy, verdicts) in expected { #expect(try self.verdicts(policy) == verdicts + ["2027-06-05 ran"]) }
        server.terminate()
        #expect(server.end().status == 0)
        let made = try Program.shell("cat all; echo; cat latest; echo; cat none", in: scratch.path).output
        #expect(
            made == """
                2027-06-02\n2027-06-03\n2027-06-04\n2027-06-05\n\n2027-06-04\n2027-06-05\n\n2027-06-05\n
                """)
    }

    /// 02:30 does not come in one night, and comes twice in another one: each night has one start.
    @Test(arguments: [("2027-03-28", 1), ("2027-10-31", 2)])
    func nightsOfChangedClocksHaveOneStart(_ day: String, _ hours: Int64) throws {
        try scratch.write(
            "pipelines/night.yaml",
            "timezone: Europe/Berlin\nschedule: { cron: '30 2 * * *' }\nsteps: { x: { shell: ':' } }\n")
        // In UTC the clocks change at 01:00: in March 02:00 becomes 03:00, in October 03:00 becomes 02:00.
        let change = try second(day, 1)
        let server = try serve(at: change - 12 * 3600)
        for minute in stride(from: -90 as Int64, through: 150, by: 15) { try pass(to: change + minute * 60 + 5) }
        #expect(try verdicts("night") == ["\(day) ran"])
        let next = try #require(Day(iso: day)).advanced(by: 1)
        for minute in stride(from: -90 as Int64, through: 150, by: 15) {
            try pass(to: change + 86_400 + minute * 60 + 5)
        }
        #expect(try verdicts("night") == ["\(day) ran", "\(next) ran"])
        server.terminate()
        #expect(server.end().status == 0)
    }

    /// A run is at work when the clock is set back by hours: its pauses are as long as they were to be.
    @Test func aRetryDoesNotWaitForTheClockToComeBack() throws {
        try scratch.write(
            "pipelines/job.yaml",
            """
            steps:
              x: { shell: "[ -e tried ] || { : > tried; exit 1; }", retry: { times: 1, delay: 1s, jitter: 0 } }
            """)
        try clock.set(to: second("2027-06-01", 12))
        let run = try faults.start(["run", "job", "2027-06-01"], in: scratch)
        try wait { FileManager.default.fileExists(atPath: "\(self.scratch.path)/tried") }
        try clock.set(to: second("2027-06-01", 5))
        #expect(run.end().status == 0)
    }
}
