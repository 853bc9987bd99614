import Synchronization

/// Counts, from any thread.
final class StepCount: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}

/// How pieces of work that went on at the same time failed.
final class Failures: Sendable {
    private let errors: Mutex<[(any Error)?]>
    init(_ count: Int) { errors = Mutex(Array(repeating: nil, count: count)) }
    func set(_ i: Int, _ error: any Error) { errors.withLock { $0[i] = error } }
    subscript(i: Int) -> (any Error)? { errors.withLock { $0[i] } }
}

// Unchecked because threads that share it take turns (see `Baton`), and only call `run`, which changes nothing of it.
final class SharedWorld: @unchecked Sendable {
    let world: HistoryWorld
    init(_ world: HistoryWorld) { self.world = world }
}

/// Cuts a history down for as long as it still fails.
package enum HistoryShrinker {
    package static func smallest(
        _ operations: [HistoryOperation], _ fails: ([HistoryOperation]) -> Bool
    ) -> [HistoryOperation] {
        var best = operations
        var length = max(1, best.count / 2)
        while length > 0 {
            var start = 0
            var hasShrunk = false
            while start < best.count {
                let shorter = Array(best[..<start] + best[min(best.count, start + length)...])
                if fails(shorter) {
                    best = shorter
                    hasShrunk = true
                } else {
                    start += length
                }
            }
            if length > 1 || !hasShrunk { length /= 2 }
        }
        return best
    }
}
