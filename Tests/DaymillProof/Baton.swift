import DaymillTestKit
import Foundation
import Synchronization

/// Lets several pieces of work take turns, so that what they do at the same time happens in one order, given by a seed.
///
/// Each has a thread; only the one with the baton goes on. At every step it may pass the baton to another.
package final class Baton: Sendable {
    private struct State {
        var random: SeededGenerator
        /// Those that are not done.
        var running: [Int]
        var holder = 0
    }

    private let state: Mutex<State>
    private let turns: [DispatchSemaphore]
    private static let key = "daymill-baton"

    private init(_ count: Int, seed: UInt64) {
        state = Mutex(State(random: SeededGenerator(seed: seed), running: Array(0..<count)))
        turns = (0..<count).map { _ in DispatchSemaphore(value: 0) }
    }

    /// Does all of it, in turns; steps of the disk are where turns end.
    package static func run(on disk: MemoryDisk, seed: UInt64, _ work: [@Sendable () -> Void]) {
        let baton = Baton(work.count, seed: seed)
        let done = DispatchGroup()
        disk.setGate { baton.step() }
        defer { disk.setGate(nil) }
        for (number, piece) in work.enumerated() {
            done.enter()
            let thread = Thread {
                Thread.current.threadDictionary[key] = number
                baton.turns[number].wait()
                piece()
                baton.finish(number)
                done.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        baton.turns[0].signal()
        done.wait()
    }

    /// Threads that have no number pass.
    private func step() {
        guard let own = Thread.current.threadDictionary[Baton.key] as? Int else { return }
        let next = state.withLock { state -> Int in
            if state.random.once(in: 3) { state.holder = state.random.pick(state.running) }
            return state.holder
        }
        guard next != own else { return }
        turns[next].signal()
        turns[own].wait()
    }

    private func finish(_ own: Int) {
        let next = state.withLock { state -> Int? in
            state.running.removeAll { $0 == own }
            guard !state.running.isEmpty else { return nil }
            state.holder = state.random.pick(state.running)
            return state.holder
        }
        if let next { turns[next].signal() }
    }
}
