import DaymillCore
import Foundation
import Testing

/// The table of a zone against Foundation, which has the same database in another form.
@Suite struct ZoneRulesTests {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe",
        "Europe/Dublin", "America/St_Johns", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Kiritimati", "Asia/Kathmandu",
        "Europe/Moscow", "America/Santiago", "Africa/Cairo", "Asia/Gaza", "America/Havana", "Pacific/Chatham",
        "Antarctica/Troll", "America/Nuuk", "Europe/London", "Asia/Pyongyang", "Pacific/Kwajalein", "America/Asuncion",
        "Asia/Beirut", "Africa/Monrovia", "Europe/Istanbul", "Etc/GMT+12",
    ]

    static func rules(_ name: String) throws -> ZoneRules { try TimeZoneName.parse(name).rules() }

    /// Seconds of UTC at which a clock changes, as Foundation says, and a few others.
    static func instants(_ zone: TimeZone) -> [Int64] {
        let first = Date(timeIntervalSince1970: -2_208_988_800), last = Date(timeIntervalSince1970: 4_102_444_800)
        var changes: [Int64] = []
        var date = first
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next < last, changes.count < 1000 {
            changes.append(Int64(next.timeIntervalSince1970))
            date = next
        }
        let steady = stride(from: Int64(-2_208_988_800), to: 4_102_444_800, by: 86_400 * 61)
        return changes + Array(steady)
    }

    @Test(arguments: zones)
    func offsetsAreThoseOfFoundation(name: String) throws {
        let rules = try Self.rules(name)
        let zone = try #require(TimeZone(identifier: name))
        for instant in Self.instants(zone) {
            for second in [instant - 3601, instant - 1, instant, instant + 1, instant + 3600] {
                let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
                #expect(rules.stretch(at: second).offset == expected, "\(name) at \(second)")
            }
        }
    }

    /// The other way round, and for every eighth zone there is: Foundation changes where the table does.
    @Test func everyChangeOfTheTableIsThatOfFoundation() throws {
        var changes = 0
        for (index, name) in TimeZone.knownTimeZoneIdentifiers.enumerated() where index % 8 == 0 {
            guard let zoneName = try? TimeZoneName.parse(name), let zone = TimeZone(identifier: name) else { continue }
            for stretch in try zoneName.rules().stretches(in: 0..<2_208_988_800) {
                for second in [stretch.from, stretch.to - 1] {
                    let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
                    #expect(stretch.offset == expected, "\(name) at \(second)")
                }
                changes += 1
            }
        }
        #expect(changes > 2500)
    }

    @Test func offsetsBeyondTheTableRepeat() throws {
        for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"] {
            let rules = try Self.rules(name)
            let zone = try #require(TimeZone(identifier: name))
            // Up to the year 9999, in steps that meet all seasons.
            for second in stride(from: Int64(4_102_444_800), to: 253_402_300_799, by: 86_400 * 3001) {
                let stretch = rules.stretch(at: second)
                #expect(stretch.offset == zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
                #expect(stretch.from <= second && second < stretch.to)
            }
        }
    }

    /// What is written once means what it says; what is written twice, or never, follows the offset before the change.
    @Test(arguments: zones)
    func timesOnTheWallAreMomentsByTheDefinition(name: String) throws {
        let rules = try Self.rules(name)
        let zone = try #require(TimeZone(identifier: name))
        for instant in Self.instants(zone) where instant > 0 {
            for shift in stride(from: Int64(-7200), through: 7200, by: 450) {
                let local = instant + shift + rules.stretch(at: instant).offset
                let stretch = rules.stretch(atLocal: local)
                #expect(stretch.from <= local && local < stretch.to)
                let fitting = rules.stretches(in: local - 100_000..<local + 100_000).filter { stretch in
                    stretch.from <= local - stretch.offset && local - stretch.offset < stretch.to
                }
                if let first = fitting.first {
                    #expect(stretch.offset == first.offset, "\(name) at \(local)")
                } else {
                    let moment = local - stretch.offset
                    // It was skipped by the change right before, so that the clock shows a later time.
                    #expect(moment + rules.stretch(at: moment).offset > local)
                    #expect(rules.stretch(at: rules.stretch(at: moment).from - 1).offset == stretch.offset)
                }
            }
        }
    }

    @Test(arguments: [
        ("2024-03-31 02:30:00", "2024-03-31 01:30:00", "2024-03-31 03:30:00"),
        ("2024-10-27 02:30:00", "2024-10-27 00:30:00", "2024-10-27 02:30:00"),
        ("2024-10-27 03:00:00", "2024-10-27 02:00:00", "2024-10-27 03:00:00"),
        ("2024-10-27 01:59:59", "2024-10-26 23:59:59", "2024-10-27 01:59:59"),
    ])
    func hoursThatHappenTwiceOrNever(local: String, utc: String, shown: String) throws {
        let berlin = try Self.rules("Europe/Berlin")
        let second = Self.second(local)
        let instant = second - berlin.stretch(atLocal: second).offset
        #expect(instant == Self.second(utc))
        #expect(instant + berlin.stretch(at: instant).offset == Self.second(shown))
    }

    static func second(_ text: String) -> Int64 {
        let parts = text.split(separator: " ")
        let time = parts[1].split(separator: ":").map { Int64($0)! }
        return Int64(Day(parts[0])!.daysSinceEpoch) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
    }

    @Test func equalRulesAreEqualWhateverTheirNames() throws {
        #expect(try Self.rules("Europe/Busingen").identity == Self.rules("Europe/Zurich").identity)
        #expect(try Self.rules("Europe/Berlin").identity != Self.rules("Europe/Zurich").identity)
        #expect(try Self.rules("Etc/UTC") == .utc)
    }

    @Test func aZoneThatIsNotOnTheMachineIsAnError() throws {
        let file = try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin"))
        #expect(ZoneRules(file: [UInt8](file)) == (try Self.rules("Europe/Berlin")))
        // Any damage to the frame is noticed, and nothing crashes.
        for length in stride(from: file.count - 1, to: 0, by: -3) {
            #expect(ZoneRules(file: [UInt8](file.prefix(length))) == nil)
        }
        for i in stride(from: 0, to: file.count, by: 5) {
            var bytes = [UInt8](file)
            bytes[i] ^= 0xFF
            _ = ZoneRules(file: bytes)
        }
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2025-03-30 01:00:00", "2025-10-26 01:00:00", 7200),
        ("EST5EDT,M3.2.0,M11.1.0", "2025-03-09 07:00:00", "2025-11-02 06:00:00", -14400),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2025-10-26 01:00:00", "2025-03-30 01:00:00", 0),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2025-03-30 01:00:00", "2025-10-26 01:00:00", -3600),
        ("AAA3BBB,J60/0,59/0", "2025-03-01 03:00:00", "2025-03-01 02:00:00", -7200),
        ("AAA3BBB,J60/0,60/0", "2024-03-01 03:00:00", "2024-03-01 02:00:00", -7200),
    ])
    func rulesAtTheEndOfFilesAreRead(text: String, start: String, end: String, offset: Int64) throws {
        let rules = try #require(ZoneRules(rule: text))
        let changes = rules.stretches(in: Self.second(start) - 1..<Self.second(start) + 1)
        #expect(changes.last?.offset == offset)
        #expect(rules.stretch(at: Self.second(start)).from == Self.second(start))
        #expect(rules.stretch(at: Self.second(end)).offset != offset)
    }

    @Test(arguments: [
        "", "CE-1", "CET", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-1CEST,M3.6.0,M4.1.0", "CET-1x",
    ])
    func otherRulesAreRefused(text: String) {
        #expect(ZoneRules(rule: text) == nil)
    }
}
