import DaymillCore
import Testing

@Suite struct CivilCalendarTests {
    @Test func theEpochIsDayZero() {
        #expect(CivilCalendar.days(year: 1970, month: 1, day: 1) == 0)
    }

    @Test(arguments: [
        (2024, 2, 29, 19_782), (2000, 3, 1, 11_017), (1969, 12, 31, -1), (1, 1, 1, -719_162), (9999, 12, 31, 2_932_896),
    ])
    func knownDatesHaveKnownNumbers(year: Int, month: Int, day: Int, number: Int32) {
        #expect(CivilCalendar.days(year: year, month: month, day: day) == number)
        #expect(CivilCalendar.civil(days: number) == (year, month, day))
    }

    @Test(arguments: [
        (2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (0, 1, 1),
        (10_000, 1, 1),
    ])
    func datesThatDoNotExistHaveNoNumber(year: Int, month: Int, day: Int) {
        #expect(CivilCalendar.days(year: year, month: month, day: day) == nil)
    }

    @Test func numbersAndDatesAreInverseOverAllYears() {
        var expected = CivilCalendar.days(year: 1, month: 1, day: 1)!
        for year in CivilCalendar.years {
            for month in 1...12 {
                for day in [1, CivilCalendar.daysInMonth(year: year, month: month)] {
                    let number = CivilCalendar.days(year: year, month: month, day: day)
                    guard number == expected + Int32(day - 1), CivilCalendar.civil(days: number!) == (year, month, day)
                    else {
                        Issue.record("\(year)-\(month)-\(day) is \(String(describing: number))")
                        return
                    }
                }
                expected += Int32(CivilCalendar.daysInMonth(year: year, month: month))
            }
        }
        #expect(expected == CivilCalendar.days(year: 9999, month: 12, day: 31)! + 1)
    }
}

@Suite struct DayTests {
    let today = Day("2024-03-01")!

    @Test(arguments: [
        ("2024-09-16", "2024-09-16"), ("09/16/2024", "2024-09-16"), ("9/6/2024", "2024-09-06"),
        ("today", "2024-03-01"), ("Yesterday", "2024-02-29"), ("0001-01-01", "0001-01-01"),
    ])
    func daysAreReadAsPeopleWriteThem(text: String, iso: String) throws {
        #expect(try Day.parse(text, today: today).description == iso)
    }

    @Test(arguments: [
        ("2024-02-30", "'2024-02-30' does not exist: February 2024 has 29 days"),
        (
            "31/12/2024",
            "'31/12/2024' does not exist: there is no month 31; months go from 1 to 12; for 2024-12-31 write exactly that"
        ),
        (
            "2024-13-01",
            "'2024-13-01' does not exist: there is no month 13; months go from 1 to 12; for 2024-01-13 write exactly that"
        ),
        ("2024-9-16", "'2024-9-16' is not a day; write it as 2024-09-16 or 09/16/2024, or 'today' or 'yesterday'"),
        ("tody", "'tody' is not a day; did you mean 'today'?"),
        ("", "'' is not a day; write it as 2024-09-16 or 09/16/2024, or 'today' or 'yesterday'"),
        ("2024-02-3x", "'2024-02-3x' is not a day; write it as 2024-09-16 or 09/16/2024, or 'today' or 'yesterday'"),
        ("0000-01-01", "'0000-01-01' is outside of the calendar; years go from 0001 to 9999"),
    ])
    func wrongDaysAreExplained(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try Day.parse(text, today: today) }
        #expect(thrown?.description == problem)
    }

    @Test func wordsNeedToday() {
        #expect(throws: TextProblem.self) { try Day.parse("today") }
    }

    @Test func daysCountAcrossLeapDays() {
        let day = Day("2024-02-28")!
        #expect(day.adding(days: 2).description == "2024-03-01")
        #expect(Array(day...day.adding(days: 2)).map(\.description) == ["2024-02-28", "2024-02-29", "2024-03-01"])
        #expect(day.distance(to: Day("2025-02-28")!) == 366)
    }
}
