package import DaymillSQL

/// Text to values as a cast does it. It takes what CSV fields take, and as PostgreSQL also: any white space around,
/// beginnings of the boolean words, decimals with exponents or too many digits, times without seconds, and fractions
/// of nanoseconds.
extension NaiveText {
    package static func value(ofCast text: String, to type: SQLType) -> Value? {
        let word = withoutSpace(text)
        switch type {
        case .boolean: return value(of: Array(fullBoolean(word).utf8), as: type)
        case .decimal:
            guard let plain = withoutExponent(word) else { return nil }
            return value(of: Array(plain.utf8), as: type, roundsDecimals: true)
        case .timestamp: return timestamp(ofCast: word)
        case .text: return .text(text)
        default: return value(of: Array(word.utf8), as: type)
        }
    }

    private static func withoutSpace(_ text: String) -> String {
        func isSpace(_ scalar: UnicodeScalar) -> Bool { scalar == " " || (9...13).contains(scalar.value) }
        let scalars = text.unicodeScalars.drop(while: isSpace)
        return String(String.UnicodeScalarView(scalars.reversed().drop(while: isSpace).reversed()))
    }

    /// `tr` is `true`, `of` is `off`; what is no beginning stays as it is.
    private static func fullBoolean(_ word: String) -> String {
        let words = ["true", "false", "yes", "no", "on", "off"].filter { $0.hasPrefix(word.lowercased()) }
        return words.count == 1 ? words[0] : word
    }

    /// `1.25e1` is `12.5`; nil for an exponent that is none or has more than three digits.
    private static func withoutExponent(_ word: String) -> String? {
        guard let letter = word.firstIndex(where: { $0 == "e" || $0 == "E" }) else { return word }
        guard let exponent = Int(word[word.index(after: letter)...]), abs(exponent) < 1000 else { return nil }
        let sign = word.hasPrefix("-") || word.hasPrefix("+") ? String(word.prefix(1)) : ""
        let parts = word[..<letter].dropFirst(sign.count).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        guard !(parts[0] + fraction).isEmpty else { return nil }
        let zeros = String(repeating: "0", count: abs(exponent))
        let (left, right) = exponent < 0 ? (zeros + parts[0], fraction) : (String(parts[0]), fraction + zeros)
        let point = left.count + exponent
        let digits = left + right
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    private static func timestamp(ofCast word: String) -> Value? {
        if word.count == 16 { return value(of: Array((word + ":00").utf8), as: .timestamp) }
        let surplus = word.dropFirst(26)
        guard !surplus.isEmpty else { return value(of: Array(word.utf8), as: .timestamp) }
        let whole = value(of: Array(word.prefix(26).utf8), as: .timestamp)
        guard case .timestamp(let time) = whole, surplus.count <= 3 else { return nil }
        guard surplus.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let nanoseconds = Int(surplus + String(repeating: "0", count: 3 - surplus.count))!
        let isUp = nanoseconds > 500 || (nanoseconds == 500 && time % 2 != 0)
        return .timestamp(isUp ? time + 1 : time)
    }
}
