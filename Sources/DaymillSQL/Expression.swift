/// A checked, typed expression. Every implicit cast has been made explicit (`.cast`), every name resolved, and constants
/// folded, so an evaluator needs no knowledge of SQL text.
public indirect enum Expression: Hashable, Sendable {
    /// A column of the source, by position in `Rollup.columns`. Only below aggregates, keys and the filter.
    case column(Int, SQLType)
    /// A group key, by position in `Rollup.keys`. Only above the GROUP BY.
    case key(Int, SQLType)
    /// An aggregate's result, by position in `Rollup.aggregates`. Only above the GROUP BY.
    case aggregate(Int, SQLType)
    case literal(Value, SQLType)
    /// A function or operator; its arguments have exactly the types `ScalarFunction` documents.
    case call(ScalarFunction, [Expression], SQLType)
    /// `CASE WHEN condition THEN value ... ELSE otherwise END`; all values have the result's type. A branch is evaluated
    /// (and can fail) only for the rows that reach it.
    case choose([Branch], otherwise: Expression, SQLType)
    /// A conversion between types; fails on text that is no such value, or on overflow.
    case cast(Expression, SQLType)

    public struct Branch: Hashable, Sendable {
        public var condition: Expression
        public var value: Expression

        public init(condition: Expression, value: Expression) {
            self.condition = condition
            self.value = value
        }
    }

    public var type: SQLType {
        switch self {
        case .column(_, let type), .key(_, let type), .aggregate(_, let type), .literal(_, let type),
            .call(_, _, let type), .choose(_, _, let type), .cast(_, let type):
            type
        }
    }
}

/// Functions and operators over single rows. Unless said otherwise a NULL argument gives NULL.
///
/// `T` stands for one same type of all the arguments; numeric is integer, decimal(scale) or double. Binary arithmetic
/// and comparisons are only ever called with two arguments of one same type (the resolver casts); decimals of
/// `add`, `subtract` and comparisons have the same scale.
public enum ScalarFunction: String, Hashable, Sendable, CaseIterable {
    // Comparison (T, T) -> boolean. Text by bytes; false < true; NaN = NaN and NaN > everything.
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// IS [NOT] DISTINCT FROM: NULLs equal each other; never NULL.
    case distinctFrom, notDistinctFrom
    // Three-valued logic.
    case and, or, not
    /// (T) -> boolean, never NULL.
    case isNull, isNotNull
    /// (boolean) -> boolean, never NULL: IS TRUE, IS FALSE. (IS NOT TRUE is `not(isTrue)`.)
    case isTrue, isFalse
    /// (x T, a T, b T, ...) -> boolean: x IN (a, b, ...), with NULL rules of SQL. The list is constant or not.
    case inList
    // Arithmetic. Integer and decimal overflow fail; integer division truncates; x / 0 and x % 0 fail.
    /// (numeric T, T) -> T
    case add, subtract
    /// (integer, integer) -> integer; (decimal(a), decimal(b)) -> decimal(a + b); (double, double) -> double
    case multiply
    /// (integer, integer) -> integer, towards zero; (double, double) -> double. Decimals are cast to double.
    case divide
    /// (integer, integer) -> integer, sign of the dividend; (decimal, decimal) the same scale.
    case modulo
    /// (numeric T) -> T
    case negate, abs
    /// (decimal | double) -> the same type: half away from zero for decimals, half to even for doubles (as PostgreSQL).
    case round
    /// (decimal, integer literal n) -> decimal(n): half away from zero.
    case roundTo
    /// (decimal | double) -> the same type with no fraction.
    case floor, ceiling
    /// (double, double) -> double
    case power
    /// (double) -> double: fails below zero; ln and log10 fail at zero and below.
    case sqrt, ln, log10, exp
    /// (T, T, ...) -> T: NULL arguments are passed over; NULL only if all are.
    case greatest, least
    // Conditionals.
    /// (T, T, ...) -> T: the first that is not NULL; later ones are not evaluated for that row.
    case coalesce
    /// (T, T) -> T
    case nullIf
    // Text. Positions and lengths count Unicode scalars (PostgreSQL's characters), from 1.
    /// (text) -> text, Unicode simple-or-full mapping by the standard library, the same everywhere.
    case lower, upper
    /// (text) -> integer
    case length
    /// (text) -> integer: bytes of UTF-8.
    case octetLength
    /// (text, from integer) or (text, from integer, count integer) -> text; a negative count fails.
    case substring
    /// (text, n integer) -> text; negative n: all but the last |n| (first |n| for right).
    case left, right
    /// (text, delimiter text, n integer) -> text: n from 1, negative from the end; n = 0 fails; '' when there is none.
    case splitPart
    /// (text, text) -> text: NULL if either is.
    case concatenate
    /// (text, ...) -> text: NULLs are passed over, never NULL (the function concat).
    case concat
    /// (text, from text, to text) -> text
    case replace
    /// (text) or (text, characters text) -> text
    case trim, trimLeft, trimRight
    /// (text, needle text) -> integer: position from 1, 0 when absent (strpos, position(a IN b)).
    case position
    /// (text, prefix text) -> boolean
    case startsWith
    /// (text, pattern text) or (text, pattern text, escape text) -> boolean: % and _, backslash escapes by default.
    case like, ilike
    // Dates and times.
    /// (date, integer days) -> date
    case addDays
    /// (date, date) -> integer days
    case daysBetween
    /// (timestamp, interval) -> timestamp
    case addInterval
    /// (timestamp, integer months) -> timestamp: the day of month is cut to the month's length, as PostgreSQL.
    case addMonths
    /// (timestamp, timestamp) -> interval
    case timeBetween
    /// (unit text literal, timestamp) -> timestamp: microsecond ... millennium; unit is lower-case and known.
    case dateTrunc
    /// (field text literal, date | timestamp) -> integer: year month day hour minute dow isodow doy isoyear week quarter
    /// century decade millennium milliseconds microseconds; (field, ...) -> double for second and epoch;
    /// ('epoch', interval) -> double.
    case extract
    /// (year integer, month integer, day integer) -> date; fails for days that do not exist.
    case makeDate
}
