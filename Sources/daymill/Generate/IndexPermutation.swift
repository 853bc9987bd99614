/// The numbers 0..<count in a scrambled order, computed and not stored: each number comes exactly once.
///
/// A one-to-one scramble of the next power of two, repeated while it lands outside of the range ("cycle walking", Black
/// and Rogaway 2002); that takes fewer than two turns on average, since count is more than half of the power of two.
struct IndexPermutation: Sendable {
    private let count: UInt64
    private let mask: UInt64
    private let shift: UInt64
    private let factors: (UInt64, UInt64, UInt64)
    private let offset: UInt64

    /// - Parameter count: At least 1.
    init(count: Int, seed: UInt64) {
        precondition(count >= 1, "a permutation needs at least one number")
        let bits = UInt64(max(1, Int.bitWidth - (count - 1).leadingZeroBitCount))
        let random = SplitMix64(seed: seed)
        self.count = UInt64(count)
        mask = ~0 >> (64 - bits)
        shift = max(1, bits / 2)
        // Odd factors are what makes a multiplication modulo a power of two one-to-one.
        factors = (random.value(at: 0) | 1, random.value(at: 1) | 1, random.value(at: 2) | 1)
        offset = random.value(at: 3)
    }

    /// The number at a place; the place lies in 0..<count.
    subscript(place: Int) -> Int {
        var x = UInt64(place)
        repeat { x = scrambled(x) } while x >= count
        return Int(truncatingIfNeeded: x)
    }

    private func scrambled(_ number: UInt64) -> UInt64 {
        var x = (number &* factors.0 &+ offset) & mask
        x ^= x >> shift
        x = (x &* factors.1) & mask
        x ^= x >> shift
        return (x &* factors.2) & mask
    }
}
