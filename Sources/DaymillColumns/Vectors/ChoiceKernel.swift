/// Rows taken from one place or another: CASE, coalesce, nullif, greatest.
package enum ChoiceKernel {
    /// All rows of `a`, or a constant in every row.
    package static func copy(_ a: Operand, count n: Int, into out: Vector) {
        precondition(a.form == out.form)
        guard NullKernel.merge([a], count: n, into: out) else { return }
        switch a.form {
        case .bool: RowLoop.map(a, n, out.bools) { (x: UInt8) in x }
        case .int64: RowLoop.map(a, n, out.int64s) { (x: Int64) in x }
        case .int128: RowLoop.map(a, n, out.int128s) { (x: Int128) in x }
        case .double: RowLoop.map(a, n, out.doubles) { (x: Double) in x }
        case .text:
            for i in 0..<n {
                let text = a.text(i)
                out.setText(i, text.p, text.n)
            }
        }
    }

    /// The rows of `a` that a mask names; `out` has its count already and keeps its other rows.
    package static func copy(_ a: Operand, where mask: Vector, into out: Vector) {
        precondition(a.form == out.form && mask.form == .bool)
        let n = out.count
        let flags = mask.bools
        copyNulls(a, flags, out)
        switch a.form {
        case .bool: select(UInt8.self, a, flags, n, out)
        case .int64: select(Int64.self, a, flags, n, out)
        case .int128: select(Int128.self, a, flags, n, out)
        case .double: select(Double.self, a, flags, n, out)
        case .text:
            for i in 0..<n where flags[i] != 0 {
                let text = a.text(i)
                out.setText(i, text.p, text.n)
            }
        }
    }

    @inline(__always)
    private static func select<T>(
        _: T.Type, _ a: Operand, _ flags: UnsafeMutablePointer<UInt8>, _ n: Int, _ out: Vector
    ) {
        let from = a.values(T.self)
        let to = out.storage.base.assumingMemoryBound(to: T.self)
        if a.isConstant {
            let value = from[0]
            for i in 0..<n { to[i] = flags[i] != 0 ? value : to[i] }
        } else {
            for i in 0..<n { to[i] = flags[i] != 0 ? from[i] : to[i] }
        }
    }

    private static func copyNulls(_ a: Operand, _ flags: UnsafeMutablePointer<UInt8>, _ out: Vector) {
        guard a.hasNulls || out.hasNulls else { return }
        if !out.hasNulls {
            out.nulls.update(repeating: 0, count: out.count)
            out.hasNulls = true
        }
        for i in 0..<out.count where flags[i] != 0 { out.nulls[i] = a.isNullRow(i) ? 1 : 0 }
    }

    /// nullif(a, b): `a`, but NULL where both are equal.
    package static func nullIf(_ a: Operand, _ b: Operand, count n: Int, scratch: Vector, into out: Vector) {
        copy(a, count: n, into: out)
        CompareKernel.compare(.equal, a, b, count: n, into: scratch)
        for i in 0..<n where scratch.bools[i] != 0 && !(scratch.hasNulls && scratch.nulls[i] != 0) {
            if !out.hasNulls {
                out.nulls.update(repeating: 0, count: n)
                out.hasNulls = true
            }
            out.nulls[i] = 1
            if out.form == .text { out.setText(i, Vector.nothing, 0) }
        }
    }

    /// One step of greatest or least: takes `b`'s rows where they are better, or where `out` is NULL so far.
    package static func better(_ comparison: Comparison, _ b: Operand, scratch: Vector, into out: Vector) {
        let n = out.count
        let best = Operand(rows: out)
        CompareKernel.values(comparison, b, best, n, scratch.bools)
        scratch.count = n
        scratch.hasNulls = false
        for i in 0..<n {
            if best.isNullRow(i) { scratch.bools[i] = 1 }
            if b.isNullRow(i) { scratch.bools[i] = 0 }
        }
        copy(b, where: scratch, into: out)
    }
}

extension Vector {
    /// One row of another vector of the same form; a text is not copied, only pointed to.
    package func copyRow(_ row: Int, of other: Vector, to place: Int) {
        precondition(other.form == form && row >= 0 && row < other.count && place >= 0 && place < count)
        setNull(place, other.isNull(row))
        switch form {
        case .bool: bools[place] = other.bools[row]
        case .int64: int64s[place] = other.int64s[row]
        case .int128: int128s[place] = other.int128s[row]
        case .double: doubles[place] = other.doubles[row]
        case .text: setText(place, other.pointers[row], Int(other.lengths[row]))
        }
    }
}
