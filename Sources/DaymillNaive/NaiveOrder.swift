package import DaymillSQL

/// The order and the identity of values: text by bytes, NaN equals itself and is the largest, -0 is 0.
package enum NaiveOrder {
    /// -1, 0 or 1. Both are values of one type, neither is NULL.
    package static func compare(_ a: Value, _ b: Value) throws -> Int {
        switch (a, b) {
        case (.text(let a), .text(let b)): compareBytes(Array(a.utf8), Array(b.utf8))
        case (.integer(let a), .integer(let b)): sign(a, b)
        case (.decimal(let a, let scale), .decimal(let b, let other)) where scale == other: sign(a, b)
        case (.double(let a), .double(let b)): compareDoubles(a, b)
        case (.boolean(let a), .boolean(let b)): sign(a ? 1 : 0, b ? 1 : 0)
        case (.date(let a), .date(let b)): sign(a, b)
        case (.timestamp(let a), .timestamp(let b)): sign(a, b)
        case (.interval(let a), .interval(let b)): sign(a, b)
        default: throw EvaluationFailure(.malformed, "\(a) is compared with \(b)")
        }
    }

    /// The same with NULLs, which equal each other.
    package static func compare(_ a: Value, _ b: Value, nullsFirst: Bool) throws -> Int {
        switch (a == .null, b == .null) {
        case (true, true): 0
        case (true, false): nullsFirst ? -1 : 1
        case (false, true): nullsFirst ? 1 : -1
        case (false, false): try compare(a, b)
        }
    }

    /// Rows without NULLs in the order of their first values, then of their second, and so on.
    package static func sorted(_ rows: [[Value]]) throws -> [[Value]] {
        try rows.sorted { a, b in
            for (x, y) in zip(a, b) {
                let order = try compare(x, y)
                if order != 0 { return order < 0 }
            }
            return false
        }
    }

    /// Bytes that are equal exactly when the values are not distinct.
    package static func identity(of values: [Value]) -> [UInt8] {
        values.flatMap { value in
            let text = Array((NaiveText.text(of: value) ?? "").utf8)
            return Array("\(value == .null ? "null" : "value") \(text.count):".utf8) + text
        }
    }

    private static func sign<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a > b ? 1 : 0 }

    private static func compareDoubles(_ a: Double, _ b: Double) -> Int {
        if a.isNaN || b.isNaN { return sign(a.isNaN ? 1 : 0, b.isNaN ? 1 : 0) }
        return sign(a, b)
    }

    private static func compareBytes(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if a == b { return 0 }
        return a.lexicographicallyPrecedes(b) ? -1 : 1
    }
}
