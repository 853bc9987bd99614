import DaymillCore

extension CronExpression: CustomStringConvertible {
    /// In words: `at 07:00 every day`, `every 15 minutes`, `at 07:00 on Monday to Friday`.
    public var description: String {
        let parts = [timeWords, dayWords, monthWords].filter { !$0.isEmpty }
        return parts.joined(separator: " ")
    }

    private var firesAllDay: Bool { hours.values.count == 24 }

    private var timeWords: String {
        let minutes = minutes.values
        if firesAllDay {
            if minutes.count == 60 { return "every minute" }
            if let step = Self.step(of: minutes, in: 60) { return "every \(step) minutes" }
            if minutes == [0] { return "every hour" }
            return "every hour at minute \(Self.list(minutes.map(String.init)))"
        }
        let hours = hours.values
        if minutes.count * hours.count <= 6 {
            let times = hours.flatMap { hour in minutes.map { "\(zeroPadded(hour, 2)):\(zeroPadded($0, 2))" } }
            return "at \(Self.list(times))"
        }
        let often =
            minutes.count == 60
            ? "every minute"
            : Self.step(of: minutes, in: 60).map { "every \($0) minutes" }
                ?? (minutes == [0] ? "every hour" : "at minute \(Self.list(minutes.map(String.init)))")
        return "\(often) of the hours \(Self.ranges(hours, name: { String($0) }))"
    }

    private var dayWords: String {
        let week = Self.ranges(Self.mondayFirst(daysOfWeek.values), name: { Self.weekdayNames[$0 % 7] })
        let month = "day \(Self.ranges(daysOfMonth.values, name: { String($0) })) of the month"
        switch (daysOfMonth.values.count == 31, daysOfWeek.values.count == 7) {
        case (true, true): return firesAllDay || !monthWords.isEmpty ? "" : "every day"
        case (true, false): return "on \(week)"
        case (false, true): return "on \(month)"
        case (false, false): return takesEitherDay ? "on \(month), and on \(week)" : "on \(month) if it is \(week)"
        }
    }

    private var monthWords: String {
        guard months.values.count < 12 else { return "" }
        return "in \(Self.ranges(months.values, name: { CivilCalendar.monthNames[$0 - 1] }))"
    }

    private static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    /// Weeks are read from Monday: Sunday is 7.
    private static func mondayFirst(_ days: [Int]) -> [Int] {
        days.map { $0 == 0 ? 7 : $0 }.sorted()
    }

    /// n when the values are 0, n, 2n ... and fill the whole.
    private static func step(of values: [Int], in whole: Int) -> Int? {
        guard values.count > 1, values[0] == 0, whole % values[1] == 0, values[1] > 1 else { return nil }
        return values == Array(stride(from: 0, to: whole, by: values[1])) ? values[1] : nil
    }

    /// `1 to 5 and 8`; runs of three or more are a range.
    private static func ranges(_ values: [Int], name: (Int) -> String) -> String {
        var runs: [ClosedRange<Int>] = []
        for value in values {
            if let last = runs.last, last.upperBound == value - 1 {
                runs[runs.count - 1] = last.lowerBound...value
            } else {
                runs.append(value...value)
            }
        }
        let words = runs.flatMap { run in
            run.count < 3 ? run.map(name) : ["\(name(run.lowerBound)) to \(name(run.upperBound))"]
        }
        return list(words)
    }

    /// `a, b and c`.
    private static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }
}
