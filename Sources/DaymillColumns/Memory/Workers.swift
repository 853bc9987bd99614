import DaymillCore
import Foundation
import Synchronization

/// Threads for work that computes or blocks; never the cooperative pool of Swift's tasks. Whatever ends the work of the
/// thread that calls them ends theirs: see `WorkStop`.
package enum Workers {
    /// Runs `body(0) … body(threads - 1)`, each on a thread of its own, and waits for all.
    ///
    /// - Throws: the error of the lowest-numbered body that failed.
    package static func run(_ threads: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        if threads <= 1 { return try body(0) }
        let box = SharedErrors()
        let done = DispatchGroup()
        let stop = WorkStop.current
        for worker in 1..<threads {
            done.enter()
            let thread = Thread {
                defer { done.leave() }
                do { try WorkStop.$current.withValue(stop) { try body(worker) } } catch { box.add(worker, error) }
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        do { try body(0) } catch { box.add(0, error) }
        done.wait()
        if let first = box.first { throw first }
    }

    private final class SharedErrors: Sendable {
        private let errors = Mutex<[Int: any Error]>([:])
        func add(_ worker: Int, _ error: any Error) { errors.withLock { $0[worker] = error } }
        var first: (any Error)? { errors.withLock { all in all.keys.min().flatMap { all[$0] } } }
    }

    /// Runs `body` for each of `count` pieces, taken in ascending order by whichever worker is free.
    package static func each(_ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
        try! takeTurns(count, threads, body)
    }

    /// The same for work that can fail: a failure stops the handing out of pieces.
    ///
    /// - Throws: the error of the lowest piece that failed, whatever the threads' order; `WorkEnded` between pieces.
    package static func eachThrowing(
        _ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        try takeTurns(count, threads) { piece in
            try WorkStop.check()
            try body(piece)
        }
    }

    private static func takeTurns(
        _ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let next = Counter()
        let errors = SharedErrors()
        try run(min(threads, max(1, count))) { _ in
            while true {
                let piece = next.take()
                guard piece < count else { return }
                do { try body(piece) } catch {
                    next.stop()
                    errors.add(piece, error)
                    return
                }
            }
        }
        if let first = errors.first { throw first }
    }

    /// The results of `body(0) … body(count - 1)`, in order, taken by whichever worker is free.
    ///
    /// - Throws: the error of the lowest piece that failed.
    package static func map<R: Sendable>(
        _ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) throws -> R
    ) throws -> [R] {
        let results = Slots<R>(count)
        try eachThrowing(count, threads) { results.set($0, try body($0)) }
        return results.all
    }

    /// Cuts 0..<n into one range per thread and returns each range's result, in order.
    @discardableResult
    package static func ranges<R: Sendable>(
        _ n: Int, _ threads: Int, _ body: @escaping @Sendable (Range<Int>) -> R
    ) -> [R] {
        let parts = max(1, min(threads, n / 4096))
        let results = Slots<R>(parts)
        each(parts, threads) { part in
            results.set(part, body(n * part / parts..<n * (part + 1) / parts))
        }
        return results.all
    }

    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)
        func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
        func stop() { value.store(.max / 2, ordering: .relaxed) }
    }

    private final class Slots<R: Sendable>: Sendable {
        private let values: Mutex<[R?]>
        init(_ n: Int) { values = Mutex(Array(repeating: nil, count: n)) }
        func set(_ i: Int, _ value: R) { values.withLock { $0[i] = value } }
        var all: [R] { values.withLock { $0.map { $0! } } }
    }
}

/// A pointer that several workers use, each for its own part.
// Unchecked because every user of it writes to a range of its own and is waited for.
struct SendablePointer<T>: @unchecked Sendable {
    let p: UnsafeMutablePointer<T>
    init(_ p: UnsafeMutablePointer<T>) { self.p = p }
}
