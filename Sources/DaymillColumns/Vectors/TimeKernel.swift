import DaymillCore

/// Dates (days) and timestamps (microseconds) since 1970, of the years 1 to 9999: what leads beyond fails.
package enum TimeKernel {
    /// (date, days) -> date
    package static func addDays(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        sum(a, b, n, active, out) { CalendarKernel.holds(day: $0) }
    }

    /// (timestamp, interval) -> timestamp
    package static func addInterval(
        _ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        sum(a, b, n, active, out) { CalendarKernel.holds(timestamp: $0) }
    }

    /// (date, date) -> days, (timestamp, timestamp) -> interval: valid dates never overflow.
    package static func difference(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a, b], count: n, into: out) else { return }
        RowLoop.zip(a, b, n, out.int64s) { (x: Int64, y: Int64) in x &- y }
    }

    /// (timestamp, months) -> timestamp: the day of the month is cut to the month's length.
    package static func addMonths(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        guard NullKernel.merge([a, b], count: n, into: out) else { return nil }
        let (times, months) = (a.values(Int64.self), b.values(Int64.self))
        let (aStep, bStep) = (a.step, b.step)
        return RowLoop.live(out, active) { i in
            guard let time = adding(months: months[i &* bStep], to: times[i &* aStep]) else { return false }
            out.int64s[i] = time
            return true
        }
    }

    /// (year, month, day) -> date; fails for days that do not exist.
    package static func makeDate(
        _ year: Operand, _ month: Operand, _ day: Operand, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        guard NullKernel.merge([year, month, day], count: n, into: out) else { return nil }
        let (years, months, days) = (year.values(Int64.self), month.values(Int64.self), day.values(Int64.self))
        return RowLoop.live(out, active) { i in
            let date = CivilCalendar.days(
                year: Int(years[i &* year.step]), month: Int(months[i &* month.step]), day: Int(days[i &* day.step]))
            guard let date else { return false }
            out.int64s[i] = Int64(date)
            return true
        }
    }

    @inline(__always)
    private static func sum(
        _ a: Operand, _ b: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ holds: (Int64) -> Bool
    ) -> Int? {
        guard NullKernel.merge([a, b], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.zip(a, b, n, out.int64s) { (x: Int64, y: Int64) in
            let (sum, overflow) = x.addingReportingOverflow(y)
            failed = failed || overflow || !holds(sum)
            return sum
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) {
            let (x, y) = (a.values(Int64.self)[a.place($0)], b.values(Int64.self)[b.place($0)])
            return x.addingReportingOverflow(y).overflow || !holds(x &+ y)
        }
    }

    private static func adding(months: Int64, to timestamp: Int64) -> Int64? {
        guard months.magnitude <= 200_000 else { return nil }
        let (days, time) = CalendarKernel.split(timestamp)
        let (year, month, day) = CalendarKernel.civil(days)
        let count = year * 12 + month - 1 + Int(months)
        guard count >= 12, count < 120_000 else { return nil }
        let length = CivilCalendar.daysInMonth(year: count / 12, month: count % 12 + 1)
        let date = CalendarKernel.days(count / 12, count % 12 + 1, min(day, length))
        return date * CalendarKernel.microsecondsPerDay + time
    }
}

/// date_trunc.
extension TimeKernel {
    /// (timestamp) -> timestamp; only a decade that starts in the year 0 fails.
    package static func truncate(
        _ a: Operand, to unit: TimeUnit, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        switch unit {
        case .microseconds: RowLoop.map(a, n, out.int64s) { (x: Int64) in x }
        case .milliseconds: cut(a, 1000, n, out)
        case .second: cut(a, 1_000_000, n, out)
        case .minute: cut(a, 60_000_000, n, out)
        case .hour: cut(a, 3_600_000_000, n, out)
        case .day: cut(a, CalendarKernel.microsecondsPerDay, n, out)
        case .week:
            // Weeks start on Mondays; 1970-01-01 was a Thursday, three days into its week.
            let shift = 3 * CalendarKernel.microsecondsPerDay
            RowLoop.map(a, n, out.int64s) { (x: Int64) in
                floored(x &+ shift, 7 * CalendarKernel.microsecondsPerDay) &- shift
            }
        default: return calendarCut(a, unit, n, active, out)
        }
        return nil
    }

    /// Inlined with each length, so that the compiler divides by a constant.
    @inline(__always)
    private static func cut(_ a: Operand, _ length: Int64, _ n: Int, _ out: Vector) {
        RowLoop.map(a, n, out.int64s) { (x: Int64) in floored(x, length) }
    }

    @inline(__always)
    private static func floored(_ x: Int64, _ length: Int64) -> Int64 {
        let rest = x % length
        return x &- (rest < 0 ? rest &+ length : rest)
    }

    /// Rows of a batch are mostly of few days, so the answer for one day serves the rows of the same day that follow.
    private static func calendarCut(
        _ a: Operand, _ unit: TimeUnit, _ n: Int, _ active: Vector?, _ out: Vector
    ) -> Int? {
        let times = a.values(Int64.self)
        let step = a.step
        var lastDay = Int64.min
        var lastStart: Int64 = 0
        return RowLoop.live(out, active) { i in
            let day = CalendarKernel.split(times[i &* step]).days
            if day != lastDay {
                lastDay = day
                lastStart = start(of: unit, at: day)
            }
            out.int64s[i] = lastStart &* CalendarKernel.microsecondsPerDay
            return lastStart >= CalendarKernel.firstDay
        }
    }

    /// The first day of the unit that a day falls in.
    private static func start(of unit: TimeUnit, at day: Int64) -> Int64 {
        let (year, month, _) = CalendarKernel.civil(day)
        switch unit {
        case .month: return CalendarKernel.days(year, month, 1)
        case .quarter: return CalendarKernel.days(year, (month - 1) / 3 * 3 + 1, 1)
        case .year: return CalendarKernel.firstOf(year: year)
        case .decade: return CalendarKernel.firstOf(year: year / 10 * 10)
        case .century: return CalendarKernel.firstOf(year: (year - 1) / 100 * 100 + 1)
        case .millennium: return CalendarKernel.firstOf(year: (year - 1) / 1000 * 1000 + 1)
        default: preconditionFailure("date_trunc to \(unit)")
        }
    }
}
