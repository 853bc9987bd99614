import DaymillTestKit
import Foundation

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
        var report = Report()
        let start = ContinuousClock.now
        let answers = Answers()
        onLargeStack {
            for i in 0..<count {
                let isOver = (ContinuousClock.now - start) / .seconds(1) > seconds
                if isOver || report.failures.count >= failuresMax { break }
                let (operations, failure) = one(first + UInt64(i) * step, answers, shrinks: shrinks)
                report.numbers.histories += 1
                report.numbers.operations += operations.count
                report.numbers.crashes += operations.count { if case .crash = $0 { true } else { false } }
                if let failure { report.failures.append(failure) }
            }
        }
        report.numbers.answers = answers.computed
        return report
    }

    /// Does something on a thread of its own, and waits for it.
    private static func onLargeStack(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            let work = Work(body: body)
            let done = DispatchSemaphore(value: 0)
            let thread = Thread {
                work.body?()
                // Whoever waits may find that nobody has the closure any more.
                work.body = nil
                done.signal()
            }
            thread.stackSize = 16 << 20
            thread.start()
            done.wait()
        }
    }

    // Unchecked because only one thread at a time has it.
    private final class Work: @unchecked Sendable {
        var body: (() -> Void)?
        init(body: @escaping () -> Void) { self.body = body }
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
