import NIOCore
import Synchronization

/// The connections of a server, so that they can be closed when it cannot wait for them.
///
/// Cancelling the server's task instead would end the process: a connection that is accepted and not yet taken by it is
/// dropped then, which the library takes for a mistake.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) { channels.withLock { $0[ObjectIdentifier(channel)] = channel } }

    func remove(_ channel: any Channel) { channels.withLock { $0[ObjectIdentifier(channel)] = nil } }

    /// Closes them, whatever they are at.
    func close() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
