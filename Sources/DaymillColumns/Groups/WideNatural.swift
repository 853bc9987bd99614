/// A natural number of any size times a power of two, for results that are computed without rounding: words, least
/// significant first, none of them zero at the ends.
struct WideNatural {
    private(set) var words: [UInt64]
    /// The lowest bit stands for 2 to the power of this.
    private(set) var exponent: Int

    init(_ words: [UInt64], exponent: Int = 0) {
        let first = words.firstIndex { $0 != 0 } ?? words.count
        let end = (words.lastIndex { $0 != 0 } ?? first - 1) + 1
        self.words = Array(words[first..<end])
        self.exponent = words.isEmpty ? 0 : exponent + 64 * first
    }

    /// The magnitude of a two's complement number.
    init(magnitudeOf number: [UInt64], exponent: Int = 0) {
        let isNegative = number.last.map { $0 >> 63 == 1 } ?? false
        self.init(isNegative ? RoundedQuotient.negated(number) : number, exponent: exponent)
    }

    static func * (a: WideNatural, b: WideNatural) -> WideNatural {
        var product = [UInt64](repeating: 0, count: a.words.count + b.words.count)
        for (i, x) in a.words.enumerated() {
            var carry: UInt64 = 0
            for (j, y) in b.words.enumerated() {
                let (high, low) = x.multipliedFullWidth(by: y)
                let (sum, first) = product[i + j].addingReportingOverflow(low)
                let (result, second) = sum.addingReportingOverflow(carry)
                product[i + j] = result
                carry = high &+ (first ? 1 : 0) &+ (second ? 1 : 0)
            }
            product[i + b.words.count] = carry
        }
        return WideNatural(product, exponent: a.exponent + b.exponent)
    }

    /// - Precondition: a ≥ b, and their exponents differ by whole words.
    static func - (a: WideNatural, b: WideNatural) -> WideNatural {
        guard !b.words.isEmpty else { return a }
        let low = min(a.exponent, b.exponent)
        let shiftA = (a.exponent - low) / 64, shiftB = (b.exponent - low) / 64
        var difference = [UInt64](repeating: 0, count: shiftA) + a.words
        precondition(shiftB + b.words.count <= difference.count, "a difference of naturals is not negative")
        var borrow: UInt64 = 0
        for i in shiftB..<difference.count {
            let word = i - shiftB < b.words.count ? b.words[i - shiftB] : 0
            let (d, first) = difference[i].subtractingReportingOverflow(word)
            let (result, second) = d.subtractingReportingOverflow(borrow)
            difference[i] = result
            borrow = first || second ? 1 : 0
        }
        precondition(borrow == 0, "a difference of naturals is not negative")
        return WideNatural(difference, exponent: low)
    }

    /// This over the product of divisors, rounded once.
    func quotient(by divisors: [UInt64]) -> Double {
        RoundedQuotient.of(twosComplement: words + [0], lowExponent: exponent, divisors: divisors)
    }

    /// The square root of the quotient, rounded once: the quotient is computed to 120 bits, which gives 60 bits of the
    /// root, and whether anything is left over.
    ///
    /// - Precondition: At most six divisors, an even exponent.
    func root(ofQuotientBy divisors: [UInt64]) -> Double {
        guard let top = words.last else { return 0 }
        precondition(divisors.count <= 6 && exponent % 2 == 0)
        let bits = words.count * 64 - top.leadingZeroBitCount
        let wanted = divisors.reduce(120) { $0 + 64 - $1.leadingZeroBitCount }
        let shift = (wanted - bits) & ~1
        var (number, isRounded) = shifted(by: shift)
        for divisor in divisors where divisor != 1 {
            isRounded = RoundedQuotient.divide(&number, by: divisor) || isRounded
        }
        precondition(number.dropFirst(2).allSatisfy { $0 == 0 })
        let quotient = UInt128(number[0]) | UInt128(number.count > 1 ? number[1] : 0) << 64
        let root = WideNatural.root(quotient)
        isRounded = isRounded || UInt128(root) * UInt128(root) != quotient
        return RoundedQuotient.rounded([root], lowExponent: (exponent - shift) / 2, sticky: isRounded)
    }

    /// Shifted left, or right where the number is negative; whether bits were lost.
    private func shifted(by shift: Int) -> ([UInt64], Bool) {
        let whole = shift >> 6, bits = UInt64(shift & 63)
        func word(_ i: Int) -> UInt64 { words.indices.contains(i) ? words[i] : 0 }
        let count = max(2, words.count + whole + 1)
        let result = (0..<count).map { i in
            word(i - whole) << bits | (word(i - whole - 1) >> 1) >> (63 - bits)
        }
        guard shift < 0 else { return (result, false) }
        let lost = -shift
        let isRounded = (0..<words.count).contains { i in
            i * 64 + 64 <= lost ? words[i] != 0 : i * 64 < lost && words[i] & ((1 << UInt64(lost - i * 64)) - 1) != 0
        }
        return (result, isRounded)
    }

    /// The whole part of a square root, bit by bit.
    private static func root(_ number: UInt128) -> UInt64 {
        var root: UInt64 = 0
        var bit: UInt64 = 1 << 63
        while bit != 0 {
            let candidate = root | bit
            if UInt128(candidate) * UInt128(candidate) <= number { root = candidate }
            bit >>= 1
        }
        return root
    }
}
