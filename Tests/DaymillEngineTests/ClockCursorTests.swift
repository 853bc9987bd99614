import DaymillColumns
import DaymillCore
import DaymillTestKit
import Foundation
import Testing

/// Times moved from one clock to another, against Foundation, which is asked about each moment anew.
@Suite struct ClockCursorTests {
    static func cursor(_ from: String, _ to: String) throws -> ClockCursor {
        ClockCursor(
            ClockShift(from: try TimeZoneName.parse(from).rules(), to: try TimeZoneName.parse(to).rules()))
    }

    static func offset(_ zone: TimeZone, _ microseconds: Int64) -> Int64 {
        let second = Double(microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0))
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: second))) * 1_000_000
    }

    /// The moments at which a clock showed a time, ascending; at most a day around it is searched.
    static func moments(_ zone: TimeZone, _ local: Int64) -> [Int64] {
        let offsets = Set((-26...26).map { offset(zone, local + $0 * 3_600_000_000) })
        return offsets.map { local - $0 }.filter { $0 + offset(zone, $0) == local }.sorted()
    }

    @Test(arguments: [
        ("UTC", "Europe/Berlin"), ("Europe/Berlin", "UTC"), ("America/New_York", "Asia/Kolkata"),
        ("Africa/Casablanca", "Europe/London"), ("Pacific/Apia", "America/St_Johns"),
        ("Australia/Lord_Howe", "Pacific/Kiritimati"),
    ])
    func timesMoveAsFoundationSays(from: String, to: String) throws {
        let source = try #require(TimeZone(identifier: from)), target = try #require(TimeZone(identifier: to))
        var cursor = try Self.cursor(from, to)
        var random = SeededGenerator(seed: 7)
        var time: Int64 = 0
        for step in 0..<250 {
            // Wild jumps, and small steps that stay in a stretch or cross its end.
            time =
                step % 5 == 0
                ? Int64.random(in: -1_500_000_000_000_000...4_000_000_000_000_000, using: &random)
                : time + Int64.random(in: -3_000_000_000_000...3_000_000_000_000, using: &random)
            #expect(cursor.wallClock(ofInstant: time) == time + Self.offset(target, time))
            let moments = Self.moments(source, time)
            let shown = cursor.wallClock(ofLocal: time)
            if let first = moments.first { #expect(shown == first + Self.offset(target, first), "\(time)") }
        }
    }

    /// The answer for a time never depends on what was asked before.
    @Test func theLastAnswerServesOnlyItsStretch() throws {
        let times = (0..<400).map { 1_711_846_800_000_000 + Int64($0 - 200) * 90_000_000 }
        var once = try Self.cursor("Europe/Berlin", "America/New_York")
        let sequence = times.map { (once.wallClock(ofLocal: $0), once.wallClock(ofInstant: $0)) }
        for (time, expected) in zip(times, sequence) {
            var fresh = try Self.cursor("Europe/Berlin", "America/New_York")
            #expect(fresh.wallClock(ofLocal: time) == expected.0 && fresh.wallClock(ofInstant: time) == expected.1)
        }
        #expect(Set(zip(times, sequence).map { $1.0 - $0 }).count == 2)
    }

    private func moment(_ text: String) -> WrittenMoment? {
        var bytes = Array(text.utf8)
        let count = bytes.count
        bytes += [UInt8](repeating: 0x39, count: 64)
        return unsafe bytes.withUnsafeBufferPointer { unsafe TextParsing.parseMoment($0.baseAddress!, count) }
    }

    @Test(
        arguments: [
            ("2024-09-15 03:11:30", nil), ("2024-09-15T03:11:30Z", 0), ("2024-09-15 03:11:30z", 0),
            ("2024-09-15 03:11:30+03", 10_800), ("2024-09-15T03:11:30+0330", 12_600),
            ("2024-09-15T03:11:30-03:30", -12_600), ("2024-09-15 03:11:30 +03:00", 10_800),
            (" 2024-09-15 03:11:30 Z ", 0), ("2024-09-15 03:11:30-00:00", 0),
        ] as [(String, Int64?)])
    func zonesAreRead(text: String, offset: Int64?) {
        #expect(moment(text) == WrittenMoment(time: 1_726_369_890_000_000, offset: offset))
    }

    @Test func fractionsAndDatesAloneAreRead() {
        #expect(moment("2024-09-15T03:11:30.25+03:00") == WrittenMoment(time: 1_726_369_890_250_000, offset: 10_800))
        #expect(moment("2024-09-15T03:11:30.123456Z") == WrittenMoment(time: 1_726_369_890_123_456, offset: 0))
        #expect(moment("2024-09-15") == WrittenMoment(time: 1_726_358_400_000_000, offset: nil))
    }

    @Test(arguments: [
        "", "Z", "2024-09-15Z", "2024-09-15+03:00", "2024-09-15 03:11Z", "2024-09-15 03:11:30+3",
        "2024-09-15 03:11:30+03:0",
        "2024-09-15 03:11:30+24", "2024-09-15 03:11:30+03:60", "2024-09-15 03:11:30+03-00", "2024-09-15 03:11:30+0x",
        "2024-09-15 03:11:30 UTC", "2024-09-15 03:11:30+", "2024-09-15 25:11:30Z", "2024-02-30 03:11:30Z",
        "2024-09-15 03:11:30ZZ", "2024-09-15 03:11:30.+03", "2024-09-15 03:11:30+03:00:00",
    ])
    func otherTextsAreNoMoments(text: String) {
        #expect(moment(text) == nil)
    }

    @Test func whatLeavesTheCalendarIsNoTime() throws {
        var cursor = try Self.cursor("UTC", "Asia/Kolkata")
        let last = try #require(moment("9999-12-31 23:00:00Z"))
        #expect(cursor.wallClock(of: last) == nil)
        let early = try #require(moment("0001-01-01 00:00:00+23:00"))
        #expect(cursor.wallClock(of: early) == nil)
        #expect(cursor.wallClock(of: try #require(moment("9999-12-31 10:00:00Z"))) != nil)
    }
}
