import DaymillCore

/// Dates and timestamps of a fixed layout: eight bytes are checked with one addition.
///
/// After an exclusive or with the layout (`0000-00-`), digits are 0...9 and marks are 0; adding 0x76 to the former and
/// 0x7F to the latter lights the top bit of every byte that is wrong.
extension TextParsing {
    /// `YYYY-MM-DD`, years 1 to 9999: days since 1970-01-01.
    package static func parseDate(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int32? {
        var p = p
        var n = n
        if n != 10 { trim(&p, &n) }
        return n == 10 ? date(p) : nil
    }

    /// `YYYY-MM-DD HH:MM:SS` or with `T`, with a fraction of one to six digits or none, or a date alone: microseconds
    /// since 1970-01-01 00:00:00.
    package static func parseTimestamp(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int64? {
        var last = LastDate()
        return parseTimestamp(p, n, &last)
    }

    /// The same for one of many that mostly are of the same date.
    @inline(__always)
    static func parseTimestamp(_ p: UnsafePointer<UInt8>, _ n: Int, _ last: inout LastDate) -> Int64? {
        var p = p
        var n = n
        if n != 19 { trim(&p, &n) }
        guard n >= 10, let days = last.date(p) else { return nil }
        let midnight = Int64(days) &* 86_400_000_000
        if n == 10 { return midnight }
        guard n >= 19, p[10] == 0x20 || p[10] == 0x54, let seconds = timeOfDay(p + 11) else { return nil }
        let time = midnight &+ seconds &* 1_000_000
        if n == 19 { return time }
        guard n >= 21, n <= 26, p[19] == 0x2E, let fraction = eightDigits(p + 20, n &- 20) else { return nil }
        return time &+ Int64(bitPattern: fraction &* PowersOfTen.small[26 &- n])
    }

    /// The date in ten bytes.
    @inline(__always)
    static func date(_ p: Bytes) -> Int32? {
        let a = load(p) ^ 0x2D30_302D_3030_3030
        let b = (load(p + 8) & 0xFFFF) ^ 0x3030
        let wrong = ((a &+ 0x7F76_767F_7676_7676) | a) | ((b &+ 0x7676) | b)
        guard wrong & 0x8080_8080_8080_8080 == 0 else { return nil }
        let year = digit(a, 0) &* 1000 &+ digit(a, 1) &* 100 &+ digit(a, 2) &* 10 &+ digit(a, 3)
        let month = digit(a, 5) &* 10 &+ digit(a, 6)
        return CivilCalendar.days(year: year, month: month, day: digit(b, 0) &* 10 &+ digit(b, 1))
    }

    /// Seconds since midnight of `HH:MM:SS`.
    @inline(__always)
    private static func timeOfDay(_ p: Bytes) -> Int64? {
        let a = load(p) ^ 0x3030_3A30_303A_3030
        guard ((a &+ 0x7676_7F76_767F_7676) | a) & 0x8080_8080_8080_8080 == 0 else { return nil }
        let hour = digit(a, 0) &* 10 &+ digit(a, 1)
        let minute = digit(a, 3) &* 10 &+ digit(a, 4)
        let second = digit(a, 6) &* 10 &+ digit(a, 7)
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return Int64(hour &* 3600 &+ minute &* 60 &+ second)
    }

    @inline(__always)
    private static func digit(_ word: UInt64, _ place: UInt64) -> Int {
        Int(truncatingIfNeeded: (word &>> (place &* 8)) & 0xF)
    }
}

/// The date that was read last: most rows of a log have that of the row before.
struct LastDate {
    /// `1970-01-`
    private var first: UInt64 = 0x2D31_302D_3037_3931
    /// `01`
    private var second: UInt64 = 0x3130
    private var days: Int32 = 0

    /// The date in ten bytes.
    @inline(__always)
    mutating func date(_ p: UnsafePointer<UInt8>) -> Int32? {
        let a = TextParsing.load(p), b = TextParsing.load(p + 8) & 0xFFFF
        if a == first, b == second { return days }
        guard let days = TextParsing.date(p) else { return nil }
        (first, second, self.days) = (a, b, days)
        return days
    }
}
