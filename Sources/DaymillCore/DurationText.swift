/// Lengths of time as people write them, unit included: `500ms`, `90s`, `15m`, `2h`, `1d`.
public enum DurationText {
    /// Reads one number and one unit, which must be there.
    ///
    /// - Throws: `TextProblem`.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> Duration {
        guard let (number, unit) = numberAndUnit(text) else {
            throw TextProblem(
                "'\(text)' is not a length of time", hint: "write a number and a unit, such as 90s or 15m")
        }
        if unit.isEmpty {
            throw TextProblem(
                "the time '\(text)' has no unit", hint: "write \(text)s for seconds, \(text)m for minutes")
        }
        guard let milliseconds = unitMilliseconds[unit] else {
            let hint = longUnits[unit.lowercased()].map { "write '\($0)'" } ?? "units are ms, s, m, h and d"
            throw TextProblem("'\(unit)' is not a unit of time", hint: hint, offset: text.count - unit.count)
        }
        let total = (number * milliseconds).rounded()
        guard total < 1e15 else { throw TextProblem("the time '\(text)' is too long") }
        return .milliseconds(Int64(total))
    }

    /// The shortest text that `parse` reads as the same length: `90s`, `15m`, `1d`. Below a millisecond is cut.
    public static func text(_ duration: Duration) -> String {
        let total = milliseconds(duration)
        guard total != 0 else { return "0s" }
        for (unit, length) in exactUnits where total % length == 0 { return "\(total / length)\(unit)" }
        return "\(total)ms"
    }

    /// For people, rounded: `340 ms`, `2.41 s`, `1 min 12 s`, `3 h 05 min`, `2 d 03 h`.
    public static func human(_ duration: Duration) -> String {
        let total = milliseconds(duration)
        if total < 1000 { return "\(total) ms" }
        if total < 59_950 { return "\(significant(Double(total) / 1000)) s" }
        let seconds = (total + 500) / 1000
        if seconds < 3600 { return "\(seconds / 60) min \(zeroPadded(Int(seconds % 60), 2)) s" }
        let minutes = (seconds + 30) / 60
        if minutes < 1440 { return "\(minutes / 60) h \(zeroPadded(Int(minutes % 60), 2)) min" }
        let hours = (minutes + 30) / 60
        return "\(hours / 24) d \(zeroPadded(Int(hours % 24), 2)) h"
    }

    private static let unitMilliseconds: [String: Double] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
    private static let exactUnits: [(unit: String, length: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]
    private static let longUnits: [String: String] = [
        "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
        "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "day": "d", "days": "d", "msec": "ms", "millisecond": "ms",
        "milliseconds": "ms",
    ]

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// As whole microseconds, cut.
    package var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
