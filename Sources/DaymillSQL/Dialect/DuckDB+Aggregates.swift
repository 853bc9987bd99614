extension DuckDBPrinter {
    func text(_ aggregate: Rollup.Aggregate) -> String {
        let argument = aggregate.argument.map(text) ?? "*"
        let filter = filter(aggregate.filter.map { [text($0)] } ?? [])
        let isDouble = aggregate.argument?.type == .double
        let values = (aggregate.distinct ? "DISTINCT " : "") + argument
        switch aggregate.function {
        case .count: return "count(\(values))\(filter)"
        case .sum where isDouble: return "fsum(\(values))\(filter)"
        case .sum: return "CAST(sum(\(values))\(filter) AS \(name(aggregate.type)))"
        case .avg where isDouble: return "favg(\(values))\(filter)"
        case .avg: return "avg(\(values))\(filter)"
        case .min, .max, .boolAnd, .boolOr: return "\(aggregate.function.rawValue)(\(argument))\(filter)"
        case .stddevSamp, .stddevPop, .varSamp, .varPop:
            return "\(aggregate.function.rawValue)(CAST(\(argument) AS DOUBLE))\(filter)"
        case .minBy: return firstBy(aggregate, "ASC")
        case .maxBy: return firstBy(aggregate, "DESC")
        case .percentileCont: return continuous(aggregate, argument) + filter
        case .percentileDisc: return discrete(aggregate)
        case .mode: return mode(argument, filter, descending: aggregate.descending)
        case .approxCountDistinct: return "approx_count_distinct(\(argument))\(filter)"
        case .approxPercentile: return "approx_quantile(\(argument), \(aggregate.fraction ?? 0))\(filter)"
        }
    }

    private func filter(_ conditions: [String]) -> String {
        conditions.isEmpty ? "" : " FILTER (WHERE \(conditions.joined(separator: " AND ")))"
    }

    /// DuckDB's own min_by leaves ties open.
    private func firstBy(_ aggregate: Rollup.Aggregate, _ direction: String) -> String {
        let x = aggregate.argument.map(text) ?? "", y = aggregate.by.map(text) ?? ""
        let terms = "\(orderable(aggregate.by)) \(direction), \(orderable(aggregate.argument)) \(direction)"
        return "first(\(x) ORDER BY \(terms))\(present([x, y], aggregate))"
    }

    /// FILTER for rows where some values are there.
    private func present(_ values: [String], _ aggregate: Rollup.Aggregate) -> String {
        filter(values.map { "\($0) IS NOT NULL" } + (aggregate.filter.map { [text($0)] } ?? []))
    }

    /// DuckDB refuses to order by a constant.
    private func orderable(_ expression: Expression?) -> String {
        guard let expression else { return "" }
        return expression.isLiteral ? "CASE WHEN TRUE THEN \(text(expression)) END" : text(expression)
    }

    /// Its fraction 0 of a descending order would be that of the ascending one.
    private func continuous(_ aggregate: Rollup.Aggregate, _ argument: String) -> String {
        let fraction = aggregate.fraction ?? 0
        return "quantile_cont(CAST(\(argument) AS DOUBLE), \(aggregate.descending ? 1 - fraction : fraction))"
    }

    private func discrete(_ aggregate: Rollup.Aggregate) -> String {
        let value = aggregate.argument.map(text) ?? "", direction = aggregate.descending ? "DESC" : "ASC"
        let order = "\(orderable(aggregate.argument)) \(direction)"
        let list = "list(\(value) ORDER BY \(order))\(present([value], aggregate))"
        let fraction = "CAST('\(aggregate.fraction ?? 0)' AS DOUBLE)"
        return "list_extract(\(list), greatest(1, CAST(ceil(\(fraction) * len(\(list))) AS BIGINT)))"
    }

    /// DuckDB's own mode leaves ties open. A histogram is a map in the order of its keys.
    private func mode(_ argument: String, _ filter: String, descending: Bool) -> String {
        let histogram = "histogram(\(argument))\(filter)"
        let most = "list_max(map_values(\(histogram)))"
        let modes = "list_filter(map_entries(\(histogram)), lambda e: e.value = \(most))"
        return "list_sort(list_transform(\(modes), lambda e: e.key))[\(descending ? "-1" : "1")]"
    }
}
