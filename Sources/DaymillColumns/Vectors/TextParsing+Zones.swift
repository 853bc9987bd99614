import DaymillCore

extension TextParsing {
    /// The pipeline's wall clock at a time that was written by a source.
    ///
    /// - Parameter saysZone: whether the text may say its zone, as `parseMoment` takes it.
    @inline(__always)
    static func parseMoment(
        _ p: UnsafePointer<UInt8>, _ n: Int, _ cursor: inout ClockCursor, saysZone: Bool
    ) -> Int64? {
        guard !saysZone else { return parseMoment(p, n).flatMap { cursor.wallClock(of: $0) } }
        return parseTimestamp(p, n).flatMap { cursor.wallClock(of: WrittenMoment(time: $0, offset: nil)) }
    }

    /// A timestamp as `parseTimestamp` takes it, and where it has a time of day, maybe `Z`, `+03`, `+0300` or `+03:00`
    /// after it, with or without a space between.
    package static func parseMoment(_ p: UnsafePointer<UInt8>, _ n: Int) -> WrittenMoment? {
        var p = p
        var n = n
        trim(&p, &n)
        guard n > 19 else { return parseTimestamp(p, n).map { WrittenMoment(time: $0, offset: nil) } }
        if p[n &- 1] | 0x20 == 0x7A {
            return parseTimestamp(p, n &- 1).map { WrittenMoment(time: $0, offset: 0) }
        }
        guard let sign = signPosition(p, n) else {
            return parseTimestamp(p, n).map { WrittenMoment(time: $0, offset: nil) }
        }
        guard let offset = offset(p + sign, n &- sign), let time = parseTimestamp(p, sign) else { return nil }
        return WrittenMoment(time: time, offset: offset)
    }

    /// Where an offset of 3, 5 or 6 bytes begins, after the 19 of date and time.
    @inline(__always)
    private static func signPosition(_ p: Bytes, _ n: Int) -> Int? {
        if n >= 25, isSign(p[n &- 6]) { return n &- 6 }
        if n >= 24, isSign(p[n &- 5]) { return n &- 5 }
        return n >= 22 && isSign(p[n &- 3]) ? n &- 3 : nil
    }

    @inline(__always)
    private static func isSign(_ byte: UInt8) -> Bool { byte == 0x2B || byte == 0x2D }

    /// Seconds of `+03`, `+0300` or `+03:00`, up to a day.
    private static func offset(_ p: Bytes, _ n: Int) -> Int64? {
        guard n != 6 || p[3] == 0x3A, let hours = twoDigits(p + 1), hours < 24 else { return nil }
        guard let minutes = n == 3 ? 0 : twoDigits(p + n - 2), minutes < 60 else { return nil }
        let seconds = hours &* 3600 &+ minutes &* 60
        return p[0] == 0x2D ? 0 &- seconds : seconds
    }

    @inline(__always)
    private static func twoDigits(_ p: Bytes) -> Int64? {
        let (tens, ones) = (p[0] &- 0x30, p[1] &- 0x30)
        return tens < 10 && ones < 10 ? Int64(tens &* 10 &+ ones) : nil
    }
}
