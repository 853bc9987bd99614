extension ValueText {
    /// The text of a value, as a cast to text gives it and as PostgreSQL prints it; nil for NULL and for intervals.
    public static func text(_ value: Value) -> String? {
        switch value {
        case .null, .interval: nil
        case .text(let text): text
        case .integer(let number): String(number)
        case .decimal(let unscaled, let scale): text(ofDecimal: unscaled, scale: scale)
        case .double(let number): text(ofDouble: number)
        case .boolean(let flag): flag ? "true" : "false"
        case .date(let days): text(ofDate: days)
        case .timestamp(let microseconds): text(ofTimestamp: microseconds)
        }
    }

    /// All digits of the scale: `-0.50`.
    public static func text(ofDecimal unscaled: Int128, scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let sign = unscaled < 0 ? "-" : ""
        return scale == 0 ? sign + digits : "\(sign)\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }

    /// The fewest digits that give the same double again, in PostgreSQL's layout: `0.1`, `1`, `1e+15`, `1e-05`, `NaN`.
    public static func text(ofDouble number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if number == 0 { return "0" }
        let sign = number < 0 ? "-" : ""
        let (digits, exponent) = shortestDigits(number.magnitude)
        if -4..<15 ~= exponent { return sign + plain(digits, exponent) }
        let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
        let size = padded(abs(exponent), 2)
        return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
    }

    /// The significant digits and the power of ten of the first of them. Reads them from the standard library's
    /// description, which has the fewest digits that give the same number again.
    private static func shortestDigits(_ number: Double) -> (digits: String, exponent: Int) {
        let halves = number.description.split(separator: "e")
        let parts = halves[0].split(separator: ".")
        let whole = parts[0]
        let fraction = parts.count > 1 ? parts[1] : ""
        var digits = String(whole + fraction)
        var exponent = whole.count - 1 + (halves.count > 1 ? Int(halves[1]) ?? 0 : 0)
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let all = digits + zeros
        let whole = all.prefix(exponent + 1)
        let fraction = all.dropFirst(exponent + 1)
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}
