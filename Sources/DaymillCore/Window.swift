/// A span of days relative to the date D of a run: `last 7 days` is D-7 to D-1, `this day` is D.
///
/// Two ways to write the same span are equal: `last 2 weeks` is `last 14 days`.
public struct Window: Hashable, Sendable {
    /// The first day, relative to D; 0 or less.
    public let first: Int
    /// The last day, relative to D; `first...0`.
    public let last: Int

    /// The `count` days before D.
    public static func last(days count: Int) -> Window {
        precondition(1...Limits.windowDaysMax ~= count, "a window of \(count) days")
        return Window(first: -count, last: -1)
    }

    /// D itself.
    public static let thisDay = Window(first: 0, last: 0)

    /// How many days the window spans.
    public var count: Int { last - first + 1 }

    /// The days that a run for `date` covers.
    public func days(for date: Day) -> ClosedRange<Day> {
        date.adding(days: first)...date.adding(days: last)
    }
}

extension Window: CustomStringConvertible {
    /// The canonical words: `last 7 days`, `last day`, `this day`.
    public var description: String {
        switch (last, count) {
        case (0, _): "this day"
        case (_, 1): "last day"
        default: "last \(count) days"
        }
    }
}

extension Window {
    /// Reads `last N days`, `last N weeks`, `last day` or `this day`, in any case, singular or plural.
    ///
    /// - Throws: `TextProblem`; windows that follow the calendar (`last month`) are refused as not there yet.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> Window {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        switch words {
        case ["this", "day"]: return .thisDay
        case ["last", "day"]: return .last(days: 1)
        case ["last", "week"]:
            throw TextProblem(
                "'last week' can mean seven days or a calendar week", hint: "write 'last 7 days' for D-7 to D-1")
        default: break
        }
        guard words.count == 3, words[0] == "last", let count = Int(words[1]) else {
            throw unreadable(String(text), words: words)
        }
        guard let length = try days(ofUnit: words[2]) else { throw unreadable(String(text), words: words) }
        let (days, overflow) = count.multipliedReportingOverflow(by: length)
        guard !overflow, 1...Limits.windowDaysMax ~= days else {
            throw TextProblem(
                "a window of \(words[1]) \(words[2]) is not possible",
                hint: "windows span 1 to \(Limits.windowDaysMax) days")
        }
        return .last(days: days)
    }

    private static func days(ofUnit word: String) throws(TextProblem) -> Int? {
        switch word {
        case "day", "days": return 1
        case "week", "weeks": return 7
        default:
            if calendarWords.contains(word) { throw later(word) }
            return nil
        }
    }

    /// Words of windows that follow the calendar or the clock; known, but not there yet.
    private static let calendarWords: Set<String> = [
        "month", "months", "quarter", "quarters", "year", "years", "date", "hour", "hours", "minute", "minutes",
    ]

    private static func later(_ word: String) -> TextProblem {
        TextProblem(
            "windows in \(word.hasSuffix("s") || word == "date" ? "'\(word)'" : "'\(word)s'") are not there yet",
            hint: "use a span of days, such as 'last 30 days'", isLater: true)
    }

    private static func unreadable(_ text: String, words: [String]) -> TextProblem {
        if words.contains(where: calendarWords.contains) || words == ["this", "week"] {
            return TextProblem(
                "the window '\(text)' follows the calendar, and such windows are not there yet",
                hint: "use a span of days, such as 'last 30 days'", isLater: true)
        }
        if words.count == 2, words[1] == "days" || words[1] == "weeks", Int(words[0]) != nil {
            return TextProblem("'\(text)' is not a window", hint: "did you mean 'last \(words[0]) \(words[1])'?")
        }
        if words == ["today"] || words == ["yesterday"] {
            let right = words == ["today"] ? "this day" : "last day"
            return TextProblem("'\(text)' is not a window", hint: "write '\(right)'")
        }
        return TextProblem(
            "'\(text)' is not a window", hint: "windows are 'last 7 days', 'last 2 weeks', 'last day', 'this day'")
    }
}
