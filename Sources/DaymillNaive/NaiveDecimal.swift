/// Decimals of up to 38 digits as `unscaled / 10^scale`.
package enum NaiveDecimal {
    /// 38 nines.
    package static let largest = power(38) - 1

    package static func power(_ exponent: Int) -> Int128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    package static func checked(_ result: (partialValue: Int128, overflow: Bool)) throws -> Int128 {
        guard !result.overflow, result.partialValue.magnitude <= largest.magnitude else {
            throw EvaluationFailure(.overflow, "a decimal of more than 38 digits")
        }
        return result.partialValue
    }

    /// Half away from zero.
    package static func divideRounding(_ number: Int128, by divisor: Int128) -> Int128 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        let isUp = remainder.magnitude >= divisor.magnitude - remainder.magnitude
        return isUp ? quotient + number.signum() : quotient
    }

    /// Half away from zero where digits are lost.
    package static func rescale(_ unscaled: Int128, from: Int, to: Int) throws -> Int128 {
        if to < from { return divideRounding(unscaled, by: power(from - to)) }
        return try checked(unscaled.multipliedReportingOverflow(by: power(to - from)))
    }

    /// The nearest double.
    package static func double(_ unscaled: Int128, scale: Int) -> Double {
        let magnitude = Double(nearestTo: BigNatural(unscaled.magnitude), over: .powerOfTen(scale))
        return unscaled < 0 ? -magnitude : magnitude
    }
}
