package import DaymillSQL

extension Rollup {
    /// The columns that its filter, keys and aggregates read.
    package var usedColumns: Set<Int> {
        let parts = [filter] + keys + aggregates.flatMap { [$0.argument, $0.by, $0.filter] }
        return parts.reduce(into: []) { used, part in
            if let part { used.formUnion(part.usedColumns) }
        }
    }
}

extension Expression {
    /// The columns it reads, itself or below.
    package var usedColumns: Set<Int> {
        switch self {
        case .column(let index, _): [index]
        case .key, .aggregate, .literal: []
        case .cast(let inner, _): inner.usedColumns
        case .call(_, let arguments, _): arguments.reduce(into: []) { $0.formUnion($1.usedColumns) }
        case .choose(let branches, let otherwise, _):
            branches.reduce(into: otherwise.usedColumns) {
                $0.formUnion($1.condition.usedColumns)
                $0.formUnion($1.value.usedColumns)
            }
        }
    }
}
