import Glibc

/// Arithmetic of doubles by IEEE 754, but that every NaN is the same and -0 is 0. Only division and functions with holes
/// in their domain fail.
package enum DoubleKernel {
    /// a + b; infinite beyond the range of doubles.
    package static func add(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        zip(a, b, n, out) { $0 + $1 }
    }

    /// a - b
    package static func subtract(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        zip(a, b, n, out) { $0 - $1 }
    }

    /// a * b
    package static func multiply(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        zip(a, b, n, out) { $0 * $1 }
    }

    /// Fails where the divisor is zero.
    package static func divide(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        var failed = false
        zip(a, b, n, out) {
            failed = failed || $1 == 0
            return $0 / $1
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) { b.values(Double.self)[b.place($0)] == 0 }
    }

    /// -a
    package static func negate(_ a: Operand, count n: Int, into out: Vector) { map(a, n, out) { -$0 } }

    /// a without its sign.
    package static func abs(_ a: Operand, count n: Int, into out: Vector) { map(a, n, out) { $0.magnitude } }

    /// Half to even.
    package static func round(_ a: Operand, count n: Int, into out: Vector) {
        map(a, n, out) { $0.rounded(.toNearestOrEven) }
    }

    /// The next whole number downwards.
    package static func floor(_ a: Operand, count n: Int, into out: Vector) { map(a, n, out) { $0.rounded(.down) } }

    /// The next whole number upwards.
    package static func ceiling(_ a: Operand, count n: Int, into out: Vector) { map(a, n, out) { $0.rounded(.up) } }

    /// e to the power of a.
    package static func exp(_ a: Operand, count n: Int, into out: Vector) { map(a, n, out) { Glibc.exp($0) } }

    /// Fails below zero.
    package static func sqrt(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        map(a, n, active, out, { $0 < 0 }) { $0.squareRoot() }
    }

    /// Fails at zero and below.
    package static func ln(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        map(a, n, active, out, { $0 <= 0 }) { Glibc.log($0) }
    }

    /// Fails at zero and below.
    package static func log10(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        map(a, n, active, out, { $0 <= 0 }) { Glibc.log10($0) }
    }

    /// Fails for zero to a negative power, and for a negative number to a power that is not whole.
    package static func power(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        zip(a, b, n, out) { Glibc.pow($0, $1) }
        return RowLoop.firstFailure(out, active) {
            let x = a.values(Double.self)[a.place($0)]
            let y = b.values(Double.self)[b.place($0)]
            return (x == 0 && y < 0) || (x < 0 && y.isFinite && y != y.rounded(.towardZero))
        }
    }
}

/// The pieces.
extension DoubleKernel {
    /// One NaN, one zero: a sum with +0 turns -0 into it.
    @inline(__always)
    static func canonical(_ x: Double) -> Double { x != x ? .nan : x + 0 }

    @inline(__always)
    private static func zip(_ a: Operand, _ b: Operand, _ n: Int, _ out: Vector, _ body: (Double, Double) -> Double) {
        guard NullKernel.merge([a, b], count: n, into: out) else { return }
        RowLoop.zip(a, b, n, out.doubles) { (x: Double, y: Double) in canonical(body(x, y)) }
    }

    @inline(__always)
    private static func map(_ a: Operand, _ n: Int, _ out: Vector, _ body: (Double) -> Double) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.doubles) { (x: Double) in canonical(body(x)) }
    }

    @inline(__always)
    private static func map(
        _ a: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ fails: (Double) -> Bool, _ body: (Double) -> Double
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.map(a, n, out.doubles) { (x: Double) in
            failed = failed || fails(x)
            return canonical(body(x))
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) { fails(a.values(Double.self)[a.place($0)]) }
    }
}
