package import DaymillColumns
import Synchronization

/// Temporary names in use by this process, which no sweep may remove.
let liveTemporaries = LiveNames()

final class LiveNames: Sendable {
    private let names = Mutex<Set<String>>([])
    func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
    func remove(_ name: String) { names.withLock { _ = $0.remove(name) } }
    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
}

/// A file that appears whole or not at all: written beside its place under a temporary name, then renamed. What is not
/// renamed is removed when the last reference goes.
package final class TemporaryFile: Sendable {
    /// Where to write.
    package let path: String
    private let final: String
    private let isDone = Mutex(false)

    package init(for final: String) {
        self.final = final
        path = FileDoor.temporaryName(for: final)
        liveTemporaries.insert(path)
    }

    /// Renames what was written and synced.
    package func commit() throws {
        try FileDoor.move(path, to: final)
        isDone.withLock { $0 = true }
    }

    deinit {
        if !isDone.withLock({ $0 }) { try? FileDoor.remove(path) }
        liveTemporaries.remove(path)
    }

    /// Lets `body` write and sync a file under a temporary name beside `path`, then renames it.
    package static func make<R>(_ path: String, _ body: (String) throws -> R) throws -> R {
        let temporary = TemporaryFile(for: path)
        let result = try body(temporary.path)
        try temporary.commit()
        return result
    }

    /// Replaces a small file so that a reader sees the old or the new content whole; clears away what a process that
    /// died left of an earlier try.
    package static func replace(_ path: String, with bytes: [UInt8]) throws {
        try Store.sweep(around: path)
        try make(path) { temporary in
            let file = try FileDoor.create(temporary)
            try file.write(bytes)
            try file.sync()
        }
    }

    /// The name that a temporary file was to get: `.NAME.PID.N.tmp` was to become NAME.
    static func target(of name: String) -> String {
        name.dropFirst().split(separator: ".", omittingEmptySubsequences: false).dropLast(3).joined(separator: ".")
    }
}

/// A segment whose bytes are written but not yet durable.
package struct PendingSegment: Sendable {
    package let footer: SegmentFooter
    /// The file's size.
    package let bytes: Int
    let file: FileDoor
    let temporary: TemporaryFile

    /// Opens it for reading, whatever its name is then.
    package func reader() throws -> SegmentReader { try SegmentReader(temporary.path) }

    /// Waits until it is on the disk, then gives it its name.
    package func commit() throws {
        try file.sync()
        try temporary.commit()
    }
}
