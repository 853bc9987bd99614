extension Window {
    /// Reads a window in any case: `last N days|weeks|months|quarters|years`, `last` and `this` with a single `day`,
    /// `week`, `month`, `quarter` or `year`, and `week|month|quarter|year to date`.
    ///
    /// `last N weeks` are the 7 × N days before D. All else in units longer than a day follows the calendar.
    ///
    /// - Throws: `TextProblem`.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> Window {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        if let window = try read(words) { return window }
        throw unreadable(String(text), words: words)
    }

    /// Nil when the words are no window.
    private static func read(_ words: [String]) throws(TextProblem) -> Window? {
        guard words.count == 2 || words.count == 3 else { return nil }
        if words.count == 3, words[1...] == ["to", "date"] {
            return CalendarUnit(rawValue: words[0]).map(Window.toDate)
        }
        switch (words[0], words.count) {
        case ("this", 2): return words[1] == "day" ? .thisDay : CalendarUnit(rawValue: words[1]).map(Window.thisUnit)
        case ("last", 2):
            return words[1] == "day" ? .lastDays(1) : CalendarUnit(rawValue: words[1]).map { .lastUnits(1, $0) }
        case ("last", 3): return try readCounted(words[1], words[2])
        default: return nil
        }
    }

    /// `last N ...`, where days and weeks are spans of days, and the rest follows the calendar.
    private static func readCounted(_ number: String, _ word: String) throws(TextProblem) -> Window? {
        let unit = word.hasSuffix("s") ? String(word.dropLast()) : word
        guard number.allSatisfy({ $0.isASCII && $0.isNumber }), unit == "day" || CalendarUnit(rawValue: unit) != nil
        else { return nil }
        let calendarUnit = CalendarUnit(rawValue: unit)
        let most = calendarUnit?.countMax ?? Limits.windowDaysMax
        guard let count = Int(number), 1...most ~= count else {
            throw TextProblem(
                "a window of \(number) \(word) is not possible", hint: "windows span 1 to \(most) \(unit)s")
        }
        switch calendarUnit {
        case nil: return .lastDays(count)
        case .week?: return .lastDays(7 * count)
        case let unit?: return .lastUnits(count, unit)
        }
    }
}

// MARK: - Problems

extension Window {
    private static func unreadable(_ text: String, words: [String]) -> TextProblem {
        if words.contains(where: clockWords.contains) {
            return TextProblem(
                "'\(text)' is no window, since windows consist of days",
                hint: "use a span of days, such as 'last day', and keep hours apart with GROUP BY")
        }
        if let meant = meant(by: words) {
            return TextProblem("'\(text)' is not a window", hint: "did you mean '\(meant)'?")
        }
        return TextProblem(
            "'\(text)' is not a window",
            hint: "windows are 'last 7 days', 'last 3 months', 'last week', 'this day', 'month to date' and the like")
    }

    private static let clockWords: Set<String> = ["hour", "hours", "minute", "minutes", "second", "seconds"]

    /// The words, mended one by one, when that makes a window.
    private static func meant(by words: [String]) -> String? {
        if let window = phrases[words.joined(separator: " ")] { return window }
        let isCounted = words.contains { Int($0) != nil }
        let known = isCounted ? vocabulary.reversed() : vocabulary
        let mended = words.map { synonyms[$0] ?? nearestWord(to: $0, in: known) ?? $0 }
        let singular = mended.map { vocabulary.contains(String($0.dropLast())) ? String($0.dropLast()) : $0 }
        // 'this months', '7 days' and 'this 2 weeks' lack or have a word or a letter too many.
        let tries = [mended, ["last"] + mended, singular, ["last"] + singular, singular.filter { Int($0) == nil }]
        let found = tries.first { words in ((try? read(words)) ?? nil) != nil }
        return found?.joined(separator: " ")
    }

    private static let vocabulary =
        ["last", "this", "to", "date", "day", "days"]
        + CalendarUnit.allCases.flatMap { [$0.rawValue, $0.rawValue + "s"] }

    private static let phrases = [
        "today": "this day", "yesterday": "last day", "mtd": "month to date", "ytd": "year to date",
        "qtd": "quarter to date", "wtd": "week to date",
    ]

    private static let synonyms = [
        "past": "last", "previous": "last", "prior": "last", "preceding": "last", "current": "this", "d": "days",
        "one": "1", "two": "2", "three": "3", "six": "6", "seven": "7", "twelve": "12", "until": "to", "till": "to",
        "now": "date", "today": "date",
    ]
}
