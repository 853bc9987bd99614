import Synchronization

/// A tree of files that is not the system's: tests mount one that lives in memory, has a clock and a disk of its own, and
/// may stop at any step.
package protocol FileTree: Sendable {
    func open(_ path: String, _ use: FileUse) throws -> any TreeFile
    /// What stands there; nil when nothing does.
    func look(at path: String) throws -> FileLook?
    func rename(_ from: String, to: String) throws
    /// Makes the names in a folder durable.
    func syncDirectory(_ folder: String) throws
    /// Deletes a file; one that is gone already is fine.
    func remove(_ path: String) throws
    /// Makes a folder whose parent is there.
    func makeDirectory(_ path: String) throws
    /// The names in a folder; empty when there is no such folder.
    func names(in folder: String) throws -> [String]
}

/// What a file is opened for.
package enum FileUse: Sendable {
    case reading
    /// Writing, from an empty file on.
    case emptied
    /// Writing at the end, whatever is there.
    case appending
    /// Only to be locked.
    case locking
}

/// An open file of a `FileTree`; closed, and unlocked, when the last reference goes.
package protocol TreeFile: Sendable {
    func stamp() throws -> FileStamp
    /// Fewer bytes only at the end.
    func read(at offset: Int, count: Int) throws -> [UInt8]
    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws
    func sync() throws
    func lock(wait: Bool) throws -> Bool
}

/// The trees that are mounted: none in production.
package enum FileTrees {
    /// The folder of each begins with this, and has no folders in its own name.
    package static let folder = "/daymill-tree-"
    private static let trees = Mutex<[String: any FileTree]>([:])
    private static let isUsed = Atomic<Bool>(false)

    /// Lets everything below `/daymill-tree-NAME` be in a tree; nil takes it away.
    ///
    /// - Returns: the folder.
    @discardableResult
    package static func mount(_ tree: (any FileTree)?, as name: String) -> String {
        isUsed.store(true, ordering: .relaxed)
        trees.withLock { $0[folder + name] = tree }
        return folder + name
    }

    static func tree(of path: String) -> (any FileTree)? {
        guard isUsed.load(ordering: .relaxed), path.hasPrefix(folder) else { return nil }
        let end = path.utf8.dropFirst(folder.utf8.count).firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
        return trees.withLock { $0[String(path[..<end])] }
    }
}
