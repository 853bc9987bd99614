import Foundation

/// A time zone of the IANA database that is known to exist: `Europe/Moscow`, `UTC`.
public struct TimeZoneName: Hashable, Sendable, CustomStringConvertible {
    /// As the database spells it.
    public let name: String

    private init(known name: String) {
        self.name = name
    }

    /// Coordinated universal time: what holds where nobody names a zone.
    public static let utc = TimeZoneName(known: "UTC")

    public var description: String { name }

    /// - Throws: `TextProblem` with the nearest right name; abbreviations such as `MSK` and fixed offsets are refused,
    ///   because they say nothing of clock changes.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> TimeZoneName {
        let text = String(text)
        if text == "UTC" || isKnown(text) { return TimeZoneName(known: text) }
        if ["UTC", "GMT", "Z"].contains(text.uppercased()) {
            throw TextProblem("the time zone '\(text)' is not known", hint: "write 'UTC'")
        }
        throw TextProblem("the time zone '\(text)' is not known", hint: hint(for: text))
    }

    /// Seconds to add to UTC at an instant (microseconds since 1970-01-01 00:00:00 UTC) to have the zone's clock.
    public func offsetSeconds(atMicroseconds instant: Int64) -> Int {
        guard name != "UTC", let zone = TimeZone(identifier: name) else { return 0 }
        return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant) / 1_000_000))
    }

    /// The calendar day in this zone at an instant (microseconds since 1970-01-01 00:00:00 UTC).
    public func day(atMicroseconds instant: Int64) -> Day {
        let local = instant + Int64(offsetSeconds(atMicroseconds: instant)) * 1_000_000
        let microsecondsPerDay: Int64 = 86_400_000_000
        let (quotient, remainder) = local.quotientAndRemainder(dividingBy: microsecondsPerDay)
        return Day(daysSinceEpoch: Int32(remainder < 0 ? quotient - 1 : quotient))
    }

    /// Today in this zone by `clock`.
    public func today(_ clock: WallClock) -> Day {
        day(atMicroseconds: clock.nowMicroseconds)
    }

    /// Foundation also takes abbreviations and offsets; only names of the form Area/City are kept.
    private static func isKnown(_ text: String) -> Bool {
        text.contains("/") && TimeZone(identifier: text)?.identifier == text
    }

    private static func hint(for text: String) -> String {
        guard TimeZone(identifier: "Europe/London") != nil else {
            return "this machine has no time zone database: install the package 'tzdata', or use 'UTC'"
        }
        let known = TimeZone.knownTimeZoneIdentifiers
        if let near = nearestWord(to: text, in: known) { return "did you mean '\(near)'?" }
        let city = text.replacing(" ", with: "_").lowercased()
        if city.count >= 3, let zone = known.first(where: { $0.lowercased().hasSuffix("/\(city)") }) {
            return "did you mean '\(zone)'?"
        }
        return "write an Area/City name of the IANA database, such as 'Europe/Moscow', or 'UTC'"
    }
}
