import DaymillCore
import Testing

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("2GiB", 2 << 30), ("512 MiB", 512 << 20), ("10MB", 10_000_000), ("1.5kb", 1500), ("0", 0), ("7B", 7),
    ])
    func sizesAreRead(text: String, bytes: Int) throws {
        #expect(try ByteCount.parse(text).bytes == bytes)
    }

    @Test(arguments: [
        ("512", "the size '512' has no unit; write 512MiB, 512GiB or 512B"),
        ("5 gigs", "'gigs' is not a unit of size; units are B, KiB, MiB, GiB, TiB, kB, MB, GB, TB"),
        ("5GIBB", "'GIBB' is not a unit of size; did you mean 'GiB'?"),
        ("much", "'much' is not a size; write a number and a unit, such as 512MiB or 2GiB"),
        ("-1MB", "'-1MB' is not a size; write a number and a unit, such as 512MiB or 2GiB"),
        ("9999999999TiB", "the size '9999999999TiB' is too large"),
    ])
    func wrongSizesAreExplained(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try ByteCount.parse(text) }
        #expect(thrown?.description == problem)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (1536, "1.50 KiB"), (40_000_000, "38.1 MiB"),
        (3_328_599_654, "3.10 GiB"), (1 << 40, "1.00 TiB"), (1_048_575, "1.00 MiB"),
    ])
    func sizesArePrintedForPeople(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("500ms", 500, "500ms"), ("90s", 90_000, "90s"), ("15m", 900_000, "15m"), ("2h", 7_200_000, "2h"),
        ("1d", 86_400_000, "1d"), ("1.5h", 5_400_000, "90m"), ("60s", 60_000, "1m"), ("0s", 0, "0s"),
    ])
    func lengthsAreReadAndPrinted(text: String, milliseconds: Int, canonical: String) throws {
        let duration = try DurationText.parse(text)
        #expect(duration == .milliseconds(milliseconds))
        #expect(DurationText.text(duration) == canonical)
    }

    @Test(arguments: [
        ("90", "the time '90' has no unit; write 90s for seconds, 90m for minutes"),
        ("5min", "'min' is not a unit of time; write 'm'"),
        ("5y", "'y' is not a unit of time; units are ms, s, m, h and d"),
        ("soon", "'soon' is not a length of time; write a number and a unit, such as 90s or 15m"),
    ])
    func wrongLengthsAreExplained(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try DurationText.parse(text) }
        #expect(thrown?.description == problem)
    }

    @Test(arguments: [
        (340, "340 ms"), (2410, "2.41 s"), (59_960, "1 min 00 s"), (72_000, "1 min 12 s"), (11_100_000, "3 h 05 min"),
        (183_600_000, "2 d 03 h"),
    ])
    func lengthsArePrintedForPeople(milliseconds: Int, text: String) {
        #expect(DurationText.human(.milliseconds(milliseconds)) == text)
    }
}

@Suite struct NearestWordTests {
    static let words = ["columns", "compression", "delimiter", "files", "format", "header", "to"]

    @Test(
        arguments: [
            ("colums", "columns"), ("Columns", "columns"), ("delim", "delimiter"), ("hedaer", "header"),
            ("file", "files"),
            ("fromat", "format"), ("xyz", nil), ("", nil), ("ab", nil),
        ] as [(String, String?)])
    func theNearestWordIsFoundOrNone(word: String, nearest: String?) {
        #expect(nearestWord(to: word, in: Self.words) == nearest)
    }
}

@Suite struct TimeZoneNameTests {
    /// 2024-09-15 22:30 UTC.
    static let evening: Int64 = 1_726_439_400_000_000

    @Test(arguments: [
        ("UTC", "2024-09-15"), ("Europe/Moscow", "2024-09-16"), ("America/New_York", "2024-09-15"),
        ("Asia/Kolkata", "2024-09-16"),
    ])
    func todayDependsOnTheZone(name: String, day: String) throws {
        let zone = try TimeZoneName.parse(name)
        #expect(zone.today(.fixed(atMicroseconds: Self.evening)).description == day)
    }

    @Test func instantsBeforeTheEpochHaveTheirDay() {
        #expect(TimeZoneName.utc.day(atMicroseconds: -1).description == "1969-12-31")
    }

    @Test(arguments: [
        ("Europe/Moskow", "the time zone 'Europe/Moskow' is not known; did you mean 'Europe/Moscow'?"),
        ("europe/moscow", "the time zone 'europe/moscow' is not known; did you mean 'Europe/Moscow'?"),
        ("moscow", "the time zone 'moscow' is not known; did you mean 'Europe/Moscow'?"),
        ("New York", "the time zone 'New York' is not known; did you mean 'America/New_York'?"),
        ("utc", "the time zone 'utc' is not known; write 'UTC'"),
        (
            "MSK",
            "the time zone 'MSK' is not known; write an Area/City name of the IANA database, such as 'Europe/Moscow', or 'UTC'"
        ),
        (
            "UTC+3",
            "the time zone 'UTC+3' is not known; write an Area/City name of the IANA database, such as 'Europe/Moscow', or 'UTC'"
        ),
        (
            "",
            "the time zone '' is not known; write an Area/City name of the IANA database, such as 'Europe/Moscow', or 'UTC'"
        ),
    ])
    func unknownZonesAreExplained(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try TimeZoneName.parse(text) }
        #expect(thrown?.description == problem)
    }

    @Test func theSystemClockRuns() {
        #expect(WallClock.system.nowMicroseconds > Self.evening)
    }
}
