import Synchronization

/// Hands out numbers from 0 on, each once.
final class PieceNumbers: Sendable {
    private let value = Atomic<Int>(0)

    func next(below count: Int) -> Int? {
        let i = value.add(1, ordering: .relaxed).oldValue
        return i < count ? i : nil
    }

    /// Hands out no more.
    func stop() { value.store(.max / 2, ordering: .relaxed) }
}
