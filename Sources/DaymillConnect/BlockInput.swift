import DaymillColumns
import DaymillCore

/// The bytes of a file from start to end, a block at a time. Each block's digest is taken as it passes, so that whoever
/// read the file once also knows its identity.
final class BlockInput {
    let path: String
    let buffer = ByteBuffer(capacity: ContentID.block)
    /// Which bytes of `buffer` wait for being taken.
    private(set) var unread = 0..<0
    private let file: FileDoor
    private let stamp: FileStamp
    private let digests: BlockDigests
    private var loaded = 0

    init(_ file: FileDoor) throws {
        self.file = file
        path = file.path
        stamp = try file.stamp()
        digests = BlockDigests(blocks: (stamp.size + ContentID.block - 1) / ContentID.block)
    }

    var bytesTaken: Int { loaded - unread.count }

    /// Makes sure that bytes are waiting; false at the end of the file.
    func load() throws -> Bool {
        guard unread.isEmpty else { return true }
        let count = min(ContentID.block, stamp.size - loaded)
        guard count > 0 else { return false }
        guard try file.read(into: buffer, at: 0, offset: loaded, count: count) == count else {
            throw DaymillError.changedWhileRead(path)
        }
        digests.add(loaded / ContentID.block, buffer, count: count)
        loaded += count
        unread = 0..<count
        return true
    }

    /// Marks bytes as done with.
    func take(_ count: Int) { unread = unread.dropFirst(count) }

    /// - Throws: `.inputDamaged`, retryable, when somebody wrote to the file since it was opened.
    func checkUnchanged() throws {
        guard try file.stamp() == stamp else { throw DaymillError.changedWhileRead(path) }
    }

    /// The identity of the file, once all of it was loaded.
    var contentID: ContentID {
        precondition(loaded == stamp.size, "the identity of \(path) is known after all of it was read")
        return digests.contentID(size: stamp.size)
    }
}
