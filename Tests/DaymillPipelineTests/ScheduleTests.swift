import DaymillCore
import DaymillPipeline
import DaymillTestKit
import Foundation
import Testing

/// When schedules start, against a clock that is looked at minute by minute, and as laws over all zones there are.
@Suite struct ScheduleTests {
    private static let place = SourcePlace(file: "test.yaml", line: 1, column: 1)

    private func schedule(
        _ line: String, gap: ClockGap? = nil, overlap: ClockOverlap? = nil, start: Day? = nil, end: Day? = nil
    ) throws -> Schedule {
        Schedule(
            cron: try CronExpression.parse(line), start: start, end: end, gap: gap, overlap: overlap, place: Self.place)
    }

    private func rules(_ zone: String) throws -> ZoneRules { try TimeZoneName.parse(zone).rules() }

    private func days(_ first: String, _ last: String) -> ClosedRange<Day> { Day(first)!...Day(last)! }

    /// Starts as `2026-03-29T01:00:00Z plain`.
    private func starts(_ schedule: Schedule, _ zone: String, _ first: String, _ last: String) throws -> [String] {
        try schedule.firings(on: days(first, last), rules(zone)).map { firing in
            let date = Date(timeIntervalSince1970: Double(firing.second))
            return "\(date.formatted(.iso8601)) \(firing.clock)"
        }
    }

    // MARK: Berlin, which is set forward on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00

    @Test(
        arguments: [
            (nil, ["2026-03-28T01:30:00Z plain", "2026-03-29T01:00:00Z skipped", "2026-03-30T00:30:00Z plain"]),
            (.first, ["2026-03-28T01:30:00Z plain", "2026-03-29T01:00:00Z skipped", "2026-03-30T00:30:00Z plain"]),
            (.shift, ["2026-03-28T01:30:00Z plain", "2026-03-29T01:30:00Z skipped", "2026-03-30T00:30:00Z plain"]),
            (.skip, ["2026-03-28T01:30:00Z plain", "2026-03-30T00:30:00Z plain"]),
        ] as [(ClockGap?, [String])])
    func aSkippedTimeStartsAsThePolicySays(_ gap: ClockGap?, _ expected: [String]) throws {
        #expect(try starts(schedule("30 2 * * *", gap: gap), "Europe/Berlin", "2026-03-28", "2026-03-30") == expected)
    }

    @Test(
        arguments: [
            (nil, ["2026-10-25T00:30:00Z first"]), (.first, ["2026-10-25T00:30:00Z first"]),
            (.second, ["2026-10-25T01:30:00Z second"]),
            (.both, ["2026-10-25T00:30:00Z first", "2026-10-25T01:30:00Z second"]),
        ] as [(ClockOverlap?, [String])])
    func aRepeatedTimeStartsAsThePolicySays(_ overlap: ClockOverlap?, _ expected: [String]) throws {
        let schedule = try schedule("30 2 * * *", overlap: overlap)
        #expect(try starts(schedule, "Europe/Berlin", "2026-10-25", "2026-10-25") == expected)
    }

    /// A line that starts every hour is a rhythm: it neither stops for an hour nor hurries.
    @Test(arguments: ["*/15 * * * *", "0 * * * *", "7 * * * *", "0 */2 * * *"])
    func aRhythmGoesOn(_ line: String) throws {
        let schedule = try schedule(line), berlin = try rules("Europe/Berlin")
        let found = schedule.firings(on: days("2026-01-01", "2026-12-31"), berlin).map(\.second)
        let steps = Set(zip(found, found.dropFirst()).map { $1 - $0 })
        // Every other hour by the clock is an hour or three hours away where the clock changes.
        #expect(steps == (line.hasPrefix("0 */2") ? [3600, 7200, 10_800] : steps.count == 1 ? steps : []))
        #expect(line.hasPrefix("0 */2") || found.count == 365 * 24 * (line.hasPrefix("*/15") ? 4 : 1))
    }

    @Test func aTimeThatStandsForASkippedOneAndIsOneItselfStartsOnce() throws {
        let schedule = try schedule("0 2,3 * * *")
        #expect(
            try starts(schedule, "Europe/Berlin", "2026-03-29", "2026-03-29") == ["2026-03-29T01:00:00Z plain"])
    }

    @Test func aScheduleKeepsToItsDays() throws {
        let schedule = try schedule("0 7 * * *", start: Day("2026-01-03"), end: Day("2026-01-05"))
        let found = schedule.firings(on: days("2026-01-01", "2026-01-31"), .utc)
        #expect(found.map(\.date.description) == ["2026-01-03", "2026-01-04", "2026-01-05"])
        #expect(schedule.next(after: found[2].second, .utc) == nil)
        #expect(schedule.next(after: found[0].second - 1, .utc) == found[0])
        #expect(schedule.next(after: found[0].second, .utc) == found[1])
        #expect(schedule.firings(in: found[0].second..<found[2].second, .utc) == Array(found.prefix(2)))
    }

    @Test func rareLinesAreFound() throws {
        let leap = try schedule("0 0 29 2 *").next(after: 1_772_323_200, .utc)
        #expect(leap?.date == Day("2028-02-29"))
        // The 29 February that is a Sunday.
        let sunday = try schedule("0 0 29 2 */7").next(after: 1_709_251_200, .utc)
        #expect(sunday?.date == Day("2032-02-29"))
        #expect(try schedule("0 0 29 2 */7").next(after: 1_961_625_600, .utc)?.date == Day("2060-02-29"))
    }

    /// Toronto skipped from 23:30 to 00:30 once: the start of the day before is in the next day.
    @Test func aGapOverMidnight() throws {
        let found = try schedule("45 23 * * *").firings(on: days("1919-03-29", "1919-03-31"), rules("America/Toronto"))
        #expect(found.map(\.date.description) == ["1919-03-29", "1919-03-30", "1919-03-31"])
        #expect(found.map(\.clock) == [.plain, .skipped, .plain])
    }

    // MARK: Against a clock that is looked at

    /// The starts of some days as somebody finds them who looks at the clock every second minute and half minute.
    private func watched(_ line: CronExpression, _ zone: TimeZone, from: Int64, to: Int64) -> [Int64] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return stride(from: from, to: to, by: 30).filter { second in
            let parts = calendar.dateComponents(
                [.month, .day, .weekday, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(second)))
            return parts.second == 0
                && line.fires(
                    month: parts.month!, dayOfMonth: parts.day!, dayOfWeek: parts.weekday! - 1, hour: parts.hour!,
                    minute: parts.minute!)
        }
    }

    @Test(
        arguments: [
            ("Europe/Berlin", 1_774_656_000), ("Europe/Berlin", 1_792_800_000), ("Australia/Lord_Howe", 1_775_300_000),
            ("America/St_Johns", 1_772_900_000), ("Asia/Beirut", 1_774_656_000), ("Pacific/Apia", 1_325_100_000),
            ("America/Nuuk", 1_774_656_000), ("Asia/Kathmandu", 1_774_656_000),
        ] as [(String, Int64)])
    func startsAreThoseOfAWatchedClock(_ zone: String, _ about: Int64) throws {
        let from = about / 60 * 60 - 86_400, to = from + 3 * 86_400
        let clock = try #require(TimeZone(identifier: zone)), table = try rules(zone)
        for line in [
            "*/15 * * * *", "30 2 * * *", "0 0,12,23 * * *", "5 1-3 * * MON-FRI", "0 3 28-31 * SUN", "59 23 */2 * *",
        ] {
            let schedule = try schedule(line, gap: .skip, overlap: .both)
            let expected = watched(schedule.cron, clock, from: from, to: to)
            #expect(schedule.firings(in: from..<to, table).map(\.second) == expected, "\(line) in \(zone)")
        }
    }

    // MARK: All zones, all changes

    /// A line of one time of day starts exactly once on each day that the zone has, in ascending order, whatever its clock
    /// does: around every change that any zone has known, at times around the change.
    @Test func everyDayHasOneStartInEveryZone() throws {
        var changes = 0, skipped = 0, twice = 0
        var seen: Set<ZoneRules> = []
        var lines: [Int: Schedule] = [:]
        for name in TimeZone.knownTimeZoneIdentifiers {
            // Many names have the same rules.
            guard let table = try? rules(name), seen.insert(table).inserted else { continue }
            for stretch in table.stretches(in: -2_208_988_800..<2_240_611_200) where stretch.from > -2_208_988_800 {
                changes += 1
                let local = stretch.from + stretch.offset, minute = Int((local % 86_400 + 86_400) % 86_400) / 60
                // Some changes of each zone at some times of day, all changes at one.
                for shift in changes % 32 == 0 ? [-61, -30, -1, 0, 1, 29, 60] : [-31] {
                    let wanted = (minute + shift + 1440) % 1440
                    let line = "\(wanted % 60) \(wanted / 60) * * *"
                    var schedule = try lines[wanted] ?? schedule(line)
                    lines[wanted] = schedule
                    let day = Day(daysSinceEpoch: Int32((local - (local % 86_400 + 86_400) % 86_400) / 86_400))
                    let gap: ClockGap = changes % 2 == 0 ? .first : .shift
                    schedule.gap = gap
                    let found = schedule.firings(
                        on: day.adding(days: -2)...day.adding(days: 2), table)
                    let expected = (-2...2).map { day.adding(days: $0) }.filter(table.has)
                    #expect(found.map(\.date) == expected, "\(line) in \(name) about \(day), \(gap)")
                    skipped += found.count { $0.clock == .skipped }
                    twice += found.count { $0.clock == .first }
                }
            }
        }
        #expect(changes > 10_000 && skipped > 1000 && twice > 1000, "\(changes) changes, \(skipped), \(twice)")
    }

    /// Cutting a stretch of time in two changes nothing.
    @Test func startsOfPartsAreThoseOfTheWhole() throws {
        var random = SeededGenerator(seed: 5)
        for zone in ["Europe/Berlin", "Pacific/Apia", "America/Toronto", "Africa/Casablanca"] {
            let table = try rules(zone)
            for _ in 0..<40 {
                let line = random.pick(["*/20 * * * *", "30 2 * * *", "0 0 * * *", "15 23 * * SUN", "0 2,3 1-7 * *"])
                let schedule = try schedule(
                    line, gap: random.pick([nil] + ClockGap.allCases),
                    overlap: random.pick([nil] + ClockOverlap.allCases))
                let from = Int64(random.below(4_000_000_000)) - 1_500_000_000, to = from + 20 * 86_400
                let middle = from + Int64(random.below(20 * 86_400))
                let whole = schedule.firings(in: from..<to, table)
                let parts = schedule.firings(in: from..<middle, table) + schedule.firings(in: middle..<to, table)
                #expect(parts == whole, "\(line) in \(zone) from \(from)")
                if let first = whole.first { #expect(schedule.next(after: from - 1, table) == first) }
            }
        }
    }
}
