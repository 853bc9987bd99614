import Foundation

/// Lets workers make numbered pieces side by side and hand them over in order, none too far ahead of the others.
// Unchecked because everything is touched under `condition`'s lock.
package final class Turns: @unchecked Sendable {
    private let condition = NSCondition()
    private var current = 0
    private var waiting: [Int: () throws -> Void] = [:]
    private let ahead: Int
    private var failure: (any Error)?

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
            condition.lock()
            defer { condition.unlock() }
            waiting[i] = hand
            while failure == nil, let hand = waiting.removeValue(forKey: current) {
                try hand()
                current += 1
            }
            condition.broadcast()
        } catch {
            condition.lock()
            failure = failure ?? error
            condition.broadcast()
            condition.unlock()
            throw error
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
