/// Merging, results and bytes of exact sums.
extension ExactSum {
    /// Adds another sum, of any form.
    @inline(__always)
    func merge(_ s: UnsafePointer<UInt64>, into t: Words, _ memory: some TextMemory) {
        let place = s[0] >> 8
        guard place >= ExactSum.windowed else { return mergeSlowly(s, into: t, memory) }
        if t[0] >> 8 == place {
            t[0] |= s[0] & 7
            var carry = false
            for i in 1...window {
                let (sum, first) = t[i].addingReportingOverflow(s[i])
                let (result, second) = sum.addingReportingOverflow(carry ? 1 : 0)
                t[i] = result
                carry = first || second
            }
            if !hasRoom(t[window]) { makeRoom(t, memory) }
        } else if t[0] >> 8 == 0 {
            t[0] = t[0] | s[0]
            for i in 1...window { t[i] = s[i] }
        } else {
            mergeSlowly(s, into: t, memory)
        }
    }

    @inline(never)
    private func mergeSlowly(_ s: UnsafePointer<UInt64>, into t: Words, _ memory: some TextMemory) {
        t[0] |= s[0] & 7
        guard s[0] >> 8 != 0 else { return }
        if s[0] >> 8 >= ExactSum.windowed, t[0] >> 8 >= ExactSum.windowed, mergeWindows(s, into: t, memory) { return }
        if t[0] >> 8 != ExactSum.full { becomeFull(t, memory) }
        add(s, into: address(t))
    }

    /// Merges windows at different places, if one has room for both.
    private func mergeWindows(_ s: UnsafePointer<UInt64>, into t: Words, _ memory: some TextMemory) -> Bool {
        let (first, count) = span(s), (firstOfTarget, countOfTarget) = span(t)
        if count == 0 { return true }
        let low = countOfTarget == 0 ? first : min(first, firstOfTarget)
        let high = max(first + count, firstOfTarget + countOfTarget)
        guard high - low <= window else { return false }
        let base = min(low, limbs - window)
        if countOfTarget == 0 { begin(t, base: base) } else { rebase(t, to: base) }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { copy in
            let moved = copy.baseAddress.unsafelyUnwrapped
            moved.update(from: s, count: words)
            rebase(moved, to: base)
            merge(moved, into: t, memory)
        }
        return true
    }

    /// The sum divided by `count`, rounded once to the nearest double, ties to even.
    func quotient(_ w: UnsafePointer<UInt64>, by count: UInt64) -> Double {
        let flags = w[0]
        if flags & 1 != 0 || flags & 6 == 6 { return .nan }
        if flags & 6 != 0 { return flags & 2 != 0 ? .infinity : -.infinity }
        if count == 1, flags >> 8 >= ExactSum.windowed, let value = roundedWindow(w) { return value }
        let (number, lowExponent) = number(w)
        return RoundedQuotient.of(twosComplement: number, lowExponent: lowExponent, divisors: [count])
    }

    /// The value of a window rounded to the nearest double, the usual case without arrays; nil near the ends of the range.
    private func roundedWindow(_ w: UnsafePointer<UInt64>) -> Double? {
        let sign = w[window] >> 63 == 1 ? UInt64.max : 0
        // The magnitude from above: its first word that is not zero, the one below it, and whether there is more.
        var top: UInt64 = 0, next: UInt64 = 0, place = window
        var zeros = 1
        while zeros <= window, w[zeros] == 0 { zeros += 1 }
        if zeros > window { return 0 }
        func magnitude(_ i: Int) -> UInt64 { i < zeros ? 0 : (w[i] ^ sign) &+ (i == zeros ? sign & 1 : 0) }
        while place >= zeros, magnitude(place) == 0 { place -= 1 }
        top = magnitude(place)
        next = place > 1 ? magnitude(place - 1) : 0
        let shift = UInt64(top.leadingZeroBitCount)
        var mantissa = top << shift | (next >> 1) >> (63 - shift)
        // 64 bits are rounded to 53 by the conversion; bits that are left over count as one below all these.
        if next << shift != 0 || place - 2 >= zeros { mantissa |= 1 }
        let exponent = lowExponent + 64 * (base(w) + place - 1) - Int(shift)
        guard exponent > -1000, exponent < 900 else { return nil }
        let value = Double(sign: .plus, exponent: exponent, significand: Double(mantissa))
        return sign == 0 ? value : -value
    }

    /// The words of the sum, two's complement, and the power of two that its lowest bit stands for.
    func number(_ w: UnsafePointer<UInt64>) -> (words: [UInt64], lowExponent: Int) {
        switch w[0] >> 8 {
        case 0: return ([0], lowExponent)
        case ExactSum.full: return (Array(UnsafeBufferPointer(start: address(w), count: limbs)), lowExponent)
        case ExactSum.packed:
            var all = [UInt64](repeating: 0, count: limbs)
            all.withUnsafeMutableBufferPointer { add(w, into: $0.baseAddress.unsafelyUnwrapped) }
            return (all, lowExponent)
        default:
            return (Array(UnsafeBufferPointer(start: w + 1, count: window)), lowExponent + 64 * base(w))
        }
    }

    /// The most bytes of a sum in a record.
    var bytesMax: Int { 3 + limbs * 8 }

    /// Flags, first word, number of words, a byte each; then the words that say something.
    func write(_ w: UnsafePointer<UInt64>, _ out: inout UnsafeMutablePointer<UInt8>) {
        switch w[0] >> 8 {
        case 0: write([], flags: w[0], first: 0, &out)
        case ExactSum.full: write(UnsafeBufferPointer(start: address(w), count: limbs), flags: w[0], first: 0, &out)
        case ExactSum.packed:
            let (number, _) = number(w)
            number.withUnsafeBufferPointer { write($0, flags: w[0], first: 0, &out) }
        default: write(UnsafeBufferPointer(start: w + 1, count: window), flags: w[0], first: base(w), &out)
        }
    }

    private func write(_ words: [UInt64], flags: UInt64, first: Int, _ out: inout UnsafeMutablePointer<UInt8>) {
        words.withUnsafeBufferPointer { write($0, flags: flags, first: first, &out) }
    }

    private func write(
        _ words: UnsafeBufferPointer<UInt64>, flags: UInt64, first: Int, _ out: inout UnsafeMutablePointer<UInt8>
    ) {
        var low = 0, high = words.count
        while low < high, words[low] == 0 { low += 1 }
        if low < high {
            let sign: UInt64 = words[high - 1] >> 63 == 1 ? .max : 0
            while high > low + 1, words[high - 1] == sign, words[high - 2] >> 63 == sign >> 63 { high -= 1 }
        }
        out[0] = UInt8(flags & 7)
        out[1] = low < high ? UInt8(first + low) : 0
        out[2] = UInt8(high - low)
        out += 3
        for i in low..<high {
            UnsafeMutableRawPointer(out).storeBytes(of: words[i].littleEndian, as: UInt64.self)
            out += 8
        }
    }

    /// Reads what `write` wrote; the state may point at the bytes. False when they do not fit.
    func read(_ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ w: Words) -> Bool {
        guard end - p >= 3 else { return false }
        let flags = UInt64(p[0] & 7), first = Int(p[1]), n = Int(p[2])
        p += 3
        guard first + n <= limbs, end - p >= n * 8 else { return false }
        w[0] = flags
        guard n > 0 else { return true }
        let bytes = UnsafeRawPointer(p)
        p += n * 8
        if !readWindow(bytes, first, n, w) {
            w[0] = flags | ExactSum.packed << 8
            w[1] = UInt64(UInt(bitPattern: bytes))
            w[2] = UInt64(first) | UInt64(n) << 32
        }
        return true
    }

    private func readWindow(_ bytes: UnsafeRawPointer, _ first: Int, _ n: Int, _ w: Words) -> Bool {
        let top = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: n * 8 - 8, as: UInt64.self))
        let needed = hasRoom(top) ? n : n + 1
        var base = usualBase(first)
        if first + needed > base + window { base = min(first, limbs - window) }
        guard first + needed <= base + window else { return false }
        begin(w, base: base)
        let at = w + 1 + first - base
        for i in 0..<n {
            at[i] = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self))
        }
        if top >> 63 == 1 { for i in first - base + n..<window { w[1 + i] = .max } }
        return true
    }
}
