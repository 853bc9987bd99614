/// Which of the second moments' results.
package struct MomentResult: Sendable, Hashable {
    /// Over n - 1 instead of n.
    package var isSample: Bool
    /// The square root.
    package var isRoot: Bool

    package init(isSample: Bool, isRoot: Bool) {
        self.isSample = isSample
        self.isRoot = isRoot
    }
}

/// Variances and standard deviations from sums and sums of squares: (n Σx² - (Σx)²) / (n d), where d is n or n - 1, computed
/// in whole numbers and rounded once.
extension GroupList {
    /// - Parameter scale: of decimals.
    package func moments(
        _ range: Range<Int>, sum: Int, squares: Int, present: Int, scale: Int, _ result: MomentResult, into v: Vector
    ) {
        begin(v, range)
        let powers = RoundedQuotient.powerOfTen(2 * scale)
        for i in 0..<range.count {
            let item = range.lowerBound + i
            let n = words(item, present).pointee
            let divisor = result.isSample ? n &- 1 : n
            guard n > 0, divisor > 0 else {
                v.setNull(i, true)
                continue
            }
            let s1 = words(item, sum), s2 = words(item, squares)
            if layout.kinds[sum] == .sumDouble, s1[0] & 7 != 0 {
                v.doubles[i] = .nan
                v.setNull(i, false)
                continue
            }
            let total = number(s1, layout.kinds[sum]), ofSquares = number(s2, layout.kinds[squares])
            let spread = WideNatural([n]) * ofSquares - total * total
            let divisors = [n, divisor] + powers
            v.doubles[i] = result.isRoot ? spread.root(ofQuotientBy: divisors) : spread.quotient(by: divisors)
            v.setNull(i, false)
        }
    }

    private func number(_ w: UnsafePointer<UInt64>, _ kind: PartialKind) -> WideNatural {
        switch kind {
        case .sumDouble: WideNatural(CompactSum.words(of: w))
        case .squaresDouble: WideNatural(ExactSum.ofSquares.number(w))
        default: WideNatural(magnitudeOf: Array(UnsafeBufferPointer(start: w, count: kind.words)))
        }
    }
}

extension WideNatural {
    fileprivate init(_ sum: (words: [UInt64], lowExponent: Int)) {
        self.init(magnitudeOf: sum.words, exponent: sum.lowExponent)
    }
}
