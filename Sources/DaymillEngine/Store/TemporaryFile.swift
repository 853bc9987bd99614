import DaymillColumns
import Synchronization

/// Temporary names in use by this process, which no sweep may remove.
let liveTemporaries = LiveNames()

final class LiveNames: Sendable {
    private let names = Mutex<Set<String>>([])
    func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
    func remove(_ name: String) { names.withLock { _ = $0.remove(name) } }
    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
}

/// Files that appear whole or not at all.
package enum TemporaryFile {
    /// Lets `body` write and sync a file under a temporary name beside `path`, then renames it.
    package static func make<R>(_ path: String, _ body: (String) throws -> R) throws -> R {
        let temporary = FileDoor.temporaryName(for: path)
        liveTemporaries.insert(temporary)
        defer { liveTemporaries.remove(temporary) }
        do {
            let result = try body(temporary)
            try FileDoor.move(temporary, to: path)
            return result
        } catch {
            try? FileDoor.remove(temporary)
            throw error
        }
    }
}
