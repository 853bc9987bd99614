import CKernels

/// Sums of doubles without any rounding: one fixed-point number wide enough for every double, as in Kulisch's
/// accumulator. Order and grouping of the additions cannot change a bit; the result is rounded once, at the end.
///
/// The whole number is two's complement with `limbs` words, least significant first. For sums bit 0 stands for 2^-1074, and
/// 34 words (2176 bits) leave room for 2^77 additions; for sums of squares bit 0 stands for 2^-2148. A group keeps just the
/// words around the exponents it has seen:
///
///     word 0    bits 0…2  NaN, +infinity, -infinity were added
///               bits 8…   0: nothing else was added
///                         1: full; word 1 is the address of all limbs
///                         2: packed, only where states are read: word 1 is the address of bytes in a segment,
///                            word 2 the position of the first word there and, from bit 32 on, how many there are
///                         1024 + b: a window
///     words 1…  the window: limbs b, b + 1, …; what is above them repeats the sign, what is below is zero
///
/// The window's top word keeps its two upper bits equal, so that one more addition cannot overflow it; then, or when a value
/// does not fit, the window is moved, or given up for the full number. Numbers between 2^-62 and 2^66 share one window.
struct ExactSum {
    /// Words of the whole number.
    let limbs: Int
    /// Words of the window.
    let window: Int
    /// What bit 0 stands for is 2 to the power of this.
    let lowExponent: Int

    /// Sums of doubles.
    static let ofValues = ExactSum(limbs: Int(DM_SUM_LIMBS), window: 4, lowExponent: -1074)
    /// Sums of squares of doubles.
    static let ofSquares = ExactSum(limbs: 68, window: 6, lowExponent: -2148)

    typealias Words = UnsafeMutablePointer<UInt64>

    /// Words of a state.
    var words: Int { 1 + window }

    static let windowed = UInt64(DM_SUM_WINDOWED)
    static let full = UInt64(DM_SUM_FULL)
    static let packed: UInt64 = 2

    /// Adds a double to a sum of doubles.
    @inline(__always)
    static func add(_ value: Double, to w: Words, _ memory: some TextMemory) {
        let bits = value.bitPattern
        let exponent = (bits >> 52) & 0x7ff
        let isNormal: UInt64 = exponent == 0 ? 0 : 1
        let shift = exponent &- isNormal
        let place = (shift >> 6) &+ windowed &- (w[0] >> 8)
        guard place <= 2, exponent != 0x7ff else { return ofValues.addSlowly(value, to: w, memory) }
        let mantissa = bits & 0xf_ffff_ffff_ffff | isNormal << 52
        let low = mantissa << (shift & 63), high = (mantissa >> 1) >> (63 &- shift & 63)
        let at = w + 1 + Int(truncatingIfNeeded: place)
        // What is negative is added as two's complement: ones above, and one more at the bottom.
        let sign = UInt64(bitPattern: Int64(bitPattern: bits) >> 63)
        let (first, firstCarry) = at[0].addingReportingOverflow(low ^ sign)
        let (lower, secondCarry) = first.addingReportingOverflow(sign & 1)
        at[0] = lower
        let (upper, carry) = at[1].addingReportingOverflow(high ^ sign, carrying: firstCarry || secondCarry)
        at[1] = upper
        // Above, zeros without a carry change nothing, nor do ones with one: sums seldom pass a word's end.
        if carry != (sign != 0) { carryOn(w, above: Int(truncatingIfNeeded: place), sign, carry) }
        if (w[4] &+ 1 << 62) >> 63 != 0 { ofValues.makeRoom(w, memory) }
    }

    /// Carries into the words of a window above the two that a value was added to.
    @inline(never)
    private static func carryOn(_ w: Words, above place: Int, _ sign: UInt64, _ carry: Bool) {
        var carry = carry
        for i in stride(from: place + 3, through: ofValues.window, by: 1) {
            (w[i], carry) = w[i].addingReportingOverflow(sign, carrying: carry)
        }
    }

    /// Adds the square of a double to a sum of squares. Infinities and NaN are passed over: the sum of the values has them.
    static func addSquare(_ value: Double, to w: Words, _ memory: some TextMemory) {
        guard value.isFinite, value != 0 else { return }
        let exponent = Int((value.bitPattern >> 52) & 0x7ff)
        let mantissa = value.bitPattern & 0xf_ffff_ffff_ffff | (exponent == 0 ? 0 : 1 << 52)
        let square = mantissa.multipliedFullWidth(by: mantissa)
        let shift = 2 * (max(exponent, 1) - 1), b = UInt64(shift & 63)
        let parts = (
            square.low << b, square.high << b | (square.low >> 1) >> (63 - b), (square.high >> 1) >> (63 - b)
        )
        ofSquares.add(parts, at: shift >> 6, to: w, memory)
    }

    /// What a double adds: three words from a place on, two's complement if it is negative.
    typealias Parts = (UInt64, UInt64, UInt64)

    /// Everything but finite numbers within the window.
    @inline(never)
    private func addSlowly(_ value: Double, to w: Words, _ memory: some TextMemory) {
        let bits = value.bitPattern
        if bits << 1 == 0 { return }
        let exponent = Int((bits >> 52) & 0x7ff)
        var mantissa = bits & 0xf_ffff_ffff_ffff
        guard exponent != 0x7ff else {
            w[0] |= mantissa != 0 ? 1 : (bits >> 63 == 0 ? 2 : 4)
            return
        }
        if exponent != 0 { mantissa |= 1 << 52 }
        let shift = max(exponent, 1) - 1, b = UInt64(shift & 63)
        add((mantissa << b, (mantissa >> 1) >> (63 - b), 0), at: shift >> 6, negative: bits >> 63 == 1, to: w, memory)
    }

    /// Adds to whatever form there is.
    private func add(
        _ parts: Parts, at k: Int, negative: Bool = false, to w: Words, _ memory: some TextMemory
    ) {
        if w[0] >> 8 == 0 { begin(w, base: usualBase(k)) }
        if w[0] >> 8 == ExactSum.full { return add(parts, negative, to: address(w) + k, room: limbs - k) }
        let q = k - base(w)
        // The addition may reach the top word, not go beyond it.
        guard q >= 0, q + reach <= window else { return move(w, toReach: k, parts, negative, memory) }
        add(parts, negative, to: w + 1 + q, room: window - q)
        if !hasRoom(w[window]) { makeRoom(w, memory) }
    }

    /// Words that one addition touches, carries apart.
    private var reach: Int { limbs == ExactSum.ofValues.limbs ? 2 : 3 }

    private func add(_ parts: Parts, _ negative: Bool, to at: Words, room: Int) {
        let sign: UInt64 = negative ? .max : 0
        var carry = negative
        for i in 0..<room {
            // Above the parts there is nothing to add: zeros, or ones and a carry.
            if i > 2, carry == negative { return }
            let part = i == 0 ? parts.0 : i == 1 ? parts.1 : i == 2 ? parts.2 : 0
            (at[i], carry) = at[i].addingReportingOverflow(part ^ sign, carrying: carry)
        }
    }
}

/// Moving between forms.
extension ExactSum {
    /// Starts a window of zeros.
    func begin(_ w: Words, base: Int) {
        w[0] = w[0] & 7 | (UInt64(base) + ExactSum.windowed) << 8
        for i in 1...window { w[i] = 0 }
    }

    /// The window for a number whose lowest word is k: even places, so that most groups have the same.
    func usualBase(_ k: Int) -> Int { min(max(0, (k - 1) & ~1), limbs - window) }

    func base(_ w: UnsafePointer<UInt64>) -> Int { Int(w[0] >> 8) - Int(ExactSum.windowed) }

    /// All limbs of a full sum.
    func address(_ w: UnsafePointer<UInt64>) -> Words { Words(bitPattern: UInt(w[1])).unsafelyUnwrapped }

    /// Whether a window's top word can take one more addition.
    @inline(__always)
    func hasRoom(_ top: UInt64) -> Bool { (top &+ 1 << 62) >> 63 == 0 }

    /// A window without room at its top: moved up when its low words are zero, else given up.
    @inline(never)
    func makeRoom(_ w: Words, _ memory: some TextMemory) {
        let first = base(w), zeros = (1...window).prefix { w[$0] == 0 }.count
        guard zeros > 0, first + zeros + window <= limbs else { return becomeFull(w, memory) }
        let sign = w[window] >> 63 == 1 ? UInt64.max : 0
        for i in 1...window { w[i] = i + zeros <= window ? w[i + zeros] : sign }
        w[0] = w[0] & 7 | (UInt64(first + zeros) + ExactSum.windowed) << 8
    }

    /// Adds a number that the window does not reach: the window moves if one has room for both, else it is given up.
    private func move(
        _ w: Words, toReach k: Int, _ parts: Parts, _ negative: Bool, _ memory: some TextMemory
    ) {
        let (first, count) = span(w)
        let low = min(first, k), high = max(first + count, k + reach)
        if count == 0 {
            begin(w, base: usualBase(k))
        } else if high - low <= window {
            rebase(w, to: min(low, limbs - window))
        } else {
            becomeFull(w, memory)
        }
        add(parts, at: k, negative: negative, to: w, memory)
    }

    /// The words of a window that say something: where they begin, and how many there are with the sign.
    func span(_ w: UnsafePointer<UInt64>) -> (first: Int, count: Int) {
        let sign: UInt64 = w[window] >> 63 == 1 ? .max : 0
        var low = 1, high = window
        while low <= window, w[low] == 0 { low += 1 }
        guard low <= window else { return (base(w), 0) }
        while high > low, w[high] == sign, w[high - 1] >> 63 == sign >> 63 { high -= 1 }
        // The window's top word must keep room.
        return (base(w) + low - 1, high - low + 1 + (hasRoom(w[high]) ? 0 : 1))
    }

    /// Moves a window; its words with meaning must fit the new place.
    func rebase(_ w: Words, to base: Int) {
        let distance = base - self.base(w)
        let sign: UInt64 = w[window] >> 63 == 1 ? .max : 0
        let old = (1...window).map { w[$0] }
        for i in 0..<window {
            let from = i + distance
            w[1 + i] = from < 0 ? 0 : from < window ? old[from] : sign
        }
        w[0] = w[0] & 7 | (UInt64(base) + ExactSum.windowed) << 8
    }

    func becomeFull(_ w: Words, _ memory: some TextMemory) {
        let all = memory.words(limbs)
        all.update(repeating: 0, count: limbs)
        add(w, into: all)
        w[0] = w[0] & 7 | ExactSum.full << 8
        w[1] = UInt64(UInt(bitPattern: all))
    }

    /// Adds a sum of any form to a full number.
    func add(_ s: UnsafePointer<UInt64>, into all: Words) {
        switch s[0] >> 8 {
        case 0: return
        case ExactSum.full: add(limbs, to: all, sign: 0) { address(s)[$0] }
        case ExactSum.packed:
            let first = Int(s[2] & 0xffff_ffff), count = Int(s[2] >> 32)
            let bytes = UnsafeRawPointer(bitPattern: UInt(s[1])).unsafelyUnwrapped
            func word(_ i: Int) -> UInt64 {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self))
            }
            add(count, to: all + first, room: limbs - first, sign: word(count - 1) >> 63, word)
        default: add(window, to: all + base(s), room: limbs - base(s), sign: s[window] >> 63) { s[1 + $0] }
        }
    }

    /// Adds `n` words, then as many of the sign as there is room.
    @inline(__always)
    private func add(
        _ n: Int, to at: Words, room: Int? = nil, sign: UInt64, _ word: (Int) -> UInt64
    ) {
        var carry = false
        for i in 0..<n { (at[i], carry) = at[i].addingReportingOverflow(word(i), carrying: carry) }
        let above: UInt64 = sign == 1 ? .max : 0
        for i in n..<max(n, room ?? n) {
            if above == 0, !carry { return }
            (at[i], carry) = at[i].addingReportingOverflow(above, carrying: carry)
        }
    }
}

extension UInt64 {
    @inline(__always)
    fileprivate func addingReportingOverflow(_ other: UInt64, carrying: Bool) -> (partialValue: UInt64, overflow: Bool)
    {
        let (sum, first) = addingReportingOverflow(other)
        let (result, second) = sum.addingReportingOverflow(carrying ? 1 : 0)
        return (result, first || second)
    }
}
