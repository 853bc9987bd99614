package import DaymillColumns
package import DaymillSQL

/// A rollup's aggregates taken apart into mergeable partials.
///
/// Equal partials are kept once: `sum(x)`, `avg(x)` and `count(x)` share a sum and a count. Their order comes from what
/// identifies stored state, not from the select list, so that another order of outputs finds the same segments.
///
///     count(*)                   count
///     count(x)                   count of x
///     sum(x), avg(x)             sum of x, count of x (to tell "nothing" from zero)
///     min, max, bool_…           extreme of x, count of x
///     min_by(x, y), max_by       extreme of the encoding of (y, x)
///     stddev…, var…              sum of x, sum of squares of x, count of x
///     count(DISTINCT x)          a section of pairs (keys, x); counted when published
///     sum, avg (DISTINCT x)      the same, read when published
///     percentile_…, mode         a section of pairs (keys, x) with the number of rows
///     approx_percentile          a section of pairs (keys, bucket of x) with the number of rows
///     approx_count_distinct      a section of pairs (keys, eight registers)
package struct AggregatePlan: Sendable {
    /// A partial and what feeds it.
    package struct Partial: Hashable, Sendable {
        package var kind: PartialKind
        /// Over columns; nil counts rows.
        package var argument: Expression?
        /// What decides: the partial is then over encodings of (by, argument).
        package var by: Expression?
        /// FILTER, over columns.
        package var filter: Expression?

        /// Found at the end, from a section of pairs.
        package var isOfPairs: Bool { kind == .distinctCount || kind == .stretch }
    }

    /// A section of (keys, value) pairs, and the partial of the main section that is found from it at the end.
    package struct Pairs: Hashable, Sendable {
        package var form: PairForm
        package var argument: Expression
        package var filter: Expression?
        /// Position in `partials`: a distinct count or a stretch.
        package var partial: Int
    }

    /// How an aggregate's result comes out of partials (by position).
    package enum Result: Hashable, Sendable {
        case count(Int)
        case sum(Int, present: Int)
        case average(Int, present: Int, scale: Int)
        case extreme(Int, present: Int)
        case extremeBy(Int)
        case moment(sum: Int, squares: Int, present: Int, scale: Int)
        /// The partial holds the number of pairs.
        case distinct(Int)
        /// From pairs (by position in `pairs`); the aggregate's function says what.
        case pairs(Int, scale: Int)
    }

    package private(set) var partials: [Partial] = []
    package private(set) var pairs: [Pairs] = []
    /// One per aggregate of the rollup.
    package private(set) var results: [Result]

    package init(_ rollup: Rollup) {
        results = Array(repeating: .count(0), count: rollup.aggregates.count)
        let states = rollup.aggregateStates
        for i in rollup.aggregates.indices.sorted(by: { states[$0] < states[$1] }) {
            results[i] = add(rollup.aggregates[i])
        }
    }

    /// How groups are kept in memory and in section 0 of segments.
    package var layout: StateLayout { StateLayout(partials.map(\.kind)) }

    /// The layouts of all sections of a segment.
    package var layouts: [StateLayout] { [layout] + pairs.map(\.form.layout) }

    private mutating func add(_ aggregate: Rollup.Aggregate) -> Result {
        let filter = aggregate.filter
        guard let argument = aggregate.argument else { return .count(add(.count, nil, filter)) }
        let scale = AggregatePlan.scale(argument.type)
        switch aggregate.function {
        case .count where aggregate.distinct:
            return .distinct(addPairs(.distinct, .distinctCount, argument, filter).partial)
        case .sum where aggregate.distinct, .avg where aggregate.distinct:
            return .pairs(addPairs(.distinct, .stretch, argument, filter).position, scale: scale)
        case .percentileCont, .percentileDisc, .mode:
            return .pairs(addPairs(.counted, .stretch, argument, filter).position, scale: scale)
        case .approxPercentile: return .pairs(addPairs(.buckets, .stretch, argument, filter).position, scale: 0)
        case .approxCountDistinct: return .pairs(addPairs(.registers, .stretch, argument, filter).position, scale: 0)
        case .minBy: return .extremeBy(add(.minText, argument, filter, by: aggregate.by))
        case .maxBy: return .extremeBy(add(.maxText, argument, filter, by: aggregate.by))
        default: return addPlain(aggregate.function, argument, filter, scale)
        }
    }

    /// Those that are told from nothing by a count.
    private mutating func addPlain(
        _ function: AggregateFunction, _ argument: Expression, _ filter: Expression?, _ scale: Int
    ) -> Result {
        let present = add(.count, argument, filter), type = argument.type
        switch function {
        case .sum: return .sum(add(AggregatePlan.sumKind(type), argument, filter), present: present)
        case .avg: return .average(add(AggregatePlan.sumKind(type), argument, filter), present: present, scale: scale)
        case .min, .boolAnd: return .extreme(add(AggregatePlan.minKind(type), argument, filter), present: present)
        case .max, .boolOr: return .extreme(add(AggregatePlan.maxKind(type), argument, filter), present: present)
        case .stddevSamp, .stddevPop, .varSamp, .varPop:
            let sum = add(AggregatePlan.sumKind(type), argument, filter)
            let squares = add(AggregatePlan.squaresKind(type), argument, filter)
            return .moment(sum: sum, squares: squares, present: present, scale: scale)
        default: return .count(present)
        }
    }

    private mutating func addPairs(
        _ form: PairForm, _ kind: PartialKind, _ argument: Expression, _ filter: Expression?
    ) -> (position: Int, partial: Int) {
        let known = pairs.firstIndex {
            $0.form == form && partials[$0.partial].kind == kind && $0.argument == argument && $0.filter == filter
        }
        if let known { return (known, pairs[known].partial) }
        partials.append(Partial(kind: kind, argument: argument, filter: filter))
        pairs.append(Pairs(form: form, argument: argument, filter: filter, partial: partials.count - 1))
        return (pairs.count - 1, partials.count - 1)
    }

    private mutating func add(
        _ kind: PartialKind, _ argument: Expression?, _ filter: Expression?, by: Expression? = nil
    ) -> Int {
        let partial = Partial(kind: kind, argument: argument, by: by, filter: filter)
        if let known = partials.firstIndex(of: partial) { return known }
        partials.append(partial)
        return partials.count - 1
    }
}

/// The partials for types.
extension AggregatePlan {
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

    private static func squaresKind(_ type: SQLType) -> PartialKind {
        switch type {
        case .decimal: .squaresInt128
        case .double: .squaresDouble
        default: .squaresInt64
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
