package import DaymillCore
import Synchronization

/// Counts the bytes that several pools have handed out together, against what they may.
package final class MemoryMeter: Sendable {
    /// Bytes from which on everything is full.
    package let limit: Int
    private let used = Atomic<Int>(0)
    private let wasRefused = Atomic<Bool>(false)

    package init(limit: Int) { self.limit = limit }

    /// Bytes handed out now.
    package var bytes: Int { used.load(ordering: .relaxed) }

    /// Whether nothing more should be begun before something is given back.
    package var isFull: Bool { bytes >= limit || wasRefused.load(ordering: .relaxed) }

    func add(_ n: Int) { used.add(n, ordering: .relaxed) }
    func hasRoom(for n: Int) -> Bool { bytes + n <= limit }

    /// Something large was not given, so that everything is full until `accept`.
    func refuse() { wasRefused.store(true, ordering: .relaxed) }
    func accept() { wasRefused.store(false, ordering: .relaxed) }
}

extension DaymillError {
    /// Groups that nobody can put elsewhere.
    package static var groupsFull: DaymillError {
        DaymillError(
            .limit, "the groups of an aggregation take more memory than there is for them",
            hint: "give the run more memory with --memory or 'memory:' in daymill.yaml")
    }
}
