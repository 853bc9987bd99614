/// Arithmetic of decimals: 128-bit integers of at most 38 digits. Failures are reported as in `IntegerKernel`.
package enum DecimalKernel {
    typealias Checked = (partialValue: Int128, overflow: Bool)

    /// Both of one scale.
    package static func add(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        zip(a, b, n, active, out) { bounded($0.addingReportingOverflow($1)) }
    }

    /// Both of one scale.
    package static func subtract(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        zip(a, b, n, active, out) { bounded($0.subtractingReportingOverflow($1)) }
    }

    /// The product has both operands' digits after the point, `scale` in all; `wanted` is what is kept of them.
    package static func multiply(
        _ a: Operand, _ b: Operand, scale: Int, wanted: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        zip(a, b, n, active, out) {
            let product = bounded($0.multipliedReportingOverflow(by: $1))
            return scale == wanted || product.overflow ? product : rescaled(product.partialValue, scale, wanted)
        }
    }

    /// The sign of the dividend; a zero divisor fails.
    package static func modulo(_ a: Operand, _ b: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        zip(a, b, n, active, out) { $1 == -1 ? (0, false) : $0.remainderReportingOverflow(dividingBy: $1) }
    }

    /// The number with the other sign.
    package static func negate(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        map(a, n, active, out) { Int128(0).subtractingReportingOverflow($0) }
    }

    /// The number without its sign.
    package static func abs(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        map(a, n, active, out) { $0 < 0 ? Int128(0).subtractingReportingOverflow($0) : ($0, false) }
    }

    /// No digits after the point but zeros; half away from zero.
    package static func round(
        _ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        let one = PowersOfTen.wide(scale)
        return map(a, n, active, out) {
            bounded(divided($0, by: one).multipliedReportingOverflow(by: one))
        }
    }

    /// No digits after the point but zeros, downwards.
    package static func floor(_ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector) -> Int? {
        let one = PowersOfTen.wide(scale)
        return map(a, n, active, out) {
            let rest = $0 % one
            return bounded($0.subtractingReportingOverflow(rest < 0 ? rest &+ one : rest))
        }
    }

    /// No digits after the point but zeros, upwards.
    package static func ceiling(_ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector) -> Int? {
        let one = PowersOfTen.wide(scale)
        return map(a, n, active, out) {
            let rest = $0 % one
            return bounded($0.subtractingReportingOverflow(rest > 0 ? rest &- one : rest))
        }
    }

    /// Another number of digits after the point, half away from zero.
    package static func rescale(
        _ a: Operand, from: Int, to: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        map(a, n, active, out) { rescaled($0, from, to) }
    }

    /// round(x, digits), where negative digits round to tens, hundreds, ...
    package static func round(
        _ a: Operand, scale: Int, digits: Int, wanted: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        if digits >= 0 { return rescale(a, from: scale, to: wanted, count: n, active: active, into: out) }
        let lost = scale - digits
        return map(a, n, active, out) {
            guard lost <= 38 else { return (0, false) }
            let tens = divided($0, by: PowersOfTen.wide(lost))
            let whole = bounded(tens.multipliedReportingOverflow(by: PowersOfTen.wide(-digits)))
            return whole.overflow ? whole : rescaled(whole.partialValue, 0, wanted)
        }
    }
}

/// The pieces.
extension DecimalKernel {
    @inline(__always)
    static func bounded(_ result: Checked) -> Checked {
        let isBeyond =
            result.partialValue > PowersOfTen.largestDecimal
            || result.partialValue < -PowersOfTen.largestDecimal
        return (result.partialValue, result.overflow || isBeyond)
    }

    /// Half away from zero; mostly both fit 64 bits, which divide many times faster.
    @inline(__always)
    static func divided(_ x: Int128, by divisor: Int128) -> Int128 {
        if let small = Int64(exactly: x), let by = Int64(exactly: divisor), small != .min {
            let (quotient, rest) = small.quotientAndRemainder(dividingBy: by)
            let isUp = rest.magnitude >= by.magnitude &- rest.magnitude
            return Int128(quotient) &+ (isUp ? (small < 0 ? -1 : 1) : 0)
        }
        let (quotient, rest) = x.quotientAndRemainder(dividingBy: divisor)
        let isUp = rest.magnitude >= divisor.magnitude &- rest.magnitude
        return quotient &+ (isUp ? (x < 0 ? -1 : 1) : 0)
    }

    @inline(__always)
    static func rescaled(_ x: Int128, _ from: Int, _ to: Int) -> Checked {
        if to <= from { return (to == from ? x : divided(x, by: PowersOfTen.wide(from &- to)), false) }
        return bounded(x.multipliedReportingOverflow(by: PowersOfTen.wide(to &- from)))
    }

    @inline(__always)
    static func zip(
        _ a: Operand, _ b: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ body: (Int128, Int128) -> Checked
    ) -> Int? {
        guard NullKernel.merge([a, b], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.zip(a, b, n, out.int128s) { (x: Int128, y: Int128) in
            let result = body(x, y)
            failed = failed || result.overflow
            return result.partialValue
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) {
            body(a.values(Int128.self)[a.place($0)], b.values(Int128.self)[b.place($0)]).overflow
        }
    }

    @inline(__always)
    static func map(
        _ a: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ body: (Int128) -> Checked
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.map(a, n, out.int128s) { (x: Int128) in
            let result = body(x)
            failed = failed || result.overflow
            return result.partialValue
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) { body(a.values(Int128.self)[a.place($0)]).overflow }
    }
}
