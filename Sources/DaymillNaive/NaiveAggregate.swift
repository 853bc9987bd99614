package import DaymillSQL

/// An aggregate over all the arguments of a group, kept as they came.
package enum NaiveAggregate {
    /// - Parameters:
    ///   - values: The arguments that are not NULL, and distinct where that was asked for.
    ///   - by: For each of them the other argument, where the function has one; not NULL either.
    /// - Throws: `EvaluationFailure` when a sum has more than 38 digits.
    package static func result(
        of aggregate: Rollup.Aggregate, _ values: [Value], by: [Value] = []
    ) throws -> Value {
        if aggregate.function == .count { return .integer(Int64(values.count)) }
        if aggregate.function == .approxCountDistinct { return .integer(NaiveSketch.estimate(values)) }
        if values.isEmpty { return .null }
        let fraction = aggregate.fraction ?? 0
        switch aggregate.function {
        case .sum: return try sum(values, aggregate.type)
        case .avg: return try average(values)
        case .boolAnd: return .boolean(!values.contains(.boolean(false)))
        case .boolOr: return .boolean(values.contains(.boolean(true)))
        case .stddevSamp, .stddevPop, .varSamp, .varPop: return try NaiveMoments.result(of: aggregate.function, values)
        case .minBy: return try NaiveOrder.sorted(zip(by, values).map { [$0, $1] })[0][1]
        case .maxBy: return try NaiveOrder.sorted(zip(by, values).map { [$0, $1] }).last![1]
        case .approxPercentile: return try NaiveSketch.percentile(values, fraction)
        default: break
        }
        let sorted = try NaiveOrder.sorted(values.map { [$0] }).map { $0[0] }
        let ordered = aggregate.descending ? sorted.reversed() : sorted
        return switch aggregate.function {
        case .min: sorted[0]
        case .max: sorted.last!
        case .mode: try NaivePercentile.mode(ordered)
        case .percentileDisc: NaivePercentile.discrete(ordered, fraction)
        default: try NaivePercentile.continuous(ordered, fraction)
        }
    }

    private static func sum(_ values: [Value], _ type: SQLType) throws -> Value {
        if case .decimal(let scale) = type {
            let (total, unit) = try exactSum(values)
            precondition(unit == .powerOfTen(scale), "a sum has its argument's scale")
            guard total.magnitude < .powerOfTen(38) else {
                throw EvaluationFailure(.overflow, "a sum of more than 38 digits")
            }
            return .decimal(total.int128, scale: scale)
        }
        return try .double(special(values) ?? quotient(values, by: 1))
    }

    private static func average(_ values: [Value]) throws -> Value {
        try .double(special(values) ?? quotient(values, by: values.count))
    }

    /// The exact sum divided by a count and rounded once.
    private static func quotient(_ values: [Value], by count: Int) throws -> Double {
        let (total, unit) = try exactSum(values)
        let magnitude = Double(nearestTo: total.magnitude, over: unit * UInt32(count))
        // A zero has no sign, also where a small number was rounded to it.
        return total.isNegative && magnitude != 0 ? -magnitude : magnitude
    }

    /// What the infinities and NaNs among doubles make of a sum; nil when there are none.
    static func special(_ values: [Value]) -> Double? {
        let odd = values.compactMap { value in
            if case .double(let number) = value, !number.isFinite { number } else { nil }
        }
        return odd.isEmpty ? nil : odd.reduce(0, +)
    }

    struct Total {
        var isNegative: Bool
        var magnitude: BigNatural

        /// - Precondition: The number fits 38 digits.
        var int128: Int128 {
            let number = magnitude.limbs.reversed().reduce(Int128(0)) { $0 << 32 | Int128($1) }
            return isNegative ? -number : number
        }
    }

    /// The sum in units of 1 / `unit`.
    static func exactSum(_ values: [Value]) throws -> (total: Total, unit: BigNatural) {
        var positive = BigNatural(0)
        var negative = BigNatural(0)
        var unit = BigNatural(1)
        for value in values {
            let part: (isNegative: Bool, magnitude: BigNatural)
            (part, unit) = try units(of: value)
            if part.isNegative { negative = negative + part.magnitude } else { positive = positive + part.magnitude }
        }
        let total =
            positive < negative
            ? Total(isNegative: true, magnitude: negative - positive)
            : Total(isNegative: false, magnitude: positive - negative)
        return (total, unit)
    }

    /// Doubles count in 2^-1074, the smallest of them.
    static func units(of value: Value) throws -> ((isNegative: Bool, magnitude: BigNatural), BigNatural) {
        switch value {
        case .integer(let number): return ((number < 0, BigNatural(number.magnitude)), BigNatural(1))
        case .decimal(let number, let scale):
            return ((number < 0, BigNatural(number.magnitude)), .powerOfTen(scale))
        case .double(let number):
            let isSubnormal = number.exponentBitPattern == 0
            let bits = number.significandBitPattern | (isSubnormal ? 0 : 1 << 52)
            let shift = isSubnormal ? 0 : Int(number.exponentBitPattern) - 1
            return ((number < 0, BigNatural(bits) << shift), BigNatural(1) << 1074)
        default: throw EvaluationFailure(.malformed, "\(value) cannot be added up")
        }
    }
}
