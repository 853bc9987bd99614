import DaymillColumns

/// The masks of a batch: which rows an expression is wanted for. Each lies within a parent; number 0 is all rows. Their
/// vectors are used again by the next batch.
struct RowMasks {
    static let all = 0

    private var vectors: [Vector] = []
    /// `parents[i]` belongs to mask `i + 1`.
    private var parents: [Int] = []
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    mutating func removeAll() { parents.removeAll(keepingCapacity: true) }

    /// A new mask, whose flags the caller fills.
    mutating func add(within parent: Int) -> Int {
        parents.append(parent)
        if vectors.count < parents.count { vectors.append(Vector(.bool, capacity: capacity)) }
        return parents.count
    }

    /// nil for all rows.
    func flags(_ mask: Int) -> Vector? { mask == RowMasks.all ? nil : vectors[mask - 1] }

    /// Whether every row of `mask` is a row of `other`, as far as their making tells.
    func isWithin(_ mask: Int, _ other: Int) -> Bool {
        var mask = mask
        while mask != other {
            if mask == RowMasks.all { return false }
            mask = parents[mask - 1]
        }
        return true
    }
}
