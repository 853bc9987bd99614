import CKernels

/// What one partial takes from each row of a batch.
package struct PartialInput {
    /// Position in the layout.
    package var partial: Int
    /// Rows that count: true and not NULL. nil: all rows.
    package var mask: Vector?
    /// The argument; nil for counts. Its NULLs are passed over.
    package var values: Vector?

    package init(partial: Int, mask: Vector?, values: Vector?) {
        self.partial = partial
        self.mask = mask
        self.values = values
    }
}

/// Folds the rows of a batch into their groups. Made once per batch; applied to a few rows at a time, whose groups are then
/// in the first-level cache.
struct StateUpdate {
    /// For each row the words of its group.
    typealias Groups = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>

    /// Counts of rows under masks without NULLs, by far the most frequent partials: folded together, row by row.
    private var masked: [(offset: Int, mask: UnsafeMutablePointer<UInt8>)] = []
    private let level: Int32
    private var others: [(offset: Int, kind: PartialKind, input: PartialInput)] = []

    init(_ inputs: [PartialInput], _ layout: StateLayout, level: KernelLevel = KernelLevel()) {
        self.level = level.level
        for input in inputs {
            let offset = layout.offsets[input.partial]
            if layout.kinds[input.partial] == .count, let mask = input.mask, !mask.hasNulls,
                input.values?.hasNulls != true
            {
                masked.append((offset, mask.bools))
            } else {
                others.append((offset, layout.kinds[input.partial], input))
            }
        }
    }

    /// Folds `n` rows; row i of the group is batch row `rows[i]` and belongs to `groups[i]`.
    func apply(_ table: GroupTable, _ groups: Groups, _ rows: UnsafePointer<UInt32>, _ n: Int) {
        var next = 0
        while next + 4 <= masked.count, masked[next + 3].offset == masked[next].offset + 3 {
            let first = UnsafeMutableRawPointer(groups).assumingMemoryBound(to: UnsafeMutablePointer<UInt64>?.self)
            dm_count4(
                level, first, masked[next].offset, rows, n, masked[next].mask, masked[next + 1].mask,
                masked[next + 2].mask, masked[next + 3].mask)
            next += 4
        }
        while next < masked.count {
            let (offset, mask) = masked[next]
            for i in 0..<n { groups[i][offset] &+= UInt64(mask[Int(rows[i])]) }
            next += 1
        }
        for (offset, kind, input) in others { StateUpdate.apply(kind, input, table, groups, offset, rows, n) }
    }

    private static func apply(
        _ kind: PartialKind, _ input: PartialInput, _ table: GroupTable, _ groups: Groups, _ offset: Int,
        _ rows: UnsafePointer<UInt32>, _ n: Int
    ) {
        switch kind {
        case .count, .distinctCount: count(input, groups, offset, rows, n)
        case .sumInt64:
            let values = input.values!.int64s
            each(input, rows, n) { i, row in addInt64(values[row], to: (groups[i] + offset)) }
        case .sumInt128:
            let values = input.values!.int128s
            each(input, rows, n) { i, row in addInt128(values[row], to: (groups[i] + offset)) }
        case .sumDouble:
            addDoubles(input, table, groups, offset, rows, n)
        case .squaresInt64, .squaresInt128, .squaresDouble, .maxBytes, .stretch:
            applyRare(kind, input, table, groups, offset, rows, n)
        case .minInt64: extremeInt64(input, groups, offset, rows, n) { $0 < $1 }
        case .maxInt64: extremeInt64(input, groups, offset, rows, n) { $0 > $1 }
        case .minDouble: extremeDouble(input, groups, offset, rows, n) { $0 < $1 }
        case .maxDouble: extremeDouble(input, groups, offset, rows, n) { $0 > $1 }
        case .minInt128: extremeInt128(input, groups, offset, rows, n) { $0 < $1 }
        case .maxInt128: extremeInt128(input, groups, offset, rows, n) { $0 > $1 }
        case .minText: extremeText(input, table, groups, offset, rows, n) { $0 < 0 }
        case .maxText: extremeText(input, table, groups, offset, rows, n) { $0 > 0 }
        }
    }

    private static func applyRare(
        _ kind: PartialKind, _ input: PartialInput, _ table: GroupTable, _ groups: Groups, _ offset: Int,
        _ rows: UnsafePointer<UInt32>, _ n: Int
    ) {
        let values = input.values!
        switch kind {
        case .squaresInt64:
            each(input, rows, n) { i, row in addSquare(values.int64s[row], to: groups[i] + offset) }
        case .squaresInt128:
            each(input, rows, n) { i, row in addSquare(values.int128s[row], to: groups[i] + offset) }
        case .squaresDouble:
            each(input, rows, n) { i, row in ExactSum.addSquare(values.doubles[row], to: groups[i] + offset, table) }
        case .maxBytes:
            each(input, rows, n) { i, row in
                let w = groups[i] + offset
                w[0] = maxBytes(w[0], UInt64(bitPattern: values.int64s[row]))
            }
        default: each(input, rows, n) { i, row in store(values.int128s[row], groups[i] + offset) }
        }
    }

    /// Calls `body(i, row)` for the rows that count.
    @inline(__always)
    private static func each(
        _ input: PartialInput, _ rows: UnsafePointer<UInt32>, _ n: Int, _ body: (Int, Int) -> Void
    ) {
        let mask = input.mask?.bools
        let maskNulls = input.mask.flatMap { $0.hasNulls ? $0.nulls : nil }
        let nulls = input.values.flatMap { $0.hasNulls ? $0.nulls : nil }
        for i in 0..<n {
            let row = Int(rows[i])
            if let mask, mask[row] == 0 { continue }
            if let maskNulls, maskNulls[row] != 0 { continue }
            if let nulls, nulls[row] != 0 { continue }
            body(i, row)
        }
    }

    private static func count(
        _ input: PartialInput, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>, _ n: Int
    ) {
        each(input, rows, n) { i, _ in groups[i][offset] &+= 1 }
    }

    private static func addDoubles(
        _ input: PartialInput, _ table: GroupTable, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>,
        _ n: Int
    ) {
        let vector = input.values!, mask = input.mask
        let words = UnsafeMutableRawPointer(groups).assumingMemoryBound(to: UnsafeMutablePointer<UInt64>?.self)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: n) { rest in
            let left = dm_add_doubles(
                words, offset, rows, n, vector.doubles, vector.hasNulls ? vector.nulls : nil, mask?.bools,
                mask?.hasNulls == true ? mask?.nulls : nil, rest.baseAddress)
            for j in 0..<left {
                let i = Int(rest[j])
                CompactSum.add(vector.doubles[Int(rows[i])], to: groups[i] + offset, table)
            }
        }
    }

    @inline(__always)
    static func addInt64(_ value: Int64, to w: UnsafeMutablePointer<UInt64>) {
        let (low, carry) = w[0].addingReportingOverflow(UInt64(bitPattern: value))
        w[0] = low
        w[1] = w[1] &+ UInt64(bitPattern: value >> 63) &+ (carry ? 1 : 0)
    }

    @inline(__always)
    static func addInt128(_ value: Int128, to w: UnsafeMutablePointer<UInt64>) {
        let sign = UInt64(truncatingIfNeeded: value >> 127)
        add192(UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), sign, to: w)
    }

    private static func addSquare(_ value: Int64, to w: UnsafeMutablePointer<UInt64>) {
        let square = value.magnitude.multipliedFullWidth(by: value.magnitude)
        add192(square.low, square.high, 0, to: w)
    }

    private static func addSquare(_ value: Int128, to w: UnsafeMutablePointer<UInt64>) {
        let square = value.magnitude.multipliedFullWidth(by: value.magnitude)
        var carry: UInt64 = 0
        for i in 0..<5 {
            let half = i < 2 ? square.low : square.high
            let part = i < 4 ? UInt64(truncatingIfNeeded: half >> UInt128(i % 2 * 64)) : 0
            let (a, first) = w[i].addingReportingOverflow(part)
            let (b, second) = a.addingReportingOverflow(carry)
            w[i] = b
            carry = first || second ? 1 : 0
        }
    }

    /// The larger of each byte.
    static func maxBytes(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let x = unsafeBitCast(a, to: SIMD8<UInt8>.self), y = unsafeBitCast(b, to: SIMD8<UInt8>.self)
        return unsafeBitCast(pointwiseMax(x, y), to: UInt64.self)
    }

    @inline(__always)
    static func add192(_ a: UInt64, _ b: UInt64, _ c: UInt64, to w: UnsafeMutablePointer<UInt64>) {
        let (low, carry) = w[0].addingReportingOverflow(a)
        let (middle, carry1) = w[1].addingReportingOverflow(b)
        let (middle2, carry2) = middle.addingReportingOverflow(carry ? 1 : 0)
        w[0] = low
        w[1] = middle2
        w[2] = w[2] &+ c &+ (carry1 || carry2 ? 1 : 0)
    }

    @inline(__always)
    private static func extremeInt64(
        _ input: PartialInput, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>, _ n: Int,
        _ better: (Int64, Int64) -> Bool
    ) {
        let vector = input.values!
        if vector.form == .bool {
            let values = vector.bools
            each(input, rows, n) { i, row in keep(Int64(values[row]), (groups[i] + offset), better) }
        } else {
            let values = vector.int64s
            each(input, rows, n) { i, row in keep(values[row], (groups[i] + offset), better) }
        }
    }

    @inline(__always)
    static func keep(_ value: Int64, _ w: UnsafeMutablePointer<UInt64>, _ better: (Int64, Int64) -> Bool) {
        if better(value, Int64(bitPattern: w.pointee)) { w.pointee = UInt64(bitPattern: value) }
    }

    @inline(__always)
    private static func extremeDouble(
        _ input: PartialInput, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>, _ n: Int,
        _ better: (Int64, Int64) -> Bool
    ) {
        let values = input.values!.doubles
        each(input, rows, n) { i, row in keep(orderedBits(values[row]), (groups[i] + offset), better) }
    }

    @inline(__always)
    private static func extremeInt128(
        _ input: PartialInput, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>, _ n: Int,
        _ better: (Int128, Int128) -> Bool
    ) {
        let values = input.values!.int128s
        each(input, rows, n) { i, row in
            let w = (groups[i] + offset)
            if better(values[row], int128(w)) { store(values[row], w) }
        }
    }

    @inline(__always)
    static func int128(_ w: UnsafePointer<UInt64>) -> Int128 { Int128(Int64(bitPattern: w[1])) << 64 | Int128(w[0]) }

    @inline(__always)
    static func store(_ value: Int128, _ w: UnsafeMutablePointer<UInt64>) {
        w[0] = UInt64(truncatingIfNeeded: value)
        w[1] = UInt64(truncatingIfNeeded: value >> 64)
    }

    @inline(__always)
    private static func extremeText(
        _ input: PartialInput, _ table: GroupTable, _ groups: Groups, _ offset: Int, _ rows: UnsafePointer<UInt32>,
        _ n: Int, _ better: (Int) -> Bool
    ) {
        let vector = input.values!
        each(input, rows, n) { i, row in
            keepText(vector.pointers[row], Int(vector.lengths[row]), (groups[i] + offset), table, better)
        }
    }

    /// Word 0: address of the bytes, 0 for none yet; word 1: length.
    @inline(__always)
    static func keepText(
        _ p: UnsafePointer<UInt8>, _ n: Int, _ w: UnsafeMutablePointer<UInt64>, _ memory: some TextMemory,
        _ better: (Int) -> Bool
    ) {
        if let old = UnsafePointer<UInt8>(bitPattern: UInt(w[0])),
            !better(compareBytes(p, n, old, Int(w[1])))
        {
            return
        }
        w[0] = UInt64(UInt(bitPattern: memory.keep(p, n)))
        w[1] = UInt64(n)
    }
}

/// A double as an integer of the same order: -inf < … < inf < NaN.
@inline(__always)
func orderedBits(_ value: Double) -> Int64 {
    let bits = Int64(bitPattern: (value.isNaN ? Double.nan : value + 0.0).bitPattern)
    return bits ^ ((bits >> 63) & .max)
}

@inline(__always)
func doubleOfOrderedBits(_ ordered: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: ordered ^ ((ordered >> 63) & .max)))
}
