/// Numbers that look random and are the same on every machine: the i-th number is a mix of the seed and i, so that any
/// part of a sequence can be made without the part before it.
///
/// SplitMix64 as in Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), figure 17. Not for
/// secrets. Arithmetic is modulo 2^64 on purpose, hence `&+` and `&*`.
struct SplitMix64: Sendable {
    /// Equal seeds give equal numbers.
    let seed: UInt64

    /// The number at a place of the sequence.
    func value(at index: UInt64) -> UInt64 {
        Self.mix(seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// A one-to-one scramble of 64 bits.
    static func mix(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
