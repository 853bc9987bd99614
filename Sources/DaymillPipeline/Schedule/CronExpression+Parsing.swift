public import DaymillCore

extension CronExpression {
    /// Reads a cron line.
    ///
    /// - Throws: `TextProblem` that names the field and its range, with the offset of what is wrong.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> CronExpression {
        let text = String(text)
        if text.hasPrefix("@") { return try parse(macro: text) }
        let fields = words(of: text)
        guard fields.count == CronField.allCases.count else { throw wrongCount(fields.count, of: text) }
        let sets = try zip(CronField.allCases, fields).map { (field, word) throws(TextProblem) in
            try field.parse(word.text, at: word.offset)
        }
        let expression = CronExpression(
            text: text, minutes: sets[0], hours: sets[1], daysOfMonth: sets[2], months: sets[3], daysOfWeek: sets[4])
        try expression.checkThatADayExists(at: fields[2].offset)
        return expression
    }

    private static let macros: [String: String] = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func parse(macro: String) throws(TextProblem) -> CronExpression {
        guard let line = macros[macro.lowercased()] else {
            let near = nearestWord(to: macro, in: macros.keys.sorted())
            let hint =
                near.map { "did you mean '\($0)'?" } ?? "there are @hourly, @daily, @weekly, @monthly and @yearly"
            throw TextProblem("'\(macro)' is not a schedule", hint: hint)
        }
        let expression = try parse(line)
        return CronExpression(
            text: macro, minutes: expression.minutes, hours: expression.hours, daysOfMonth: expression.daysOfMonth,
            months: expression.months, daysOfWeek: expression.daysOfWeek)
    }

    private static func wrongCount(_ count: Int, of text: String) -> TextProblem {
        let hint =
            switch count {
            case 6: "if the first are seconds, write '\(text.drop { $0 != " " }.dropFirst())'"
            default: "write for example '0 7 * * *' for every day at 07:00"
            }
        let fields = "minute, hour, day of month, month and day of week"
        guard count > 0 else { return TextProblem("the schedule is empty", hint: hint) }
        return TextProblem(
            "'\(text)' has \(count) field\(count == 1 ? "" : "s") where a cron line has five: \(fields)", hint: hint)
    }

    /// The 31st of February never comes.
    private func checkThatADayExists(at offset: Int) throws(TextProblem) {
        guard daysOfWeek.startsWithStar else { return }
        let exists = months.values.contains { month in
            daysOfMonth.values.contains { $0 <= CivilCalendar.daysInMonth(year: 2024, month: month) }
        }
        guard !exists, let day = daysOfMonth.values.first, let month = months.values.first else { return }
        throw TextProblem(
            "'\(text)' never fires: \(CivilCalendar.monthNames[month - 1]) has no day \(day)",
            hint: "choose a day that the month has", offset: offset)
    }

    private static func words(of text: String) -> [(text: String, offset: Int)] {
        let characters = Array(text)
        var words: [(text: String, offset: Int)] = []
        for (offset, character) in characters.enumerated() where !character.isWhitespace {
            if offset > 0, !characters[offset - 1].isWhitespace {
                words[words.count - 1].text.append(character)
            } else {
                words.append((String(character), offset))
            }
        }
        return words
    }
}

/// What stands in a field of a cron line, in the line's order.
enum CronField: CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    var values: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        }
    }

    /// The first name stands for the field's first value.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }

    private var range: String {
        let numbers = "\(values.lowerBound) to \(values.upperBound)"
        return names.isEmpty ? numbers : "\(numbers) or \(names[0]) to \(names[names.count - 1])"
    }

    func parse(_ text: String, at offset: Int) throws(TextProblem) -> CronSet {
        var set = CronSet(startsWithStar: text.hasPrefix("*"))
        var start = offset
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            for value in try parse(item: String(item), at: start) {
                set.insert(self == .dayOfWeek ? value % 7 : value)
            }
            start += item.count + 1
        }
        return set
    }

    private func parse(item: String, at offset: Int) throws(TextProblem) -> [Int] {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let range = try parse(range: parts[0], hasStep: parts.count > 1, at: offset)
        guard parts.count > 1 else { return Array(range) }
        let stepOffset = offset + parts[0].count + 1
        guard let step = Int(parts[1]), 1...values.upperBound ~= step else {
            throw TextProblem(
                "the step '/\(parts[1])' of the \(name) is not possible",
                hint: "steps of the \(name) go from 1 to \(values.upperBound)", offset: stepOffset)
        }
        return Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
    }

    private func parse(range text: String, hasStep: Bool, at offset: Int) throws(TextProblem) -> ClosedRange<Int> {
        if text == "*" { return self == .dayOfWeek ? 0...6 : values }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let first = try parse(value: ends[0], at: offset)
        guard ends.count > 1 else {
            if !hasStep { return first...first }
            throw TextProblem(
                "a step needs a range, and '\(text)' is a single \(name)",
                hint: "write '\(text)-\(values.upperBound)' before the step", offset: offset)
        }
        var last = try parse(value: ends[1], at: offset + ends[0].count + 1)
        if self == .dayOfWeek, last == 0, first > 0 { last = 7 }
        guard first <= last else { throw backwards(ends, at: offset) }
        return first...last
    }

    private func backwards(_ ends: [String], at offset: Int) -> TextProblem {
        let top =
            names.last.flatMap { Int(ends[0]) == nil ? $0 : nil } ?? String(self == .dayOfWeek ? 6 : values.upperBound)
        let bottom = names.first.flatMap { Int(ends[1]) == nil ? $0 : nil } ?? String(values.lowerBound)
        return TextProblem(
            "the range '\(ends[0])-\(ends[1])' of the \(name) runs backwards",
            hint: "write '\(ends[0])-\(top),\(bottom)-\(ends[1])'", offset: offset)
    }

    private func parse(value text: String, at offset: Int) throws(TextProblem) -> Int {
        if let number = Int(text), values.contains(number), text.allSatisfy(\.isNumber) { return number }
        if let index = names.firstIndex(of: text.uppercased()) { return index + values.lowerBound }
        throw TextProblem(message(for: text), hint: hint(for: text), offset: offset)
    }

    private func message(for text: String) -> String {
        if text.isEmpty { return "the \(name) has an empty part" }
        if Int(text) != nil { return "there is no \(name) \(text)" }
        return "'\(text)' is not a \(name)"
    }

    private func hint(for text: String) -> String {
        if text == "?" { return "write '*' for any" }
        if text.contains(where: "LW#".contains), text.contains(where: \.isNumber) || text.count < 3 {
            return "L, W and # are not part of cron; use values, ranges and lists"
        }
        if text.count >= 3, let name = names.first(where: { text.uppercased().hasPrefix($0) }) {
            return "names have three letters: write '\(name)'"
        }
        if let near = nearestWord(to: text, in: names) { return "did you mean '\(near)'?" }
        return "the \(name) goes from \(range)"
    }
}
