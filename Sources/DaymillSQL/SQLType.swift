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

/// Texts are equal when their bytes are. (Swift's own equality takes a letter and its decomposed form for the same.)
extension Value {
    public static func == (a: Value, b: Value) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.integer(let a), .integer(let b)): a == b
        case (.decimal(let a, let scaleA), .decimal(let b, let scaleB)): a == b && scaleA == scaleB
        case (.double(let a), .double(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.date(let a), .date(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)), (.interval(let a), .interval(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .text(let value): for byte in value.utf8 { hasher.combine(byte) }
        case .integer(let value), .timestamp(let value), .interval(let value): hasher.combine(value)
        case .decimal(let value, _): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .boolean(let value): hasher.combine(value)
        case .date(let value): hasher.combine(value)
        }
    }
}
