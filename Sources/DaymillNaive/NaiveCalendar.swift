/// The Gregorian calendar, from 0001-01-01 to 9999-12-31: what lies outside is no date.
package enum NaiveCalendar {
    package static let microsecondsPerDay: Int64 = 86_400_000_000
    /// Days from 0001-01-01 to 1970-01-01.
    private static let daysBeforeEpoch = 719_162

    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    package static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 0001-01-01 to the first of January of a year.
    private static func daysBefore(year: Int) -> Int {
        let past = year - 1
        return past * 365 + past / 4 - past / 100 + past / 400
    }

    /// Days since 1970-01-01; nil when there is no such day.
    package static func days(year: Int, month: Int, day: Int) -> Int32? {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        guard day >= 1, day <= daysInMonth(year, month) else { return nil }
        let before = (1..<month).reduce(0) { $0 + daysInMonth(year, $1) }
        return Int32(daysBefore(year: year) + before + day - 1 - daysBeforeEpoch)
    }

    package static let firstDay = days(year: 1, month: 1, day: 1)!
    package static let lastDay = days(year: 9999, month: 12, day: 31)!

    /// Year, month and day; only for days from `firstDay` to `lastDay`.
    package static func civil(_ days: Int32) -> (year: Int, month: Int, day: Int) {
        let count = Int(days) + daysBeforeEpoch
        var year = count / 366 + 1
        while daysBefore(year: year + 1) <= count { year += 1 }
        var rest = count - daysBefore(year: year)
        var month = 1
        while rest >= daysInMonth(year, month) {
            rest -= daysInMonth(year, month)
            month += 1
        }
        return (year, month, rest + 1)
    }

    /// The day and the microseconds since its midnight.
    package static func split(_ timestamp: Int64) -> (days: Int32, rest: Int64) {
        var days = timestamp / microsecondsPerDay
        var rest = timestamp % microsecondsPerDay
        if rest < 0 {
            days -= 1
            rest += microsecondsPerDay
        }
        return (Int32(days), rest)
    }

    /// Monday is 1, Sunday is 7.
    package static func isoWeekday(_ days: Int32) -> Int {
        (Int(days) + daysBeforeEpoch) % 7 + 1
    }

    package static func dayOfYear(_ days: Int32) -> Int {
        Int(days) + daysBeforeEpoch - daysBefore(year: civil(days).year) + 1
    }

    /// The ISO year and week: a week belongs to the year of its Thursday.
    package static func isoWeek(_ days: Int32) -> (year: Int, week: Int) {
        let thursday = Int(days) - isoWeekday(days) + 4
        var year = civil(days).year
        if thursday + daysBeforeEpoch < daysBefore(year: year) { year -= 1 }
        if thursday + daysBeforeEpoch >= daysBefore(year: year + 1) { year += 1 }
        return (year, (thursday + daysBeforeEpoch - daysBefore(year: year)) / 7 + 1)
    }
}
