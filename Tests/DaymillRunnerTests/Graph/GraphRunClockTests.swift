import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillState
import Synchronization
import Testing

/// Pauses and times that work may take go by a clock that nobody sets, whatever the day's clock does.
@Suite struct GraphRunClockTests {
    /// Notes nothing: only what becomes of a run counts here.
    private struct NoNotes: RunNotes {
        func note(_ changes: [AttemptRecord], waits: Bool) throws -> String? { nil }
        func made(_ outcomes: [StepOutcome]) {}
        func failed(_ step: String, _ error: DaymillError) {}
        func history(of fact: String, step: String, limit: Int) throws -> [String] { [] }
    }

    /// A clock that goes on by some microseconds with each look.
    private func clock(_ step: Int64) -> @Sendable () -> Int64 {
        let now = Mutex<Int64>(1_700_000_000_000_000)
        return {
            now.withLock { now in
                now += step
                return now
            }
        }
    }

    private static let hours: Int64 = 3_600_000_000

    private func run(
        _ yaml: String, day: Int64, steady: SteadyClock, spent: Duration = .zero
    ) throws -> RunResult {
        let project = try TestProject(yaml)
        var options = RunOptions(threads: 1, clock: WallClock(clock(day)))
        options.steadyClock = steady
        let store = project.store()
        try store.open()
        var setting = GraphRun.Setting(
            project: Project(root: project.root), pipeline: try project.pipeline(nil), date: Day("2026-11-20")!,
            run: "r", store: store, options: options, notes: NoNotes(), environment: ["PATH": "/usr/bin:/bin"])
        setting.timeSpent = spent
        // Its folder is there as long as it is.
        return try withExtendedLifetime(project) { try GraphRun(setting).run().result }
    }

    /// It fails once.
    private static let retried =
        "steps: { a: { shell: \"test -e x || { touch x; exit 1; }\", retry: { times: 1, delay: "

    /// Set forward by ten hours again and again it ends nothing; set back it lengthens no pause.
    @Test(arguments: [10 * hours, -10 * hours])
    func theDaysClockIsNotAsked(_ day: Int64) throws {
        let yaml = "timeout: 2h\n\(Self.retried)1ms } } }"
        #expect(try run(yaml, day: day, steady: .system) == .succeeded)
    }

    /// Where three hours pass with each look, as when the machine was suspended, an hour of pause is over at once.
    @Test func aSuspensionEndsAPause() throws {
        let steady = SteadyClock(clock(3 * Self.hours))
        #expect(try run("\(Self.retried)1h } } }", day: 0, steady: steady) == .succeeded)
    }

    /// Half an hour passes with each look: the second half of the wait is over without a moment of sleep.
    @Test func aSuspensionEndsAWait() throws {
        let steady = SteadyClock(clock(Self.hours / 2))
        #expect(try run("steps: { a: { wait: { time: 1h } } }", day: 0, steady: steady) == .succeeded)
    }

    @Test func aSuspensionEndsARun() throws {
        let steady = SteadyClock(clock(3 * Self.hours))
        let result = try run("timeout: 2h\nsteps: { a: { shell: sleep 1000 } }", day: 0, steady: steady)
        #expect(result == .failed([]))
    }

    /// What earlier processes took counts; a tenth is left at the least, however long that was by a clock that was set.
    @Test func aRunThatGoesOnHasWhatIsLeft() throws {
        let yaml = "timeout: 10h\nsteps: { a: { shell: sleep 1000, timeout: 1d } }"
        let quick = "timeout: 10h\nsteps: { a: { shell: ':' } }"
        let steady = SteadyClock(clock(Self.hours / 100))
        #expect(try run(quick, day: 0, steady: steady, spent: .seconds(100 * 86_400)) == .succeeded)
        let late = SteadyClock(clock(2 * Self.hours))
        #expect(try run(yaml, day: 0, steady: late, spent: .seconds(9 * 3600)) != .succeeded)
    }
}
