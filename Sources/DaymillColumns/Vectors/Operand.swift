/// What a kernel reads: a value per row, or one constant for all rows.
///
/// A constant is a vector of one row; no kernel spreads it out over a batch.
package struct Operand {
    /// A row per row of the batch, or the constant alone.
    package let vector: Vector
    /// Whether the vector holds one value for all rows.
    package let isConstant: Bool

    /// A value per row.
    package init(rows: Vector) {
        vector = rows
        isConstant = false
    }

    /// The one row of `constant` for all rows.
    package init(constant: Vector) {
        precondition(constant.count == 1)
        vector = constant
        isConstant = true
    }

    /// The form of the values.
    package var form: Vector.Form { vector.form }

    /// Whether the constant, or perhaps some row, is NULL.
    package var hasNulls: Bool { isConstant ? isNullConstant : vector.hasNulls }

    /// Whether every row is NULL because the constant is.
    package var isNullConstant: Bool { isConstant && vector.isNull(0) }

    /// The place of a row's value.
    package func place(_ row: Int) -> Int { isConstant ? 0 : row }
}

extension Operand {
    @inline(__always)
    func values<T>(_: T.Type) -> UnsafeMutablePointer<T> { vector.storage.base.assumingMemoryBound(to: T.self) }

    /// 1 where a row is NULL, or nil where none is; for constants a single byte.
    @inline(__always)
    var nulls: UnsafeMutablePointer<UInt8>? { hasNulls ? vector.nulls : nil }

    @inline(__always)
    var step: Int { isConstant ? 0 : 1 }

    @inline(__always)
    func text(_ row: Int) -> TextBytes {
        let at = isConstant ? 0 : row
        return TextBytes(vector.pointers[at], Int(vector.lengths[at]))
    }

    @inline(__always)
    func isNullRow(_ row: Int) -> Bool { hasNulls && vector.nulls[isConstant ? 0 : row] != 0 }
}

/// The bytes of one text; 64 bytes past the end may be read.
struct TextBytes {
    var p: UnsafePointer<UInt8>
    var n: Int

    @inline(__always)
    init(_ p: UnsafePointer<UInt8>, _ n: Int) {
        self.p = p
        self.n = n
    }
}

/// The loops of all kernels whose rows stand for themselves. Inlined with their bodies, they become plain loops over
/// plain pointers.
enum RowLoop {
    @inline(__always)
    static func map<A, R>(_ a: Operand, _ n: Int, _ out: UnsafeMutablePointer<R>, _ body: (A) -> R) {
        let p = a.values(A.self)
        if a.isConstant {
            let value = p[0]
            for i in 0..<n { out[i] = body(value) }
        } else {
            for i in 0..<n { out[i] = body(p[i]) }
        }
    }

    @inline(__always)
    static func zip<A, B, R>(
        _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<R>, _ body: (A, B) -> R
    ) {
        let p = a.values(A.self)
        let q = b.values(B.self)
        switch (a.isConstant, b.isConstant) {
        case (false, false):
            for i in 0..<n { out[i] = body(p[i], q[i]) }
        case (false, true):
            let value = q[0]
            for i in 0..<n { out[i] = body(p[i], value) }
        case (true, false):
            let value = p[0]
            for i in 0..<n { out[i] = body(value, q[i]) }
        case (true, true):
            let value = body(p[0], q[0])
            for i in 0..<n { out[i] = value }
        }
    }

    /// For work too heavy to be done for nothing: calls `body` for the rows that are neither NULL in `out` nor
    /// inactive, in order, until it says false; returns the row that failed. Texts of passed-over rows become empty.
    @inline(__always)
    static func live(_ out: Vector, _ active: Vector?, _ body: (Int) -> Bool) -> Int? {
        let nulls = out.hasNulls ? out.nulls : nil
        let flags = active?.bools
        let isText = out.form == .text
        for i in 0..<out.count {
            if let nulls, nulls[i] != 0 {
                if isText { out.setText(i, Vector.nothing, 0) }
                continue
            }
            if let flags, flags[i] == 0 {
                if isText { out.setText(i, Vector.nothing, 0) }
                continue
            }
            if !body(i) { return i }
        }
        return nil
    }

    /// The first row that is active, not NULL in `out`, and fails by itself; asked only after a loop over all rows saw a
    /// failure somewhere.
    static func firstFailure(_ out: Vector, _ active: Vector?, _ fails: (Int) -> Bool) -> Int? {
        for i in 0..<out.count {
            if out.hasNulls && out.nulls[i] != 0 { continue }
            if let active, active.bools[i] == 0 { continue }
            if fails(i) { return i }
        }
        return nil
    }
}
