extension Expression {
    /// The expressions directly below this one, in reading order.
    public var children: [Expression] {
        switch self {
        case .column, .key, .aggregate, .literal: []
        case .call(_, let arguments, _): arguments
        case .choose(let branches, let otherwise, _): branches.flatMap { [$0.condition, $0.value] } + [otherwise]
        case .cast(let inner, _): [inner]
        }
    }

    /// The same expression with each child replaced.
    package func mappingChildren(_ change: (Expression) -> Expression) -> Expression {
        switch self {
        case .column, .key, .aggregate, .literal: self
        case .call(let function, let arguments, let type): .call(function, arguments.map(change), type)
        case .choose(let branches, let otherwise, let type):
            .choose(
                branches.map { Branch(condition: change($0.condition), value: change($0.value)) },
                otherwise: change(otherwise), type)
        case .cast(let inner, let type): .cast(change(inner), type)
        }
    }

    /// The positions of all columns below this expression.
    package var columns: Set<Int> {
        if case .column(let index, _) = self { return [index] }
        return children.reduce(into: []) { $0.formUnion($1.columns) }
    }

    /// Whether evaluating can fail on some row, as integer arithmetic (overflow) and casts from text can. Only what is
    /// surely total says no.
    package var canFail: Bool {
        switch self {
        case .column, .key, .aggregate, .literal: false
        case .cast(let inner, let type): !Expression.isTotalCast(from: inner.type, to: type) || inner.canFail
        case .call(let function, let arguments, _):
            !function.isTotal(for: arguments.first?.type) || arguments.contains(where: \.canFail)
        case .choose: children.contains(where: \.canFail)
        }
    }

    private static func isTotalCast(from: SQLType, to: SQLType) -> Bool {
        switch (from, to) {
        case (_, .text), (.integer, .double), (.decimal, .double), (.date, .timestamp), (.timestamp, .date): true
        case (.integer, .decimal(let scale)): scale <= 19
        default: false
        }
    }
}

extension ScalarFunction {
    /// Whether the function has a value, or NULL, for all arguments of these types.
    fileprivate func isTotal(for type: SQLType?) -> Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinctFrom, .notDistinctFrom,
            .and, .or, .not, .isNull, .isNotNull, .isTrue, .isFalse, .inList, .greatest, .least, .coalesce, .nullIf,
            .lower, .upper, .length, .octetLength, .left, .right, .concatenate, .concat, .replace, .trim, .trimLeft,
            .trimRight, .position, .startsWith, .daysBetween, .dateTrunc, .extract:
            true
        default: false
        }
    }
}

extension Rollup {
    /// The positions of the columns that partials are computed from, ascending: those of the filter, the keys and the
    /// aggregates. Nothing else of a row is ever looked at.
    public var columnsUsed: [Int] {
        let roots =
            keys + aggregates.flatMap { [$0.argument, $0.by, $0.filter].compactMap(\.self) }
            + (filter.map { [$0] } ?? [])
        return roots.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }.sorted()
    }
}
