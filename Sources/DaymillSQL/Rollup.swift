/// A SQL GROUP BY over one source, checked and split into what is computed per row, what is merged per group, and what is
/// derived from groups at the end.
public struct Rollup: Hashable, Sendable {
    /// The name after FROM.
    public var source: String
    /// The source's columns; `.column(i, _)` points here.
    public var columns: [Column]
    /// WHERE, over columns; nil keeps every row. A row is kept when it is true, not when it is NULL.
    public var filter: Expression?
    /// GROUP BY, over columns, each once. Empty: one group over everything, which exists even without rows.
    public var keys: [Expression]
    /// What is computed per group, each once.
    public var aggregates: [Aggregate]
    /// HAVING, over keys and aggregates.
    public var having: Expression?
    /// The select list, over keys and aggregates.
    public var outputs: [Output]
    /// ORDER BY, over keys and aggregates. Empty: by the group keys, ascending, NULLs last. After these, ties are
    /// broken by the group keys, so the order is always total.
    public var order: [OrderTerm]
    public var limit: Int?
    public var offset: Int

    public struct Aggregate: Hashable, Sendable {
        public var function: AggregateFunction
        /// Over columns; nil for count(*) only.
        public var argument: Expression?
        /// min_by(x, y) and max_by(x, y): the y, over columns.
        public var by: Expression?
        /// Of percentiles: which one, 0...1.
        public var fraction: Double?
        /// WITHIN GROUP (ORDER BY x DESC).
        public var descending: Bool
        /// count, sum or avg of DISTINCT x.
        public var distinct: Bool
        /// FILTER (WHERE ...), over columns.
        public var filter: Expression?
        /// The result's type.
        public var type: SQLType

        public init(
            _ function: AggregateFunction, _ argument: Expression?, by: Expression? = nil, fraction: Double? = nil,
            descending: Bool = false, distinct: Bool = false, filter: Expression? = nil, type: SQLType
        ) {
            self.function = function
            self.argument = argument
            self.by = by
            self.fraction = fraction
            self.descending = descending
            self.distinct = distinct
            self.filter = filter
            self.type = type
        }
    }

    public struct Output: Hashable, Sendable {
        public var name: String
        public var expression: Expression

        public init(_ name: String, _ expression: Expression) {
            self.name = name
            self.expression = expression
        }
    }

    public struct OrderTerm: Hashable, Sendable {
        public var expression: Expression
        public var descending: Bool
        public var nullsFirst: Bool

        public init(_ expression: Expression, descending: Bool = false, nullsFirst: Bool = false) {
            self.expression = expression
            self.descending = descending
            self.nullsFirst = nullsFirst
        }
    }

    public init(
        source: String, columns: [Column], filter: Expression? = nil, keys: [Expression], aggregates: [Aggregate],
        having: Expression? = nil, outputs: [Output], order: [OrderTerm] = [], limit: Int? = nil, offset: Int = 0
    ) {
        self.source = source
        self.columns = columns
        self.filter = filter
        self.keys = keys
        self.aggregates = aggregates
        self.having = having
        self.outputs = outputs
        self.order = order
        self.limit = limit
        self.offset = offset
    }
}

/// Functions over the rows of a group. All but count pass over NULL arguments and are NULL when nothing is left.
public enum AggregateFunction: String, Hashable, Sendable, CaseIterable {
    /// count(*), count(x), count(DISTINCT x) -> integer, 0 when nothing is left.
    case count
    /// (integer) -> decimal(0); (decimal(s)) -> decimal(s); (double) -> double, exact whatever the order.
    case sum
    /// (numeric) -> double: the exact sum divided by the count, rounded once.
    case avg
    /// (T) -> T for every type but interval. any_value is min.
    case min, max
    /// (boolean) -> boolean
    case boolAnd = "bool_and"
    case boolOr = "bool_or"
    /// (numeric) -> double, rounded once; the sample's are NULL over fewer than two values.
    case stddevSamp = "stddev_samp"
    case stddevPop = "stddev_pop"
    case varSamp = "var_samp"
    case varPop = "var_pop"
    /// (x T, y any type) -> T: the x of the least y, of these the least x; neither is NULL.
    case minBy = "min_by"
    /// The x of the greatest y, of these the greatest x.
    case maxBy = "max_by"
    /// (numeric) -> double, between the two values nearest to the fraction.
    case percentileCont = "percentile_cont"
    /// (T) -> T: the first value, in the order asked for, that has the fraction of all values up to it.
    case percentileDisc = "percentile_disc"
    /// (T) -> T: the most frequent value, of these the first in the order asked for.
    case mode
    /// (T) -> integer: HyperLogLog, see docs/spec/sql.md.
    case approxCountDistinct = "approx_count_distinct"
    /// (double) -> double: percentile_disc of values rounded to buckets, see docs/spec/sql.md.
    case approxPercentile = "approx_percentile"
}
