import DaymillCore

/// Days and times as plain numbers, for loops over rows.
enum CalendarKernel {
    static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 0001-01-01 and 9999-12-31: what lies outside is no date.
    static let firstDay: Int64 = -719_162
    static let lastDay: Int64 = 2_932_896

    /// Days since 1970-01-01 and microseconds since midnight.
    @inline(__always)
    static func split(_ timestamp: Int64) -> (days: Int64, time: Int64) {
        var days = timestamp / microsecondsPerDay
        var time = timestamp &- days &* microsecondsPerDay
        if time < 0 {
            days &-= 1
            time &+= microsecondsPerDay
        }
        return (days, time)
    }

    @inline(__always)
    static func holds(day: Int64) -> Bool { day >= firstDay && day <= lastDay }

    @inline(__always)
    static func holds(timestamp: Int64) -> Bool {
        timestamp >= firstDay &* microsecondsPerDay && timestamp < (lastDay &+ 1) &* microsecondsPerDay
    }

    /// The number of days from 1970-01-01 to a day that exists.
    @inline(__always)
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        Int64(CivilCalendar.days(year: year, month: month, day: day).unsafelyUnwrapped)
    }

    @inline(__always)
    static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
        CivilCalendar.civil(days: Int32(truncatingIfNeeded: days))
    }

    /// Monday is 1, Sunday is 7.
    @inline(__always)
    static func isoWeekday(_ days: Int64) -> Int64 {
        // 1970-01-01 was a Thursday.
        let rest = (days &+ 3) % 7
        return (rest < 0 ? rest &+ 7 : rest) &+ 1
    }

    /// The ISO year and week: a week belongs to the year of its Thursday.
    @inline(__always)
    static func isoWeek(_ day: Int64) -> (year: Int64, week: Int64) {
        let thursday = day &- isoWeekday(day) &+ 4
        let year = civil(thursday).year
        let first = thursday &- firstOf(year: year)
        return (Int64(year), first / 7 &+ 1)
    }

    /// The first of January, of any year from 0 to 10000.
    @inline(__always)
    static func firstOf(year: Int) -> Int64 {
        let past = Int64(year) &- 1
        let leaps = past >= 0 ? past / 4 &- past / 100 &+ past / 400 : -1
        return past &* 365 &+ leaps &+ firstDay
    }
}
