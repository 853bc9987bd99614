import CKernels
import Glibc

/// The six comparisons.
package enum Comparison: Sendable, Hashable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    /// Everything is built from `=` and `<`: `a > b` is `b < a`, `a >= b` is not `a < b`.
    var isEquality: Bool { self == .equal || self == .notEqual }
    var isSwapped: Bool { self == .greater || self == .lessOrEqual }
    var isNegated: Bool { self == .notEqual || self == .lessOrEqual || self == .greaterOrEqual }
}

/// Comparisons of two operands of one form: text by bytes, false < true, NaN equal to itself and above every number.
package enum CompareKernel {
    /// True, false, or NULL where either operand is.
    package static func compare(_ comparison: Comparison, _ a: Operand, _ b: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a, b], count: n, into: out) else { return }
        values(comparison, a, b, n, out.bools)
    }

    /// IS DISTINCT FROM, or IS NOT DISTINCT FROM when `negated`: NULLs equal each other.
    package static func distinct(_ a: Operand, _ b: Operand, negated: Bool, count n: Int, into out: Vector) {
        out.count = n
        out.hasNulls = false
        values(.notEqual, a, b, n, out.bools)
        let bools = out.bools
        if a.hasNulls || b.hasNulls {
            for i in 0..<n {
                let left = a.isNullRow(i)
                let right = b.isNullRow(i)
                if left || right { bools[i] = left != right ? 1 : 0 }
            }
        }
        if negated { for i in 0..<n { bools[i] ^= 1 } }
    }

    /// Without a look at NULLs.
    static func values(
        _ comparison: Comparison, _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>
    ) {
        precondition(a.form == b.form)
        let (x, y) = comparison.isSwapped ? (b, a) : (a, b)
        let flip: UInt8 = comparison.isNegated ? 1 : 0
        let isEquality = comparison.isEquality
        switch a.form {
        case .bool: isEquality ? equal(UInt8.self, x, y, n, out, flip) : less(UInt8.self, x, y, n, out, flip)
        case .int64: isEquality ? equal(Int64.self, x, y, n, out, flip) : less(Int64.self, x, y, n, out, flip)
        case .int128: isEquality ? equal(Int128.self, x, y, n, out, flip) : less(Int128.self, x, y, n, out, flip)
        case .double: isEquality ? equalDoubles(x, y, n, out, flip) : lessDoubles(x, y, n, out, flip)
        case .text: isEquality ? equalTexts(x, y, n, out, flip) : lessTexts(x, y, n, out, flip)
        }
    }

    @inline(__always)
    private static func equal<T: Equatable>(
        _: T.Type, _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        RowLoop.zip(a, b, n, out) { (x: T, y: T) in (x == y ? 1 : 0) ^ flip }
    }

    @inline(__always)
    private static func less<T: Comparable>(
        _: T.Type, _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        RowLoop.zip(a, b, n, out) { (x: T, y: T) in (x < y ? 1 : 0) ^ flip }
    }

    private static func equalDoubles(
        _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        RowLoop.zip(a, b, n, out) { (x: Double, y: Double) in
            (x == y ? 1 : 0) ^ ((x != x ? 1 : 0) & (y != y ? 1 : 0)) ^ flip
        }
    }

    private static func lessDoubles(
        _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        RowLoop.zip(a, b, n, out) { (x: Double, y: Double) in
            (x < y ? 1 : 0) ^ ((y != y ? 1 : 0) & (x == x ? 1 : 0)) ^ flip
        }
    }
}

/// Text.
extension CompareKernel {
    private static func equalTexts(
        _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        if a.isConstant != b.isConstant {
            let (rows, constant) = a.isConstant ? (b, a.text(0)) : (a, b.text(0))
            equalConstant(rows.vector, constant, n, out)
            if flip != 0 { for i in 0..<n { out[i] ^= 1 } }
        } else {
            for i in 0..<n { out[i] = (isEqual(a.text(i), b.text(i)) ? 1 : 0) ^ flip }
        }
    }

    static func equalConstant(_ rows: Vector, _ constant: TextBytes, _ n: Int, _ out: UnsafeMutablePointer<UInt8>) {
        rows.pointers.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: n) {
            dm_text_equal($0, rows.lengths, n, constant.p, Int32(constant.n), out)
        }
    }

    private static func lessTexts(
        _ a: Operand, _ b: Operand, _ n: Int, _ out: UnsafeMutablePointer<UInt8>, _ flip: UInt8
    ) {
        for i in 0..<n { out[i] = (isLess(a.text(i), b.text(i)) ? 1 : 0) ^ flip }
    }

    @inline(__always)
    static func isEqual(_ a: TextBytes, _ b: TextBytes) -> Bool {
        a.n == b.n && prefix(a) == prefix(b) && (a.n <= 8 || memcmp(a.p + 8, b.p + 8, a.n &- 8) == 0)
    }

    /// The first eight bytes decide nearly always; zeros stand for what a short text lacks, and lengths break the tie.
    @inline(__always)
    static func isLess(_ a: TextBytes, _ b: TextBytes) -> Bool {
        let x = prefix(a)
        let y = prefix(b)
        if x != y { return x < y }
        let shared = min(a.n, b.n)
        if shared > 8 {
            let order = memcmp(a.p + 8, b.p + 8, shared &- 8)
            if order != 0 { return order < 0 }
        }
        return a.n < b.n
    }

    /// Eight bytes as a number that sorts as they do.
    @inline(__always)
    private static func prefix(_ text: TextBytes) -> UInt64 {
        let word = TextParsing.load(text.p).byteSwapped
        return text.n >= 8 ? word : word & ~(~UInt64(0) >> UInt64(truncatingIfNeeded: 8 &* text.n))
    }
}
