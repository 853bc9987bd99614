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

    /// How much has happened.
    package struct Numbers: Sendable, Codable {
        package var histories = 0
        package var operations = 0
        package var crashes = 0
        package var answers = 0

        package init() {}

        package mutating func add(_ other: Numbers) {
            histories += other.histories
            operations += other.operations
            crashes += other.crashes
            answers += other.answers
        }
    }

    package struct Report: Sendable {
        package var numbers = Numbers()
        package var failures: [Failure] = []
    }

    /// Runs histories with the seeds `first`, `first + step`, ... until there are enough or the time is up.
    package static func run(
        first: UInt64, step: UInt64 = 1, count: Int, seconds: Double = .infinity, failuresMax: Int = 1,
        shrinks: Bool = true
    ) -> Report {
        onLargeStack {
            var report = Report()
            let start = ContinuousClock.now
            let answers = Answers()
            for i in 0..<count {
                let isOver = (ContinuousClock.now - start) / .seconds(1) > seconds
                if isOver || report.failures.count >= failuresMax { break }
                let (operations, failure) = one(first + UInt64(i) * step, answers, shrinks: shrinks)
                report.numbers.histories += 1
                report.numbers.operations += operations.count
                report.numbers.crashes += operations.count { if case .crash = $0 { true } else { false } }
                if let failure { report.failures.append(failure) }
            }
            report.numbers.answers = answers.computed
            return report
        }
    }

    /// Does something on a thread of its own, and waits for it.
    private static func onLargeStack(_ body: @escaping @Sendable () -> Report) -> Report {
        let done = DispatchSemaphore(value: 0)
        let result = Shared()
        let thread = Thread {
            let found = body()
            result.report.withLock { $0 = found }
            done.signal()
        }
        thread.stackSize = 16 << 20
        thread.start()
        done.wait()
        return result.report.withLock { $0 }
    }

    private final class Shared: Sendable {
        let report = Mutex(Report())
    }

    /// The history of a seed, and what went wrong.
    package static func one(
        _ seed: UInt64, _ answers: Answers, shrinks: Bool
    ) -> (operations: [HistoryOperation], failure: Failure?) {
        var generator = HistoryGenerator(seed: seed)
        let operations = generator.history()
        guard let (at, what) = History.failure(operations, answers) else { return (operations, nil) }
        guard shrinks else {
            return (operations, Failure(seed: seed, operations: operations, what: "after \(at + 1): \(what)"))
        }
        let smallest = HistoryShrinker.smallest(operations) { History.failure($0, answers) != nil }
        guard let (at, what) = History.failure(smallest, answers) else {
            return (operations, Failure(seed: seed, operations: operations, what: "only in its whole length"))
        }
        return (operations, Failure(seed: seed, operations: smallest, what: "after \(at + 1): \(what)"))
    }
}
