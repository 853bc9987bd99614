import DaymillSQL

/// What is found by counting along values in their order; at least one.
enum NaivePercentile {
    /// The first value that has the fraction of all values up to it.
    static func discrete(_ ordered: [Value], _ fraction: Double) -> Value {
        let wanted = fraction * Double(ordered.count)
        return ordered[(0..<ordered.count).first { Double($0 + 1) >= wanted } ?? ordered.count - 1]
    }

    static func continuous(_ ordered: [Value], _ fraction: Double) throws -> Value {
        let place = fraction * Double(ordered.count - 1)
        let below = place.rounded(.down)
        let first = try double(ordered[Int(below)])
        if place == below { return .double(first) }
        let second = try double(ordered[Int(below) + 1])
        return .double(first == second ? first : first + (place - below) * (second - first))
    }

    static func mode(_ ordered: [Value]) throws -> Value {
        var best = (value: ordered[0], count: 0), run = 0
        for (index, value) in ordered.enumerated() {
            run = try index > 0 && NaiveOrder.compare(value, ordered[index - 1]) == 0 ? run + 1 : 1
            if run > best.count { best = (value, run) }
        }
        return best.value
    }

    static func double(_ value: Value) throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .decimal(let unscaled, let scale): return NaiveDecimal.double(unscaled, scale: scale)
        case .double(let number): return number
        default: throw EvaluationFailure(.malformed, "\(value) is no number")
        }
    }
}
