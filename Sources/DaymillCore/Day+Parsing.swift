extension Day {
    /// A day written `2024-09-16` or `09/16/2024` (month first); nil when the text is neither, or no such day exists.
    public init?(_ text: some StringProtocol) {
        guard let written = WrittenDate(text) else { return nil }
        self.init(year: written.year, month: written.month, day: written.day)
    }

    /// A day as people give it: `2024-09-16`, `09/16/2024` (month first), and `today` or `yesterday` in any case, when
    /// `today` is known.
    ///
    /// - Throws: `TextProblem` saying what is wrong with the text.
    public static func parse(_ text: some StringProtocol, today: Day? = nil) throws(TextProblem) -> Day {
        if let today {
            switch text.lowercased() {
            case "today": return today
            case "yesterday": return today.adding(days: -1)
            default: break
            }
        }
        guard let written = WrittenDate(text) else { throw unreadable(text, allowsWords: today != nil) }
        guard let day = Day(year: written.year, month: written.month, day: written.day) else {
            throw nonexistent(written, text: text)
        }
        return day
    }

    private static func unreadable(_ text: some StringProtocol, allowsWords: Bool) -> TextProblem {
        let words = ["today", "yesterday"]
        if allowsWords, let near = nearestWord(to: String(text), in: words) {
            return TextProblem("'\(text)' is not a day", hint: "did you mean '\(near)'?")
        }
        let more = allowsWords ? ", or 'today' or 'yesterday'" : ""
        return TextProblem("'\(text)' is not a day", hint: "write it as 2024-09-16 or 09/16/2024\(more)")
    }

    private static func nonexistent(_ date: WrittenDate, text: some StringProtocol) -> TextProblem {
        if !CivilCalendar.years.contains(date.year) {
            return TextProblem("'\(text)' is outside of the calendar", hint: "years go from 0001 to 9999")
        }
        if !(1...12 ~= date.month) {
            let swapped = Day(year: date.year, month: date.day, day: date.month)
            let hint =
                swapped.map { "months go from 1 to 12; for \($0) write exactly that" } ?? "months go from 1 to 12"
            return TextProblem("'\(text)' does not exist: there is no month \(date.month)", hint: hint)
        }
        let count = CivilCalendar.daysInMonth(year: date.year, month: date.month)
        let month = "\(CivilCalendar.monthNames[date.month - 1]) \(date.year)"
        return TextProblem("'\(text)' does not exist: \(month) has \(count) days")
    }
}

extension CivilCalendar {
    /// English names of the months, from January.
    public static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

/// Year, month and day as digits on paper, not yet checked against the calendar.
private struct WrittenDate {
    var year: Int
    var month: Int
    var day: Int

    init?(_ text: some StringProtocol) {
        if let parts = Self.numbers(text, separator: "-", digits: [4...4, 2...2, 2...2]) {
            (year, month, day) = (parts[0], parts[1], parts[2])
        } else if let parts = Self.numbers(text, separator: "/", digits: [1...2, 1...2, 4...4]) {
            (year, month, day) = (parts[2], parts[0], parts[1])
        } else {
            return nil
        }
    }

    private static func numbers(
        _ text: some StringProtocol, separator: Character, digits: [ClosedRange<Int>]
    ) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == digits.count else { return nil }
        var numbers: [Int] = []
        for (part, allowed) in zip(parts, digits) {
            let isDigits = part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard isDigits, allowed.contains(part.utf8.count), let number = Int(part) else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
