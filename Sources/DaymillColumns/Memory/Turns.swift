import Foundation

/// Lets workers make numbered pieces side by side and hand them over in order, none too far ahead of the others.
// Unchecked because everything is touched under `condition`'s lock.
package final class Turns: @unchecked Sendable {
    private let condition = NSCondition()
    private var current = 0
    private var waiting: [Int: () throws -> Void] = [:]
    private let ahead: Int
    private var failure: (any Error)?
    /// Whether a thread is handing a piece over; others go on with theirs meanwhile.
    private var isHanding = false

    /// - Parameter ahead: no piece begins so many before its turn: what is made is held until then.
    package init(ahead: Int) { self.ahead = max(1, ahead) }

    /// Makes piece `i`; what `make` returns is called when all pieces before have been handed over, by whichever thread
    /// is at hand.
    ///
    /// - Throws: what making or handing over throw, here or in an earlier piece.
    package func work(_ i: Int, _ make: () throws -> () throws -> Void) throws {
        do {
            try wait { i < current + ahead }
            let hand = try make()
            condition.withLock { waiting[i] = hand }
            while let next = takeTurn() {
                try next()
                endTurn()
            }
        } catch {
            condition.lock()
            failure = failure ?? error
            condition.broadcast()
            condition.unlock()
            throw error
        }
    }

    /// The piece whose turn it is, if it is there and nobody is handing it over.
    private func takeTurn() -> (() throws -> Void)? {
        condition.withLock {
            guard failure == nil, !isHanding, let next = waiting.removeValue(forKey: current) else { return nil }
            isHanding = true
            return next
        }
    }

    private func endTurn() {
        condition.withLock {
            isHanding = false
            current += 1
            condition.broadcast()
        }
    }

    /// Waits until all pieces before `i` have been handed over, then calls `body`: for pieces too large to be held.
    package func inTurn(_ i: Int, _ body: () throws -> Void) throws {
        try wait { i == current }
        try body()
    }

    private func wait(until test: () -> Bool) throws {
        condition.lock()
        defer { condition.unlock() }
        while failure == nil, !test() { condition.wait() }
        if let failure { throw failure }
    }
}
