package import DaymillSQL
import Foundation

/// `CAST(value AS type)`.
package enum NaiveCast {
    package static func cast(_ value: Value, to type: SQLType) throws -> Value {
        switch (value, type) {
        case (.null, _): return .null
        case (.text, .text): return value
        case (_, .text): return .text(NaiveText.text(of: value)!)
        case (.text(let text), _): return try parse(text, type)
        case (_, .integer): return try .integer(integer(value))
        case (_, .decimal(let scale)): return try .decimal(decimal(value, scale), scale: scale)
        case (_, .double): return try .double(double(value))
        case (.integer(let number), .boolean): return .boolean(number != 0)
        case (.timestamp(let time), .date): return .date(NaiveCalendar.split(time).days)
        case (.date(let days), .timestamp): return .timestamp(Int64(days) * NaiveCalendar.microsecondsPerDay)
        case (.boolean, .boolean), (.date, .date), (.timestamp, .timestamp), (.interval, .interval): return value
        default: throw malformed(value, type)
        }
    }

    private static func malformed(_ value: Value, _ type: SQLType) -> EvaluationFailure {
        EvaluationFailure(.malformed, "no cast from \(value) to \(type)")
    }

    private static func parse(_ text: String, _ type: SQLType) throws -> Value {
        guard let value = NaiveText.value(ofCast: text, to: type) else {
            throw EvaluationFailure(.badCast, "'\(text)' is no \(type)")
        }
        return value
    }

    /// Decimals: half away from zero. Doubles: half to even.
    private static func integer(_ value: Value) throws -> Int64 {
        switch value {
        case .integer(let number): return number
        case .boolean(let truth): return truth ? 1 : 0
        case .decimal(let unscaled, let scale):
            return try fitting(Int64(exactly: NaiveDecimal.divideRounding(unscaled, by: NaiveDecimal.power(scale))))
        case .double(let number): return try fitting(Int64(exactly: number.rounded(.toNearestOrEven)))
        default: throw malformed(value, .integer)
        }
    }

    private static func fitting(_ number: Int64?) throws -> Int64 {
        guard let number else { throw EvaluationFailure(.overflow, "a number that does not fit an integer") }
        return number
    }

    private static func decimal(_ value: Value, _ scale: Int) throws -> Int128 {
        switch value {
        case .integer(let number): return try NaiveDecimal.rescale(Int128(number), from: 0, to: scale)
        case .decimal(let unscaled, let from): return try NaiveDecimal.rescale(unscaled, from: from, to: scale)
        case .double(let number): return try decimal(number, scale)
        default: throw malformed(value, .decimal(scale: scale))
        }
    }

    /// As PostgreSQL: the number to 15 significant digits, then half away from zero to the scale.
    private static func decimal(_ number: Double, _ scale: Int) throws -> Int128 {
        guard number.isFinite else { throw EvaluationFailure(.badCast, "\(number) is no decimal") }
        let parts = String(format: "%.14e", number).split(separator: "e")
        let digits = Int128(parts[0].filter { $0 != "." })!
        let power = Int(parts[1])! - 14 + scale
        if power < -38 || digits == 0 { return 0 }
        if power < 0 { return NaiveDecimal.divideRounding(digits, by: NaiveDecimal.power(-power)) }
        guard power <= 38 else { throw EvaluationFailure(.overflow, "a decimal of more than 38 digits") }
        return try NaiveDecimal.checked(digits.multipliedReportingOverflow(by: NaiveDecimal.power(power)))
    }

    private static func double(_ value: Value) throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .decimal(let unscaled, let scale): return NaiveDecimal.double(unscaled, scale: scale)
        case .double(let number): return number
        default: throw malformed(value, .double)
        }
    }
}
