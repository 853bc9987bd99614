import DaymillCore
import Testing

@Suite struct WindowTests {
    /// 2024-09-16 is a Monday.
    @Test(arguments: [
        ("last 7 days", "last 7 days", "2024-09-09", "2024-09-15"),
        ("LAST  2 Weeks", "last 14 days", "2024-09-02", "2024-09-15"),
        ("last 1 day", "last day", "2024-09-15", "2024-09-15"),
        ("last day", "last day", "2024-09-15", "2024-09-15"),
        ("this day", "this day", "2024-09-16", "2024-09-16"),
        ("last 1 week", "last 7 days", "2024-09-09", "2024-09-15"),
        ("last week", "last week", "2024-09-09", "2024-09-15"),
        ("this week", "this week", "2024-09-16", "2024-09-22"),
        ("week to date", "week to date", "2024-09-16", "2024-09-16"),
        ("last month", "last month", "2024-08-01", "2024-08-31"),
        ("last 1 month", "last month", "2024-08-01", "2024-08-31"),
        ("last 3 Months", "last 3 months", "2024-06-01", "2024-08-31"),
        ("last 12 months", "last 12 months", "2023-09-01", "2024-08-31"),
        ("this month", "this month", "2024-09-01", "2024-09-30"),
        ("Month to Date", "month to date", "2024-09-01", "2024-09-16"),
        ("last quarter", "last quarter", "2024-04-01", "2024-06-30"),
        ("last 2 quarters", "last 2 quarters", "2024-01-01", "2024-06-30"),
        ("this quarter", "this quarter", "2024-07-01", "2024-09-30"),
        ("quarter to date", "quarter to date", "2024-07-01", "2024-09-16"),
        ("last year", "last year", "2023-01-01", "2023-12-31"),
        ("last 2 years", "last 2 years", "2022-01-01", "2023-12-31"),
        ("this year", "this year", "2024-01-01", "2024-12-31"),
        ("year to date", "year to date", "2024-01-01", "2024-09-16"),
    ])
    func windowsCoverTheirDays(text: String, canonical: String, first: String, last: String) throws {
        let window = try Window.parse(text)
        #expect(window.description == canonical)
        #expect(window.days(for: Day("2024-09-16")!) == Day(first)!...Day(last)!)
        #expect(try Window.parse(canonical) == window)
    }

    @Test func weeksGoFromMondayToSunday() throws {
        let sunday = Day("2024-03-03")!
        #expect(try Window.parse("this week").days(for: sunday) == Day("2024-02-26")!...sunday)
        #expect(try Window.parse("last week").days(for: sunday) == Day("2024-02-19")!...Day("2024-02-25")!)
        #expect(try Window.parse("last 1 week").days(for: sunday) == Day("2024-02-25")!...Day("2024-03-02")!)
    }

    @Test func daysAfterTheDateAreNotRequired() throws {
        let date = Day("2024-09-16")!
        #expect(try Window.parse("this month").requiredDays(for: date) == Day("2024-09-01")!...date)
        #expect(try Window.parse("this year").requiredDays(for: date) == Day("2024-01-01")!...date)
        #expect(try Window.parse("last month").requiredDays(for: date) == Day("2024-08-01")!...Day("2024-08-31")!)
        #expect(try Window.parse("this day").requiredDays(for: date) == date...date)
    }

    static let all =
        [Window.thisDay, .lastDays(1), .lastDays(7), .lastDays(30), .lastDays(366)]
        + CalendarUnit.allCases.flatMap { unit in
            [.lastUnits(1, unit), .lastUnits(2, unit), .lastUnits(5, unit), .thisUnit(unit), .toDate(unit)]
        }

    /// Years around leap days, and the turns to 2000 and 2100. A later date's window neither starts nor ends earlier, so
    /// the dates that cover a day are neighbours, and the ends decide.
    @Test(arguments: all, ["2023-11-01", "1999-11-01", "2099-11-01"])
    func theDatesThatCoverADayAreExactlyThose(window: Window, start: String) {
        var previous = window.days(for: Day(start)!)
        for shift in 1...1600 {
            let day = Day(start)!.adding(days: shift)
            let days = window.days(for: day)
            #expect(previous.lowerBound <= days.lowerBound && previous.upperBound <= days.upperBound)
            previous = days
            let dates = window.dates(coveringAnyOf: day)
            #expect(window.days(for: dates.lowerBound).contains(day))
            #expect(window.days(for: dates.upperBound).contains(day))
            #expect(!window.days(for: dates.lowerBound.adding(days: -1)).contains(day))
            #expect(!window.days(for: dates.upperBound.adding(days: 1)).contains(day))
        }
    }

    @Test(arguments: all)
    func theDatesThatCoverSomeDaysAreTheUnionOfEach(window: Window) {
        let start = Day("2023-12-20")!
        for length in [0, 1, 5, 40] {
            for shift in stride(from: 0, to: 80, by: 3) {
                let days = start.adding(days: shift)...start.adding(days: shift + length)
                let each = Set(days.flatMap { Array(window.dates(coveringAnyOf: $0)) })
                #expect(Set(window.dates(coveringAnyOf: days)) == each)
            }
        }
    }

    @Test(arguments: all)
    func everyWindowIsReadAsItIsPrinted(window: Window) throws {
        let read = try Window.parse(window.description)
        // 'last 2 weeks' is a span of days, so nothing prints as several calendar weeks but what nobody can write.
        if case .lastUnits(let count, .week) = window, count > 1 { return }
        #expect(read == window)
    }

    @Test func windowsAtTheEndsOfTheCalendarAreWhole() throws {
        let first = Day("0001-02-01")!
        #expect(Array(try Window.parse("last 2 months").days(for: first)).count == 62)
        #expect(Array(try Window.parse("last year").days(for: first)).count == 366)
        #expect(Array(try Window.parse("last 2 years").days(for: first)).count == 731)
        let last = Day("9999-12-31")!
        #expect(try Window.parse("this year").days(for: last) == Day("9999-01-01")!...last)
        #expect(Array(try Window.parse("last month").dates(coveringAnyOf: last)).count == 31)
    }

    @Test(arguments: [
        (
            "last 24 hours",
            "'last 24 hours' is no window, since windows consist of days; use a span of days, such as 'last day', and keep hours apart with GROUP BY"
        ),
        ("last 0 days", "a window of 0 days is not possible; windows span 1 to 36525 days"),
        (
            "last 99999999999999999999 weeks",
            "a window of 99999999999999999999 weeks is not possible; windows span 1 to 5217 weeks"
        ),
        ("last 1201 months", "a window of 1201 months is not possible; windows span 1 to 1200 months"),
        ("last 101 years", "a window of 101 years is not possible; windows span 1 to 100 years"),
        ("last -1 days", "'last -1 days' is not a window; did you mean 'last day'?"),
        ("7 days", "'7 days' is not a window; did you mean 'last 7 days'?"),
        ("3 months", "'3 months' is not a window; did you mean 'last 3 months'?"),
        ("past 3 months", "'past 3 months' is not a window; did you mean 'last 3 months'?"),
        ("last seven days", "'last seven days' is not a window; did you mean 'last 7 days'?"),
        ("last mouth", "'last mouth' is not a window; did you mean 'last month'?"),
        ("last 2 quaters", "'last 2 quaters' is not a window; did you mean 'last 2 quarters'?"),
        ("current month", "'current month' is not a window; did you mean 'this month'?"),
        ("this months", "'this months' is not a window; did you mean 'this month'?"),
        ("last months", "'last months' is not a window; did you mean 'last month'?"),
        ("this 2 weeks", "'this 2 weeks' is not a window; did you mean 'this week'?"),
        ("month till date", "'month till date' is not a window; did you mean 'month to date'?"),
        ("months to date", "'months to date' is not a window; did you mean 'month to date'?"),
        ("MTD", "'MTD' is not a window; did you mean 'month to date'?"),
        ("month", "'month' is not a window; did you mean 'last month'?"),
        ("yesterday", "'yesterday' is not a window; did you mean 'last day'?"),
        (
            "fortnight",
            "'fortnight' is not a window; windows are 'last 7 days', 'last 3 months', 'last week', 'this day', 'month to date' and the like"
        ),
        (
            "",
            "'' is not a window; windows are 'last 7 days', 'last 3 months', 'last week', 'this day', 'month to date' and the like"
        ),
    ])
    func otherWindowsAreRefused(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try Window.parse(text) }
        #expect(thrown?.description == problem)
    }
}
