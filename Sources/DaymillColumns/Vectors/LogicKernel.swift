/// Three-valued logic, and masks of active rows.
///
/// A mask is a boolean vector without NULLs; its rows are 1 where an expression is wanted.
package enum LogicKernel {
    /// NOT.
    package static func not(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.bools) { (x: UInt8) in x ^ 1 }
    }

    /// IS TRUE (`wanted` 1) or IS FALSE (`wanted` 0); never NULL.
    package static func isKnown(_ a: Operand, as wanted: Bool, count n: Int, into out: Vector) {
        out.count = n
        out.hasNulls = false
        let flip: UInt8 = wanted ? 0 : 1
        RowLoop.map(a, n, out.bools) { (x: UInt8) in x ^ flip }
        if let nulls = a.nulls, !a.isConstant {
            for i in 0..<n { out.bools[i] &= nulls[i] ^ 1 }
        } else if a.isNullConstant {
            out.bools.update(repeating: 0, count: n)
        }
    }

    /// AND; `out` may be `a`'s own vector.
    package static func and(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        combine(a, b, 0, n, out)
    }

    /// OR; `out` may be `a`'s own vector.
    package static func or(_ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        combine(a, b, 1, n, out)
    }

    /// `decisive` is the value that wins over NULL: 0 for AND, 1 for OR. OR is AND of the opposites.
    private static func combine(_ a: Operand, _ b: Operand, _ decisive: UInt8, _ n: Int, _ out: Vector) {
        let hasNulls = a.hasNulls || b.hasNulls
        if hasNulls {
            combineWithNulls(a, b, decisive, n, out)
        } else if decisive == 0 {
            RowLoop.zip(a, b, n, out.bools) { (x: UInt8, y: UInt8) in x & y }
        } else {
            RowLoop.zip(a, b, n, out.bools) { (x: UInt8, y: UInt8) in x | y }
        }
        out.count = n
        out.hasNulls = hasNulls
    }

    private static func combineWithNulls(_ a: Operand, _ b: Operand, _ decisive: UInt8, _ n: Int, _ out: Vector) {
        let (x, y) = (a.values(UInt8.self), b.values(UInt8.self))
        let (xNulls, yNulls) = (a.nulls ?? zeros, b.nulls ?? zeros)
        let (xStep, yStep) = (a.step, b.step)
        let (xNullStep, yNullStep) = (a.hasNulls ? xStep : 0, b.hasNulls ? yStep : 0)
        let opposite = decisive ^ 1
        for i in 0..<n {
            let xNull = xNulls[i &* xNullStep]
            let yNull = yNulls[i &* yNullStep]
            let isDecided = ((x[i &* xStep] ^ opposite) & (xNull ^ 1)) | ((y[i &* yStep] ^ opposite) & (yNull ^ 1))
            out.nulls[i] = (xNull | yNull) & (isDecided ^ 1)
            out.bools[i] = isDecided ^ opposite
        }
    }

    private static var zeros: UnsafeMutablePointer<UInt8> { Vector.nothing }
}

/// Masks.
extension LogicKernel {
    /// The rows of `mask` (nil: all) where a condition is not `value`: unknown counts as not. Returns how many there are.
    package static func narrow(
        _ mask: Vector?, whereNot value: Bool, _ condition: Operand, count n: Int, into out: Vector
    ) -> Int {
        isKnown(condition, as: value, count: n, into: out)
        let flags = out.bools
        for i in 0..<n { flags[i] ^= 1 }
        return intersect(mask, out)
    }

    /// The rows of `mask` where a condition is true.
    package static func narrow(_ mask: Vector?, whereTrue condition: Operand, count n: Int, into out: Vector) -> Int {
        isKnown(condition, as: true, count: n, into: out)
        return intersect(mask, out)
    }

    /// The rows of `mask` where an operand is NULL, or is not when `negated`.
    package static func narrow(
        _ mask: Vector?, whereNull operand: Operand, negated: Bool = false, count n: Int, into out: Vector
    ) -> Int {
        NullKernel.isNull(operand, negated: negated, count: n, into: out)
        return intersect(mask, out)
    }

    /// The rows of `mask` before `row`.
    package static func narrow(_ mask: Vector?, before row: Int, count n: Int, into out: Vector) -> Int {
        out.count = n
        out.hasNulls = false
        for i in 0..<n { out.bools[i] = i < row ? 1 : 0 }
        return intersect(mask, out)
    }

    private static func intersect(_ mask: Vector?, _ out: Vector) -> Int {
        let flags = out.bools
        if let mask {
            let limits = mask.bools
            for i in 0..<out.count { flags[i] &= limits[i] }
        }
        var sum = 0
        for i in 0..<out.count { sum &+= Int(flags[i]) }
        return sum
    }
}
