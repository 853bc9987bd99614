package import DaymillSQL

/// Values to text: one form for CSV output and for casts to text.
extension NaiveText {
    /// nil for NULL.
    package static func text(of value: Value) -> String? {
        switch value {
        case .null: nil
        case .text(let text): text
        case .integer(let number): String(number)
        case .decimal(let unscaled, let scale): text(ofDecimal: unscaled, scale: scale)
        case .double(let number): text(ofDouble: number)
        case .boolean(let truth): truth ? "true" : "false"
        case .date(let days): text(ofDate: days)
        case .timestamp(let microseconds): text(ofTimestamp: microseconds)
        case .interval(let microseconds): text(ofInterval: microseconds)
        }
    }

    /// Exactly `scale` digits after the point.
    private static func text(ofDecimal unscaled: Int128, scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        while digits.count <= scale { digits = "0" + digits }
        let sign = unscaled < 0 ? "-" : ""
        return scale == 0 ? sign + digits : "\(sign)\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }

    /// The shortest text that reads back as the same number, laid out as PostgreSQL does: whole numbers have no point,
    /// and from 1e15 on they have an exponent. -0 is 0.
    private static func text(ofDouble number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if number == 0 { return "0" }
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        let plain = number.description
        return abs(number) >= 1e15 && !plain.contains("e") ? scientific(plain) : plain
    }

    /// A large number that the standard library writes without an exponent, with one.
    private static func scientific(_ plain: String) -> String {
        let parts = plain.split(separator: ".").map { $0.filter(\.isNumber) }
        var fraction = parts[0].dropFirst() + parts[1]
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let sign = plain.hasPrefix("-") ? "-" : "", point = fraction.isEmpty ? "" : "."
        return "\(sign)\(parts[0].prefix(1))\(point)\(fraction)e+\(parts[0].count - 1)"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func text(ofDate days: Int32) -> String {
        let (year, month, day) = NaiveCalendar.civil(days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private static func text(ofTimestamp microseconds: Int64) -> String {
        let (days, rest) = NaiveCalendar.split(microseconds)
        return "\(text(ofDate: days)) \(clock(rest))"
    }

    /// `HH:MM:SS` and the fraction without trailing zeros, if there is one.
    private static func clock(_ microseconds: Int64) -> String {
        let seconds = Int(microseconds / 1_000_000)
        var fraction = padded(Int(microseconds % 1_000_000), 6)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return fraction.isEmpty ? time : "\(time).\(fraction)"
    }

    /// As PostgreSQL writes the difference of two timestamps: `1 day 02:03:04`, `-1 days -02:03:04`.
    private static func text(ofInterval microseconds: Int64) -> String {
        let days = microseconds / NaiveCalendar.microsecondsPerDay
        let rest = microseconds % NaiveCalendar.microsecondsPerDay
        let time = (rest < 0 ? "-" : "") + clock(abs(rest))
        if days == 0 { return time }
        let word = days == 1 ? "day" : "days"
        return rest == 0 ? "\(days) \(word)" : "\(days) \(word) \(time)"
    }
}
