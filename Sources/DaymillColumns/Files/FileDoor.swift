import CKernels
import DaymillCore
import Glibc

/// What identifies an untouched file without reading it. Equal stamps are trusted only when they are old enough: see
/// `isSettled`.
package struct FileStamp: Hashable, Sendable, Codable {
    package var size: Int
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Change time of the inode, which programs cannot set.
    package var changed: Int64
    package var inode: UInt64
    package var device: UInt64

    package init(size: Int, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.device = device
    }

    /// Whether the last change lies so far before `now` (nanoseconds) that a further change would show in the stamp.
    package func isSettled(at now: Int64) -> Bool { now - max(modified, changed) > 2_000_000_000 }
}

/// The one door to files: every read, write, rename and lock of the program goes through here. Paths below a mounted
/// `FileTree` go there instead of to the system.
///
/// Changing steps call `FileSteps.before`, so that tests can fail or stop the program at each of them.
package final class FileDoor: RandomReader {
    package let path: String
    private let descriptor: Int32
    /// The file where it is none of the system's.
    private let foreign: (any TreeFile)?
    /// Bytes when it was opened.
    package let size: Int
    // Unchecked because only the one thread that writes a file begins to sync it.
    nonisolated(unsafe) private var begun = 0

    private init(path: String, descriptor: Int32, size: Int = 0) {
        self.path = path
        self.descriptor = descriptor
        self.size = size
        foreign = nil
    }

    private init(path: String, _ file: any TreeFile) throws {
        self.path = path
        descriptor = -1
        foreign = file
        size = try file.stamp().size
    }

    deinit { if foreign == nil { close(descriptor) } }

    /// Opens for reading.
    ///
    /// - Parameter shownAs: the path in messages, when people know it by another.
    /// - Throws: `DaymillError` `.io`.
    package static func open(_ path: String, shownAs: String? = nil) throws -> FileDoor {
        if let tree = FileTrees.tree(of: path) { return try FileDoor(path: shownAs ?? path, tree.open(path, .reading)) }
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw failure("cannot open", shownAs ?? path) }
        var info = Glibc.stat()
        guard fstat(fd, &info) == 0 else { throw failure("cannot look at", shownAs ?? path) }
        return FileDoor(path: shownAs ?? path, descriptor: fd, size: Int(info.st_size))
    }

    /// Opens for reading; nil when there is no such file, also when it goes at this moment.
    ///
    /// - Throws: `DaymillError` `.io`.
    package static func openIfThere(_ path: String) throws -> FileDoor? {
        guard try stamp(of: path) != nil else { return nil }
        do { return try open(path) } catch {
            if try stamp(of: path) == nil { return nil }
            throw error
        }
    }

    /// Makes a new file for writing; an old one of this name is emptied.
    package static func create(_ path: String) throws -> FileDoor {
        try FileSteps.before(.create, path)
        if let tree = FileTrees.tree(of: path) { return try FileDoor(path: path, tree.open(path, .emptied)) }
        let fd = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw failure("cannot create", path) }
        return FileDoor(path: path, descriptor: fd)
    }

    /// Opens a file for appending; makes it when it is not there.
    package static func openAppending(_ path: String) throws -> FileDoor {
        try FileSteps.before(.create, path)
        if let tree = FileTrees.tree(of: path) { return try FileDoor(path: path, tree.open(path, .appending)) }
        let fd = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw failure("cannot open", path) }
        var info = Glibc.stat()
        guard fstat(fd, &info) == 0 else { throw failure("cannot look at", path) }
        return FileDoor(path: path, descriptor: fd, size: Int(info.st_size))
    }

    /// Opens a file whose only use is to be locked; makes it when it is not there.
    package static func lockFile(_ path: String) throws -> FileDoor {
        if let tree = FileTrees.tree(of: path) { return try FileDoor(path: path, tree.open(path, .locking)) }
        let fd = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw failure("cannot open", path) }
        return FileDoor(path: path, descriptor: fd)
    }

    /// The stamp of the open file.
    package func stamp() throws -> FileStamp {
        if let foreign { return try foreign.stamp() }
        var info = Glibc.stat()
        guard fstat(descriptor, &info) == 0 else { throw FileDoor.failure("cannot look at", path) }
        return FileStamp(info)
    }

    /// Fills `buffer[at...]` with up to `count` bytes from `offset`; fewer only at the end of the file.
    package func read(into buffer: ByteBuffer, at: Int, offset: Int, count: Int) throws -> Int {
        precondition(at >= 0 && at + count <= buffer.capacity)
        if let foreign {
            let bytes = try foreign.read(at: offset, count: count)
            bytes.withUnsafeBytes {
                UnsafeMutableRawPointer(buffer.base + at).copyMemory(
                    from: $0.baseAddress ?? UnsafeRawPointer(buffer.base), byteCount: $0.count)
            }
            return bytes.count
        }
        var done = 0
        while done < count {
            let n = pread(descriptor, buffer.base + at + done, count - done, off_t(offset + done))
            if n < 0 && errno == EINTR { continue }
            guard n >= 0 else { throw FileDoor.failure("cannot read", path) }
            if n == 0 { break }
            done += n
        }
        return done
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try FileSteps.before(.write, path)
        if let foreign { return try foreign.write(Array(bytes)) }
        var done = 0
        while done < bytes.count {
            let n = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if n < 0 && errno == EINTR { continue }
            guard n >= 0 else { throw FileDoor.failure("cannot write", path) }
            done += n
        }
    }

    /// Appends bytes.
    package func write(_ bytes: RawSpan) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Appends `buffer[0..<count]`.
    package func write(_ buffer: ByteBuffer, count: Int) throws {
        precondition(count <= buffer.capacity)
        try write(UnsafeRawBufferPointer(start: buffer.base, count: count))
    }

    /// Lets the system begin to bring what was written to the disk, whenever that is much: the wait for it is shorter then.
    ///
    /// - Parameter piece: how much is much.
    package func beginSync(at end: Int, piece: Int = 16 << 20) {
        guard foreign == nil, end - begun >= piece else { return }
        // Only a hint: what goes wrong shows when the file is synced.
        dm_begin_sync(descriptor, Int64(begun), Int64(end - begun))
        begun = end
    }

    /// Waits until everything written is on the disk.
    package func sync() throws {
        try FileSteps.before(.sync, path)
        if let foreign { return try foreign.sync() }
        guard fsync(descriptor) == 0 else { throw FileDoor.failure("cannot sync", path) }
    }

    /// Takes the file's exclusive lock; false when another process holds it and `wait` is false. Freed when closed.
    package func lock(wait: Bool) throws -> Bool {
        if let foreign { return try foreign.lock(wait: wait) }
        while true {
            if flock(descriptor, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0 { return true }
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            throw FileDoor.failure("cannot lock", path)
        }
    }
}

extension FileStamp {
    init(_ info: Glibc.stat) {
        func nanoseconds(_ t: timespec) -> Int64 { Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec) }
        self.init(
            size: Int(info.st_size), modified: nanoseconds(info.st_mtim), changed: nanoseconds(info.st_ctim),
            inode: UInt64(info.st_ino), device: UInt64(info.st_dev))
    }
}

/// Steps on the tree of files, without an open file.
extension FileDoor {
    /// The stamp of a regular file; nil when there is none of this name.
    package static func stamp(of path: String) throws -> FileStamp? {
        if let tree = FileTrees.tree(of: path) { return try tree.look(at: path)?.stamp }
        var info = Glibc.stat()
        guard fstatat(AT_FDCWD, path, &info, 0) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("cannot look at", path)
        }
        return info.st_mode & S_IFMT == S_IFREG ? FileStamp(info) : nil
    }

    package static func isDirectory(_ path: String) -> Bool {
        if let tree = FileTrees.tree(of: path) { return (try? tree.look(at: path)) == .folder(isLink: false) }
        var info = Glibc.stat()
        return fstatat(AT_FDCWD, path, &info, 0) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// Renames over whatever stood at `to`, then makes the rename durable.
    package static func move(_ from: String, to: String) throws {
        try FileSteps.before(.rename, to)
        if let tree = FileTrees.tree(of: to) {
            try tree.rename(from, to: to)
            return try syncDirectory(of: to)
        }
        guard rename(from, to) == 0 else { throw failure("cannot rename to", to) }
        try syncDirectory(of: to)
    }

    /// Makes the names in a file's folder durable.
    package static func syncDirectory(of path: String) throws {
        try FileSteps.before(.syncDirectory, path)
        let folder = parent(of: path)
        if let tree = FileTrees.tree(of: folder) { return try tree.syncDirectory(folder) }
        let fd = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { throw failure("cannot open folder", folder) }
        defer { close(fd) }
        guard fsync(fd) == 0 else { throw failure("cannot sync folder", folder) }
    }

    /// Deletes a file; a file that is gone already is fine.
    package static func remove(_ path: String) throws {
        try FileSteps.before(.remove, path)
        if let tree = FileTrees.tree(of: path) { return try tree.remove(path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot delete", path) }
    }

    /// Makes a folder and its parents.
    ///
    /// - Parameter isDurable: waits until new ones are on the disk: what is published in them could be lost otherwise.
    package static func makeDirectory(_ path: String, isDurable: Bool = true) throws {
        guard !path.isEmpty, !isDirectory(path) else { return }
        try makeDirectory(parent(of: path), isDurable: isDurable)
        if let tree = FileTrees.tree(of: path) {
            try tree.makeDirectory(path)
        } else {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("cannot make folder", path) }
        }
        if isDurable { try syncDirectory(of: path) }
    }

    /// The names in a folder, in no order; empty when there is no such folder.
    package static func names(in folder: String) throws -> [String] {
        if let tree = FileTrees.tree(of: folder) { return try tree.names(in: folder) }
        guard let stream = opendir(folder.isEmpty ? "." : folder) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw failure("cannot list folder", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw failure("cannot list folder", folder) }
        return names
    }

    /// All bytes of a small file; nil when there is none.
    package static func contents(of path: String) throws -> [UInt8]? {
        guard let file = try openIfThere(path) else { return nil }
        let size = try file.stamp().size
        let buffer = ByteBuffer(capacity: size)
        let n = try file.read(into: buffer, at: 0, offset: 0, count: size)
        return Array(UnsafeRawBufferPointer(start: buffer.base, count: n))
    }

    /// Replaces a small file so that a reader sees the old or the new content whole, whatever happens.
    package static func replace(_ path: String, with bytes: [UInt8]) throws {
        let temporary = temporaryName(for: path)
        do {
            let file = try create(temporary)
            try file.write(bytes)
            try file.sync()
            try move(temporary, to: path)
        } catch {
            try? remove(temporary)
            throw error
        }
    }

    /// A name beside `path` that no other process uses; see `isTemporary`.
    package static func temporaryName(for path: String) -> String {
        let name = path.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) ?? path
        let folder = path.hasSuffix(name) ? String(path.dropLast(name.count)) : ""
        return "\(folder).\(name).\(getpid()).\(temporaryCount.add(1)).tmp"
    }

    /// The process that made a temporary file of this name; nil for other names.
    package static func temporaryOwner(_ name: String) -> Int32? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: true)
        guard name.hasPrefix("."), name.hasSuffix(".tmp"), parts.count >= 4 else { return nil }
        return Int32(parts[parts.count - 3])
    }

    /// Whether a process of this number runs now. One that is dead and has not been asked for its end does not.
    package static func isRunning(_ process: Int32) -> Bool {
        guard kill(process, 0) == 0 || errno == EPERM else { return false }
        let file = Glibc.open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = Glibc.read(file, &line, line.count)
        // The state follows the name, which may have spaces and parentheses.
        guard count > 0, let end = line[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return true }
        return line[end + 2] != UInt8(ascii: "Z")
    }

    /// The part before the last `/`; "." for a bare name.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A temporary file by the name of what it is to become, which is the one that people know.
    private static func shown(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard temporaryOwner(name) != nil else { return path }
        let target = name.dropFirst().split(separator: ".", omittingEmptySubsequences: false).dropLast(3)
        return path.dropLast(name.count) + target.joined(separator: ".")
    }

    static func failure(_ what: String, _ path: String) -> DaymillError {
        let code = errno
        let hint =
            switch code {
            case EACCES, EPERM: "give this user the right to it"
            case ENOSPC, EDQUOT: "free some space and run again: nothing was half-published"
            case ENOENT: "check the path; it is relative to the project's folder"
            case EISDIR, EEXIST, ENOTEMPTY: "a folder stands where a file should be: move it away"
            case ENOTDIR: "a file stands where a folder should be: move it away"
            case EROFS: "nothing can be written there: mount it with the right to write, or choose another place"
            case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
            default: ""
            }
        return DaymillError(
            .io, "\(what) \(shown(path)): \(String(cString: strerror(code)))", hint: hint,
            isRetryable: code == EIO || code == EAGAIN || code == ENFILE)
    }
}
