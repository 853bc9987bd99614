package import DaymillCore

/// Moves times from a source's clock to the pipeline's, row after row: rows of a file mostly lie in one stretch between
/// two clock changes, so the last answer is tried first. For one thread.
///
/// Times are microseconds since 1970-01-01 00:00:00, of UTC (instants) or of a clock on the wall.
package struct ClockCursor {
    private let shift: ClockShift
    private var ofLocal = Answer()
    private var ofInstant = Answer()

    /// What is added to times of a range.
    private struct Answer {
        var from: Int64 = 0
        /// Not in the range any more.
        var to: Int64 = 0
        var delta: Int64 = 0

        @inline(__always)
        func fits(_ time: Int64) -> Bool { time >= from && time < to }
    }

    package init(_ shift: ClockShift) {
        self.shift = shift
    }

    /// The pipeline's wall clock at an instant.
    @inline(__always)
    package mutating func wallClock(ofInstant time: Int64) -> Int64 {
        if !ofInstant.fits(time) { findInstant(time) }
        return time &+ ofInstant.delta
    }

    /// The pipeline's wall clock when the source's shows a time; see `ZoneRules.stretch(atLocal:)` for times that happen
    /// twice or never.
    @inline(__always)
    package mutating func wallClock(ofLocal time: Int64) -> Int64 {
        if !ofLocal.fits(time) { findLocal(time) }
        return time &+ ofLocal.delta
    }

    @inline(never)
    private mutating func findInstant(_ time: Int64) {
        let stretch = shift.to.stretch(at: second(time))
        ofInstant = Answer(
            from: microseconds(stretch.from), to: microseconds(stretch.to), delta: stretch.offset * 1_000_000)
    }

    /// Both clocks stand still, so to speak, where a stretch of one and a stretch of the other overlap.
    @inline(never)
    private mutating func findLocal(_ time: Int64) {
        let source = shift.from.stretch(atLocal: second(time))
        let target = shift.to.stretch(at: second(time) - source.offset)
        let back = source.offset * 1_000_000
        ofLocal = Answer(
            from: max(microseconds(source.from), microseconds(target.from) + back),
            to: min(microseconds(source.to), microseconds(target.to) + back),
            delta: (target.offset - source.offset) * 1_000_000)
    }

    /// Rounded down.
    private func second(_ time: Int64) -> Int64 {
        let second = time / 1_000_000
        return second * 1_000_000 > time ? second - 1 : second
    }

    /// As far as such times are any: a hundred thousand years and more.
    private func microseconds(_ second: Int64) -> Int64 {
        min(max(second, -4_000_000_000_000), 4_000_000_000_000) * 1_000_000
    }
}

/// What is written of a moment: the time that some clock showed, and maybe how far that clock was ahead of UTC.
package struct WrittenMoment: Equatable {
    /// Microseconds since 1970-01-01 00:00:00 by that clock.
    package var time: Int64
    /// Seconds; nil where the text does not say.
    package var offset: Int64?

    package init(time: Int64, offset: Int64?) {
        self.time = time
        self.offset = offset
    }
}

extension ClockCursor {
    /// The pipeline's wall clock at a written moment; nil outside of the years 1 to 9999.
    @inline(__always)
    package mutating func wallClock(of moment: WrittenMoment) -> Int64? {
        let time =
            moment.offset.map { wallClock(ofInstant: moment.time &- $0 &* 1_000_000) }
            ?? wallClock(ofLocal: moment.time)
        return CalendarKernel.holds(timestamp: time) ? time : nil
    }
}
