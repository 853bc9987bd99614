/// The rule at the end of a TZif file, which says how clocks change from the last change named on: `CET-1CEST,M3.5.0,
/// M10.5.0/3`, or `MSK-3` where they do not change. The grammar is that of POSIX's TZ, with times of -167 to 167 hours.
struct PosixZoneRule {
    /// Seconds to add to UTC outside of summer time.
    let offset: Int64
    let summer: Summer?

    struct Summer {
        /// Seconds to add to UTC in summer time, which may be less than otherwise.
        var offset: Int64
        var start: Moment
        var end: Moment
    }

    /// A moment of every year, by the clock that is changed.
    struct Moment {
        var date: Date
        /// Seconds since midnight.
        var time: Int64
    }

    enum Date {
        /// Day 1 to 365 of the year, never 29 February.
        case day(Int)
        /// Day 0 to 365 of the year, with 29 February.
        case dayFromZero(Int)
        /// The n-th such weekday (0 is Sunday) of a month; the fifth is the last.
        case weekday(month: Int, nth: Int, weekday: Int)
    }

    /// Nil when the text is no such rule.
    init?(_ text: String) {
        var scanner = Scanner(text: Array(text.utf8)[...])
        guard scanner.name(), let west = scanner.time(hoursMax: 24) else { return nil }
        offset = -west
        if scanner.text.isEmpty {
            summer = nil
            return
        }
        guard scanner.name() else { return nil }
        let summerWest = scanner.text.first == UInt8(ascii: ",") ? west - 3600 : scanner.time(hoursMax: 24)
        guard let summerWest, let start = scanner.moment(), let end = scanner.moment(), scanner.text.isEmpty else {
            return nil
        }
        summer = Summer(offset: -summerWest, start: start, end: end)
    }

    /// Both changes of a year, in seconds of UTC, with the offsets after them.
    func changes(_ summer: Summer, year: Int) -> [(at: Int64, offset: Int64)] {
        let start = summer.start.second(of: year) - offset, end = summer.end.second(of: year) - summer.offset
        return [(end, offset), (start, summer.offset)]
    }
}

extension PosixZoneRule.Moment {
    /// By the clock that is changed.
    func second(of year: Int) -> Int64 {
        guard let january = CivilCalendar.days(year: year, month: 1, day: 1) else {
            preconditionFailure("tables end long before the calendar")
        }
        return (Int64(january) + Int64(date.dayOfYear(year, january: january))) * 86_400 + time
    }
}

extension PosixZoneRule.Date {
    /// Days after the first of January.
    fileprivate func dayOfYear(_ year: Int, january: Int32) -> Int {
        switch self {
        case .day(let number): return number - 1 + (CivilCalendar.isLeap(year: year) && number >= 60 ? 1 : 0)
        case .dayFromZero(let number): return number
        case .weekday(let month, let nth, let weekday):
            let before = (1..<month).reduce(0) { $0 + CivilCalendar.daysInMonth(year: year, month: $1) }
            // 1970-01-01 was a Thursday.
            let first = (Int(january) + before + 4) % 7
            let firstMatch = (weekday - (first < 0 ? first + 7 : first) + 7) % 7
            let length = CivilCalendar.daysInMonth(year: year, month: month)
            let matches = stride(from: firstMatch, to: length, by: 7)
            return before + (Array(matches.prefix(nth)).last ?? firstMatch)
        }
    }
}

/// Takes pieces from the front.
private struct Scanner {
    var text: ArraySlice<UInt8>

    /// `CET` or `<+03>`.
    mutating func name() -> Bool {
        if take("<") {
            guard let close = text.firstIndex(of: UInt8(ascii: ">")) else { return false }
            text = text[(close + 1)...]
            return true
        }
        let letters = text.prefix { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
        text = text.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `-1`, `5:30`, `+167:00:00`: seconds.
    mutating func time(hoursMax: Int) -> Int64? {
        let sign: Int64 = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard let hours = number(), hours <= hoursMax else { return nil }
        var seconds = Int64(hours) * 3600
        for unit in [60, 1] as [Int64] where take(":") {
            guard let part = number(), part < 60 else { return nil }
            seconds += Int64(part) * unit
        }
        return sign * seconds
    }

    /// `,M3.5.0/2`, `,J60` or `,59`.
    mutating func moment() -> PosixZoneRule.Moment? {
        guard take(","), let date = date() else { return nil }
        guard take("/") else { return PosixZoneRule.Moment(date: date, time: 7200) }
        return time(hoursMax: 167).map { PosixZoneRule.Moment(date: date, time: $0) }
    }

    private mutating func date() -> PosixZoneRule.Date? {
        if take("M") {
            guard let month = number(), 1...12 ~= month, take("."), let nth = number(), 1...5 ~= nth, take("."),
                let weekday = number(), 0...6 ~= weekday
            else { return nil }
            return .weekday(month: month, nth: nth, weekday: weekday)
        }
        let skipsLeapDay = take("J")
        guard let day = number(), (skipsLeapDay ? 1 : 0)...365 ~= day else { return nil }
        return skipsLeapDay ? .day(day) : .dayFromZero(day)
    }

    private mutating func number() -> Int? {
        let digits = text.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard 1...3 ~= digits.count else { return nil }
        text = text.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard text.first == UInt8(ascii: character) else { return false }
        text = text.dropFirst()
        return true
    }
}
