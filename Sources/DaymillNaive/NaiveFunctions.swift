package import DaymillSQL

/// The functions and operators over arguments that are not NULL.
package enum NaiveFunctions {
    package static func apply(_ function: ScalarFunction, _ values: [Value], _ type: SQLType) throws -> Value {
        let answer =
            try compare(function, values) ?? arithmetic(function, values, type) ?? real(function, values)
            ?? text(function, values) ?? time(function, values, type)
        guard let answer else { throw malformed(function, values) }
        return answer
    }

    static func malformed(_ function: ScalarFunction, _ values: [Value]) -> EvaluationFailure {
        EvaluationFailure(.malformed, "\(function.rawValue) cannot be applied to \(values)")
    }

    private static func compare(_ function: ScalarFunction, _ values: [Value]) throws -> Value? {
        let holds: (Int) -> Bool
        switch function {
        case .equal: holds = { $0 == 0 }
        case .notEqual: holds = { $0 != 0 }
        case .less: holds = { $0 < 0 }
        case .lessOrEqual: holds = { $0 <= 0 }
        case .greater: holds = { $0 > 0 }
        case .greaterOrEqual: holds = { $0 >= 0 }
        case .not:
            guard case .boolean(let truth) = values[0] else { throw malformed(function, values) }
            return .boolean(!truth)
        default: return nil
        }
        return .boolean(holds(try NaiveOrder.compare(values[0], values[1])))
    }
}
