import DaymillCore
import Testing

/// Which hours of a source make up which days of a pipeline.
@Suite struct ClockShiftTests {
    static func shift(_ from: String, _ to: String) throws -> ClockShift {
        ClockShift(from: try TimeZoneName.parse(from).rules(), to: try TimeZoneName.parse(to).rules())
    }

    @Test(arguments: [
        ("UTC", "UTC", "2024-03-31", 24, "2024-03-31 00h", "2024-03-31 23h"),
        ("UTC", "Europe/Berlin", "2024-01-15", 24, "2024-01-14 23h", "2024-01-15 22h"),
        ("UTC", "Europe/Berlin", "2024-03-31", 23, "2024-03-30 23h", "2024-03-31 21h"),
        ("UTC", "Europe/Berlin", "2024-10-27", 25, "2024-10-26 22h", "2024-10-27 22h"),
        ("Europe/Berlin", "Europe/Berlin", "2024-03-31", 23, "2024-03-31 00h", "2024-03-31 23h"),
        ("Europe/Berlin", "Europe/Berlin", "2024-10-27", 24, "2024-10-27 00h", "2024-10-27 23h"),
        ("UTC", "America/New_York", "2024-03-10", 23, "2024-03-10 05h", "2024-03-11 03h"),
        ("UTC", "America/New_York", "2024-11-03", 25, "2024-11-03 04h", "2024-11-04 04h"),
        ("America/New_York", "UTC", "2024-03-10", 24, "2024-03-09 19h", "2024-03-10 19h"),
        ("America/New_York", "UTC", "2024-11-03", 23, "2024-11-02 20h", "2024-11-03 18h"),
        ("UTC", "Africa/Casablanca", "2024-03-10", 25, "2024-03-09 23h", "2024-03-10 23h"),
        ("UTC", "Africa/Casablanca", "2024-04-14", 23, "2024-04-14 00h", "2024-04-14 22h"),
        ("UTC", "Pacific/Apia", "2011-12-29", 24, "2011-12-29 10h", "2011-12-30 09h"),
        ("UTC", "Pacific/Apia", "2011-12-31", 24, "2011-12-30 10h", "2011-12-31 09h"),
        ("Pacific/Apia", "Pacific/Apia", "2011-12-31", 24, "2011-12-31 00h", "2011-12-31 23h"),
        ("Asia/Kolkata", "Asia/Kolkata", "2024-03-10", 24, "2024-03-10 00h", "2024-03-10 23h"),
        ("Australia/Lord_Howe", "Australia/Lord_Howe", "2024-04-07", 24, "2024-04-07 00h", "2024-04-07 23h"),
        ("Australia/Lord_Howe", "Australia/Lord_Howe", "2024-10-06", 24, "2024-10-06 00h", "2024-10-06 23h"),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", "2024-06-01", 24, "2024-06-02 01h", "2024-06-03 00h"),
        ("America/St_Johns", "America/St_Johns", "2007-11-04", 24, "2007-11-04 00h", "2007-11-04 23h"),
    ])
    func daysHaveTheirHours(
        from: String, to: String, day: String, count: Int, first: String, last: String
    ) throws {
        let hours = try Self.shift(from, to).hours(of: Day(day)!)
        #expect(hours.count == count)
        #expect(hours.first?.description == first && hours.last?.description == last)
        #expect(hours == hours.sorted())
    }

    @Test func aSkippedDayHasNoHours() throws {
        let apia = try TimeZoneName.parse("Pacific/Apia").rules()
        #expect(ClockShift(from: .utc, to: apia).hours(of: Day("2011-12-30")!).isEmpty)
        #expect(ClockShift(from: apia, to: apia).hours(of: Day("2011-12-30")!).isEmpty)
        #expect(!apia.has(Day("2011-12-30")!))
        #expect(apia.has(Day("2011-12-29")!) && apia.has(Day("2011-12-31")!))
    }

    @Test(arguments: [
        ("UTC", "Europe/Berlin"), ("Europe/Berlin", "Europe/Berlin"), ("America/New_York", "Europe/London"),
        ("Pacific/Apia", "UTC"), ("UTC", "America/Sao_Paulo"), ("America/St_Johns", "America/St_Johns"),
        ("Asia/Kolkata", "UTC"), ("UTC", "Asia/Amman"), ("Australia/Lord_Howe", "Australia/Sydney"),
    ])
    func everyHourLiesInTheDaysThatListIt(from: String, to: String) throws {
        let shift = try Self.shift(from, to)
        for start in ["2007-10-30", "2011-12-28", "2017-10-12", "2024-03-08", "2024-10-25"] {
            let days = Day(start)!...Day(start)!.adding(days: 10)
            let byDay = Dictionary(uniqueKeysWithValues: days.map { ($0, Set(shift.hours(of: $0))) })
            for day in days.lowerBound.adding(days: 3)...days.upperBound.adding(days: -3) {
                for hour in 0..<24 {
                    let hour = PathHour(day: day, hour: hour)
                    let listing = days.filter { byDay[$0]!.contains(hour) }
                    #expect(shift.days(of: hour) == listing, "\(hour)")
                    #expect(listing.isEmpty || shift.firstDay(of: hour) == listing[0])
                }
            }
        }
    }

    @Test func hoursThatClocksSkipBelongToTheDayAfterTheGap() throws {
        let berlin = try Self.shift("Europe/Berlin", "Europe/Berlin")
        let skipped = PathHour(day: Day("2024-03-31")!, hour: 2)
        #expect(berlin.days(of: skipped).isEmpty)
        #expect(berlin.firstDay(of: skipped) == Day("2024-03-31")!)
        let apia = try Self.shift("Pacific/Apia", "Pacific/Apia")
        #expect(apia.firstDay(of: PathHour(day: Day("2011-12-30")!, hour: 5)) == Day("2011-12-31")!)
    }

    @Test(arguments: [
        ("UTC", "Europe/Berlin", true), ("Europe/Berlin", "Europe/Berlin", true), ("UTC", "Asia/Kolkata", false),
        ("Asia/Kolkata", "Asia/Kolkata", true), ("Asia/Kolkata", "Asia/Colombo", true),
        ("Australia/Lord_Howe", "Australia/Sydney", false), ("UTC", "Pacific/Apia", true), ("UTC", "UTC", true),
    ])
    func whetherHoursFallAcrossMidnightIsKnown(from: String, to: String, whole: Bool) throws {
        #expect(try Self.shift(from, to).keepsHoursWhole(from: Day("2010-01-01")!) == whole)
    }
}
