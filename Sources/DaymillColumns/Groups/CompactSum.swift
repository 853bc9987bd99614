import CKernels

/// An exact sum of doubles in three words, for groups whose values are not too far apart, which is nearly all groups; any
/// other is kept in an `ExactSum` that the words point at. Whatever the form, the same sum is written as the same bytes.
///
///     word 0    bits 0…2  NaN, +infinity, -infinity were added
///               bits 8…   0: nothing else was added
///                         1: large; word 1 is the address of an `ExactSum`
///                         2: packed, only where states are read: word 1 is the address of a record's bytes, word 2 how
///                            many there are
///                         1024 + unit: a window
///     word 1, 2 the window: a whole number of 128 bits, two's complement. It counts what the lowest bit of a double with
///               the exponent `unit` stands for, 2^(unit - 1075)
///
/// A double with an exponent from `unit` to `unit + 73` is less than 2^126 units. So it may be added whenever the number's
/// two upper bits are equal, and the sum still fits 128 bits. If they are not, or if the exponent lies outside, the window
/// moves to where it holds the sum and the double; if there is no such place the sum becomes large.
///
/// `dm_add_doubles` is the loop over a batch. Sums of squares are `ExactSum`s: a square has 106 bits alone.
enum CompactSum {
    typealias Words = ExactSum.Words

    static let words = 3
    static let windowed = UInt64(DM_SUM_WINDOWED)
    static let large = UInt64(DM_SUM_LARGE)
    static let packed: UInt64 = 2

    /// The window that sums begin with: doubles from 6e-8, and sums to 1e15.
    static let usualUnit = 999
    /// The last window reaches the greatest exponent.
    static let unitMax = 2046 - Int(DM_SUM_SHIFT_MAX)
    /// Bits of a number to which a term can be added.
    static let bits = 126

    /// The sum of nothing.
    static let neutral: [UInt64] = [header(usualUnit), 0, 0]

    static func header(_ unit: Int) -> UInt64 { (windowed + UInt64(unit)) << 8 }
    static func unit(_ w: UnsafePointer<UInt64>) -> Int { Int(w[0] >> 8) - Int(windowed) }

    @inline(__always)
    static func isWindow(_ w: UnsafePointer<UInt64>) -> Bool { w[0] >> 8 >= windowed }

    @inline(__always)
    static func hasRoom(_ w: UnsafePointer<UInt64>) -> Bool { (w[2] &+ 1 << 62) >> 63 == 0 }

    @inline(__always)
    static func number(_ w: UnsafePointer<UInt64>) -> Int128 { StateUpdate.int128(w + 1) }

    /// The sum of a large state.
    static func address(_ w: UnsafePointer<UInt64>) -> Words { Words(bitPattern: UInt(w[1])).unsafelyUnwrapped }

    /// Adds a double, whatever it is.
    static func add(_ value: Double, to w: Words, _ memory: some TextMemory) {
        let bits = value.bitPattern
        if bits << 1 == 0 { return }
        let exponent = Int((bits >> 52) & 0x7ff), fraction = bits & 0xf_ffff_ffff_ffff
        guard exponent != 0x7ff else {
            w[0] |= fraction != 0 ? 1 : (bits >> 63 == 0 ? 2 : 4)
            return
        }
        let unit = max(exponent, 1)
        guard makeReach(w, from: unit, to: unit + 53) else {
            becomeLarge(w, memory)
            return ExactSum.add(value, to: address(w), memory)
        }
        let mantissa = Int128(exponent == 0 ? fraction : fraction | 1 << 52)
        add(bits >> 63 == 0 ? mantissa : -mantissa, unit: unit, to: w)
    }

    /// Adds what fits a window that has room.
    private static func add(_ number: Int128, unit: Int, to w: Words) {
        let shift = unit - self.unit(w)
        let term = shift >= 0 ? number << Int128(shift) : number >> Int128(-shift)
        StateUpdate.store(self.number(w) + term, w + 1)
    }

    /// Moves the window, if need be, so that it has room and reaches from one exponent to before another.
    ///
    /// - Returns: False if there is no such window.
    static func makeReach(_ w: Words, from low: Int, to end: Int) -> Bool {
        if w[0] >> 8 == 0 { begin(w) }
        guard isWindow(w) else { return false }
        let unit = self.unit(w), number = self.number(w)
        if low >= unit, end <= unit + bits, hasRoom(w) { return true }
        var (first, last) = (low, end)
        if number != 0 {
            first = min(first, unit + number.trailingZeroBitCount)
            last = max(last, unit + width(number))
        }
        guard let new = place(from: first, to: last) else { return false }
        w[0] = w[0] & 7 | header(new)
        StateUpdate.store(new < unit ? number << Int128(unit - new) : number >> Int128(new - unit), w + 1)
        return true
    }

    /// The window for numbers from one exponent to before another: the usual one, or that with most room on both sides.
    static func place(from low: Int, to end: Int) -> Int? {
        let least = max(1, end - bits), most = min(low, unitMax)
        guard least <= most else { return nil }
        return (least...most).contains(usualUnit) ? usualUnit : (least + most) / 2
    }

    /// Bits of a number without its sign.
    static func width(_ number: Int128) -> Int { 128 - (number ^ (number >> 127)).leadingZeroBitCount }

    static func begin(_ w: Words) {
        w[0] = w[0] & 7 | header(usualUnit)
        (w[1], w[2]) = (0, 0)
    }
}

/// Merging.
extension CompactSum {
    /// Adds another sum, of any form.
    @inline(__always)
    static func merge(_ s: UnsafePointer<UInt64>, into t: Words, _ memory: some TextMemory) {
        guard s[0] >> 8 == t[0] >> 8, isWindow(s), hasRoom(s), hasRoom(t) else {
            return mergeSlowly(s, into: t, memory)
        }
        t[0] |= s[0]
        StateUpdate.store(number(t) &+ number(s), t + 1)
    }

    @inline(never)
    private static func mergeSlowly(_ s: UnsafePointer<UInt64>, into t: Words, _ memory: some TextMemory) {
        t[0] |= s[0] & 7
        if s[0] >> 8 == 0 { return }
        if isWindow(s) {
            let number = self.number(s), unit = self.unit(s)
            if number == 0 { return }
            if makeReach(t, from: unit + number.trailingZeroBitCount, to: unit + width(number)) {
                return add(number, unit: unit, to: t)
            }
        }
        becomeLarge(t, memory)
        withLarge(s) { ExactSum.ofValues.merge($0, into: address(t), memory) }
    }

    /// Makes the sum one that holds everything.
    static func becomeLarge(_ w: Words, _ memory: some TextMemory) {
        guard w[0] >> 8 != large else { return }
        let all = memory.words(ExactSum.ofValues.words)
        withLarge(w) { all.update(from: $0, count: ExactSum.ofValues.words) }
        w[0] = w[0] & 7 | large << 8
        (w[1], w[2]) = (UInt64(UInt(bitPattern: all)), 0)
    }

    /// The sum in the form of `ExactSum`, without the flags.
    static func withLarge<Result>(_ w: UnsafePointer<UInt64>, _ body: (UnsafePointer<UInt64>) -> Result) -> Result {
        if w[0] >> 8 == large { return body(address(w)) }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: ExactSum.ofValues.words) { words in
            let all = words.baseAddress.unsafelyUnwrapped
            all.update(repeating: 0, count: ExactSum.ofValues.words)
            switch w[0] >> 8 {
            case 0: break
            case packed: unpack(w, into: all)
            default: spread(w, into: all)
            }
            return body(all)
        }
    }

    /// A window's number in a window of whole words.
    private static func spread(_ w: UnsafePointer<UInt64>, into all: Words) {
        let position = unit(w) - 1, shift = UInt64(position & 63)
        let sign = UInt64(bitPattern: Int64(bitPattern: w[2]) >> 63)
        all[0] = (ExactSum.windowed + UInt64(position >> 6)) << 8
        all[1] = w[1] << shift
        all[2] = w[2] << shift | (w[1] >> 1) >> (63 - shift)
        all[3] = sign << shift | (w[2] >> 1) >> (63 - shift)
        all[4] = sign
    }

    private static func unpack(_ w: UnsafePointer<UInt64>, into all: Words) {
        var p = UnsafePointer<UInt8>(bitPattern: UInt(w[1])).unsafelyUnwrapped
        let isRead = ExactSum.ofValues.read(&p, p + Int(w[2]), all)
        precondition(isRead, "a packed sum was read before")
        all[0] &= ~7
    }
}
