package import DaymillColumns
import DaymillCore

/// A file of this machine, as it was when it was listed.
package struct LocalFile: InputObject, Hashable {
    /// As people know it: relative to the project's folder, or absolute when the pipeline says so.
    package let path: String
    /// As the system knows it.
    package let realPath: String
    package let stamp: FileStamp
    package let compression: FileCompression

    /// - Parameter realPath: for the system, when it is not `path`.
    package init(path: String, realPath: String? = nil, stamp: FileStamp, compression: FileCompression = .auto) {
        self.path = path
        self.realPath = realPath ?? path
        self.stamp = stamp
        self.compression = compression
    }

    package func currentStamp() throws -> FileStamp? { try FileDoor.stamp(of: realPath) }

    /// Opens it: plain files for reading anywhere, packed ones for reading in order.
    ///
    /// - Throws: `.inputDamaged`, retryable, when it changed since it was listed; `.io`.
    package func open() throws -> InputBytes {
        let file = try openUnchanged()
        switch compression.resolved(firstBytes: try LocalFile.firstBytes(of: file), path: path) {
        case .auto, .none: return .random(file)
        case .gzip: return .sequential(try GzipReader(file))
        case .zstd: return .sequential(try ZstdReader(file))
        }
    }

    /// Reads the whole file, so it blocks for as long as that takes.
    ///
    /// - Throws: `.inputDamaged`, retryable, when it changed since it was listed; `.io`.
    package func contentID(threads: Int) throws -> ContentID {
        let file = try openUnchanged()
        let id = try ContentID.of(file, threads: threads)
        guard try file.stamp() == stamp else { throw DaymillError.changedWhileRead(path) }
        return id
    }

    private func openUnchanged() throws -> FileDoor {
        guard try currentStamp() == stamp else { throw DaymillError.changedSinceListed(path) }
        let file = try FileDoor.open(realPath, shownAs: path)
        guard try file.stamp() == stamp else { throw DaymillError.changedSinceListed(path) }
        return file
    }

    private static func firstBytes(of file: FileDoor) throws -> [UInt8] {
        let buffer = ByteBuffer(capacity: 4)
        return buffer.bytes(0..<(try file.read(into: buffer, at: 0, offset: 0, count: 4)))
    }
}
