public import DaymillCore

/// When a pipeline starts by itself, by the clock of its time zone.
public struct Schedule: Sendable, Hashable {
    public var cron: CronExpression
    /// What happens with starts that were missed while nothing ran.
    public var missed: MissedStarts
    /// The first and the last day of the pipeline's zone on which it starts; nil: no bound.
    public var start: Day?
    public var end: Day?
    /// What happens with a time that the clock skips; nil: `first`, or `skip` where the line starts every hour.
    public var gap: ClockGap?
    /// What happens with a time that the clock shows twice; nil: `first`, or `both` where the line starts every hour.
    public var overlap: ClockOverlap?
    /// What happens when it starts while an earlier run has not ended.
    public var runOverlap = RunOverlap.queue
    public var place: SourcePlace

    public init(
        cron: CronExpression, missed: MissedStarts = .latest, start: Day? = nil, end: Day? = nil, gap: ClockGap? = nil,
        overlap: ClockOverlap? = nil, place: SourcePlace
    ) {
        self.cron = cron
        self.missed = missed
        self.start = start
        self.end = end
        self.gap = gap
        self.overlap = overlap
        self.place = place
    }
}

/// What happens with starts that were missed while nothing ran.
public enum MissedStarts: String, Sendable, CaseIterable {
    /// The last of them is made up for.
    case latest
    /// All of them are made up for, oldest first.
    case all
    /// They are left out.
    case none
}

/// What happens with a time of day that a clock skips when it is set forward.
public enum ClockGap: String, Sendable, CaseIterable {
    /// It is the first moment after the gap: 02:30 is 03:00 where the clock goes from 02:00 to 03:00.
    case first
    /// It is as much later as the clock was set forward: 02:30 is 03:30.
    case shift
    /// There is none that day.
    case skip
}

/// What happens with a time of day that a clock shows twice when it is set back.
public enum ClockOverlap: String, Sendable, CaseIterable {
    case first, second, both
}

/// What happens when a schedule starts a pipeline of which an earlier run has not ended.
public enum RunOverlap: String, Sendable, CaseIterable {
    /// The new run waits for its turn.
    case queue
    /// There is no new run.
    case skip
    /// The earlier run is ended, and the new one starts then.
    case cancelOld = "cancel_old"
}
