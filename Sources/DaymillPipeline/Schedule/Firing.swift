public import DaymillCore

/// A moment at which a schedule starts its pipeline.
public struct Firing: Sendable, Hashable {
    /// How the clock showed the line's time.
    public enum Clock: String, Sendable, CaseIterable {
        /// Once.
        case plain
        /// Never: it was skipped, and this is the moment that stands for it.
        case skipped
        /// Twice: this is the first time, or the second one.
        case first, second
    }

    /// Seconds of UTC since 1970-01-01.
    public var second: Int64
    /// The day of the pipeline's zone that the line means: the date of the run.
    public var date: Day
    /// The time that the line means: minutes since midnight, as the clock counts them.
    public var minute: Int
    public var clock: Clock
    /// Seconds by which the zone's clock is ahead of UTC at this moment.
    public var offset: Int64
}

extension Schedule {
    /// The moments in a stretch of time at which it starts, ascending, no two at once. A pure function of the line, the
    /// policies and the zone.
    ///
    /// With `first` or `shift` a line of one time of day starts exactly once on each day that its fields take and that the
    /// zone has, whatever its clock does.
    ///
    /// O(days + firings).
    ///
    /// - Parameter range: seconds of UTC since 1970-01-01.
    public func firings(in range: Range<Int64>, _ rules: ZoneRules) -> [Firing] {
        guard !range.isEmpty else { return [] }
        // No clock is more than a day away from UTC; and the moment that stands for a skipped time may lie after its day.
        let first = max(Day.first, Day(ofSecond: range.lowerBound).clamped(adding: -2))
        let last = min(Day.last, Day(ofSecond: range.upperBound).clamped(adding: 2))
        guard first <= last else { return [] }
        var found: [Firing] = []
        for day in first...last where takes(day) {
            found += firings(on: day, rules).filter { range.contains($0.second) }
        }
        // A moment that stands for a skipped time may be one of the line's own, which goes first.
        func order(_ firing: Firing) -> (Int64, Int, Day, Int) {
            (firing.second, firing.clock == .skipped ? 1 : 0, firing.date, firing.minute)
        }
        found.sort { order($0) < order($1) }
        var seen: Set<Int64> = []
        return found.filter { seen.insert($0.second).inserted }
    }

    /// The moments at which it starts on some days of the zone, by the days that its line means.
    public func firings(on days: ClosedRange<Day>, _ rules: ZoneRules) -> [Firing] {
        let first = Int64(days.lowerBound.daysSinceEpoch) * 86_400,
            last = Int64(days.upperBound.daysSinceEpoch) * 86_400
        return firings(in: first - 172_800..<last + 259_200, rules).filter { days.contains($0.date) }
    }

    /// The first moment after another one at which it starts; nil when there is none.
    public func next(after second: Int64, _ rules: ZoneRules) -> Firing? {
        var from = second + 1, days: Int64 = 2
        let last = Int64((end.map { min($0, Day.last) } ?? Day.last).daysSinceEpoch) * 86_400 + 3 * 86_400
        while from < last {
            let to = min(last, from + days * 86_400)
            if let found = firings(in: from..<to, rules).first { return found }
            (from, days) = (to, min(1461, days * 4))
        }
        return nil
    }

    /// Whether a day lies within start and end, and the line takes it.
    private func takes(_ day: Day) -> Bool {
        if let start, day < start { return false }
        if let end, day > end { return false }
        let date = day.civil
        return cron.takes(month: date.month, dayOfMonth: date.day, dayOfWeek: day.weekday)
    }

    private func firings(on day: Day, _ rules: ZoneRules) -> [Firing] {
        let midnight = Int64(day.daysSinceEpoch) * 86_400
        let stretches = rules.stretches(in: midnight - 172_800..<midnight + 259_200)
        return cron.hours.values.flatMap { hour in
            cron.minutes.values.flatMap { minute in
                firings(on: day, hour * 60 + minute, midnight, stretches, rules)
            }
        }
    }

    private func firings(
        on day: Day, _ minute: Int, _ midnight: Int64, _ stretches: [ZoneRules.Stretch], _ rules: ZoneRules
    ) -> [Firing] {
        let local = midnight + Int64(minute) * 60
        let shown = stretches.filter { $0.from <= local - $0.offset && local - $0.offset < $0.to }
        func firing(_ stretch: ZoneRules.Stretch, _ clock: Firing.Clock) -> Firing {
            Firing(
                second: local - stretch.offset, date: day, minute: minute, clock: clock, offset: stretch.offset)
        }
        guard let first = shown.first, let last = shown.last else {
            return skipped(local, stretches).flatMap { second, offset in
                rules.has(day)
                    ? [Firing(second: second, date: day, minute: minute, clock: .skipped, offset: offset)] : nil
            } ?? []
        }
        if shown.count == 1 { return [firing(first, .plain)] }
        switch overlap ?? (startsEveryHour ? .both : .first) {
        case .first: return [firing(first, .first)]
        case .second: return [firing(last, .second)]
        case .both: return [firing(first, .first), firing(last, .second)]
        }
    }

    /// The moment that stands for a time that no clock showed.
    private func skipped(_ local: Int64, _ stretches: [ZoneRules.Stretch]) -> (second: Int64, offset: Int64)? {
        for (before, after) in zip(stretches, stretches.dropFirst())
        where before.to + before.offset <= local && local < after.from + after.offset {
            switch gap ?? (startsEveryHour ? .skip : .first) {
            case .first: return (after.from, after.offset)
            case .shift: return (local - before.offset, after.offset)
            case .skip: return nil
            }
        }
        return nil
    }

    /// Whether its times are a rhythm rather than times of day.
    private var startsEveryHour: Bool { cron.hours.startsWithStar }
}

extension Day {
    fileprivate static let first = Day(year: CivilCalendar.years.lowerBound, month: 1, day: 1)!
    fileprivate static let last = Day(year: CivilCalendar.years.upperBound, month: 12, day: 31)!

    fileprivate func clamped(adding days: Int32) -> Day {
        Day(daysSinceEpoch: min(Day.last.daysSinceEpoch, max(Day.first.daysSinceEpoch, daysSinceEpoch) + days))
    }
}
