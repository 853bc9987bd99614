import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillTestKit
import Testing

/// What schedules start: against all the moments that they mean, over years of clocks that change, servers that are not
/// there, and people who pause and edit.
@Suite struct ServeMachineTests {
    private static let place = SourcePlace(file: "test.yaml", line: 1, column: 1)

    private static func schedule(
        _ line: String, _ missed: MissedStarts = .latest, _ overlap: RunOverlap = .queue
    ) throws -> Schedule {
        var schedule = Schedule(cron: try CronExpression.parse(line), missed: missed, place: place)
        schedule.runOverlap = overlap
        return schedule
    }

    private static func second(_ text: String) -> Int64 {
        let parts = text.split(separator: " "), time = parts[1].split(separator: ":").compactMap { Int64($0) }
        return Int64(Day(String(parts[0]))!.daysSinceEpoch) * 86_400 + time[0] * 3600 + time[1] * 60
    }

    private static func run(_ id: String, _ pipeline: String = "p", isRunning: Bool = false) -> ServeMachine.OpenRun {
        .init(id, pipeline, isRunning: isRunning)
    }

    /// A machine with one pipeline, whose moments have been decided up to a time of UTC.
    private static func machine(
        _ line: String, _ missed: MissedStarts = .latest, _ overlap: RunOverlap = .queue, pause: String? = nil,
        decided: String
    ) throws -> ServeMachine {
        var machine = ServeMachine(maxRuns: 2)
        let schedule = try schedule(line, missed, overlap)
        machine.serve([.init("p", schedule, .utc, overlap: overlap, pause: pause, decided: second(decided))])
        return machine
    }

    /// `2026-01-05 ran: its time had come`.
    private static func lines(_ decisions: [ServeMachine.Decision]) -> [String] {
        decisions.map { "\($0.firing.date) \($0.verdict): \($0.reason)" }
    }

    // MARK: Over years

    struct World: Sendable, CustomTestStringConvertible {
        var zone: String
        var lines: [String]
        var from: String
        var events: Int

        var testDescription: String { "\(zone) \(lines)" }
    }

    @Test(
        arguments: [
            World(
                zone: "Europe/Berlin", lines: ["30 2 * * *", "0 3 * * MON", "0 0 1 * *"], from: "2023-12-30 00:00",
                events: 300),
            World(
                zone: "America/New_York", lines: ["0 1,2,3 * * *", "30 1 * * *"], from: "2024-02-20 00:00",
                events: 300),
            World(
                zone: "Australia/Lord_Howe", lines: ["15 2 * * *", "45 1 * * *"], from: "2025-09-01 00:00",
                events: 300),
            World(zone: "Pacific/Apia", lines: ["0 7 * * *", "0 0 * * FRI"], from: "2011-11-20 00:00", events: 300),
            World(
                zone: "Africa/Casablanca", lines: ["30 2 * * *", "0 */6 * * *"], from: "2026-01-01 00:00", events: 300),
            World(
                zone: "America/Nuuk", lines: ["*/20 20-23,0-2 * * *", "30 22 * * *"], from: "2026-03-27 00:00",
                events: 150),
            World(zone: "Asia/Kathmandu", lines: ["0 0 29 2 *", "0 9 * * *"], from: "2020-01-01 00:00", events: 300),
            World(
                zone: "UTC", lines: ["59 23 31 12 *", "0 12 * * SUN", "*/30 9-11 * * *"], from: "2000-02-28 00:00",
                events: 150),
        ])
    func eachMomentIsDecidedOnce(_ world: World) throws {
        let isOften = world.lines.contains { $0.hasPrefix("*/") }
        for seed in 0..<(isOften ? 1 : 2) as Range<UInt64> {
            var random = SeededGenerator(seed: seed &* 77 &+ UInt64(world.events))
            let schedules = try world.lines.map {
                try Self.schedule($0, random.pick(MissedStarts.allCases), random.pick(RunOverlap.allCases))
            }
            var here = try ServeWorld(
                world.zone, schedules, from: Self.second(world.from), maxRuns: random.number(1...2), seed: seed)
            for _ in 0..<world.events where here.problems.isEmpty { Self.happen(&here, &random, isOften: isOften) }
            here.compareAll()
            #expect(here.problems.isEmpty, "seed \(seed): \(here.problems.joined(separator: "\n"))")
            #expect(here.decisions.count > world.events / 10, "seed \(seed): \(here.decisions.count) decisions")
            let verdicts = Set(here.decisions.map(\.verdict))
            #expect(verdicts.contains(.ran) && verdicts.contains(.skipped), "seed \(seed): \(verdicts)")
        }
    }

    private static func happen(_ world: inout ServeWorld, _ random: inout SeededGenerator, isOften: Bool) {
        world.endSome(oneIn: 3)
        let day: Int64 = 86_400, place = random.below(world.projects.count)
        switch random.below(40) {
        case 0: world.restart(after: Int64(random.below(isOften ? 3 : 90)) * day + Int64(random.below(86_400)))
        case 1: world.restart(after: Int64(random.below(600)))
        // The machine slept, or its clock was wrong.
        case 2: world.move(by: Int64(random.below(isOften ? 2 : 20)) * day)
        case 3: world.move(by: Int64(random.number(1...12)) * 3600)
        case 4: world.move(by: -Int64(random.number(1...12)) * 3600)
        case 5: world.move(by: -Int64(random.below(3)) * day)
        case 6: world.restart(after: -Int64(random.below(5)) * 3600)
        case 7: world.setPause(place, "somebody is on holiday")
        case 8...10: world.setPause(place, nil)
        case 11: world.edit(place, random.pick(MissedStarts.allCases), random.pick(RunOverlap.allCases))
        case 12: world.move(by: Int64(random.below(120)))
        case 13...20: world.sleep(late: Int64(random.pick([59, 60, 61, 62, 3600])))
        default: world.sleep(late: Int64(random.below(3)))
        }
    }

    // MARK: Starts that were missed

    @Test(
        arguments: [
            (
                .latest,
                [
                    "2026-01-02 merged: nothing was there to start it in time, "
                        + "and the latest start stands for all that were missed",
                    "2026-01-03 merged: nothing was there to start it in time, "
                        + "and the latest start stands for all that were missed",
                    "2026-01-04 ran: its time had come: nothing was there to start it in time, and it is made up for",
                ]
            ),
            (
                .all,
                ["2026-01-02", "2026-01-03", "2026-01-04"].map {
                    "\($0) ran: its time had come: nothing was there to start it in time, and it is made up for"
                }
            ),
            (
                .none,
                ["2026-01-02", "2026-01-03", "2026-01-04"].map {
                    "\($0) skipped: nothing was there to start it in time, and 'missed' is none"
                }
            ),
        ] as [(MissedStarts, [String])])
    func startsThatWereMissedAreDecidedAsThePolicySays(_ missed: MissedStarts, _ expected: [String]) throws {
        var machine = try Self.machine("0 7 * * *", missed, decided: "2026-01-01 12:00")
        #expect(Self.lines(machine.due(Self.second("2026-01-04 12:00"))) == expected)
        #expect(machine.nextWake == Self.second("2026-01-05 07:00"))
    }

    /// Where one is on time, it stands for those that were missed.
    @Test func aStartInTimeStandsForThoseThatWereMissed() throws {
        var machine = try Self.machine("0 7 * * *", decided: "2026-01-01 12:00")
        let found = machine.due(Self.second("2026-01-04 07:00") + 60)
        #expect(found.map(\.verdict) == [.merged, .merged, .ran])
        #expect(found.last?.reason == "its time had come")
    }

    @Test(arguments: [(0, true), (60, true), (61, false), (3600, false)])
    func aMinuteLateIsInTime(_ late: Int64, _ isInTime: Bool) throws {
        var machine = try Self.machine("0 7 * * *", .none, decided: "2026-01-01 12:00")
        let found = machine.due(Self.second("2026-01-02 07:00") + late)
        #expect(found.map(\.verdict) == [isInTime ? .ran : .skipped])
    }

    @Test func nothingIsDueBeforeItsTime() throws {
        var machine = try Self.machine("0 7 * * *", decided: "2026-01-01 12:00")
        let next = Self.second("2026-01-02 07:00")
        #expect(machine.nextWake == next && machine.due(next - 1).isEmpty && machine.nextWake == next)
        #expect(machine.due(next).count == 1 && machine.due(next).isEmpty)
    }

    /// The moment up to which all is decided is one of them.
    @Test func aMomentThatHasBeenDecidedIsNotDecidedAgain() throws {
        var machine = try Self.machine("0 7 * * *", decided: "2026-01-02 07:00")
        #expect(machine.due(Self.second("2026-01-02 07:00")).isEmpty)
        #expect(machine.nextWake == Self.second("2026-01-03 07:00"))
    }

    @Test func startsThatWereMissedLongAgoAreForgotten() throws {
        var machine = try Self.machine("* * * * *", .all, decided: "2026-01-01 00:00")
        let now = Self.second("2026-01-09 00:00")
        let found = machine.due(now)
        #expect(found.count == Limits.missedStartsMax && found.last?.firing.second == now)
        #expect(machine.due(now).isEmpty && machine.nextWake == now + 60)
    }

    @Test func aScheduleThatHasEndedWakesNobody() throws {
        var machine = ServeMachine(maxRuns: 2)
        var schedule = try Self.schedule("0 7 * * *")
        schedule.end = Day("2026-01-02")
        machine.serve([
            .init("p", schedule, .utc, overlap: .queue, pause: nil, decided: Self.second("2026-01-01 12:00"))
        ])
        #expect(machine.due(Self.second("2026-01-09 12:00")).map(\.firing.date) == [Day("2026-01-02")])
        #expect(machine.nextWake == nil && machine.due(Self.second("2027-01-09 12:00")).isEmpty)
    }

    @Test func pipelinesAreDecidedInTheOrderOfTheirMoments() throws {
        var machine = ServeMachine(maxRuns: 2)
        let decided = Self.second("2026-01-01 12:00")
        machine.serve(
            try [("c", "0 7 * * *"), ("a", "30 7 * * *"), ("b", "0 7 * * *")].map { name, line in
                .init(name, try Self.schedule(line), .utc, overlap: .queue, pause: nil, decided: decided)
            })
        #expect(machine.due(Self.second("2026-01-02 07:30")).map(\.pipeline) == ["b", "c", "a"])
    }

    // MARK: Clocks, pauses

    @Test func aClockThatGoesBackStartsNothingAgain() throws {
        var machine = try Self.machine("0 * * * *", decided: "2026-01-01 00:00")
        #expect(machine.due(Self.second("2026-01-01 05:00")).count == 5)
        for hour in ["02", "03", "04", "05"] { #expect(machine.due(Self.second("2026-01-01 \(hour):00")).isEmpty) }
        #expect(machine.due(Self.second("2026-01-01 06:00")).map(\.verdict) == [.ran])
    }

    @Test func aTimeThatTheClockShowsTwiceMayStartTwice() throws {
        var machine = ServeMachine(maxRuns: 2)
        var schedule = try Self.schedule("30 2 * * *")
        schedule.overlap = .both
        let berlin = try TimeZoneName.parse("Europe/Berlin").rules(), decided = Self.second("2026-10-24 12:00")
        machine.serve([.init("p", schedule, berlin, overlap: .queue, pause: nil, decided: decided)])
        let found = machine.due(Self.second("2026-10-25 00:30")) + machine.due(Self.second("2026-10-25 01:30"))
        #expect(found.map(\.firing.clock) == [.first, .second] && Set(found.map(\.firing.date)).count == 1)
    }

    @Test func aPausedPipelineStartsNothingAndSaysWhy() throws {
        var machine = try Self.machine("0 7 * * *", .all, pause: "the bank is closed", decided: "2026-01-01 12:00")
        #expect(
            Self.lines(machine.due(Self.second("2026-01-03 07:00"))) == [
                "2026-01-02 skipped: the pipeline was paused: the bank is closed",
                "2026-01-03 skipped: the pipeline was paused: the bank is closed",
            ])
        // Nothing of that is made up for.
        let schedule = try Self.schedule("0 7 * * *", .all), decided = Self.second("2026-01-03 07:00")
        machine.serve([.init("p", schedule, .utc, overlap: .queue, pause: nil, decided: decided)])
        #expect(machine.due(Self.second("2026-01-03 09:00")).isEmpty)
        #expect(machine.due(Self.second("2026-01-04 07:00")).map(\.verdict) == [.ran])
    }

    @Test func aPipelineThatIsGoneStartsNothing() throws {
        var machine = try Self.machine("0 7 * * *", decided: "2026-01-01 12:00")
        machine.serve([])
        #expect(machine.nextWake == nil && machine.due(Self.second("2026-01-03 07:00")).isEmpty)
        #expect(machine.board.nextStart.isEmpty)
    }

    // MARK: Runs that overlap

    @Test(
        arguments: [
            (.queue, "ran", "its time had come", []), (.cancelOld, "ran", "its time had come", ["1", "2"]),
            (.skip, "skipped", "run 1 had not ended, and 'overlap' is skip", []),
        ] as [(RunOverlap, String, String, [String])])
    func aRunThatHasNotEndedIsDealtWithAsThePolicySays(
        _ overlap: RunOverlap, _ verdict: String, _ reason: String, _ ends: [String]
    ) throws {
        var machine = try Self.machine("0 7 * * *", .latest, overlap, decided: "2026-01-01 12:00")
        machine.adopt([Self.run("1", isRunning: true), Self.run("2")])
        let decision = try #require(machine.due(Self.second("2026-01-02 07:00")).first)
        #expect(decision.verdict.rawValue == verdict && decision.reason == reason && decision.ends == ends)
    }

    @Test(arguments: RunOverlap.allCases)
    func runsOfOthersAreNoneOfItsBusiness(_ overlap: RunOverlap) throws {
        var machine = try Self.machine("0 7 * * *", .latest, overlap, decided: "2026-01-01 12:00")
        machine.adopt([Self.run("1", "other", isRunning: true)])
        let decision = try #require(machine.due(Self.second("2026-01-02 07:00")).first)
        #expect(decision.verdict == .ran && decision.ends.isEmpty)
    }

    /// Of two starts that are due at once, the first has not ended when the second comes.
    @Test(
        arguments: [(.skip, [.ran, .skipped]), (.queue, [.ran, .ran]), (.cancelOld, [.merged, .ran])]
            as [(RunOverlap, [ServeMachine.Decision.Verdict])])
    func startsThatAreDueAtOnceOverlap(_ overlap: RunOverlap, _ expected: [ServeMachine.Decision.Verdict]) throws {
        var machine = try Self.machine("* * * * *", .latest, overlap, decided: "2026-01-01 00:00")
        let found = machine.due(Self.second("2026-01-01 00:02"))
        #expect(found.map(\.verdict) == expected)
        #expect(found.allSatisfy { $0.ends.isEmpty })
    }

    @Test func ofStartsThatAreDueAtOnceOnlyTheOneThatRunsEndsOthers() throws {
        var machine = try Self.machine("* * * * *", .latest, .cancelOld, decided: "2026-01-01 00:00")
        machine.adopt([Self.run("1", isRunning: true), Self.run("2")])
        let found = machine.due(Self.second("2026-01-01 00:02"))
        #expect(found.map(\.ends) == [[], ["1", "2"]])
        #expect(
            found[0].reason == "a later start took its place before it began, and 'overlap' is cancel_old")
    }

    /// Starts that are made up for wait for each other, whatever happens with those that overlap.
    @Test(
        arguments: [
            (.queue, false, [.ran, .ran, .ran]), (.skip, false, [.ran, .ran, .ran]),
            (.cancelOld, false, [.ran, .ran, .ran]), (.queue, true, [.ran, .ran, .ran]),
            (.skip, true, [.ran, .ran, .skipped]), (.cancelOld, true, [.merged, .merged, .ran]),
        ] as [(RunOverlap, Bool, [ServeMachine.Decision.Verdict])])
    func startsThatAreMadeUpForWaitForEachOther(
        _ overlap: RunOverlap, _ isLastInTime: Bool, _ expected: [ServeMachine.Decision.Verdict]
    ) throws {
        var machine = try Self.machine("0 * * * *", .all, overlap, decided: "2026-01-01 00:00")
        let found = machine.due(Self.second("2026-01-01 03:\(isLastInTime ? "00" : "30")"))
        #expect(found.map(\.verdict) == expected)
    }

    /// A run that was there before stands in the way of starts that are made up for, too.
    @Test(
        arguments: [
            (.skip, [.skipped, .skipped], [[], []]), (.cancelOld, [.ran, .ran], [["1"], []]),
        ] as [(RunOverlap, [ServeMachine.Decision.Verdict], [[String]])])
    func aRunThatWasThereBeforeOverlapsWithStartsThatAreMadeUpFor(
        _ overlap: RunOverlap, _ expected: [ServeMachine.Decision.Verdict], _ ends: [[String]]
    ) throws {
        var machine = try Self.machine("0 * * * *", .all, overlap, decided: "2026-01-01 00:00")
        machine.adopt([Self.run("1", isRunning: true)])
        let found = machine.due(Self.second("2026-01-01 02:30"))
        #expect(found.map(\.verdict) == expected && found.map(\.ends) == ends)
    }

    // MARK: Places for runs

    @Test func theBoardShowsWhatIsAtWorkAndWhatIsNext() throws {
        var machine = ServeMachine(maxRuns: 2)
        let decided = Self.second("2026-01-01 12:00")
        machine.serve(
            try [("a", nil), ("b", "the bank is closed")].map { name, pause in
                .init(name, try Self.schedule("0 7 * * *"), .utc, overlap: .queue, pause: pause, decided: decided)
            })
        machine.adopt([Self.run("1", "a", isRunning: true), Self.run("2", "a"), Self.run("3", "c")])
        let board = machine.board
        #expect(board.running == 1 && board.queued == 2)
        #expect(board.nextStart == ["a": Self.second("2026-01-02 07:00")])
    }

    @Test func runsOfAPipelineComeOneAfterTheOther() {
        var machine = ServeMachine(maxRuns: 5)
        for id in ["3", "1", "2"] { machine.queued(Self.run(id)) }
        #expect(machine.starts().map(\.id) == ["1"] && machine.starts().isEmpty)
        machine.ended("1", of: "p")
        #expect(machine.starts().map(\.id) == ["2"])
    }

    @Test func noMoreRunsThanPlaces() {
        var machine = ServeMachine(maxRuns: 2)
        for id in ["4", "1", "3", "2"] { machine.queued(Self.run(id, "p\(id)")) }
        #expect(machine.starts().map(\.id) == ["1", "2"] && machine.starts().isEmpty)
        machine.ended("2", of: "p2")
        #expect(machine.starts().map(\.id) == ["3"])
        // What was never there ends nothing.
        machine.ended("2", of: "p2")
        machine.ended("9", of: "p9")
        #expect(machine.starts().isEmpty)
    }

    @Test func aRunThatIsStartedAgainWaitsForItsTurn() {
        var machine = ServeMachine(maxRuns: 1)
        machine.queued(Self.run("1", "a"))
        machine.queued(Self.run("2", "b"))
        #expect(machine.starts().map(\.id) == ["1"])
        machine.ended("1", of: "a", isStartedAgain: true)
        #expect(machine.starts().map(\.id) == ["1"])
        machine.ended("1", of: "a")
        #expect(machine.starts().map(\.id) == ["2"])
    }

    @Test func moreRunsThanPlacesMayBeAdopted() {
        var machine = ServeMachine(maxRuns: 1)
        machine.adopt([Self.run("1", "a", isRunning: true), Self.run("2", "b", isRunning: true), Self.run("3", "c")])
        #expect(machine.starts().isEmpty)
        machine.ended("1", of: "a")
        #expect(machine.starts().isEmpty)
        machine.ended("2", of: "b")
        #expect(machine.starts().map(\.id) == ["3"])
    }

    /// A server looks for runs again when it is told to read everything anew, and finds those that it knows.
    @Test func aRunIsAdoptedOnce() {
        var machine = ServeMachine(maxRuns: 2)
        machine.queued(Self.run("1"))
        machine.queued(Self.run("1"))
        machine.adopt([Self.run("1")])
        #expect(machine.starts().map(\.id) == ["1"])
        machine.ended("1", of: "p")
        #expect(machine.starts().isEmpty)
    }
}
