/// A calendar day, without a time and without a zone.
///
///     let day = Day("2024-09-16")!
///     day.adding(days: -1).description   // "2024-09-15"
public struct Day: Hashable, Sendable {
    /// Days since 1970-01-01, which is 0.
    public var daysSinceEpoch: Int32

    public init(daysSinceEpoch: Int32) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    /// Nil when there is no such day; years 1...9999.
    public init?(year: Int, month: Int, day: Int) {
        guard let days = CivilCalendar.days(year: year, month: month, day: day) else { return nil }
        self.init(daysSinceEpoch: days)
    }

    /// The day as the calendar has it.
    public var civil: (year: Int, month: Int, day: Int) { CivilCalendar.civil(days: daysSinceEpoch) }

    /// So many days later, or earlier when negative.
    public func adding(days: Int) -> Day {
        Day(daysSinceEpoch: daysSinceEpoch + Int32(days))
    }
}

extension Day: Comparable, Strideable {
    public static func < (a: Day, b: Day) -> Bool { a.daysSinceEpoch < b.daysSinceEpoch }

    public func distance(to other: Day) -> Int { Int(other.daysSinceEpoch) - Int(daysSinceEpoch) }

    public func advanced(by n: Int) -> Day { adding(days: n) }
}

extension Day: CustomStringConvertible {
    /// ISO 8601: `2024-09-16`.
    public var description: String {
        let (year, month, day) = civil
        return "\(zeroPadded(year, 4))-\(zeroPadded(month, 2))-\(zeroPadded(day, 2))"
    }
}

/// A number in at least `width` digits.
package func zeroPadded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Day: Codable {
    /// - Throws: `DecodingError` when the text is not an ISO day.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let day = Day(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a day")
        }
        self = day
    }

    /// As ISO text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Day {
    /// Reads what `description` writes, at the price of a few comparisons: there may be very many.
    public init?(iso text: String) {
        let digits = text.utf8.map { Int($0) - 0x30 }
        guard digits.count == 10, digits[4] == -3, digits[7] == -3 else { return nil }
        func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 * 10 + digits[$1] } }
        self.init(year: number(0..<4), month: number(5..<7), day: number(8..<10))
    }
}
