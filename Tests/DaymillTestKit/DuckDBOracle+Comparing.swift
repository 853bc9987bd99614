package import DaymillSQL

/// Comparing typed rows with what DuckDB answers.
extension DuckDBOracle {
    /// Where two answers to a rollup differ first; nil when they do not.
    ///
    /// Doubles must be the same numbers, except what is computed from sums and averages: DuckDB's depend on the order
    /// of rows in their last digits.
    package static func difference(_ rollup: Rollup, _ naive: [[Value]], _ answer: [[Value]]) -> String? {
        if naive.count != answer.count { return "\(naive.count) rows, DuckDB has \(answer.count)" }
        for (line, (a, b)) in zip(naive, answer).enumerated() {
            for (index, output) in rollup.outputs.enumerated() {
                let isClose = output.expression.aggregatesUsed.contains { rollup.aggregates[$0].isRoundedByDuckDB }
                if isSame(a[index], b[index], isClose: isClose) { continue }
                return "row \(line), \(output.name): \(a[index]), DuckDB has \(b[index])"
            }
        }
        return nil
    }

    private static func isSame(_ a: Value, _ b: Value, isClose: Bool) -> Bool {
        guard case .double(let x) = a, case .double(let y) = b else {
            return NaiveOrder.identity(of: [a]) == NaiveOrder.identity(of: [b])
        }
        if x == y || (x.isNaN && y.isNaN) { return true }
        return isClose && abs(x - y) <= 1e-9 * max(abs(x), abs(y))
    }
}

extension Rollup.Aggregate {
    fileprivate var isRoundedByDuckDB: Bool {
        switch function {
        case .sum, .avg: type == .double
        case .stddevSamp, .stddevPop, .varSamp, .varPop, .percentileCont: true
        default: false
        }
    }
}

extension Expression {
    /// The aggregates it reads, itself or below.
    fileprivate var aggregatesUsed: Set<Int> {
        switch self {
        case .aggregate(let index, _): [index]
        case .key, .column, .literal: []
        case .cast(let inner, _): inner.aggregatesUsed
        case .call(_, let arguments, _): arguments.reduce(into: []) { $0.formUnion($1.aggregatesUsed) }
        case .choose(let branches, let otherwise, _):
            branches.reduce(into: otherwise.aggregatesUsed) {
                $0.formUnion($1.condition.aggregatesUsed)
                $0.formUnion($1.value.aggregatesUsed)
            }
        }
    }
}
