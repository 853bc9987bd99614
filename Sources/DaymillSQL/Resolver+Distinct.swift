import DaymillCore

/// SELECT DISTINCT: the outputs are the keys, and there are no aggregates.
extension Resolver {
    /// The outputs that read columns, each once; nil after a problem.
    mutating func distinctKeys(_ select: SyntaxNode, _ targets: [Target]) -> [Expression]? {
        let at = sql.words.first { $0.isKeyword("distinct") }?.offset ?? 0
        if select["distinctClause"].elements.contains(where: { !$0.kind.isEmpty }) {
            let hint = "GROUP BY these columns, and pick the others with min_by(x, y), max_by(x, y), min(x) or max(x)"
            return fail(.unsupported(at, "a rollup has no DISTINCT ON", hint))
        }
        if select["groupClause"].isPresent {
            let hint = "leave DISTINCT out: GROUP BY gives each combination once; count(DISTINCT x) counts them"
            return fail(.unsupported(at, "a rollup has no SELECT DISTINCT with GROUP BY", hint))
        }
        guard targets.allSatisfy({ $0.expression != nil }), aggregates.isEmpty else { return nil }
        let identity = Identity(columns: columns)
        var seen: Set<String> = []
        let keys = targets.compactMap(\.expression).filter { key in
            !key.columns.isEmpty && seen.insert(identity.text(key)).inserted
        }
        if !keys.isEmpty { return keys }
        return fail(
            SQLProblem(offset: at, message: "SELECT DISTINCT names no column", hint: "name a column after DISTINCT"))
    }

    /// Aggregates, and HAVING, which is there for them.
    mutating func refuseDistinctAggregates(_ select: SyntaxNode) {
        guard problems.isEmpty, !aggregates.isEmpty || select["havingClause"].isPresent else { return }
        let at = sql.words.first { $0.isKeyword("distinct") }?.offset ?? 0
        let what = aggregates.isEmpty ? "HAVING" : "aggregates"
        let hint =
            aggregates.isEmpty
            ? "write the condition after WHERE" : "leave DISTINCT out, and write GROUP BY and the other outputs"
        problems.append(.unsupported(at, "SELECT DISTINCT takes no \(what)", hint))
    }
}
