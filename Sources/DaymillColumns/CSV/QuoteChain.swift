import CKernels
import Foundation

/// Hands the state of the CSV automaton from each chunk of a file to the next, while chunks are worked on in parallel.
///
/// A chunk whose quotes are all in place changes the state by their parity alone, so its worker can pass the state on as
/// soon as it knows its own, long before it has cut the chunk into records. Only a chunk with a quote in mid-field has to
/// be walked through first. So the states are exact for every input, and nobody ever guesses or parses twice.
// Unchecked because `states` and `failed` are touched only under the condition's lock.
final class QuoteChain: @unchecked Sendable {
    private var states: [UInt8]
    private var failed = false
    private let condition = NSCondition()

    private static let unknown: UInt8 = 255

    /// - Parameter chunks: how many chunks the file has. The state before chunk 0 is the start of a field.
    init(chunks: Int) {
        states = Array(repeating: QuoteChain.unknown, count: chunks + 1)
        states[0] = UInt8(DM_CSV_FIELD_START)
    }

    /// The state before a chunk, as soon as it is known; nil when a worker gave up.
    func state(before chunk: Int) -> UInt32? {
        condition.lock()
        defer { condition.unlock() }
        while states[chunk] == QuoteChain.unknown && !failed { condition.wait() }
        return failed ? nil : UInt32(states[chunk])
    }

    func publish(_ state: UInt32, after chunk: Int) {
        condition.lock()
        states[chunk + 1] = UInt8(state)
        condition.broadcast()
        condition.unlock()
    }

    /// Wakes everybody: the scan ends in an error.
    func fail() {
        condition.lock()
        failed = true
        condition.broadcast()
        condition.unlock()
    }
}
