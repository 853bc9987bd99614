import DaymillCore
import DaymillProcess
import Foundation
import Synchronization

/// Threads that carry out blocking work. A thread that has nothing to do waits for the next piece; there are as many as there
/// ever was work at once. Children die with the thread that started them, so threads stay until all is done.
final class WorkerThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var idle = 0
        var isOver = false
    }
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    /// Pieces of work that have not ended.
    private let open = DispatchGroup()

    func run(_ job: @escaping @Sendable () -> Void) {
        open.enter()
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            return state.idle < state.jobs.count
        }
        if needsThread {
            let thread = Thread { self.serve() }
            thread.stackSize = 8 << 20
            thread.start()
        }
        work.signal()
    }

    private func serve() {
        while true {
            let isOver = state.withLock { state in
                state.idle += 1
                return state.isOver
            }
            if isOver { return }
            work.wait()
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                state.idle -= 1
                return state.jobs.isEmpty ? nil : state.jobs.removeFirst()
            }
            guard let job else { return }
            job()
            open.leave()
        }
    }

    /// Waits until all work is done, and lets the threads end. Nothing may be given to them any more.
    func end() {
        open.wait()
        let idle = state.withLock { state in
            state.isOver = true
            return state.idle
        }
        for _ in 0..<idle { work.signal() }
    }
}

/// Letters of many threads to one.
package final class Mailbox<Letter: Sendable>: Sendable {
    private let letters = Mutex<[Letter]>([])
    private let arrival = WakeEvent()

    package init() {}

    package func put(_ letter: Letter) {
        letters.withLock { $0.append(letter) }
        arrival.set()
    }

    package func takeAll() -> [Letter] {
        arrival.clear()
        return letters.withLock { all in
            defer { all = [] }
            return all
        }
    }

    /// Can be read when there are letters.
    package var descriptor: Int32 { arrival.descriptor }

    /// Waits for letters, or until another descriptor can be read.
    func wait(atMost: Duration?, or other: Int32?) -> [Letter] {
        _ = waitForAny(of: [arrival.descriptor] + (other.map { [$0] } ?? []), atMost: atMost)
        return takeAll()
    }
}
