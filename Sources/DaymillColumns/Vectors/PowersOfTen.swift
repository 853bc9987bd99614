/// 10^n, for decimals and for reading and writing numbers.
enum PowersOfTen {
    /// 10^0 ... 10^19.
    static let small: InlineArray<20, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    /// 10^0 ... 10^22: the powers that a double holds exactly.
    static let exact: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// 10^n for n in 0...38.
    static func wide(_ n: Int) -> Int128 {
        n <= 18
            ? Int128(truncatingIfNeeded: small[n])
            : n <= 36
                ? Int128(small[18]) &* Int128(small[n &- 18])
                : Int128(small[18]) &* Int128(small[18]) &* Int128(small[n &- 36])
    }

    /// 10^38 - 1: decimals have 38 digits.
    static let largestDecimal: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
}
