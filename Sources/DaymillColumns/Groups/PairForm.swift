import CKernels

/// What a section of (keys, value) pairs keeps of the values of a group.
package enum PairForm: Hashable, Sendable {
    /// Each distinct value.
    case distinct
    /// Each distinct value, and how many rows have it.
    case counted
    /// The buckets of doubles, and how many rows fall in each: see `Buckets`.
    case buckets
    /// The registers of a HyperLogLog, eight to a pair: see `Registers`.
    case registers

    /// The partials of a pair.
    package var layout: StateLayout {
        switch self {
        case .distinct: StateLayout([])
        case .counted, .buckets: StateLayout([.count])
        case .registers: StateLayout([.maxBytes])
        }
    }

    /// What stands after the keys, for arguments of a form.
    package func valueForm(of argument: Vector.Form) -> Vector.Form {
        switch self {
        case .distinct, .counted: argument
        case .buckets, .registers: .int64
        }
    }
}

/// Buckets of doubles: numbers that agree in sign, exponent and the six bits after it. So each power of two is cut into 64
/// equal parts, and the middle of a bucket differs from its numbers by at most 1/128 of them. Nothing is computed, so
/// nothing is rounded, and buckets never grow or collapse. After HdrHistogram, and DDSketch with a linear mapping (Masson,
/// Rim, Lee: DDSketch, VLDB 2019).
///
///     0                  zero
///     ±(bits >> 46) ± 1  bits of the magnitude; subnormal numbers are the part below 2^-1022, cut alike
///     ±(2047 · 64 + 1)   infinity;  above it NaN
package enum Buckets {
    private static let infinite: Int64 = 2047 * 64 + 1
    private static let notANumber = infinite + 1

    static func bucket(of value: Double) -> Int64 {
        if value.isNaN { return notANumber }
        if value == 0 { return 0 }
        let magnitude = Int64(bitPattern: value.magnitude.bitPattern >> 46) + 1
        return value < 0 ? -magnitude : magnitude
    }

    /// The middle of a bucket.
    static func value(of bucket: Int64) -> Double {
        if bucket == 0 { return 0 }
        if bucket == notANumber { return .nan }
        if bucket.magnitude == infinite { return bucket < 0 ? -.infinity : .infinity }
        let middle = Double(bitPattern: (bucket.magnitude - 1) << 46 | 1 << 45)
        return bucket < 0 ? -middle : middle
    }

    /// The bucket of each row.
    package static func fill(_ buckets: Vector, from values: Vector) {
        precondition(buckets.form == .int64 && values.form == .double && values.count <= buckets.capacity)
        buckets.count = values.count
        buckets.hasNulls = false
        for row in 0..<values.count { buckets.int64s[row] = bucket(of: values.doubles[row]) }
    }
}

/// Registers of a HyperLogLog with 2^12 of them over 64-bit hashes. The upper 12 bits of a hash choose the register, which
/// keeps the largest rank: the place of the first one among the other 52 bits, from 1; 53 if there is none. Eight registers
/// share a word, a byte each, the first lowest.
package enum Registers {
    static let bits = 12
    static let count = 1 << bits
    /// Bits of a hash behind those that choose the register.
    static let rest = 64 - bits

    /// For the hash of each key the word that holds its register, and what this word is to hold.
    package static func fill(blocks: Vector, ranks: Vector, from keys: KeyBatch) {
        precondition(
            blocks.form == .int64 && ranks.form == .int64 && keys.count <= min(blocks.capacity, ranks.capacity))
        (blocks.count, ranks.count) = (keys.count, keys.count)
        (blocks.hasNulls, ranks.hasNulls) = (false, false)
        for row in 0..<keys.count {
            let hash = keys.hashes[row]
            let register = hash >> UInt64(rest)
            let rank = UInt64(min(rest, (hash << UInt64(bits)).leadingZeroBitCount) + 1)
            blocks.int64s[row] = Int64(register >> 3)
            ranks.int64s[row] = Int64(bitPattern: rank << (register & 7 * 8))
        }
    }

    /// The number of distinct values, from how many registers have each rank (0...53): the improved estimator of Otmar
    /// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6.
    static func estimate(_ multiplicities: [Int]) -> Int64 {
        let m = Double(count)
        var z = m * tau(1 - Double(multiplicities[rest + 1]) / m)
        for rank in (1...rest).reversed() { z = 0.5 * (z + Double(multiplicities[rank])) }
        z += m * sigma(Double(multiplicities[0]) / m)
        let estimate = (m * m / (2 * 0.693_147_180_559_945_3 * z)).rounded(.toNearestOrAwayFromZero)
        return estimate < 0x1p63 ? Int64(estimate) : .max
    }

    private static func sigma(_ share: Double) -> Double {
        if share == 1 { return .infinity }
        var x = share, y = 1.0, z = share
        while true {
            x *= x
            let before = z
            z += x * y
            y += y
            if z == before { return z }
        }
    }

    private static func tau(_ share: Double) -> Double {
        if share == 0 || share == 1 { return 0 }
        var x = share, y = 1.0, z = 1 - share
        while true {
            x.formSquareRoot()
            let before = z
            y *= 0.5
            z -= (1 - x) * (1 - x) * y
            if z == before { return z / 3 }
        }
    }
}
