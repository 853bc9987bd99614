import DaymillCore
import Foundation

/// Where workers wait for each other when memory is full: the last to come puts all groups to disk, then all go on.
// Unchecked because everything is touched under `condition`'s lock.
final class SpillGate: @unchecked Sendable {
    private let condition = NSCondition()
    private let isFull: @Sendable () -> Bool
    private let spill: @Sendable () throws -> Void
    /// Workers that have not left.
    private var present: Int
    private var waiting = 0
    private var round = 0
    private var failure: (any Error)?

    /// - Parameters:
    ///   - workers: that are there from the start; each must `leave`, however it ends.
    ///   - isFull: asked by workers after each batch.
    ///   - spill: called while no worker is at work.
    init(workers: Int = 0, isFull: @escaping @Sendable () -> Bool, spill: @escaping @Sendable () throws -> Void) {
        present = workers
        self.isFull = isFull
        self.spill = spill
    }

    /// One more worker begins.
    func enter() {
        condition.lock()
        present += 1
        condition.unlock()
    }

    /// Passes where there is room; else waits until there is.
    ///
    /// - Throws: what spilling throws, in every worker.
    func pass() throws {
        guard isFull() else { return }
        condition.lock()
        defer { condition.unlock() }
        let mine = round
        waiting += 1
        while failure == nil && round == mine {
            if waiting == present { open() } else { condition.wait() }
        }
        if let failure { throw failure }
    }

    /// A worker ends and no longer has to be waited for.
    func leave() {
        condition.lock()
        present -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func open() {
        // It may have been emptied since they came.
        do { if isFull() { try spill() } } catch { failure = error }
        waiting = 0
        round += 1
        condition.broadcast()
    }
}
