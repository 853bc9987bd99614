import DaymillCore

extension ValueText {
    /// `2024-09-15`, year, month and day with all their digits: days since 1970-01-01.
    public static func date(_ text: some Collection<UInt8>) -> Int32? {
        var reader = DigitReader(text)
        guard let date = reader.date(), reader.isAtEnd else { return nil }
        return date
    }

    /// `2024-09-15 03:11:30`, with `T` for the space, without seconds, with a fraction of a second, or the date alone:
    /// microseconds since 1970-01-01 00:00:00. Fractions beyond microseconds are rounded half to even.
    public static func timestamp(_ text: some Collection<UInt8>) -> Int64? {
        var reader = DigitReader(text)
        guard let date = reader.date() else { return nil }
        let midnight = Int64(date) * microsecondsPerDay
        if reader.isAtEnd { return midnight }
        guard reader.skip(UInt8(ascii: " ")) || reader.skip(UInt8(ascii: "T")), let time = reader.timeOfDay(),
            reader.isAtEnd
        else { return nil }
        return midnight + time
    }

    /// The text of a date: `2024-09-15`.
    public static func text(ofDate days: Int32) -> String {
        let (year, month, day) = CivilCalendar.civil(days: days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// The text of a timestamp: `2024-09-15 03:11:30`, with a fraction only where there is one, without zeros at its
    /// end.
    public static func text(ofTimestamp microseconds: Int64) -> String {
        let (days, rest) = floorDivision(microseconds, microsecondsPerDay)
        return "\(text(ofDate: Int32(days))) \(text(ofTime: rest))"
    }

    static let microsecondsPerDay: Int64 = 86_400_000_000

    /// `03:11:30.25` of the microseconds of a day.
    private static func text(ofTime microseconds: Int64) -> String {
        let seconds = Int(microseconds / 1_000_000)
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        var fraction = padded(Int(microseconds % 1_000_000), 6)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? clock : "\(clock).\(fraction)"
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Quotient and remainder with the remainder never negative.
    static func floorDivision(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Reads runs of digits from the front of a text.
private struct DigitReader<Text: Collection<UInt8>> {
    private var rest: Text.SubSequence

    init(_ text: Text) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Passes over a byte when it comes next.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Exactly this many digits.
    mutating func number(digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    mutating func date() -> Int32? {
        guard let year = number(digits: 4), skip(UInt8(ascii: "-")), let month = number(digits: 2),
            skip(UInt8(ascii: "-")), let day = number(digits: 2)
        else { return nil }
        return CivilCalendar.days(year: year, month: month, day: day)
    }

    /// Microseconds since midnight.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour < 24, skip(UInt8(ascii: ":")), let minute = number(digits: 2),
            minute < 60
        else { return nil }
        let minutes = Int64(hour * 60 + minute) * 60_000_000
        guard skip(UInt8(ascii: ":")) else { return minutes }
        guard let second = number(digits: 2), second < 60, let fraction = fraction() else { return nil }
        return minutes + Int64(second) * 1_000_000 + fraction
    }

    /// Microseconds of `.25`, 0 when there is no point; up to nine digits.
    private mutating func fraction() -> Int64? {
        guard skip(UInt8(ascii: ".")) else { return 0 }
        var nanoseconds = 0
        var count = 0
        while count < 9, let digit = digit() {
            nanoseconds = nanoseconds * 10 + digit
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in count..<9 { nanoseconds *= 10 }
        let (microseconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
        let roundsUp = rest > 500 || (rest == 500 && microseconds % 2 == 1)
        return Int64(microseconds + (roundsUp ? 1 : 0))
    }

    private mutating func digit() -> Int? {
        guard let byte = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
        rest = rest.dropFirst()
        return Int(byte - UInt8(ascii: "0"))
    }
}
