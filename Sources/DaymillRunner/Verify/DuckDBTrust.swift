import DaymillConnect
import DaymillCore
import DaymillPipeline
import DaymillSQL

/// Where DuckDB is known to compute or read something else, so that a difference would say nothing.
enum DuckDBTrust {
    /// Why the naive engine should be asked instead; nil when DuckDB is as good.
    static func objection(_ request: VerifyRequest) -> String? {
        objection(request.source, request) ?? objection(request.rollup)
    }

    private static func objection(_ source: Source, _ request: VerifyRequest) -> String? {
        if source.format != .csv { return "the source's files are no CSV" }
        if request.format != .csv { return "the output is no CSV" }
        if request.badRows > 0 { return "bad rows were left out" }
        if source.extraColumns != .fail || source.missingColumns != .fail {
            return "the source takes rows with more or fewer fields than columns"
        }
        if !source.movedColumns.isEmpty { return "times of the source are moved from one zone to another" }
        if source.columns.count == 1 { return "the source has one column" }
        if !source.nullWords.contains("") { return "an empty field of the source is not NULL" }
        let globs = request.inputs.first { $0.file.realPath.contains { "*?[]{}".contains($0) } }
        return globs.map { "\($0.path) has a name that DuckDB takes for a pattern" }
    }

    private static func objection(_ rollup: Rollup) -> String? {
        if let strange = rollup.aggregates.first(where: { isExact($0) == nil }) {
            return "DuckDB's \(strange.function.rawValue) is another function"
        }
        if let doubtful = rollup.aggregates.first(where: { cancels($0.function) }) {
            return "where digits cancel, DuckDB's \(doubtful.function.rawValue) is nothing but rounding"
        }
        let ordering = rollup.order.map(\.expression) + (rollup.having.map { [$0] } ?? [])
        if ordering.contains(where: { $0.readsRounded(rollup) }) {
            return "the order or HAVING depends on doubles that DuckDB rounds on the way"
        }
        if rollup.outputs.contains(where: { $0.expression.type != .double && $0.expression.readsRounded(rollup) }) {
            return "a column is made of doubles that DuckDB rounds on the way"
        }
        let all = rollup.allExpressions
        return all.contains(where: \.castsDouble) ? "doubles are cast to text or decimal" : nil
    }

    /// Whether DuckDB computes it without rounding on the way; nil when it is not known to compute the same at all.
    static func isExact(_ aggregate: Rollup.Aggregate) -> Bool? {
        switch aggregate.function {
        case .count, .min, .max, .boolAnd, .boolOr, .minBy, .maxBy, .percentileDisc, .mode: true
        case .sum: aggregate.type != .double
        case .avg, .stddevSamp, .stddevPop, .varSamp, .varPop, .percentileCont: false
        case .approxCountDistinct, .approxPercentile: nil
        }
    }

    /// Whether what DuckDB rounds on the way can be all that is left in the end: then no tolerance tells right from wrong.
    private static func cancels(_ function: AggregateFunction) -> Bool {
        switch function {
        case .stddevSamp, .stddevPop, .varSamp, .varPop, .percentileCont: true
        default: false
        }
    }

    /// For each output whether it is compared to a billionth only.
    static func isClose(_ rollup: Rollup) -> [Bool] {
        rollup.outputs.map { $0.expression.type == .double && $0.expression.readsRounded(rollup) }
    }
}

extension Rollup {
    fileprivate var allExpressions: [Expression] {
        let above = outputs.map(\.expression) + order.map(\.expression) + (having.map { [$0] } ?? [])
        let below = aggregates.flatMap { [$0.argument, $0.by, $0.filter] }.compactMap { $0 }
        return above + keys + below + (filter.map { [$0] } ?? [])
    }
}

extension Expression {
    private var parts: [Expression] {
        switch self {
        case .column, .key, .aggregate, .literal: []
        case .cast(let inner, _): [inner]
        case .call(_, let arguments, _): arguments
        case .choose(let branches, let otherwise, _): branches.flatMap { [$0.condition, $0.value] } + [otherwise]
        }
    }

    /// Whether it is computed from an aggregate that DuckDB rounds on the way.
    fileprivate func readsRounded(_ rollup: Rollup) -> Bool {
        if case .aggregate(let index, _) = self { return DuckDBTrust.isExact(rollup.aggregates[index]) != true }
        return parts.contains { $0.readsRounded(rollup) }
    }

    /// Whether a double becomes a text or a decimal somewhere in it.
    fileprivate var castsDouble: Bool {
        if case .cast(let inner, let type) = self, inner.type == .double {
            switch type {
            case .text, .decimal: return true
            default: break
            }
        }
        return parts.contains(where: \.castsDouble)
    }
}
