package import DaymillColumns
package import DaymillSQL

/// A rollup's aggregates taken apart into mergeable partials.
///
/// Equal partials are kept once: `sum(x)`, `avg(x)` and `count(x)` share a sum and a count. Their order comes from the
/// aggregates' identities, not from the select list, so that another order of outputs finds the same segments.
///
///     count(*)           count
///     count(x)           count of x
///     sum(x), avg(x)     sum of x, count of x (to tell "nothing" from zero)
///     min, max, bool_…   extreme of x, count of x
///     count(DISTINCT x)  a section of pairs (keys, x); counted when published
package struct AggregatePlan: Sendable {
    /// A partial and what feeds it.
    package struct Partial: Hashable, Sendable {
        package var kind: PartialKind
        /// Over columns; nil counts rows.
        package var argument: Expression?
        /// FILTER, over columns.
        package var filter: Expression?
    }

    /// How an aggregate's result comes out of partials (by position).
    package enum Result: Hashable, Sendable {
        case count(Int)
        case sum(Int, present: Int)
        case average(Int, present: Int, scale: Int)
        case extreme(Int, present: Int)
        /// `pair`: position in `pairs`.
        case distinct(Int, pair: Int)
    }

    package private(set) var partials: [Partial] = []
    /// What count(DISTINCT …) collects: argument and filter.
    package private(set) var pairs: [Partial] = []
    /// One per aggregate of the rollup.
    package private(set) var results: [Result]

    package init(_ rollup: Rollup) {
        results = Array(repeating: .count(0), count: rollup.aggregates.count)
        let identities = rollup.aggregateIdentities
        for i in rollup.aggregates.indices.sorted(by: { identities[$0] < identities[$1] }) {
            results[i] = add(rollup.aggregates[i])
        }
    }

    /// How groups are kept in memory and in section 0 of segments.
    package var layout: StateLayout { StateLayout(partials.map(\.kind)) }

    private mutating func add(_ aggregate: Rollup.Aggregate) -> Result {
        if aggregate.distinct { return addDistinct(aggregate) }
        let present = add(.count, aggregate.argument, aggregate.filter)
        guard let argument = aggregate.argument else { return .count(present) }
        switch aggregate.function {
        case .count: return .count(present)
        case .sum: return .sum(add(AggregatePlan.sumKind(argument.type), argument, aggregate.filter), present: present)
        case .avg:
            let sum = add(AggregatePlan.sumKind(argument.type), argument, aggregate.filter)
            return .average(sum, present: present, scale: AggregatePlan.scale(argument.type))
        case .min, .boolAnd:
            return .extreme(add(AggregatePlan.minKind(argument.type), argument, aggregate.filter), present: present)
        case .max, .boolOr:
            return .extreme(add(AggregatePlan.maxKind(argument.type), argument, aggregate.filter), present: present)
        }
    }

    private mutating func addDistinct(_ aggregate: Rollup.Aggregate) -> Result {
        let pair = Partial(kind: .distinctCount, argument: aggregate.argument, filter: aggregate.filter)
        pairs.append(pair)
        partials.append(pair)
        return .distinct(partials.count - 1, pair: pairs.count - 1)
    }

    private mutating func add(_ kind: PartialKind, _ argument: Expression?, _ filter: Expression?) -> Int {
        let partial = Partial(kind: kind, argument: argument, filter: filter)
        if let known = partials.firstIndex(of: partial) { return known }
        partials.append(partial)
        return partials.count - 1
    }

    private static func scale(_ type: SQLType) -> Int {
        if case .decimal(let scale) = type { scale } else { 0 }
    }

    private static func sumKind(_ type: SQLType) -> PartialKind {
        switch type {
        case .decimal: .sumInt128
        case .double: .sumDouble
        default: .sumInt64
        }
    }

    private static func minKind(_ type: SQLType) -> PartialKind {
        switch type {
        case .decimal: .minInt128
        case .double: .minDouble
        case .text: .minText
        default: .minInt64
        }
    }

    private static func maxKind(_ type: SQLType) -> PartialKind {
        switch type {
        case .decimal: .maxInt128
        case .double: .maxDouble
        case .text: .maxText
        default: .maxInt64
        }
    }
}
