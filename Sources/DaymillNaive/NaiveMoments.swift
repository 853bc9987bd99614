import DaymillSQL

/// Variances and standard deviations as their definition has them, in whole numbers, rounded once.
enum NaiveMoments {
    /// - Parameter values: At least one.
    static func result(of function: AggregateFunction, _ values: [Value]) throws -> Value {
        let isSample = function == .varSamp || function == .stddevSamp
        let rows = values.count, divisor = isSample ? rows - 1 : rows
        if divisor == 0 { return .null }
        if NaiveAggregate.special(values) != nil { return .double(.nan) }
        let (total, unit) = try NaiveAggregate.exactSum(values)
        var squares = BigNatural(0)
        for value in values {
            let magnitude = try NaiveAggregate.units(of: value).0.magnitude
            squares = squares + magnitude * magnitude
        }
        var spread = squares * BigNatural(rows) - total.magnitude * total.magnitude
        if spread.isZero { return .double(0) }
        var below = unit * unit * BigNatural(rows) * BigNatural(divisor)
        let common = min(spread.zeroLimbs, below.zeroLimbs)
        spread = spread.dropping(zeroLimbs: common)
        below = below.dropping(zeroLimbs: common)
        let isRoot = function == .stddevSamp || function == .stddevPop
        return .double(isRoot ? root(of: spread, over: below) : Double(nearestTo: spread, over: below))
    }

    /// The double nearest to the square root of a quotient, found by halving the range of all doubles, or of those near the
    /// root of the rounded quotient where that is an ordinary number.
    private static func root(of numerator: BigNatural, over denominator: BigNatural) -> Double {
        var low: UInt64 = 0, high = Double.infinity.bitPattern
        let near = Double(nearestTo: numerator, over: denominator).squareRoot()
        if near.isNormal, near > 0x1p-500 { (low, high) = (near.bitPattern - 2, near.bitPattern + 2) }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let isBelow = square(of: Double(bitPattern: middle), halves: 0, denominator) <= scaled(numerator)
            if isBelow { low = middle } else { high = middle }
        }
        // The root lies between two neighbours; half a step above the lower one decides.
        let lower = Double(bitPattern: low)
        let half = square(of: lower, halves: 1, denominator)
        if half == scaled(numerator) { return low % 2 == 0 ? lower : lower.nextUp }
        return half < scaled(numerator) ? lower.nextUp : lower
    }

    /// In units of 2^-2152, whatever the denominator.
    private static func scaled(_ numerator: BigNatural) -> BigNatural { numerator << 2152 }

    /// (value + so many halves of its last digit)², times the denominator, in the same units.
    private static func square(of value: Double, halves: UInt64, _ denominator: BigNatural) -> BigNatural {
        let isSubnormal = value.exponentBitPattern == 0
        let bits = value.significandBitPattern | (isSubnormal ? 0 : 1 << 52)
        let shift = isSubnormal ? 0 : Int(value.exponentBitPattern) - 1
        let root = BigNatural(bits * 2 + halves) << (shift + 1)
        return root * root * denominator
    }
}
