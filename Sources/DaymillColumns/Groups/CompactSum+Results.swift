/// Results and bytes of compact sums.
extension CompactSum {
    /// The sum divided by `count`, rounded once to the nearest double, ties to even.
    static func quotient(_ w: UnsafePointer<UInt64>, by count: UInt64) -> Double {
        let flags = w[0] & 7
        if flags & 1 != 0 || flags & 6 == 6 { return .nan }
        if flags != 0 { return flags & 2 != 0 ? .infinity : -.infinity }
        if isWindow(w), let value = quickQuotient(w, by: count) { return value }
        return withLarge(w) { ExactSum.ofValues.quotient($0, by: count) }
    }

    /// A window's number divided and rounded, the usual case without arrays; nil near the ends of the range.
    private static func quickQuotient(_ w: UnsafePointer<UInt64>, by count: UInt64) -> Double? {
        let number = self.number(w)
        if number == 0 { return 0 }
        let magnitude = number.magnitude
        var shift = magnitude.leadingZeroBitCount
        // All 128 bits are used, so that the quotient has at least 64, and is cut where nothing but "more" matters.
        var quotient = magnitude << UInt128(shift), hasMore = false
        if count != 1 {
            let (whole, remainder) = quotient.quotientAndRemainder(dividingBy: UInt128(count))
            let zeros = whole.leadingZeroBitCount
            quotient = whole << UInt128(zeros)
            shift += zeros
            hasMore = remainder != 0
        }
        var upper = UInt64(truncatingIfNeeded: quotient >> 64)
        // 64 bits are rounded to 53 by the conversion; bits that are left over count as one below all these.
        if hasMore || UInt64(truncatingIfNeeded: quotient) != 0 { upper |= 1 }
        let exponent = unit(w) - 1075 + 64 - shift
        guard exponent > -1000, exponent < 900 else { return nil }
        let value = Double(sign: .plus, exponent: exponent, significand: Double(upper))
        return number < 0 ? 0 - value : value
    }

    /// The words of the sum, two's complement, and the power of two that its lowest bit stands for: a multiple of 64 above
    /// that of every other sum.
    static func words(of w: UnsafePointer<UInt64>) -> (words: [UInt64], lowExponent: Int) {
        withLarge(w) { ExactSum.ofValues.number($0) }
    }

    /// Writes the bytes of `ExactSum.write`.
    static func write(_ w: UnsafePointer<UInt64>, _ out: inout UnsafeMutablePointer<UInt8>) {
        let start = out
        withLarge(w) { ExactSum.ofValues.write($0, &out) }
        start[0] = UInt8(w[0] & 7)
    }

    /// Reads what `write` wrote; the state may point at the bytes. False when they do not fit.
    static func read(_ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ w: Words) -> Bool {
        let start = p
        guard end - p >= 3 else { return false }
        let first = Int(p[1]), n = Int(p[2])
        guard first + n <= ExactSum.ofValues.limbs, end - p >= 3 + n * 8 else { return false }
        p += 3 + n * 8
        w[0] = UInt64(start[0] & 7)
        if n == 0 || readWindow(UnsafeRawPointer(start + 3), first, n, w) { return true }
        w[0] |= packed << 8
        (w[1], w[2]) = (UInt64(UInt(bitPattern: start)), UInt64(p - start))
        return true
    }

    private static func readWindow(_ bytes: UnsafeRawPointer, _ first: Int, _ n: Int, _ w: Words) -> Bool {
        guard n <= 3 else { return false }
        func word(_ i: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self))
        }
        let sign = UInt64(bitPattern: Int64(bitPattern: word(n - 1)) >> 63)
        let x0 = word(0), x1 = n > 1 ? word(1) : sign, x2 = n > 2 ? word(2) : sign
        guard x0 != 0 else { return false }
        let upper = x2 != sign ? x2 : x1 != sign ? x1 : x0
        let wordsBelow = x2 != sign ? 2 : x1 != sign ? 1 : 0
        let position = 64 * first + 1
        let end = position + 64 * (wordsBelow + 1) - (upper ^ sign).leadingZeroBitCount
        guard let unit = place(from: position + x0.trailingZeroBitCount, to: end) else { return false }
        w[0] |= header(unit)
        if unit <= position {
            StateUpdate.store((Int128(Int64(bitPattern: x1)) << 64 | Int128(x0)) << Int128(position - unit), w + 1)
        } else {
            let k = UInt64(unit - position)
            (w[1], w[2]) = (x0 >> k | x1 << (64 - k), x1 >> k | x2 << (64 - k))
        }
        return true
    }

    /// Two's complement of a sum; false if it has flags, which cannot be taken back.
    static func negate(_ w: Words, _ memory: some TextMemory) -> Bool {
        if w[0] & 7 != 0 { return false }
        // A number that has room is not the least of all.
        if isWindow(w), hasRoom(w) {
            StateUpdate.store(0 - number(w), w + 1)
            return true
        }
        becomeLarge(w, memory)
        return StateNegation.negate(address(w), ExactSum.ofValues, memory)
    }
}
