import DaymillTestKit
import Foundation
import Synchronization

/// Many histories, on all cores.
package enum HistoryCampaign {
    /// A history that went wrong.
    package struct Failure: Sendable, CustomStringConvertible {
        package var seed: UInt64
        package var operations: [HistoryOperation]
        package var what: String

        package var description: String {
            let list = operations.enumerated().map { "  \($0.offset + 1). \($0.element)" }.joined(separator: "\n")
            return "history \(seed) goes wrong (run it alone with DAYMILL_HISTORY_SEED=\(seed) DAYMILL_HISTORIES=1):\n"
                + "\(what)\nThe shortest form of it:\n\(list)"
        }
    }

    package struct Report: Sendable {
        package var histories = 0
        package var operations = 0
        package var answers = 0
        package var failures: [Failure] = []
    }

    /// Runs histories with the seeds `first`, `first + 1`, ... until there are enough or the time is up.
    package static func run(
        first: UInt64, count: Int, threads: Int, seconds: Double = .infinity, failuresMax: Int = 1, shrinks: Bool = true
    ) -> Report {
        let state = Mutex((next: 0, report: Report()))
        let start = ContinuousClock.now
        let done = DispatchGroup()
        for _ in 0..<threads {
            done.enter()
            let thread = Thread {
                defer { done.leave() }
                let answers = Answers()
                while true {
                    let own = state.withLock { state -> Int? in
                        let isOver = (ContinuousClock.now - start) / .seconds(1) > seconds
                        guard state.next < count, state.report.failures.count < failuresMax, !isOver else { return nil }
                        state.next += 1
                        return state.next - 1
                    }
                    guard let own else { break }
                    let (operations, failure) = one(first + UInt64(own), answers, shrinks: shrinks)
                    state.withLock { state in
                        state.report.histories += 1
                        state.report.operations += operations
                        if let failure { state.report.failures.append(failure) }
                    }
                }
                let computed = answers.computed
                state.withLock { $0.report.answers += computed }
            }
            thread.stackSize = 16 << 20
            thread.start()
        }
        done.wait()
        return state.withLock { $0.report }
    }

    /// The history of a seed: how many operations it has, and what went wrong.
    package static func one(
        _ seed: UInt64, _ answers: Answers, shrinks: Bool
    ) -> (operations: Int, failure: Failure?) {
        var generator = HistoryGenerator(seed: seed)
        let operations = generator.history()
        guard let (at, what) = History.failure(operations, answers) else { return (operations.count, nil) }
        guard shrinks else {
            return (operations.count, Failure(seed: seed, operations: operations, what: "after \(at + 1): \(what)"))
        }
        let smallest = HistoryShrinker.smallest(operations) { History.failure($0, answers) != nil }
        guard let (at, what) = History.failure(smallest, answers) else {
            return (operations.count, Failure(seed: seed, operations: operations, what: "only in its whole length"))
        }
        return (operations.count, Failure(seed: seed, operations: smallest, what: "after \(at + 1): \(what)"))
    }
}
