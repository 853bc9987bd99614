import DaymillSQL
import Foundation

/// Numbers: integers and decimals are exact and fail on overflow, doubles follow IEEE 754.
extension NaiveFunctions {
    static func arithmetic(_ function: ScalarFunction, _ values: [Value], _ type: SQLType) throws -> Value? {
        switch (values.first, values.last) {
        case (.integer(let a), .integer(let b)):
            try integers(function, a, b)
        case (.decimal(let a, let scale), .integer(let digits)) where function == .roundTo:
            try roundTo(a, scale, Int(digits), type)
        case (.decimal(let a, let scale), .decimal(let b, let other)):
            try decimals(function, a, b, scale, other, type)
        case (.double(let a), .double(let b)):
            try doubles(function, a, b)
        case (.interval(let a), .interval(let b)):
            try intervals(function, a, b)
        default: nil
        }
    }

    private static func integers(_ function: ScalarFunction, _ a: Int64, _ b: Int64) throws -> Value? {
        switch function {
        case .add: return try checked(a.addingReportingOverflow(b))
        case .subtract: return try checked(a.subtractingReportingOverflow(b))
        case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
        case .divide:
            try refuseZero(b == 0)
            return try checked(a.dividedReportingOverflow(by: b))
        case .modulo:
            try refuseZero(b == 0)
            return .integer(b == -1 ? 0 : a % b)
        case .negate: return try checked(Int64(0).subtractingReportingOverflow(a))
        case .abs: return a < 0 ? try checked(Int64(0).subtractingReportingOverflow(a)) : .integer(a)
        default: return nil
        }
    }

    private static func checked(_ result: (partialValue: Int64, overflow: Bool)) throws -> Value {
        guard !result.overflow else { throw EvaluationFailure(.overflow, "an integer beyond 64 bits") }
        return .integer(result.partialValue)
    }

    private static func refuseZero(_ isZero: Bool) throws {
        if isZero { throw EvaluationFailure(.divisionByZero, "") }
    }

    private static func decimals(
        _ function: ScalarFunction, _ a: Int128, _ b: Int128, _ scale: Int, _ other: Int, _ type: SQLType
    ) throws -> Value? {
        let one = NaiveDecimal.power(scale)
        let floor = a - ((a % one) + one) % one
        let result: Int128
        switch function {
        case .add: result = try NaiveDecimal.checked(a.addingReportingOverflow(b))
        case .subtract: result = try NaiveDecimal.checked(a.subtractingReportingOverflow(b))
        case .multiply: return try product(a, b, scale + other, type)
        case .modulo:
            try refuseZero(b == 0)
            result = a % b
        case .negate: result = -a
        case .abs: result = abs(a)
        case .round: result = NaiveDecimal.divideRounding(a, by: one) * one
        case .floor: result = floor
        case .ceiling: result = floor == a ? a : floor + one
        default: return nil
        }
        return .decimal(try NaiveDecimal.checked((result, false)), scale: scale)
    }

    private static func product(_ a: Int128, _ b: Int128, _ scale: Int, _ type: SQLType) throws -> Value {
        guard case .decimal(let wanted) = type else { throw EvaluationFailure(.malformed, "multiply gives \(type)") }
        let product = try NaiveDecimal.checked(a.multipliedReportingOverflow(by: b))
        return .decimal(try NaiveDecimal.rescale(product, from: scale, to: wanted), scale: wanted)
    }

    /// A negative number of digits rounds to tens, hundreds, ...
    private static func roundTo(_ a: Int128, _ scale: Int, _ digits: Int, _ type: SQLType) throws -> Value {
        guard case .decimal(let wanted) = type else { throw EvaluationFailure(.malformed, "roundTo gives \(type)") }
        if digits >= 0 { return .decimal(try NaiveDecimal.rescale(a, from: scale, to: wanted), scale: wanted) }
        if scale - digits > 38 { return .decimal(0, scale: wanted) }
        let tens = NaiveDecimal.divideRounding(a, by: NaiveDecimal.power(scale - digits))
        let whole = try NaiveDecimal.checked(tens.multipliedReportingOverflow(by: NaiveDecimal.power(-digits)))
        return .decimal(try NaiveDecimal.rescale(whole, from: 0, to: wanted), scale: wanted)
    }

    private static func doubles(_ function: ScalarFunction, _ a: Double, _ b: Double) throws -> Value? {
        switch function {
        case .add: return .double(a + b)
        case .subtract: return .double(a - b)
        case .multiply: return .double(a * b)
        case .divide:
            try refuseZero(b == 0)
            return .double(a / b)
        case .negate: return .double(-a)
        case .abs: return .double(Swift.abs(a))
        case .round: return .double(a.rounded(.toNearestOrEven))
        case .floor: return .double(a.rounded(.down))
        case .ceiling: return .double(a.rounded(.up))
        default: return nil
        }
    }

    private static func intervals(_ function: ScalarFunction, _ a: Int64, _ b: Int64) throws -> Value? {
        guard case .integer(let result) = try integers(function, a, b) else { return nil }
        return .interval(result)
    }

    /// Powers, roots and logarithms.
    static func real(_ function: ScalarFunction, _ values: [Value]) throws -> Value? {
        guard case .double(let a) = values.first, case .double(let b) = values.last else { return nil }
        switch function {
        case .power: return .double(try power(a, b))
        case .sqrt:
            try refuse(a < 0, "the square root of \(a)")
            return .double(a.squareRoot())
        case .ln:
            try refuse(a <= 0, "the logarithm of \(a)")
            return .double(log(a))
        case .log10:
            try refuse(a <= 0, "the logarithm of \(a)")
            return .double(Foundation.log10(a))
        case .exp: return .double(Foundation.exp(a))
        default: return nil
        }
    }

    private static func power(_ a: Double, _ b: Double) throws -> Double {
        try refuse(a == 0 && b < 0, "zero to the power of \(b)")
        try refuse(a < 0 && b.isFinite && b != b.rounded(), "\(a) to the power of \(b)")
        return pow(a, b)
    }

    static func refuse(_ isBad: Bool, _ what: String) throws {
        if isBad { throw EvaluationFailure(.badArgument, what) }
    }
}
