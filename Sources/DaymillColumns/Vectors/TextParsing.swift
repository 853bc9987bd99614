import DaymillCore

/// Values out of the bytes of CSV fields and of casts from text. `nil` means that the text is no such value.
///
/// Spaces and tabs around a value are passed over. 64 bytes past the end of every text must be readable: digits are read
/// eight at a time. Nothing allocates but the slow path of doubles.
package enum TextParsing {
    typealias Bytes = UnsafePointer<UInt8>

    /// An optional sign and digits: `-12`, `+7`, `007`; nil beyond 64 bits.
    package static func parseInteger(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int64? {
        var p = p
        var n = n
        guard let isNegative = takeSign(&p, &n) else { return nil }
        while n > 19, p[0] == 0x30 {
            p += 1
            n &-= 1
        }
        guard n > 0, n <= 19, let magnitude = digits(p, n) else { return nil }
        if magnitude <= UInt64(Int64.max) {
            let value = Int64(bitPattern: magnitude)
            return isNegative ? 0 &- value : value
        }
        return isNegative && magnitude == UInt64(Int64.max) + 1 ? .min : nil
    }

    /// `12`, `12.`, `.5`, `-12.50`: the number times 10^scale. Digits beyond the scale must be zeros, or else `rounding`
    /// is asked for, which is half away from zero. nil beyond 38 digits.
    package static func parseDecimal(
        _ p: UnsafePointer<UInt8>, _ n: Int, _ scale: Int, rounding: Bool = false
    ) -> Int128? {
        var p = p
        var n = n
        guard let isNegative = takeSign(&p, &n) else { return nil }
        var whole = 0
        while whole < n, p[whole] != 0x2E { whole &+= 1 }
        let fraction = max(0, n &- whole &- 1)
        guard whole &+ fraction > 0 else { return nil }
        let magnitude: Int128
        if whole &+ scale <= 18, fraction <= scale {
            guard let left = whole == 0 ? 0 : digits(p, whole),
                let right = fraction == 0 ? 0 : digits(p + whole + 1, fraction)
            else { return nil }
            magnitude = Int128(
                left &* PowersOfTen.small[scale] &+ right &* PowersOfTen.small[scale &- fraction])
        } else {
            guard let long = longDecimal(p, whole, fraction, scale, rounding) else { return nil }
            magnitude = long
        }
        return isNegative ? -magnitude : magnitude
    }

    /// true, false, t, f, yes, no, y, n, on, off, 1 and 0, in any letter case.
    package static func parseBoolean(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool? {
        var p = p
        var n = n
        trim(&p, &n)
        guard n > 0, n <= 5 else { return nil }
        if n == 1, p[0] == 0x30 || p[0] == 0x31 { return p[0] == 0x31 }
        let mask = ~UInt64(0) &>> (64 &- 8 &* UInt64(truncatingIfNeeded: n))
        switch (load(p) | 0x2020_2020_2020_2020) & mask {
        case 0x74, 0x79, 0x6E6F, 0x0073_6579, 0x6575_7274: return true
        case 0x66, 0x6E, 0x6F6E, 0x0066_666F, 0x65_736C_6166: return false
        default: return nil
        }
    }

    /// Whether all bytes are well-formed UTF-8.
    package static func isValidUTF8(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool {
        var i = 0
        while i < n {
            let word = load(p + i) & 0x8080_8080_8080_8080
            if word == 0 {
                i &+= 8
                continue
            }
            i &+= word.trailingZeroBitCount &>> 3
            while i < n, p[i] >= 0x80 {
                let length = sequenceLength(p + i, n &- i)
                guard length > 0 else { return false }
                i &+= length
            }
        }
        return true
    }
}

/// The pieces that everything above is made of.
extension TextParsing {
    /// Eight bytes, the first in the lowest place.
    @inline(__always)
    static func load(_ p: Bytes) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    static func trim(_ p: inout Bytes, _ n: inout Int) {
        while n > 0, p[0] == 0x20 || p[0] == 0x09 {
            p += 1
            n &-= 1
        }
        while n > 0, p[n &- 1] == 0x20 || p[n &- 1] == 0x09 { n &-= 1 }
    }

    /// Trims, then takes `+` or `-` off; nil when nothing is left.
    @inline(__always)
    static func takeSign(_ p: inout Bytes, _ n: inout Int) -> Bool? {
        trim(&p, &n)
        guard n > 0 else { return nil }
        let isNegative = p[0] == 0x2D
        if isNegative || p[0] == 0x2B {
            p += 1
            n &-= 1
        }
        return n > 0 ? isNegative : nil
    }

    /// The number that 1...19 digits make.
    @inline(__always)
    static func digits(_ p: Bytes, _ n: Int) -> UInt64? {
        if n <= 8 { return eightDigits(p, n) }
        let head = n & 7
        var value: UInt64 = 0
        if head > 0 {
            guard let first = eightDigits(p, head) else { return nil }
            value = first
        }
        var at = head
        while at < n {
            guard let next = eightDigits(p + at, 8) else { return nil }
            value = value &* 100_000_000 &+ next
            at &+= 8
        }
        return value
    }

    /// The number that 1...8 digits make: all at once in a 64-bit word, neighbours joined to pairs, fours and eight.
    @inline(__always)
    static func eightDigits(_ p: Bytes, _ n: Int) -> UInt64? {
        var v = (load(p) ^ 0x3030_3030_3030_3030) &<< (64 &- 8 &* UInt64(truncatingIfNeeded: n))
        guard ((v &+ 0x7676_7676_7676_7676) | v) & 0x8080_8080_8080_8080 == 0 else { return nil }
        v = v &* 10 &+ (v &>> 8)
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        return ((v & mask) &* 0x000F_4240_0000_0064 &+ ((v &>> 16) & mask) &* 0x0000_2710_0000_0001) &>> 32
    }

    /// The magnitude of a decimal of any length.
    private static func longDecimal(
        _ p: Bytes, _ whole: Int, _ fraction: Int, _ scale: Int, _ rounding: Bool
    ) -> Int128? {
        var value: Int128 = 0
        for i in 0..<whole { guard append(p[i], to: &value) else { return nil } }
        let q = p + whole + 1
        for i in 0..<scale { guard append(i < fraction ? q[i] : 0x30, to: &value) else { return nil } }
        if fraction > scale {
            var isExact = true
            for i in scale..<fraction {
                guard q[i] &- 0x30 <= 9 else { return nil }
                isExact = isExact && q[i] == 0x30
            }
            guard isExact || rounding else { return nil }
            if q[scale] >= 0x35 { value += 1 }
        }
        return value <= PowersOfTen.largestDecimal ? value : nil
    }

    private static func append(_ byte: UInt8, to value: inout Int128) -> Bool {
        guard byte &- 0x30 <= 9, value <= PowersOfTen.largestDecimal / 10 else { return false }
        value = value * 10 + Int128(byte &- 0x30)
        return true
    }

    /// The length of the multi-byte sequence at p (2...4), or 0 when it is malformed or cut.
    static func sequenceLength(_ p: Bytes, _ n: Int) -> Int {
        @inline(__always) func follows(_ i: Int) -> Bool { p[i] & 0xC0 == 0x80 }
        let first = p[0]
        if first < 0xE0 { return first >= 0xC2 && n >= 2 && follows(1) ? 2 : 0 }
        if first < 0xF0 {
            guard n >= 3, follows(1), follows(2) else { return 0 }
            if first == 0xE0 { return p[1] >= 0xA0 ? 3 : 0 }
            return first == 0xED && p[1] >= 0xA0 ? 0 : 3
        }
        guard first <= 0xF4, n >= 4, follows(1), follows(2), follows(3) else { return 0 }
        if first == 0xF0 { return p[1] >= 0x90 ? 4 : 0 }
        return first == 0xF4 && p[1] >= 0x90 ? 0 : 4
    }
}
