/// The dates that a command is for, as people give them: one date, a span of dates, a month, a year, or all there are.
///
///     2024-09-16  09/16/2024  today         one date
///     2024-09-01..2024-09-07                a span; the ends may also be months or years
///     2024-09  09/2024                      a month
///     2024                                  a year
///     all                                   every date there is input for
public enum DateRange: Hashable, Sendable {
    /// From the first to the last, both included.
    case dates(ClosedRange<Day>)
    /// Every date; which those are the input decides.
    case all

    /// The date when it is only one.
    public var only: Day? {
        guard case .dates(let dates) = self, dates.lowerBound == dates.upperBound else { return nil }
        return dates.lowerBound
    }
}

extension DateRange: CustomStringConvertible {
    /// As it can be written: `2024-09-16`, `2024-09-01..2024-09-07`, `all`.
    public var description: String {
        switch self {
        case .dates(let dates): only.map(\.description) ?? "\(dates.lowerBound)..\(dates.upperBound)"
        case .all: "all"
        }
    }
}

extension DateRange {
    /// - Parameter today: what `today` and `yesterday` are; nil: these words are not taken.
    /// - Throws: `TextProblem` saying what is wrong with the text.
    public static func parse(_ text: some StringProtocol, today: Day? = nil) throws(TextProblem) -> DateRange {
        let text = String(text)
        if text.lowercased() == "all" { return .all }
        guard let dots = text.firstRange(of: "..") else { return .dates(try span(text, in: text, today: today)) }
        let ends = [String(text[..<dots.lowerBound]), String(text[dots.upperBound...])]
        try checkEnds(ends, of: text)
        let first = try span(ends[0], in: text, today: today)
        let last = try span(ends[1], in: text, today: today)
        guard first.lowerBound <= last.upperBound else {
            throw TextProblem("the range '\(text)' runs backwards", hint: "write '\(ends[1])..\(ends[0])'")
        }
        let dates = first.lowerBound...last.upperBound
        guard dates.count <= Limits.datesPerCommandMax else {
            throw TextProblem(
                "the range '\(text)' has \(dates.count) dates, and \(Limits.datesPerCommandMax) is the most",
                hint: "check its years, or write 'all' for every date there is input for")
        }
        return .dates(dates)
    }

    private static func checkEnds(_ ends: [String], of text: String) throws(TextProblem) {
        if ends[1].hasPrefix(".") || ends[1].contains("..") {
            let parts = text.split(separator: ".").joined(separator: "..")
            throw TextProblem("'\(text)' is not a range of dates", hint: "write two dots, as in '\(parts)'")
        }
        guard let missing = ends.firstIndex(of: "") else { return }
        throw TextProblem(
            "the range '\(text)' has no \(missing == 0 ? "first" : "last") date",
            hint: "write both, as in 2024-09-01..2024-09-07, or 'all'")
    }

    /// The dates of one end: a date, a month or a year.
    private static func span(
        _ part: String, in text: String, today: Day?
    ) throws(TextProblem) -> ClosedRange<Day> {
        if let month = try writtenMonth(part) { return CalendarUnit.month.days(around: month) }
        if let year = try writtenYear(part) { return CalendarUnit.year.days(around: year) }
        do {
            let day = try Day.parse(part, today: today)
            return day...day
        } catch {
            throw explained(error, part, in: text, today: today)
        }
    }

    /// The first day of `2024-09` or `09/2024`; nil when the text is something else.
    private static func writtenMonth(_ text: String) throws(TextProblem) -> Day? {
        let byDash = text.split(separator: "-", omittingEmptySubsequences: false)
        let bySlash = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers: (year: Int, month: Int)?
        if byDash.count == 2, byDash[0].utf8.count == 4, byDash[1].utf8.count == 2 {
            numbers = number(byDash[0]).flatMap { year in number(byDash[1]).map { (year, $0) } }
        } else if bySlash.count == 2, 1...2 ~= bySlash[0].utf8.count, bySlash[1].utf8.count == 4 {
            numbers = number(bySlash[1]).flatMap { year in number(bySlash[0]).map { (year, $0) } }
        } else {
            return nil
        }
        guard let numbers else { return nil }
        guard let first = Day(year: numbers.year, month: numbers.month, day: 1) else {
            let hint = CivilCalendar.years ~= numbers.year ? "months go from 1 to 12" : "years go from 0001 to 9999"
            throw TextProblem("there is no month '\(text)'", hint: hint)
        }
        return first
    }

    private static func writtenYear(_ text: String) throws(TextProblem) -> Day? {
        guard text.utf8.count == 4, let year = number(text) else { return nil }
        guard let first = Day(year: year, month: 1, day: 1) else {
            throw TextProblem("there is no year '\(text)'", hint: "years go from 0001 to 9999")
        }
        return first
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }

    /// What `Day.parse` says, and what ranges may hold besides.
    private static func explained(_ problem: TextProblem, _ part: String, in text: String, today: Day?) -> TextProblem {
        if nearestWord(to: part, in: ["all"]) != nil {
            return TextProblem("'\(part)' is no date", hint: "did you mean 'all'?")
        }
        for separator in [" to ", " - ", ":", "–", " ", "--", ","] {
            let ends = text.replacing(separator, with: "..")
            guard ends != text, (try? parse(ends, today: today)) != nil else { continue }
            return TextProblem("'\(text)' is not a range of dates", hint: "write '\(ends)'")
        }
        guard problem.message.hasSuffix("is not a day"), !problem.hint.hasPrefix("did you mean") else { return problem }
        let words = today == nil ? "" : ", 'today', 'yesterday'"
        return TextProblem(
            "'\(part)' is not a date",
            hint: "write 2024-09-16 or 09/16/2024\(words), a range 2024-09-01..2024-09-07, a month 2024-09, "
                + "a year 2024, or 'all'")
    }
}
