/// Two clocks: the one that a source's files are written by, and the one whose days are the pipeline's.
public struct ClockShift: Hashable, Sendable {
    /// The source's.
    public let from: ZoneRules
    /// The pipeline's.
    public let to: ZoneRules

    public init(from: ZoneRules, to: ZoneRules) {
        self.from = from
        self.to = to
    }
}

/// An hour of a day as a path names it: `2024/09/15/03` is 03:00 to 04:00 by the clock of the source.
public struct PathHour: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var day: Day
    /// 0...23.
    public var hour: Int

    public init(day: Day, hour: Int) {
        self.day = day
        self.hour = hour
    }

    public static func < (a: PathHour, b: PathHour) -> Bool { (a.day, a.hour) < (b.day, b.hour) }

    /// `2024-09-15 03h`.
    public var description: String { "\(day) \(zeroPadded(hour, 2))h" }

    /// - Parameter second: of the source's clock, at a full hour.
    fileprivate init(startingAt second: Int64) {
        day = Day(ofSecond: second)
        hour = Int((second - Int64(day.daysSinceEpoch) * 86_400) / 3600)
    }

    fileprivate var seconds: Range<Int64> {
        let start = Int64(day.daysSinceEpoch) * 86_400 + Int64(hour) * 3600
        return start..<start + 3600
    }
}

extension ClockShift {
    /// The pipeline's days that an hour of the source lies in, ascending: one, or two when midnight falls into it, or none
    /// when clocks skip it.
    ///
    /// An hour that happens twice is one hour here, as it is one path.
    public func days(of hour: PathHour) -> [Day] {
        let local = hour.seconds
        // No clock is more than a day from UTC.
        let around = local.lowerBound - 172_800..<local.upperBound + 172_800
        if let ahead = steadyDifference(around) {
            let first = Day(ofSecond: local.lowerBound + ahead), last = Day(ofSecond: local.upperBound - 1 + ahead)
            return first == last ? [first] : [first, last]
        }
        var days: Set<Day> = []
        for stretch in from.stretches(in: around) {
            let start = max(stretch.from, local.lowerBound - stretch.offset)
            let end = min(stretch.to, local.upperBound - stretch.offset)
            if start < end { days.formUnion(self.days(ofInstants: start..<end)) }
        }
        return days.sorted()
    }

    /// How far the pipeline's clock is ahead of the source's, when neither changes in a range of UTC.
    private func steadyDifference(_ range: Range<Int64>) -> Int64? {
        let source = from.stretch(at: range.lowerBound), target = to.stretch(at: range.lowerBound)
        return min(source.to, target.to) >= range.upperBound ? target.offset - source.offset : nil
    }

    private func days(ofInstants range: Range<Int64>) -> Set<Day> {
        Set(
            to.stretches(in: range).flatMap { stretch in
                let first = Day(ofSecond: stretch.from + stretch.offset)
                return first...Day(ofSecond: stretch.to - 1 + stretch.offset)
            })
    }

    /// The pipeline's day that an hour of the source begins in, also when clocks skip that hour: then what is written
    /// there anyway counts as `ZoneRules.stretch(atLocal:)` says.
    public func firstDay(of hour: PathHour) -> Day {
        if let first = days(of: hour).first { return first }
        let local = hour.seconds.lowerBound
        let instant = local - from.stretch(atLocal: local).offset
        return Day(ofSecond: instant + to.stretch(at: instant).offset)
    }

    /// The hours of the source that lie in a day of the pipeline, at least in part, ascending: 24, or 23 and 25 when
    /// clocks change, as far as each has a path of its own; none when the day was skipped.
    public func hours(of day: Day) -> [PathHour] {
        let midnight = Int64(day.daysSinceEpoch) * 86_400
        if let ahead = steadyDifference(midnight - 172_800..<midnight + 259_200), ahead % 3600 == 0 {
            return (0..<24).map { PathHour(startingAt: midnight + $0 * 3600 - ahead) }
        }
        return (-48..<72).map { PathHour(startingAt: midnight + $0 * 3600) }.filter { days(of: $0).contains(day) }
    }

    /// Whether every hour of the source lies in one day of the pipeline, from a day on.
    public func keepsHoursWhole(from start: Day) -> Bool {
        let first = Int64(start.daysSinceEpoch) * 86_400 - 172_800
        let last =
            [from.repeatsFrom, to.repeatsFrom, from.starts.last, to.starts.last].compactMap { $0 }.max() ?? first
        guard last > first else { return isWhole(first..<first + 1) }
        return isWhole(first..<last)
    }

    private func isWhole(_ range: Range<Int64>) -> Bool {
        from.stretches(in: range).allSatisfy { source in
            to.stretches(in: source.from..<source.to).allSatisfy { ($0.offset - source.offset) % 3600 == 0 }
        }
    }
}

extension ZoneRules {
    /// Whether any moment belongs to a day: Samoa went from 29 to 31 December 2011.
    public func has(_ day: Day) -> Bool {
        let midnight = Int64(day.daysSinceEpoch) * 86_400
        return stretches(in: midnight - 172_800..<midnight + 259_200).contains { stretch in
            max(stretch.from, midnight - stretch.offset) < min(stretch.to, midnight + 86_400 - stretch.offset)
        }
    }
}

extension Day {
    /// The day of a second of some clock, counted from 1970-01-01 00:00:00.
    package init(ofSecond second: Int64) {
        self.init(daysSinceEpoch: Int32(clamping: (second >= 0 ? second : second - 86_399) / 86_400))
    }

    /// 0 (Sunday) to 6, as in cron lines.
    package var weekday: Int {
        // 1970-01-01 was a Thursday.
        ((Int(daysSinceEpoch) + 4) % 7 + 7) % 7
    }
}
