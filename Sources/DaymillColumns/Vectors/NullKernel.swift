/// NULLs, handled apart from values.
package enum NullKernel {
    /// Readies `out` for `n` rows: NULL where any operand is. False when a NULL constant makes every row NULL, so that
    /// there is nothing left to do.
    package static func merge(_ operands: [Operand], count n: Int, into out: Vector) -> Bool {
        out.count = n
        out.hasNulls = false
        for operand in operands where operand.isNullConstant {
            fillNull(out)
            return false
        }
        for operand in operands where operand.hasNulls {
            let from = operand.vector.nulls
            if out.hasNulls {
                for i in 0..<n { out.nulls[i] |= from[i] }
            } else {
                out.nulls.update(from: from, count: n)
                out.hasNulls = true
            }
        }
        return true
    }

    /// NULL in every row.
    package static func fillNull(_ out: Vector) {
        out.hasNulls = true
        out.nulls.update(repeating: 1, count: out.count)
        if out.form == .text { clearTexts(out) }
    }

    /// Empty texts, so that rows nobody fills do not point at memory of an earlier batch.
    package static func clearTexts(_ out: Vector) {
        out.pointers.update(repeating: UnsafePointer(Vector.nothing), count: out.count)
        out.lengths.update(repeating: 0, count: out.count)
    }

    /// IS NULL, or IS NOT NULL when `negated`.
    package static func isNull(_ a: Operand, negated: Bool, count n: Int, into out: Vector) {
        out.count = n
        out.hasNulls = false
        let flip: UInt8 = negated ? 1 : 0
        if let nulls = a.nulls, !a.isConstant {
            for i in 0..<n { out.bools[i] = nulls[i] ^ flip }
        } else {
            out.bools.update(repeating: (a.isNullConstant ? 1 : 0) ^ flip, count: n)
        }
    }
}
