/// Quotients of large integers rounded once to a double.
package enum RoundedQuotient {
    /// `value · 2^lowExponent / product of divisors`, nearest double, ties to even.
    ///
    /// - Parameter value: two's complement, least significant word first.
    static func of(twosComplement value: [UInt64], lowExponent: Int, divisors: [UInt64]) -> Double {
        let negative = value.last.map { $0 >> 63 == 1 } ?? false
        var words = negative ? negated(value) : value
        // Room below, so that the quotient keeps more than 64 significant bits.
        words = Array(repeating: 0, count: 2 + divisors.count) + words
        var sticky = false
        for divisor in divisors where divisor != 1 { sticky = divide(&words, by: divisor) || sticky }
        let low = lowExponent - 64 * (2 + divisors.count)
        let result = rounded(words, lowExponent: low, sticky: sticky)
        return negative && result != 0 ? -result : result
    }

    /// A 128-bit integer divided by divisors.
    package static func of(_ value: Int128, divisors: [UInt64]) -> Double {
        let words = [UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64)]
        return of(twosComplement: words, lowExponent: 0, divisors: divisors)
    }

    /// 10^exponent in factors that fit a word.
    static func powerOfTen(_ exponent: Int) -> [UInt64] {
        stride(from: 0, to: exponent, by: 19).map { first in
            (0..<min(19, exponent - first)).reduce(UInt64(1)) { p, _ in p * 10 }
        }
    }

    static func negated(_ value: [UInt64]) -> [UInt64] {
        var carry = true
        return value.map { word in
            let (sum, overflow) = (~word).addingReportingOverflow(carry ? 1 : 0)
            carry = overflow
            return sum
        }
    }

    /// Divides in place; true when something was left over.
    static func divide(_ words: inout [UInt64], by divisor: UInt64) -> Bool {
        var remainder: UInt64 = 0
        for i in words.indices.reversed() {
            (words[i], remainder) = divisor.dividingFullWidth((remainder, words[i]))
        }
        return remainder != 0
    }

    static func rounded(_ words: [UInt64], lowExponent: Int, sticky: Bool) -> Double {
        guard let top = words.lastIndex(where: { $0 != 0 }) else { return 0 }
        let topBit = top * 64 + 63 - words[top].leadingZeroBitCount
        // The lowest bit a double can have here: 53 bits below the top one, and not below 2^-1074.
        let cut = max(topBit - 52, -1074 - lowExponent)
        var mantissa = bits(words, from: cut)
        if cut > 0 {
            let half = bit(words, cut - 1)
            let rest = sticky || anyBit(words, below: cut - 1)
            if half && (rest || mantissa & 1 == 1) { mantissa += 1 }
        }
        let exponent = lowExponent + cut
        guard exponent < 1024 else { return .infinity }
        // A mantissa below 2^53 + 1 is exact; scaling by a power of two that keeps it in range is exact as well.
        return Double(sign: .plus, exponent: exponent, significand: Double(mantissa))
    }

    private static func bit(_ words: [UInt64], _ index: Int) -> Bool {
        index >= 0 && index / 64 < words.count && (words[index / 64] >> UInt64(index % 64)) & 1 == 1
    }

    private static func bits(_ words: [UInt64], from index: Int) -> UInt64 {
        var result: UInt64 = 0
        for i in (0..<53).reversed() { result = result << 1 | (bit(words, index + i) ? 1 : 0) }
        return result
    }

    private static func anyBit(_ words: [UInt64], below index: Int) -> Bool {
        guard index > 0 else { return false }
        let whole = index / 64
        if words[..<min(whole, words.count)].contains(where: { $0 != 0 }) { return true }
        return whole < words.count && words[whole] & ((1 << UInt64(index % 64)) - 1) != 0
    }
}
