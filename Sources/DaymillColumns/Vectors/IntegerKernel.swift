/// Arithmetic of 64-bit integers, and of intervals.
///
/// Every function computes all rows, wrapping around; only when one of them overflowed does it look which, and whether
/// the row counts (`active`, not NULL). It returns the first such row, nil when all is well.
package enum IntegerKernel {
    /// a + b
    package static func add(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, b, n, active, out) { $0.addingReportingOverflow($1) }
    }

    /// a - b
    package static func subtract(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, b, n, active, out) { $0.subtractingReportingOverflow($1) }
    }

    /// a * b
    package static func multiply(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, b, n, active, out) { $0.multipliedReportingOverflow(by: $1) }
    }

    /// Towards zero; a zero divisor fails as an overflow does.
    package static func divide(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, b, n, active, out) { $0.dividedReportingOverflow(by: $1) }
    }

    /// The sign of the dividend.
    package static func modulo(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, b, n, active, out) { $1 == -1 ? (0, false) : $0.remainderReportingOverflow(dividingBy: $1) }
    }

    /// -a
    package static func negate(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, n, active, out) { Int64(0).subtractingReportingOverflow($0) }
    }

    /// a without its sign.
    package static func abs(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        checked(a, n, active, out) { $0 < 0 ? Int64(0).subtractingReportingOverflow($0) : ($0, false) }
    }

    @inline(__always)
    private static func checked(
        _ a: Operand, _ b: Operand, _ n: Int, _ active: Vector?, _ out: Vector,
        _ body: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> Int? {
        guard NullKernel.merge([a, b], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.zip(a, b, n, out.int64s) { (x: Int64, y: Int64) in
            let result = body(x, y)
            failed = failed || result.overflow
            return result.partialValue
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) {
            body(a.values(Int64.self)[a.place($0)], b.values(Int64.self)[b.place($0)]).overflow
        }
    }

    @inline(__always)
    private static func checked(
        _ a: Operand, _ n: Int, _ active: Vector?, _ out: Vector,
        _ body: (Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.map(a, n, out.int64s) { (x: Int64) in
            let result = body(x)
            failed = failed || result.overflow
            return result.partialValue
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) { body(a.values(Int64.self)[a.place($0)]).overflow }
    }
}
