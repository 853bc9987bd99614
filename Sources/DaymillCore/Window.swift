/// A span of days relative to the date D of a run: `last 7 days` is D-7 to D-1, `last month` the calendar month before
/// that of D.
///
/// Two ways to write the same span are equal: `last 2 weeks` is `last 14 days`, `last 1 month` is `last month`.
public enum Window: Hashable, Sendable {
    /// D itself.
    case thisDay
    /// So many days before D, at least one.
    case lastDays(Int)
    /// So many whole calendar units before the one that D lies in, at least one.
    case lastUnits(Int, CalendarUnit)
    /// The whole calendar unit that D lies in, with its days after D.
    case thisUnit(CalendarUnit)
    /// From the first day of the calendar unit that D lies in to D.
    case toDate(CalendarUnit)

    /// The `count` days before D.
    public static func last(days count: Int) -> Window {
        precondition(1...Limits.windowDaysMax ~= count, "a window of \(count) days")
        return .lastDays(count)
    }
}

extension Window {
    /// The days that a run for `date` covers.
    public func days(for date: Day) -> ClosedRange<Day> {
        switch self {
        case .thisDay: return date...date
        case .lastDays(let count): return date.adding(days: -count)...date.adding(days: -1)
        case .lastUnits(let count, let unit):
            let number = unit.number(of: date)
            return unit.days(ofNumbers: number - count...number - 1)
        case .thisUnit(let unit): return unit.days(around: date)
        case .toDate(let unit): return unit.days(around: date).lowerBound...date
        }
    }

    /// Those of `days(for:)` that must have their files: not the days after D of `this month`, which nobody can ask for
    /// yet.
    public func requiredDays(for date: Day) -> ClosedRange<Day> {
        let days = days(for: date)
        return days.lowerBound...min(days.upperBound, date)
    }

    /// The inverse of `days(for:)`: the run dates whose windows have a day in them. All of them, and no others.
    public func dates(coveringAnyOf day: Day) -> ClosedRange<Day> {
        switch self {
        case .thisDay: return day...day
        case .lastDays(let count): return day.adding(days: 1)...day.adding(days: count)
        case .lastUnits(let count, let unit):
            let number = unit.number(of: day)
            return unit.days(ofNumbers: number + 1...number + count)
        case .thisUnit(let unit): return unit.days(around: day)
        case .toDate(let unit): return day...unit.days(around: day).upperBound
        }
    }

    /// The run dates whose windows have at least one of some days in them.
    public func dates(coveringAnyOf days: ClosedRange<Day>) -> ClosedRange<Day> {
        dates(coveringAnyOf: days.lowerBound).lowerBound...dates(coveringAnyOf: days.upperBound).upperBound
    }
}

extension Window: CustomStringConvertible {
    /// The canonical words: `last 7 days`, `last day`, `this day`, `last 3 months`, `last week`, `this year`,
    /// `month to date`.
    public var description: String {
        switch self {
        case .thisDay: "this day"
        case .lastDays(1): "last day"
        case .lastDays(let count): "last \(count) days"
        case .lastUnits(1, let unit): "last \(unit.rawValue)"
        case .lastUnits(let count, let unit): "last \(count) \(unit.rawValue)s"
        case .thisUnit(let unit): "this \(unit.rawValue)"
        case .toDate(let unit): "\(unit.rawValue) to date"
        }
    }
}
