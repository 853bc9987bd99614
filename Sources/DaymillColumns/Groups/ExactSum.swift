/// Sums of doubles without any rounding: one fixed-point number wide enough for every double, as in Kulisch's
/// accumulator. Order and grouping of the additions cannot change a bit; the result is rounded once, at the end.
///
///     word 0      flags: 1 NaN, 2 +infinity, 4 -infinity were added
///     words 1…34  two's complement, least significant first; bit 0 stands for 2^-1074
///
/// 34 × 64 = 2176 bits: 2098 for the range of doubles, the rest for carries of up to 2^77 additions.
enum ExactSum {
    static let limbs = 34
    package static let words = 1 + limbs

    /// Adds one double. Typically touches two or three words.
    @inline(__always)
    static func add(_ value: Double, to state: UnsafeMutablePointer<UInt64>) {
        let bits = value.bitPattern
        let exponent = Int((bits >> 52) & 0x7ff)
        var mantissa = bits & 0xf_ffff_ffff_ffff
        if exponent == 0x7ff {
            state[0] |= mantissa != 0 ? 1 : (bits >> 63 == 0 ? 2 : 4)
            return
        }
        if exponent != 0 { mantissa |= 1 << 52 }
        let shift = max(exponent, 1) - 1
        let at = state + 1 + shift >> 6
        let low = mantissa << UInt64(shift & 63)
        let high = shift & 63 == 0 ? 0 : mantissa >> UInt64(64 - shift & 63)
        let room = limbs - shift >> 6
        if bits >> 63 == 0 { addWords(at, low, high, room) } else { subtractWords(at, low, high, room) }
    }

    @inline(__always)
    private static func addWords(_ at: UnsafeMutablePointer<UInt64>, _ low: UInt64, _ high: UInt64, _ room: Int) {
        var (sum, carry) = at[0].addingReportingOverflow(low)
        at[0] = sum
        guard room > 1 else { return }
        let upper = high &+ (carry ? 1 : 0)  // high is below 2^53
        (sum, carry) = at[1].addingReportingOverflow(upper)
        at[1] = sum
        var i = 2
        while carry && i < room {
            (at[i], carry) = at[i].addingReportingOverflow(1)
            i += 1
        }
    }

    @inline(__always)
    private static func subtractWords(_ at: UnsafeMutablePointer<UInt64>, _ low: UInt64, _ high: UInt64, _ room: Int) {
        var (sum, borrow) = at[0].subtractingReportingOverflow(low)
        at[0] = sum
        guard room > 1 else { return }
        let upper = high &+ (borrow ? 1 : 0)
        (sum, borrow) = at[1].subtractingReportingOverflow(upper)
        at[1] = sum
        var i = 2
        while borrow && i < room {
            (at[i], borrow) = at[i].subtractingReportingOverflow(1)
            i += 1
        }
    }

    /// Adds another sum.
    static func merge(_ other: UnsafePointer<UInt64>, into state: UnsafeMutablePointer<UInt64>) {
        state[0] |= other[0]
        var carry: UInt64 = 0
        for i in 1...limbs {
            let (a, c1) = state[i].addingReportingOverflow(other[i])
            let (b, c2) = a.addingReportingOverflow(carry)
            state[i] = b
            carry = (c1 || c2) ? 1 : 0
        }
    }

    /// The sum divided by `count`, rounded once to the nearest double, ties to even.
    static func quotient(_ state: UnsafePointer<UInt64>, by count: UInt64) -> Double {
        let flags = state[0]
        if flags & 1 != 0 || flags & 6 == 6 { return .nan }
        if flags & 6 != 0 { return flags & 2 != 0 ? .infinity : -.infinity }
        let magnitude = Array(UnsafeBufferPointer(start: state + 1, count: limbs))
        return RoundedQuotient.of(twosComplement: magnitude, lowExponent: -1074, divisors: [count])
    }
}

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

    private static func negated(_ value: [UInt64]) -> [UInt64] {
        var carry = true
        return value.map { word in
            let (sum, overflow) = (~word).addingReportingOverflow(carry ? 1 : 0)
            carry = overflow
            return sum
        }
    }

    /// Divides in place; true when something was left over.
    private static func divide(_ words: inout [UInt64], by divisor: UInt64) -> Bool {
        var remainder: UInt64 = 0
        for i in words.indices.reversed() {
            (words[i], remainder) = divisor.dividingFullWidth((remainder, words[i]))
        }
        return remainder != 0
    }

    private static func rounded(_ words: [UInt64], lowExponent: Int, sticky: Bool) -> Double {
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
