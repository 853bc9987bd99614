package import DaymillColumns

/// Spans of 8, 64 and 512 days that are merged beforehand, for aggregates that cannot be subtracted.
///
///     days      │0│1│2│3│4│5│6│7│8│9│…                aligned: a span of level n begins at a multiple of 8^n
///     level 1   │       8       │       8       │…
///     level 2   │                 64                │…
///
///     a window  ──7│ 8 │ 8 │        64        │ 8 │1──   at most 14 spans of each level
///
/// A span is named by the groups of its days. So a day that changes makes its three ancestors unfit, and nothing else.
package enum WindowTiers {
    package typealias DayGroups = RollForward.DayGroups

    /// Some consecutive days of a window, whether they have groups or not.
    package struct Span: Hashable, Sendable {
        /// 0 for a single day.
        package var level: Int
        package var days: ClosedRange<Int32>
        /// Positions in the window's list of days that have groups.
        package var positions: Range<Int>
    }

    package static let levels = 3
    static let base: Int32 = 8

    /// Windows of fewer days with groups are not worth it.
    package static let shortest = 20

    /// The spans of a level that lie in a window and have groups on more than one day.
    package static func spans(level: Int, in window: ClosedRange<Int32>, _ days: [DayGroups]) -> [Span] {
        let length = (0..<level).reduce(Int32(1)) { size, _ in size * base }
        var spans: [Span] = []
        var first = days.startIndex
        while first < days.count {
            let start = floor(days[first].day, length), end = start + length - 1
            let after = days[first...].firstIndex { $0.day > end } ?? days.count
            if window.contains(start), window.contains(end), after > first + 1 {
                spans.append(Span(level: level, days: start...end, positions: first..<after))
            }
            first = after
        }
        return spans
    }

    /// The multiple of `length` at or below a day; days before 1970 are negative.
    private static func floor(_ day: Int32, _ length: Int32) -> Int32 {
        day - (day % length + length) % length
    }

    /// The fewest spans that cover a window: the largest that are there, single days elsewhere.
    ///
    /// - Parameters:
    ///   - days: those with groups, ascending.
    ///   - isThere: whether a span has been merged.
    package static func cover(
        _ window: ClosedRange<Int32>, _ days: [DayGroups], isThere: (Span) -> Bool
    ) -> [Span] {
        var starts: [Int: Span] = [:]
        for level in 1...levels {
            for span in spans(level: level, in: window, days) where isThere(span) {
                starts[span.positions.lowerBound] = span
            }
        }
        var result: [Span] = []
        var next = 0
        while next < days.count {
            let span = starts[next] ?? Span(level: 0, days: days[next].day...days[next].day, positions: next..<next + 1)
            result.append(span)
            next = span.positions.upperBound
        }
        return result
    }

    /// Identity of a span's groups.
    package static func id(_ span: Span, _ days: [DayGroups], of state: ContentID) -> ContentID {
        var words: [UInt64] = [4, state.high, state.low, UInt64(span.level)]
        for day in days[span.positions] {
            words += [UInt64(bitPattern: Int64(day.day)), day.digest.high, day.digest.low]
        }
        return ContentID.of(words: words)
    }
}
