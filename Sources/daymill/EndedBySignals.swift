import DaymillCore
import DaymillProcess
import Foundation

/// Lets the signals INT, TERM and HUP end what computes in this process, in order: nothing is left half-done. Who sends a
/// second one does not want to wait.
enum EndedBySignals {
    /// - Throws: what `body` throws; `WorkEnded`.
    static func during<R>(_ body: () throws -> R) throws -> R {
        let signals = EndSignals(), stop = WorkStop(), over = WakeEvent()
        let ended = DispatchGroup()
        ended.enter()
        Thread.detachNewThread {
            defer { ended.leave() }
            while true {
                let place = waitForAny(of: [over.descriptor, signals.descriptor], atMost: nil)
                if place == 0 { return }
                guard place == 1, signals.next() != nil else { continue }
                if stop.wish != nil { exit(Failure.exitCode(.cancelled)) }
                stop.stop("somebody stopped it")
            }
        }
        defer {
            over.set()
            ended.wait()
            signals.end()
        }
        return try WorkStop.$current.withValue(stop, operation: body)
    }
}
