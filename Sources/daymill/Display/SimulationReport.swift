import DaymillCore
import DaymillPipeline

/// The starts of a schedule, in words or as JSON.
struct SimulationReport {
    var pipeline: Pipeline
    var schedule: Schedule
    var days: ClosedRange<Day>
    var firings: [Firing]

    var text: String {
        let span =
            days.lowerBound == days.upperBound
            ? "on \(days.lowerBound)" : "from \(days.lowerBound) to \(days.upperBound)"
        let head = "\(pipeline.name) starts \(schedule.cron), by the clock of \(pipeline.timezone): "
        return ([head + "\(Words.count(firings.count, "time")) \(span)"] + firings.map(line)).joined(separator: "\n")
    }

    private func line(_ firing: Firing) -> String {
        let local = Clock.local(firing), note = note(firing)
        return "  \(local.weekday) \(local.text)  \(Clock.utc(firing.second))  run of \(firing.date)"
            + (note.isEmpty ? "" : "  (\(note))")
    }

    private func note(_ firing: Firing) -> String {
        let time = Clock.time(firing.minute)
        return switch firing.clock {
        case .plain: ""
        case .skipped: "\(time) is skipped by the clock on \(firing.date)"
        case .first: "the first \(time) of two"
        case .second: "the second \(time) of two"
        }
    }

    private struct Report: Encodable {
        struct Start: Encodable {
            var at: String
            var local: String
            var date: String
            var time: String
            var clock: String
        }
        var pipeline: String
        var schedule: String
        var timezone: String
        var from: String
        var to: String
        var starts: [Start]
    }

    func json() throws -> String {
        let starts = firings.map { firing in
            Report.Start(
                at: Clock.utc(firing.second), local: Clock.local(firing).text, date: firing.date.description,
                time: Clock.time(firing.minute), clock: firing.clock.rawValue)
        }
        let report = Report(
            pipeline: pipeline.name, schedule: schedule.cron.text, timezone: pipeline.timezone.name,
            from: days.lowerBound.description, to: days.upperBound.description, starts: starts)
        return try Output.json(report)
    }
}

/// Moments as people and programs read them.
private enum Clock {
    static func time(_ minute: Int) -> String { "\(two(minute / 60)):\(two(minute % 60))" }

    /// `2026-03-29 03:00 +02:00`, as the zone's clock shows it.
    static func local(_ firing: Firing) -> (text: String, weekday: String) {
        let (day, seconds) = split(firing.second + firing.offset)
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let weekday = names[day.weekday]
        return ("\(day) \(clock(seconds)) \(offset(firing.offset))", weekday)
    }

    /// `2026-03-29T01:00:00Z`.
    static func utc(_ second: Int64) -> String {
        let (day, seconds) = split(second)
        return "\(day)T\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))Z"
    }

    private static func clock(_ seconds: Int) -> String {
        let text = "\(two(seconds / 3600)):\(two(seconds / 60 % 60))"
        return seconds % 60 == 0 ? text : "\(text):\(two(seconds % 60))"
    }

    private static func offset(_ seconds: Int64) -> String {
        let size = Int(abs(seconds))
        let text = "\(seconds < 0 ? "-" : "+")\(two(size / 3600)):\(two(size / 60 % 60))"
        return size % 60 == 0 ? text : "\(text):\(two(size % 60))"
    }

    private static func split(_ second: Int64) -> (Day, Int) {
        let day = Day(ofSecond: second)
        return (day, Int(second - Int64(day.daysSinceEpoch) * 86_400))
    }

    private static func two(_ number: Int) -> String { zeroPadded(number, 2) }
}
