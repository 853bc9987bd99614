/// A stretch of the calendar that windows can follow. Weeks are those of ISO 8601: they start on Mondays.
public enum CalendarUnit: String, Hashable, Sendable, CaseIterable {
    case week, month, quarter, year

    /// Which week, month, quarter or year a day lies in, counted so that neighbours differ by one.
    func number(of day: Day) -> Int {
        let (year, month, _) = day.civil
        switch self {
        case .week: return Self.floored(Int(day.daysSinceEpoch) + Self.mondayShift, 7)
        case .month: return year * 12 + month - 1
        case .quarter: return Self.floored(year * 12 + month - 1, 3)
        case .year: return year
        }
    }

    /// The first day of a unit of a number.
    func firstDay(ofNumber number: Int) -> Day {
        switch self {
        case .week: Day(daysSinceEpoch: Int32(number * 7 - Self.mondayShift))
        case .month: CivilCalendar.firstDay(ofMonth: number)
        case .quarter: CivilCalendar.firstDay(ofMonth: number * 3)
        case .year: CivilCalendar.firstDay(ofMonth: number * 12)
        }
    }

    /// The days of the units of some numbers, which must be neighbours.
    func days(ofNumbers numbers: ClosedRange<Int>) -> ClosedRange<Day> {
        firstDay(ofNumber: numbers.lowerBound)...firstDay(ofNumber: numbers.upperBound + 1).adding(days: -1)
    }

    /// The days of the unit that a day lies in.
    public func days(around day: Day) -> ClosedRange<Day> {
        let number = number(of: day)
        return days(ofNumbers: number...number)
    }

    /// How many of it a window may span: those of a century.
    var countMax: Int {
        switch self {
        case .week: Limits.windowDaysMax / 7
        case .month: 1200
        case .quarter: 400
        case .year: 100
        }
    }

    /// 1970-01-01 was a Thursday, three days into its week.
    private static let mondayShift = 3

    private static func floored(_ number: Int, _ divisor: Int) -> Int {
        (number >= 0 ? number : number - (divisor - 1)) / divisor
    }
}

extension CivilCalendar {
    /// The first day of a month that is counted from January of the year 0; also outside of `years`, where windows
    /// of the first and last dates reach.
    static func firstDay(ofMonth number: Int) -> Day {
        let monthsPerEra = 4800
        let era = (number >= 0 ? number : number - (monthsPerEra - 1)) / monthsPerEra
        let inEra = number - era * monthsPerEra
        // Year 0 has the calendar of the year 400, and is not a year of dates.
        guard let days = days(year: inEra / 12 + 400, month: inEra % 12 + 1, day: 1) else {
            preconditionFailure("the first of a month exists")
        }
        return Day(daysSinceEpoch: Int32(Int(days) + (era - 1) * daysPerEra))
    }
}
