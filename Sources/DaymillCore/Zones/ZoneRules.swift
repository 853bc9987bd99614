/// How far a zone's clock is ahead of UTC at every moment: a table that is searched without asking Foundation.
///
///     instant (UTC)   …───────┬──────────────┬──────────────┬─────…
///     offset             +1 h │     +2 h     │     +1 h     │
///     starts                  s1             s2             s3
///
/// The table goes 400 years beyond the last change that is known one by one. After that years repeat: the calendar has
/// the same dates and weekdays every 400 years, and so have rules such as "the last Sunday of March". Seconds count
/// from 1970-01-01 00:00:00, of UTC or of the zone's own clock; leap seconds are not counted, as everywhere.
public struct ZoneRules: Hashable, Sendable {
    /// When each offset begins, in seconds of UTC, ascending; the first has begun always.
    let starts: [Int64]
    /// Seconds to add to UTC; neighbours differ.
    let offsets: [Int64]
    /// When each offset begins by the zone's own clock, see `stretch(atLocal:)`; ascending, maybe with equals.
    let localStarts: [Int64]
    /// Where years begin to repeat, in seconds of UTC; nil when the last offset stays.
    let repeatsFrom: Int64?

    /// 400 years.
    static let cycle = Int64(CivilCalendar.daysPerEra) * 86_400

    /// - Parameters:
    ///   - changes: in their order; a change to the offset that holds already is none.
    ///   - repeatsFrom: the table must hold the 400 years before it by rule.
    init(first: Int64, changes: [(at: Int64, offset: Int64)], repeatsFrom: Int64?) {
        var starts: [Int64] = [.min], offsets = [first], locals: [Int64] = [.min]
        for change in changes where change.offset != offsets[offsets.count - 1] {
            // The offset before the change holds for what happens twice and for what never happens.
            let local = change.at + max(change.offset, offsets[offsets.count - 1])
            starts.append(change.at)
            locals.append(max(local, locals[locals.count - 1]))
            offsets.append(change.offset)
        }
        self.starts = starts
        self.offsets = offsets
        localStarts = locals
        self.repeatsFrom = repeatsFrom
    }

    /// The rules of UTC: none.
    public static let utc = ZoneRules(first: 0, changes: [], repeatsFrom: nil)
}

extension ZoneRules {
    /// A stretch of time during which the clock did not change: from the first second on, up to before the second one.
    public struct Stretch: Hashable, Sendable {
        public var from: Int64
        public var to: Int64
        /// Seconds to add to UTC to have the zone's clock.
        public var offset: Int64
    }

    /// The stretch that a second of UTC lies in.
    public func stretch(at second: Int64) -> Stretch {
        find(second, in: starts, repeatsFrom: repeatsFrom)
    }

    /// The stretch that a second of the zone's own clock lies in; its bounds are of that clock too.
    ///
    /// When a clock is set back, some times happen twice, and when it is set forward, some never happen. For both the
    /// offset before the change holds: 02:30 that happens twice is the first of the two, and 02:30 that was skipped is
    /// half an hour after the clock jumped from 02:00 to 03:00, so 03:30.
    public func stretch(atLocal second: Int64) -> Stretch {
        find(second, in: localStarts, repeatsFrom: repeatsFrom.map { $0 + offsets[offsets.count - 1] })
    }

    private func find(_ second: Int64, in starts: [Int64], repeatsFrom: Int64?) -> Stretch {
        var shift: Int64 = 0
        if let repeatsFrom, second >= repeatsFrom {
            shift = ((second - repeatsFrom) / Self.cycle + 1) * Self.cycle
        }
        let index = Self.last(notAfter: second - shift, in: starts)
        let from = starts[index], to = index + 1 < starts.count ? starts[index + 1] : repeatsFrom ?? .max
        return Stretch(
            from: from == .min ? .min : from + shift, to: to == .max ? .max : to + shift, offset: offsets[index])
    }

    /// The last position of a number that is not after `second`; the first number is.
    private static func last(notAfter second: Int64, in starts: [Int64]) -> Int {
        var low = 0, high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= second { low = middle } else { high = middle }
        }
        return low
    }

    /// The stretches that make up a range of seconds of UTC, cut to it, in their order.
    public func stretches(in range: Range<Int64>) -> [Stretch] {
        var found: [Stretch] = []
        var second = range.lowerBound
        while second < range.upperBound {
            var stretch = stretch(at: second)
            (stretch.from, stretch.to) = (second, min(stretch.to, range.upperBound))
            found.append(stretch)
            second = stretch.to
        }
        return found
    }

    /// Everything that decides about times, as text: equal for equal rules, whatever the zone's name and however its file
    /// is written.
    public var identity: String {
        let changes = zip(starts.dropFirst(), offsets.dropFirst()).map { "\($0):\($1)" }
        return "\(offsets[0]) \(changes.joined(separator: " ")) repeats \(repeatsFrom ?? 0)"
    }
}
