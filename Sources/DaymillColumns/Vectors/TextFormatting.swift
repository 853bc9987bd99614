import DaymillCore

/// The text of values, the same in CSV files and in casts to text.
///
/// Each function writes at `p` and returns the number of bytes. Nothing needs more than `bytesMax`.
enum TextFormatting {
    typealias Bytes = UnsafeMutablePointer<UInt8>

    /// Room for the longest text of any value but text: a decimal with sign and point, or a double.
    static let bytesMax = 48

    @inline(__always)
    static func integer(_ value: Int64, _ p: Bytes) -> Int {
        guard value < 0 else { return unsigned(value.magnitude, p) }
        p[0] = 0x2D
        return 1 &+ unsigned(value.magnitude, p + 1)
    }

    /// Exactly `scale` digits after the point.
    static func decimal(_ value: Int128, _ scale: Int, _ p: Bytes) -> Int {
        if scale == 0, let small = Int64(exactly: value) { return integer(small, p) }
        var n = 0
        if value < 0 {
            p[0] = 0x2D
            n = 1
        }
        let magnitude = value.magnitude
        guard magnitude <= UInt128(UInt64.max), scale <= 19 else { return n &+ wide(magnitude, scale, p + n) }
        let (whole, rest) = UInt64(truncatingIfNeeded: magnitude)
            .quotientAndRemainder(dividingBy: PowersOfTen.small[scale])
        n &+= unsigned(whole, p + n)
        if scale > 0 {
            p[n] = 0x2E
            padded(rest, scale, p + n + 1)
            n &+= scale &+ 1
        }
        return n
    }

    /// The fewest digits that read back as the same number, laid out as PostgreSQL does: `0.1`, `1`, `1e+15`, `1e-05`.
    static func double(_ value: Double, _ p: Bytes) -> Int {
        if value.magnitude < 1e15, value == value.rounded(.towardZero) { return integer(Int64(value), p) }
        if value.isNaN { return copy("NaN", p) }
        if value.isInfinite { return value < 0 ? copy("-Infinity", p) : copy("Infinity", p) }
        var text = value.description
        return text.withUTF8 { bytes in
            if value.magnitude >= 1e15, !bytes.contains(0x65) { return exponential(bytes, p) }
            p.update(from: bytes.baseAddress!, count: bytes.count)
            return bytes.count
        }
    }

    /// `1234567890123456.0` as `1.234567890123456e+15`; the number has 16 or 17 digits before its point.
    private static func exponential(_ plain: UnsafeBufferPointer<UInt8>, _ p: Bytes) -> Int {
        let isNegative = plain[0] == 0x2D
        let digits = plain.drop { $0 == 0x2D }
        let exponent = (digits.firstIndex(of: 0x2E) ?? digits.endIndex) - digits.startIndex - 1
        var n = 0
        if isNegative {
            p[0] = 0x2D
            n = 1
        }
        p[n] = digits.first!
        p[n + 1] = 0x2E
        n += 2
        for byte in digits.dropFirst() where byte != 0x2E {
            p[n] = byte
            n += 1
        }
        while p[n - 1] == 0x30 { n -= 1 }
        if p[n - 1] == 0x2E { n -= 1 }
        p[n] = 0x65
        p[n + 1] = 0x2B
        pair(exponent, p + n + 2)
        return n + 4
    }

    @inline(__always)
    static func boolean(_ value: UInt8, _ p: Bytes) -> Int { value != 0 ? copy("true", p) : copy("false", p) }

    /// `YYYY-MM-DD`.
    @inline(__always)
    static func date(_ days: Int64, _ p: Bytes) -> Int {
        let (year, month, day) = CivilCalendar.civil(days: Int32(truncatingIfNeeded: days))
        var n = 4
        if year >= 0 && year <= 9999 {
            pair(year / 100, p)
            pair(year % 100, p + 2)
        } else {
            n = integer(Int64(year), p)
        }
        p[n] = 0x2D
        pair(month, p + n + 1)
        p[n &+ 3] = 0x2D
        pair(day, p + n + 4)
        return n &+ 6
    }

    /// `YYYY-MM-DD HH:MM:SS`, then the fraction without trailing zeros, if there is one.
    @inline(__always)
    static func timestamp(_ value: Int64, _ p: Bytes) -> Int {
        let (days, time) = CalendarKernel.split(value)
        let n = date(days, p)
        p[n] = 0x20
        return n &+ 1 &+ clock(time, p + n + 1)
    }

    /// `1 day 02:03:04`, `-1 days -02:03:04`, `00:00:00.5`: as PostgreSQL writes the difference of two timestamps.
    static func interval(_ value: Int64, _ p: Bytes) -> Int {
        let (days, rest) = value.quotientAndRemainder(dividingBy: 86_400_000_000)
        var n = 0
        if days != 0 {
            n = integer(days, p)
            n &+= days == 1 ? copy(" day", p + n) : copy(" days", p + n)
            if rest == 0 { return n }
            p[n] = 0x20
            n &+= 1
        }
        if rest < 0 {
            p[n] = 0x2D
            n &+= 1
        }
        return n &+ clock(Int64(rest.magnitude), p + n)
    }
}

/// The pieces.
extension TextFormatting {
    /// `HH:MM:SS` of the microseconds of a day, with the fraction.
    @inline(__always)
    private static func clock(_ microseconds: Int64, _ p: Bytes) -> Int {
        let seconds = Int(truncatingIfNeeded: UInt64(bitPattern: microseconds) / 1_000_000)
        var fraction = UInt64(bitPattern: microseconds) % 1_000_000
        pair(seconds / 3600, p)
        p[2] = 0x3A
        pair(seconds / 60 % 60, p + 3)
        p[5] = 0x3A
        pair(seconds % 60, p + 6)
        if fraction == 0 { return 8 }
        var places = 6
        while fraction % 10 == 0 {
            fraction /= 10
            places &-= 1
        }
        p[8] = 0x2E
        padded(fraction, places, p + 9)
        return 9 &+ places
    }

    /// Two digits of 0...99.
    @inline(__always)
    private static func pair(_ value: Int, _ p: Bytes) {
        let two = (pairs.utf8Start + 2 &* value)
        p[0] = two[0]
        p[1] = two[1]
    }

    private static var pairs: StaticString {
        """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """
    }

    @inline(__always)
    static func unsigned(_ value: UInt64, _ p: Bytes) -> Int {
        let n = digitCount(value)
        padded(value, n, p)
        return n
    }

    /// The last `n` digits, with zeros in front.
    @inline(__always)
    private static func padded(_ value: UInt64, _ n: Int, _ p: Bytes) {
        var value = value
        var n = n
        while n >= 2 {
            n &-= 2
            pair(Int(truncatingIfNeeded: value % 100), p + n)
            value /= 100
        }
        if n == 1 { p[0] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10) }
    }

    /// How many digits a number has, at least 1.
    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        // 1233 / 4096 is a little more than log10(2); the table corrects the guess.
        let guess = ((64 &- value.leadingZeroBitCount) &* 1233) &>> 12
        return max(1, guess &+ (value >= PowersOfTen.small[guess] ? 1 : 0))
    }

    /// Decimals beyond 64 bits or 19 places.
    private static func wide(_ magnitude: UInt128, _ scale: Int, _ p: Bytes) -> Int {
        var digits: InlineArray<48, UInt8> = .init(repeating: 0x30)
        var count = 0
        var rest = magnitude
        while rest > 0 || count <= scale {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[count] = 0x30 + UInt8(digit)
            rest = quotient
            count += 1
        }
        var n = 0
        for place in stride(from: count - 1, through: 0, by: -1) {
            p[n] = digits[place]
            n += 1
            if place == scale && scale > 0 {
                p[n] = 0x2E
                n += 1
            }
        }
        return n
    }

    @inline(__always)
    private static func copy(_ text: StaticString, _ p: Bytes) -> Int {
        p.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
}

/// Values at the end of a writer.
extension ByteWriter {
    /// Digits, with a sign below zero.
    package mutating func appendInteger(_ value: Int64) {
        advance(TextFormatting.integer(value, place(TextFormatting.bytesMax)))
    }

    /// Exactly `scale` digits after the point.
    package mutating func appendDecimal(_ value: Int128, scale: Int) {
        advance(TextFormatting.decimal(value, scale, place(TextFormatting.bytesMax)))
    }

    /// The shortest text that reads back as the same number.
    package mutating func appendDouble(_ value: Double) {
        advance(TextFormatting.double(value, place(TextFormatting.bytesMax)))
    }

    /// Days since 1970-01-01.
    package mutating func appendDate(_ days: Int64) {
        advance(TextFormatting.date(days, place(TextFormatting.bytesMax)))
    }

    /// Microseconds since 1970-01-01 00:00:00.
    package mutating func appendTimestamp(_ value: Int64) {
        advance(TextFormatting.timestamp(value, place(TextFormatting.bytesMax)))
    }

    /// `true` or `false`.
    package mutating func appendBoolean(_ value: Bool) {
        advance(TextFormatting.boolean(value ? 1 : 0, place(TextFormatting.bytesMax)))
    }

    /// Microseconds.
    package mutating func appendInterval(_ value: Int64) {
        advance(TextFormatting.interval(value, place(TextFormatting.bytesMax)))
    }
}
