import Glibc

/// Doubles, correctly rounded.
///
/// Short numbers take the exact path (Clinger, "How to read floating point numbers accurately", 1990): digits that fit 53
/// bits, multiplied or divided once by a power of ten that a double holds exactly. Everything else goes to `strtod`.
extension TextParsing {
    /// `12`, `-1.5e3`, `.5`, `inf`, `infinity`, `nan` in any letter case; nil beyond the range of doubles, and for
    /// numbers so small that nothing is left of them.
    package static func parseDouble(_ p: UnsafePointer<UInt8>, _ n: Int) -> Double? {
        var p = p
        var n = n
        trim(&p, &n)
        guard n > 0 else { return nil }
        if n == 3, word(p, 3) == 0x6E616E { return .nan }
        let isNegative = p[0] == 0x2D
        if isNegative || p[0] == 0x2B {
            p += 1
            n &-= 1
        }
        guard let magnitude = unsignedDouble(p, n) else { return nil }
        return isNegative && magnitude != 0 ? -magnitude : magnitude
    }

    private static func unsignedDouble(_ p: Bytes, _ n: Int) -> Double? {
        guard let number = DoubleDigits(p, n) else { return infinity(p, n) }
        if number.significant <= 19, number.mantissa <= 1 << 53 {
            let value = Double(number.mantissa)
            if value == 0 { return 0 }
            if number.exponent >= 0, number.exponent <= 22 { return value * PowersOfTen.exact[number.exponent] }
            if number.exponent < 0, number.exponent >= -22 { return value / PowersOfTen.exact[-number.exponent] }
        }
        let value = slowDouble(p, n)
        return value.isFinite && (value != 0 || !number.isNonzero) ? value : nil
    }

    /// The bytes are a number by our own grammar already, so `strtod` reads them all.
    private static func slowDouble(_ p: Bytes, _ n: Int) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: n + 1) { copy in
            for i in 0..<n { copy[i] = CChar(bitPattern: p[i]) }
            copy[n] = 0
            return strtod(copy.baseAddress!, nil)
        }
    }

    private static func infinity(_ p: Bytes, _ n: Int) -> Double? {
        if n == 3, word(p, 3) == 0x666E69 { return .infinity }
        // "infinity" is eight letters.
        return n == 8 && word(p, 8) == 0x7974_696E_6966_6E69 ? .infinity : nil
    }

    /// 1...8 letters in lower case, zero-padded.
    @inline(__always)
    private static func word(_ p: Bytes, _ n: Int) -> UInt64 {
        (load(p) | 0x2020_2020_2020_2020) & (~UInt64(0) &>> (64 &- 8 &* UInt64(truncatingIfNeeded: n)))
    }
}

/// `digits [. digits] [e [sign] digits]`, taken apart: mantissa * 10^exponent.
private struct DoubleDigits {
    /// Right when there are at most 19 significant digits.
    var mantissa: UInt64 = 0
    /// Digits from the first that is not zero.
    var significant = 0
    var isNonzero = false
    var exponent = 0

    @inline(__always)
    init?(_ p: UnsafePointer<UInt8>, _ n: Int) {
        var i = 0
        take(p, n, &i)
        var count = i
        if i < n, p[i] == 0x2E {
            i &+= 1
            let start = i
            take(p, n, &i)
            count &+= i &- start
            exponent = start &- i
        }
        guard count > 0 else { return nil }
        if i < n {
            guard p[i] | 0x20 == 0x65, let power = DoubleDigits.power(p + i + 1, n &- i &- 1) else { return nil }
            exponent &+= power
        }
    }

    @inline(__always)
    private mutating func take(_ p: UnsafePointer<UInt8>, _ n: Int, _ i: inout Int) {
        while i < n {
            let digit = p[i] &- 0x30
            if digit > 9 { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            isNonzero = isNonzero || digit != 0
            if isNonzero { significant &+= 1 }
            i &+= 1
        }
    }

    /// The number after `e`; beyond a million it stays there.
    private static func power(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int? {
        let hasSign = n > 0 && (p[0] == 0x2D || p[0] == 0x2B)
        var i = hasSign ? 1 : 0
        guard i < n else { return nil }
        var power = 0
        while i < n {
            let digit = p[i] &- 0x30
            if digit > 9 { return nil }
            power = min(power * 10 + Int(digit), 1_000_000)
            i &+= 1
        }
        return p[0] == 0x2D ? -power : power
    }
}
