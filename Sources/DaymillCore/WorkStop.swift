import Dispatch
import Synchronization

/// Lets somebody end what other threads compute, or a length of time do it. Those who compute look at it once for each
/// piece of some 64 KiB or more, never for a row.
///
///     WorkStop.$current.withValue(stop) { … }      what is called in there, and the `Workers` it starts
///         try WorkStop.check()                     throws `WorkEnded` once it has been stopped
///
/// It is found, and not handed through each call, as Swift's tasks find theirs: engine code is called without one as well.
package final class WorkStop: Sendable {
    /// That of the work of this thread; nil: nothing ends it.
    @TaskLocal package static var current: WorkStop?

    private let isSet = Atomic(false)
    private let reason = Mutex("")
    /// Signalled once it is stopped; each who waits passes it on.
    private let stopped = DispatchSemaphore(value: 0)
    private let timeout: Duration?
    private let clock: SteadyClock
    private let end: Int64

    /// - Parameter timeout: how long the work may take from now on; nil: as long as it takes.
    package init(timeout: Duration? = nil, clock: SteadyClock = .system) {
        self.timeout = timeout
        self.clock = clock
        end = timeout.map { clock.nowMicroseconds + $0.microseconds } ?? .max
    }

    /// Lets the work end; from any thread, and as often as one likes. The first reason counts.
    package func stop(_ why: String) {
        let isFirst = reason.withLock { reason in
            guard !isSet.load(ordering: .relaxed) else { return false }
            reason = why
            isSet.store(true, ordering: .releasing)
            return true
        }
        if isFirst { stopped.signal() }
    }

    /// Why the work is to end; nil: it goes on.
    package var wish: WorkEnded? {
        if isSet.load(ordering: .acquiring) { return WorkEnded(.asked(reason.withLock { $0 })) }
        guard let timeout, clock.nowMicroseconds >= end else { return nil }
        return WorkEnded(.tookLonger(than: timeout))
    }

    /// - Throws: `WorkEnded` when the work of this thread is to end.
    package static func check() throws { if let ended = current?.wish { throw ended } }

    /// Lets time pass, unless the work is to end.
    ///
    /// - Throws: `WorkEnded`.
    package static func pause(_ length: Duration) throws {
        guard let stop = current else {
            let never = DispatchSemaphore(value: 0)
            _ = SteadyClock.system.pause(length) { never.wait(timeout: .now() + $0.seconds) == .success }
            return
        }
        try check()
        let left = stop.timeout == nil ? length : min(length, .microseconds(stop.end - stop.clock.nowMicroseconds))
        let isStopped = stop.clock.pause(left) { stop.stopped.wait(timeout: .now() + $0.seconds) == .success }
        if isStopped { stop.stopped.signal() }
        try check()
    }
}

/// What work throws that is to end before it is done. No `DaymillError`, so that nobody who mends what an error tells of, or
/// goes on without it, takes it for one.
package struct WorkEnded: Error, Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        case asked(String)
        case tookLonger(than: Duration)
    }
    package var reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    /// For whoever did not ask for it: `.cancelled` or `.stepFailed`.
    package var error: DaymillError {
        switch reason {
        case .asked(let why): DaymillError(.cancelled, "the run was ended: \(why)")
        case .tookLonger(let limit):
            DaymillError(.stepFailed, "it took longer than \(DurationText.text(limit)) and was ended")
        }
    }
}
