import DaymillCore
import Testing

@Suite struct DateRangeTests {
    let today = Day("2024-09-16")!

    @Test(arguments: [
        ("2024-09-16", "2024-09-16"), ("09/16/2024", "2024-09-16"), ("today", "2024-09-16"),
        ("Yesterday", "2024-09-15"), ("2024-09-01..2024-09-07", "2024-09-01..2024-09-07"),
        ("09/01/2024..09/07/2024", "2024-09-01..2024-09-07"), ("2024-09-01..9/7/2024", "2024-09-01..2024-09-07"),
        ("2024-09-10..today", "2024-09-10..2024-09-16"), ("2024-09-16..2024-09-16", "2024-09-16"),
        ("2024-09", "2024-09-01..2024-09-30"), ("2024-02", "2024-02-01..2024-02-29"),
        ("09/2024", "2024-09-01..2024-09-30"), ("9/2024", "2024-09-01..2024-09-30"),
        ("2024", "2024-01-01..2024-12-31"), ("2023-11..2024-02", "2023-11-01..2024-02-29"),
        ("2023..2024-01-15", "2023-01-01..2024-01-15"), ("2023..2024", "2023-01-01..2024-12-31"),
        ("2024..yesterday", "2024-01-01..2024-09-15"), ("all", "all"), ("ALL", "all"),
    ])
    func rangesAreRead(text: String, canonical: String) throws {
        let range = try DateRange.parse(text, today: today)
        #expect(range.description == canonical)
        #expect(try DateRange.parse(canonical) == range)
    }

    @Test func aSingleDateIsKnownAsOne() throws {
        #expect(try DateRange.parse("09/16/2024").only == today)
        #expect(try DateRange.parse("2024-09").only == nil)
        #expect(try DateRange.parse("all").only == nil)
    }

    static let forms =
        "write 2024-09-16 or 09/16/2024, 'today', 'yesterday', a range 2024-09-01..2024-09-07, a month 2024-09, a year 2024, or 'all'"

    @Test(arguments: [
        ("2024-09-07..2024-09-01", "the range '2024-09-07..2024-09-01' runs backwards; write '2024-09-01..2024-09-07'"),
        ("2024-10..2024-09", "the range '2024-10..2024-09' runs backwards; write '2024-09..2024-10'"),
        (
            "2024-09-01..",
            "the range '2024-09-01..' has no last date; write both, as in 2024-09-01..2024-09-07, or 'all'"
        ),
        ("..2024", "the range '..2024' has no first date; write both, as in 2024-09-01..2024-09-07, or 'all'"),
        ("..", "the range '..' has no first date; write both, as in 2024-09-01..2024-09-07, or 'all'"),
        (
            "2024-09-01...2024-09-07",
            "'2024-09-01...2024-09-07' is not a range of dates; write two dots, as in '2024-09-01..2024-09-07'"
        ),
        (
            "2024-09-01 to 2024-09-07",
            "'2024-09-01 to 2024-09-07' is not a range of dates; write '2024-09-01..2024-09-07'"
        ),
        (
            "2024-09-01:2024-09-07",
            "'2024-09-01:2024-09-07' is not a range of dates; write '2024-09-01..2024-09-07'"
        ),
        (
            "09/01/2024 - 09/07/2024",
            "'09/01/2024 - 09/07/2024' is not a range of dates; write '09/01/2024..09/07/2024'"
        ),
        ("2024-13", "there is no month '2024-13'; months go from 1 to 12"),
        ("13/2024", "there is no month '13/2024'; months go from 1 to 12"),
        ("0000", "there is no year '0000'; years go from 0001 to 9999"),
        ("0000-01", "there is no month '0000-01'; years go from 0001 to 9999"),
        ("2024-02-30..2024-03-01", "'2024-02-30' does not exist: February 2024 has 29 days"),
        (
            "16/09/2024",
            "'16/09/2024' does not exist: there is no month 16; months go from 1 to 12; for 2024-09-16 write exactly that"
        ),
        ("tody", "'tody' is not a day; did you mean 'today'?"), ("al", "'al' is no date; did you mean 'all'?"),
        ("2024-9", "'2024-9' is not a date; \(forms)"), ("", "'' is not a date; \(forms)"),
        (
            "1000..2024",
            "the range '1000..2024' has 374374 dates, and 36525 is the most; check its years, or write 'all' for every date there is input for"
        ),
    ])
    func wrongRangesAreExplained(text: String, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try DateRange.parse(text, today: today) }
        #expect(thrown?.description == problem)
    }

    @Test func wordsNeedToday() {
        #expect(throws: TextProblem.self) { try DateRange.parse("2024-09-01..today") }
    }
}
