/// The types a value can have, in sources, in expressions and in results.
public enum SQLType: Hashable, Sendable {
    /// UTF-8 text, compared and sorted by bytes.
    case text
    /// A signed 64-bit integer.
    case integer
    /// An exact decimal: a signed 128-bit integer divided by 10^scale; scale 0...38.
    case decimal(scale: Int)
    /// An IEEE 754 double. NaN equals itself and sorts after every number, as in PostgreSQL; -0 is 0.
    case double
    case boolean
    /// A calendar day: days since 1970-01-01.
    case date
    /// A date and time of day without a zone: microseconds since 1970-01-01 00:00:00.
    case timestamp
    /// A length of time in microseconds. It lives inside expressions (`a - b`, `interval '90 minutes'`); it is never a
    /// column. Months and years are not lengths of time: see `ScalarFunction.addMonths`.
    case interval
}

extension SQLType: CustomStringConvertible {
    /// The name as written in a pipeline file, except that a decimal shows its scale only: `decimal(38,2)`.
    public var description: String {
        switch self {
        case .text: "text"
        case .integer: "integer"
        case .decimal(let scale): "decimal(38,\(scale))"
        case .double: "double"
        case .boolean: "boolean"
        case .date: "date"
        case .timestamp: "timestamp"
        case .interval: "interval"
        }
    }
}

/// A column of a source.
public struct Column: Hashable, Sendable {
    public var name: String
    public var type: SQLType

    public init(_ name: String, _ type: SQLType) {
        self.name = name
        self.type = type
    }
}

/// One value of any type. Slow and clear: for constants, results and reference implementations, never for rows.
public enum Value: Hashable, Sendable {
    case null
    case text(String)
    case integer(Int64)
    /// `unscaled / 10^scale`.
    case decimal(Int128, scale: Int)
    case double(Double)
    case boolean(Bool)
    /// Days since 1970-01-01.
    case date(Int32)
    /// Microseconds since 1970-01-01 00:00:00.
    case timestamp(Int64)
    /// Microseconds.
    case interval(Int64)
}
