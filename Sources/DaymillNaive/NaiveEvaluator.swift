package import DaymillSQL

/// Evaluates an expression for one row or one group, by walking it.
///
/// Arguments are evaluated from left to right. `and`, `or`, `in`, `coalesce` and `CASE` stop as soon as the answer is
/// known; what comes after cannot fail. Arithmetic on doubles follows IEEE 754 and never overflows.
package struct NaiveEvaluator {
    package var columns: [Value]
    package var keys: [Value]
    package var aggregates: [Value]

    package init(columns: [Value] = [], keys: [Value] = [], aggregates: [Value] = []) {
        self.columns = columns
        self.keys = keys
        self.aggregates = aggregates
    }

    /// - Throws: `EvaluationFailure`.
    package func value(of expression: Expression) throws -> Value {
        switch expression {
        case .column(let index, _): columns[index]
        case .key(let index, _): keys[index]
        case .aggregate(let index, _): aggregates[index]
        case .literal(let value, _): value
        case .cast(let inner, let type): try NaiveCast.cast(value(of: inner), to: type)
        case .choose(let branches, let otherwise, _): try choose(branches, otherwise)
        case .call(let function, let arguments, let type): try call(function, arguments, type)
        }
    }

    /// Whether a condition is true: neither false nor NULL. No condition is always true.
    package func isTrue(_ condition: Expression?) throws -> Bool {
        guard let condition else { return true }
        return try value(of: condition) == .boolean(true)
    }

    private func choose(_ branches: [Expression.Branch], _ otherwise: Expression) throws -> Value {
        for branch in branches where try isTrue(branch.condition) { return try value(of: branch.value) }
        return try value(of: otherwise)
    }

    private func call(_ function: ScalarFunction, _ arguments: [Expression], _ type: SQLType) throws -> Value {
        switch function {
        case .and: return try stop(at: false, arguments)
        case .or: return try stop(at: true, arguments)
        case .inList: return try isIn(arguments)
        case .coalesce: return try coalesce(arguments)
        default: break
        }
        let values = try arguments.map(value(of:))
        if let answer = try answerWithNulls(function, values) { return answer }
        if values.contains(.null) { return .null }
        return try NaiveFunctions.apply(function, values, type)
    }

    /// AND stops at false, OR stops at true; without one, a NULL makes the answer NULL.
    private func stop(at decisive: Bool, _ arguments: [Expression]) throws -> Value {
        var answer = Value.boolean(!decisive)
        for argument in arguments {
            let value = try value(of: argument)
            if value == .boolean(decisive) { return value }
            if value == .null { answer = .null }
        }
        return answer
    }

    private func isIn(_ arguments: [Expression]) throws -> Value {
        let wanted = try value(of: arguments[0])
        if wanted == .null { return .null }
        var answer = Value.boolean(false)
        for argument in arguments.dropFirst() {
            let value = try value(of: argument)
            if value == .null {
                answer = .null
            } else if try NaiveOrder.compare(wanted, value) == 0 {
                return .boolean(true)
            }
        }
        return answer
    }

    private func coalesce(_ arguments: [Expression]) throws -> Value {
        for argument in arguments {
            let value = try value(of: argument)
            if value != .null { return value }
        }
        return .null
    }

    /// The functions that say something about NULLs; nil for all others.
    private func answerWithNulls(_ function: ScalarFunction, _ values: [Value]) throws -> Value? {
        let present = values.filter { $0 != .null }
        return switch function {
        case .isNull: .boolean(present.isEmpty)
        case .isNotNull: .boolean(!present.isEmpty)
        case .isTrue: .boolean(values[0] == .boolean(true))
        case .isFalse: .boolean(values[0] == .boolean(false))
        case .distinctFrom: .boolean(try NaiveOrder.compare(values[0], values[1], nullsFirst: true) != 0)
        case .notDistinctFrom: .boolean(try NaiveOrder.compare(values[0], values[1], nullsFirst: true) == 0)
        case .greatest: try extreme(present) { $0 > 0 }
        case .least: try extreme(present) { $0 < 0 }
        case .concat: .text(present.map { NaiveText.text(of: $0)! }.joined())
        case .nullIf: try nullIf(values[0], values[1])
        default: nil
        }
    }

    private func extreme(_ values: [Value], isBetter: (Int) -> Bool) throws -> Value {
        guard var best = values.first else { return .null }
        for value in values.dropFirst() where isBetter(try NaiveOrder.compare(value, best)) { best = value }
        return best
    }

    private func nullIf(_ a: Value, _ b: Value) throws -> Value {
        if a == .null || b == .null { return a }
        return try NaiveOrder.compare(a, b) == 0 ? .null : a
    }
}
