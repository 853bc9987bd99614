/// A natural number of any size: slow, and simple enough to be seen to be right. Limbs of 32 bits, lowest first, the
/// highest never zero.
package struct BigNatural: Hashable, Sendable, Comparable {
    package private(set) var limbs: [UInt32] = []

    package init(_ number: some BinaryInteger) {
        precondition(number >= 0, "a natural number is not negative")
        var rest = UInt128(number)
        while rest > 0 {
            limbs.append(UInt32(truncatingIfNeeded: rest))
            rest >>= 32
        }
    }

    private init(limbs: [UInt32]) {
        self.limbs = limbs
        while self.limbs.last == 0 { self.limbs.removeLast() }
    }

    package var isZero: Bool { limbs.isEmpty }

    /// The number of bits up to the highest that is set.
    package var bitCount: Int {
        limbs.last.map { limbs.count * 32 - $0.leadingZeroBitCount } ?? 0
    }

    package static func < (a: BigNatural, b: BigNatural) -> Bool {
        if a.limbs.count != b.limbs.count { return a.limbs.count < b.limbs.count }
        return a.limbs.reversed().lexicographicallyPrecedes(b.limbs.reversed())
    }

    package static func + (a: BigNatural, b: BigNatural) -> BigNatural {
        var carry: UInt64 = 0
        var limbs: [UInt32] = []
        for index in 0..<max(a.limbs.count, b.limbs.count) {
            carry += UInt64(a[index]) + UInt64(b[index])
            limbs.append(UInt32(truncatingIfNeeded: carry))
            carry >>= 32
        }
        return BigNatural(limbs: limbs + [UInt32(carry)])
    }

    /// - Precondition: `a >= b`.
    package static func - (a: BigNatural, b: BigNatural) -> BigNatural {
        var borrow: Int64 = 0
        var limbs: [UInt32] = []
        for index in a.limbs.indices {
            borrow += Int64(a[index]) - Int64(b[index])
            limbs.append(UInt32(truncatingIfNeeded: borrow))
            borrow >>= 32
        }
        precondition(borrow == 0 && b.limbs.count <= a.limbs.count, "a difference of naturals is not negative")
        return BigNatural(limbs: limbs)
    }

    package static func * (a: BigNatural, b: UInt32) -> BigNatural {
        var carry: UInt64 = 0
        var limbs: [UInt32] = []
        for limb in a.limbs {
            carry += UInt64(limb) * UInt64(b)
            limbs.append(UInt32(truncatingIfNeeded: carry))
            carry >>= 32
        }
        return BigNatural(limbs: limbs + [UInt32(carry)])
    }

    package static func * (a: BigNatural, b: BigNatural) -> BigNatural {
        var product = BigNatural(0)
        for (place, limb) in b.limbs.enumerated() { product = product + ((a * limb) << (32 * place)) }
        return product
    }

    package static func << (a: BigNatural, bits: Int) -> BigNatural {
        let empty = [UInt32](repeating: 0, count: bits / 32)
        return BigNatural(limbs: empty + (a * (1 << UInt32(bits % 32))).limbs)
    }

    /// How many of the lowest limbs are zero.
    package var zeroLimbs: Int { limbs.prefix { $0 == 0 }.count }

    /// Without so many of the lowest limbs, which are zero.
    package func dropping(zeroLimbs count: Int) -> BigNatural {
        precondition(count <= zeroLimbs, "only zeros are dropped")
        return BigNatural(limbs: Array(limbs.dropFirst(count)))
    }

    private subscript(index: Int) -> UInt32 { index < limbs.count ? limbs[index] : 0 }

    package static func powerOfTen(_ exponent: Int) -> BigNatural {
        (0..<exponent).reduce(BigNatural(1)) { power, _ in power * 10 }
    }

    /// Bit by bit; the quotient must fit 64 bits.
    package func dividedSmall(by divisor: BigNatural) -> (quotient: UInt64, remainder: BigNatural) {
        var quotient: UInt64 = 0
        var remainder = self
        let bits = max(0, bitCount - divisor.bitCount)
        precondition(bits < 64, "the quotient fits 64 bits")
        for bit in stride(from: bits, through: 0, by: -1) where (divisor << bit) <= remainder {
            remainder = remainder - (divisor << bit)
            quotient |= 1 << UInt64(bit)
        }
        return (quotient, remainder)
    }
}

extension Double {
    /// The double nearest to a quotient of naturals, ties to even: rounded once.
    package init(nearestTo numerator: BigNatural, over denominator: BigNatural) {
        guard !numerator.isZero else {
            self = 0
            return
        }
        var exponent = max(numerator.bitCount - denominator.bitCount - 53, -1074)
        var quotient = Double.rounded(numerator, denominator, exponent)
        if quotient > 1 << 53 {
            exponent += 1
            quotient = Double.rounded(numerator, denominator, exponent)
        }
        self = exponent > 971 ? .infinity : Double(sign: .plus, exponent: exponent, significand: Double(quotient))
    }

    /// The quotient in units of 2^exponent, ties to even.
    private static func rounded(_ numerator: BigNatural, _ denominator: BigNatural, _ exponent: Int) -> UInt64 {
        let a = exponent < 0 ? numerator << -exponent : numerator
        let b = exponent > 0 ? denominator << exponent : denominator
        let (quotient, remainder) = a.dividedSmall(by: b)
        let twice = remainder * 2
        return quotient + (twice > b || (twice == b && quotient % 2 == 1) ? 1 : 0)
    }
}
