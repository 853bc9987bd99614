import DaymillSQL

/// Dates and times, from 0001-01-01 to 9999-12-31; beyond is an overflow.
extension NaiveFunctions {
    static func time(_ function: ScalarFunction, _ values: [Value], _ type: SQLType) throws -> Value? {
        switch (function, values.first, values.last) {
        case (.addDays, .date(let date), .integer(let days)):
            .date(try day(Int64(date).addingReportingOverflow(days)))
        case (.daysBetween, .date(let a), .date(let b)):
            .integer(Int64(a) - Int64(b))
        case (.addInterval, .timestamp(let time), .interval(let span)):
            .timestamp(try moment(time.addingReportingOverflow(span)))
        case (.addMonths, .timestamp(let time), .integer(let months)):
            .timestamp(try addMonths(time, months))
        case (.timeBetween, .timestamp(let a), .timestamp(let b)):
            .interval(a - b)
        case (.dateTrunc, .text(let unit), .timestamp(let time)):
            .timestamp(try truncate(time, to: unit))
        case (.extract, .text(let field), .timestamp(let time)):
            try extract(field, time, type)
        case (.extract, .text(let field), .date(let date)):
            try extract(field, Int64(date) * NaiveCalendar.microsecondsPerDay, type)
        case (.extract, .text("epoch"), .interval(let span)):
            .double(Double(span) / 1e6)
        case (.makeDate, .integer, .integer):
            try makeDate(values)
        default: nil
        }
    }

    private static func day(_ result: (partialValue: Int64, overflow: Bool)) throws -> Int32 {
        let range = Int64(NaiveCalendar.firstDay)...Int64(NaiveCalendar.lastDay)
        guard !result.overflow, range.contains(result.partialValue) else {
            throw EvaluationFailure(.overflow, "a day outside of the years 1 to 9999")
        }
        return Int32(result.partialValue)
    }

    private static func moment(_ result: (partialValue: Int64, overflow: Bool)) throws -> Int64 {
        let first = Int64(NaiveCalendar.firstDay) * NaiveCalendar.microsecondsPerDay
        let end = (Int64(NaiveCalendar.lastDay) + 1) * NaiveCalendar.microsecondsPerDay
        guard !result.overflow, (first..<end).contains(result.partialValue) else {
            throw EvaluationFailure(.overflow, "a moment outside of the years 1 to 9999")
        }
        return result.partialValue
    }

    private static func midnight(_ year: Int, _ month: Int, _ day: Int) throws -> Int64 {
        guard let days = NaiveCalendar.days(year: year, month: month, day: day) else {
            throw EvaluationFailure(.overflow, "\(year)-\(month)-\(day) is no day of the years 1 to 9999")
        }
        return Int64(days) * NaiveCalendar.microsecondsPerDay
    }

    /// The day is cut to the month's length: January 31 and a month is February 28 or 29.
    private static func addMonths(_ time: Int64, _ months: Int64) throws -> Int64 {
        let (days, rest) = NaiveCalendar.split(time)
        let (year, month, day) = NaiveCalendar.civil(days)
        let limit: Int64 = 200_000
        try overflow(months.magnitude > limit.magnitude)
        let count = year * 12 + month - 1 + Int(months)
        try overflow(count < 12)
        let length = NaiveCalendar.daysInMonth(count / 12, count % 12 + 1)
        return try midnight(count / 12, count % 12 + 1, min(day, length)) + rest
    }

    private static func overflow(_ isBeyond: Bool) throws {
        if isBeyond { throw EvaluationFailure(.overflow, "a moment outside of the years 1 to 9999") }
    }

    private static func truncate(_ time: Int64, to unit: String) throws -> Int64 {
        let (days, rest) = NaiveCalendar.split(time)
        let (year, month, _) = NaiveCalendar.civil(days)
        func cut(_ length: Int64) -> Int64 { time - rest + rest / length * length }
        switch unit {
        case "microsecond", "microseconds": return time
        case "millisecond", "milliseconds": return cut(1000)
        case "second": return cut(1_000_000)
        case "minute": return cut(60_000_000)
        case "hour": return cut(3_600_000_000)
        case "day": return time - rest
        case "week": return time - rest - Int64(NaiveCalendar.isoWeekday(days) - 1) * NaiveCalendar.microsecondsPerDay
        case "month": return try midnight(year, month, 1)
        case "quarter": return try midnight(year, (month - 1) / 3 * 3 + 1, 1)
        case "year": return try midnight(year, 1, 1)
        case "decade": return try midnight(year / 10 * 10, 1, 1)
        case "century": return try midnight((year - 1) / 100 * 100 + 1, 1, 1)
        case "millennium": return try midnight((year - 1) / 1000 * 1000 + 1, 1, 1)
        default: throw EvaluationFailure(.malformed, "date_trunc to '\(unit)'")
        }
    }

    private static func extract(_ field: String, _ time: Int64, _ type: SQLType) throws -> Value {
        let (days, rest) = NaiveCalendar.split(time)
        let ofMinute = rest % 60_000_000
        if field == "epoch" { return .double(Double(time) / 1e6) }
        if field == "second" { return .double(Double(ofMinute) / 1e6) }
        if let number = ofDay(field, days) { return .integer(Int64(number)) }
        switch field {
        case "hour": return .integer(rest / 3_600_000_000)
        case "minute": return .integer(rest / 60_000_000 % 60)
        case "milliseconds": return .integer(ofMinute / 1000)
        case "microseconds": return .integer(ofMinute)
        default: throw EvaluationFailure(.malformed, "extract of '\(field)'")
        }
    }

    private static func ofDay(_ field: String, _ days: Int32) -> Int? {
        let (year, month, day) = NaiveCalendar.civil(days)
        return switch field {
        case "year": year
        case "month": month
        case "day": day
        case "dow": NaiveCalendar.isoWeekday(days) % 7
        case "isodow": NaiveCalendar.isoWeekday(days)
        case "doy": NaiveCalendar.dayOfYear(days)
        case "isoyear": NaiveCalendar.isoWeek(days).year
        case "week": NaiveCalendar.isoWeek(days).week
        case "quarter": (month - 1) / 3 + 1
        case "decade": year / 10
        case "century": (year + 99) / 100
        case "millennium": (year + 999) / 1000
        default: nil
        }
    }

    private static func makeDate(_ values: [Value]) throws -> Value {
        let numbers = try values.map { value in
            guard case .integer(let number) = value else { throw malformed(.makeDate, values) }
            return Int(number)
        }
        guard let days = NaiveCalendar.days(year: numbers[0], month: numbers[1], day: numbers[2]) else {
            throw EvaluationFailure(.badArgument, "\(numbers) is no day")
        }
        return .date(days)
    }
}
