package import DaymillColumns
package import DaymillCore
package import DaymillTestKit
import Synchronization

/// Thrown from the step at which a process was to die, and from every one after it.
package struct ProcessDied: Error {}

/// A file system in memory with a clock of its own, mounted behind the product's one door to files.
///
/// All of it is a value, so that it can be copied: a crash at each of many steps begins with the same disk.
package final class MemoryDisk: FileTree {
    /// A step as the disk sees it; those that change nothing count too, but cannot be died at.
    package typealias Gate = @Sendable () -> Void

    private struct Inner {
        var state: DiskState
        /// Changing steps so far.
        var steps = 0
        /// Steps from this one on fail, for ever: the process is dead.
        var dies: Int?
        var isDead = false
        var gate: Gate?
        /// What is locked, by inode.
        var locked: Set<Int> = []
    }

    private static let mounts = Atomic<Int>(0)
    private let inner: Mutex<Inner>
    private let name: String
    /// The folder that a project on it lies in.
    package let root: String

    private init(_ state: DiskState) {
        name = "\(MemoryDisk.mounts.add(1, ordering: .relaxed).newValue)"
        root = FileTrees.folder + name
        inner = Mutex(Inner(state: state))
        FileTrees.mount(self, as: name)
    }

    /// An empty disk.
    package convenience init(now: Int64) { self.init(DiskState(now: now)) }

    /// Another disk that holds the same.
    package func fork() -> MemoryDisk { MemoryDisk(state) }

    /// Takes it away; nothing may use it any more.
    package func close() { FileTrees.mount(nil, as: name) }

    private var state: DiskState { inner.withLock { $0.state } }

    // MARK: Time

    package var clock: WallClock { WallClock { [self] in inner.withLock { $0.state.now / 1000 } } }

    package func advance(nanoseconds: Int64) { inner.withLock { $0.state.now += nanoseconds } }

    // MARK: Death

    /// Changing steps since this was last called.
    package func countSteps<R>(_ body: () throws -> R) rethrows -> (result: R, steps: Int) {
        let before = inner.withLock { $0.steps }
        let result = try body()
        return (result, inner.withLock { $0.steps } - before)
    }

    /// Lets the process die at its n-th changing step, counted from 1, and live again at the end of `body`.
    ///
    /// - Returns: whether it died.
    @discardableResult
    package func dying(atStep n: Int, _ body: () throws -> Void) throws -> Bool {
        inner.withLock { $0.dies = $0.steps + n }
        defer {
            inner.withLock {
                $0.dies = nil
                $0.isDead = false
                $0.locked = []
            }
        }
        do { try body() } catch is ProcessDied { return true }
        return inner.withLock { $0.isDead }
    }

    /// Whatever was not synced may be lost.
    package func losePower(data: DiskLoss?, names: Bool?, _ random: inout SeededGenerator) {
        let lost = state.afterPowerLoss(data: data, names: names, &random)
        inner.withLock { $0.state = lost }
    }

    /// Is called before every step, reading ones too, in its thread.
    package func setGate(_ gate: Gate?) { inner.withLock { $0.gate = gate } }

    private func pass() { inner.withLock { $0.gate }?() }

    /// Does a step that changes nothing.
    private func reading<R: Sendable>(_ body: (borrowing DiskState) throws -> R) throws -> R {
        pass()
        return try inner.withLock { inner throws -> R in
            if inner.isDead { throw ProcessDied() }
            return try body(inner.state)
        }
    }

    /// Does a step that changes something, unless the process dies at it.
    private func changing<R: Sendable>(_ body: (inout DiskState) throws -> R) throws -> R {
        pass()
        return try inner.withLock { inner throws -> R in
            inner.steps += 1
            if let dies = inner.dies, inner.steps >= dies { inner.isDead = true }
            if inner.isDead { throw ProcessDied() }
            return try body(&inner.state)
        }
    }

    // MARK: What the door asks for

    private func inside(_ path: String) -> String {
        let rest = path.utf8.dropFirst(root.utf8.count).drop { $0 == UInt8(ascii: "/") }
        return String(Substring(rest))
    }

    package func open(_ path: String, _ use: FileUse) throws -> any TreeFile {
        let inside = inside(path)
        switch use {
        case .reading:
            let found = try reading { $0.inode(inside) }
            guard let found else { throw DaymillError(.io, "cannot open \(path): no such file") }
            return OpenFile(self, found)
        case .emptied:
            return OpenFile(
                self,
                try changing { state in
                    guard let old = state.inode(inside) else { return try state.makeChecked(inside) }
                    state.setData([], of: old)
                    return old
                })
        case .appending, .locking:
            if let old = try reading({ $0.inode(inside) }) { return OpenFile(self, old) }
            // Another process may have made it meanwhile: then it is that one.
            return OpenFile(self, try changing { state in try state.inode(inside) ?? state.makeChecked(inside) })
        }
    }

    package func look(at path: String) throws -> FileLook? {
        let inside = inside(path)
        return try reading { state in
            switch state.entry(inside) {
            case .folder: .folder(isLink: false)
            case .file(let inode): .file(state.stamp(inode))
            case nil: nil
            }
        }
    }

    package func rename(_ from: String, to: String) throws {
        let (from, to) = (inside(from), inside(to))
        try changing { state in
            guard state.entry(from) != nil else { throw DaymillError(.io, "cannot rename \(from): no such file") }
            state.rename(from, to)
        }
    }

    package func syncDirectory(_ folder: String) throws {
        let inside = inside(folder)
        try changing { $0.syncFolder(inside) }
    }

    package func remove(_ path: String) throws {
        let inside = inside(path)
        try changing { $0.remove(inside) }
    }

    package func makeDirectory(_ path: String) throws {
        let inside = inside(path)
        try changing { state in if state.entry(inside) == nil { state.makeFolder(inside) } }
    }

    package func names(in folder: String) throws -> [String] {
        let inside = inside(folder)
        return try reading { state in state.folders[inside].map { $0.entries.keys.sorted() } ?? [] }
    }

    // MARK: Open files

    private final class OpenFile: TreeFile {
        private let disk: MemoryDisk
        private let inode: Int
        private let holdsLock = Mutex(false)

        init(_ disk: MemoryDisk, _ inode: Int) {
            self.disk = disk
            self.inode = inode
        }

        deinit {
            if holdsLock.withLock({ $0 }) { disk.inner.withLock { _ = $0.locked.remove(inode) } }
        }

        func stamp() throws -> FileStamp { try disk.reading { $0.stamp(inode) } }

        func read(at offset: Int, count: Int) throws -> [UInt8] {
            try disk.reading { Array($0.inodes[inode]!.data.dropFirst(offset).prefix(count)) }
        }

        func write(_ bytes: [UInt8]) throws { try disk.changing { $0.write(bytes, to: inode) } }

        func sync() throws { try disk.changing { $0.sync(inode) } }

        func lock(wait: Bool) throws -> Bool {
            while true {
                disk.pass()
                let isMine = try disk.inner.withLock { inner throws -> Bool in
                    if inner.isDead { throw ProcessDied() }
                    return inner.locked.insert(inode).inserted
                }
                if isMine {
                    holdsLock.withLock { $0 = true }
                    return true
                }
                guard wait else { return false }
                Pause.aMoment()  // passes the baton at the next turn
            }
        }
    }

    // MARK: What people and other programs do to files

    /// Puts a file there under another name first, so that it never is half there.
    package func put(_ path: String, _ bytes: [UInt8]) {
        edit(path) { state in
            let temporary = path + ".part"
            state.setData(bytes, of: state.make(temporary))
            state.rename(temporary, path)
        }
    }

    /// Writes into the file that is there.
    package func overwrite(_ path: String, _ bytes: [UInt8]) {
        edit(path) { state in state.setData(bytes, of: state.inode(path) ?? state.make(path)) }
    }

    /// Changes a digit, so that the file differs and keeps its size; packed files stay as they are.
    ///
    /// - Parameter keepsTime: sets the time of modification back to what it was, as anybody may.
    package func alter(_ path: String, _ seed: UInt64, keepsTime: Bool) {
        guard var bytes = bytes(path), bytes.first != 0x1f else { return }
        let digits = bytes.indices.filter { 0x31...0x38 ~= bytes[$0] }
        guard !digits.isEmpty else { return }
        bytes[digits[Int(seed % UInt64(digits.count))]] += 1
        edit(path) { state in
            let inode = state.inode(path)!
            let modified = state.inodes[inode]!.modified
            state.setData(bytes, of: inode)
            if keepsTime { state.touch(inode, modified: modified) }
        }
    }

    package func delete(_ path: String) { edit(path) { $0.remove(path) } }

    /// Both in one folder.
    package func move(_ path: String, to: String) {
        edit(to) { state in if state.inode(path) != nil { state.rename(path, to) } }
    }

    package func touch(_ path: String, modified: Int64?) {
        edit(path) { state in if let inode = state.inode(path) { state.touch(inode, modified: modified) } }
    }

    package func bytes(_ path: String) -> [UInt8]? {
        inner.withLock { inner in inner.state.inode(path).map { inner.state.inodes[$0]!.data } }
    }

    /// Paths of all files below a folder, sorted.
    package func paths(below folder: String = "") -> [String] {
        state.paths.filter { folder.isEmpty || $0.hasPrefix(folder + "/") }
    }

    /// The files below a folder with what they hold.
    package func contents(of folder: String) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: paths(below: folder).map { ($0, bytes($0)!) })
    }

    /// Not a step of the product's, and durable at once: others look after their files themselves.
    private func edit(_ path: String, _ body: (inout DiskState) -> Void) {
        inner.withLock { inner in
            inner.state.makeFolders(of: path)
            body(&inner.state)
            if let inode = inner.state.inode(path) { inner.state.sync(inode) }
            var folder = path
            repeat {
                folder = DiskState.split(folder).folder
                inner.state.syncFolder(folder)
            } while !folder.isEmpty
        }
    }

    /// As if everything had been there for long.
    package func settle() { inner.withLock { $0.state.settle() } }
}

extension DiskState {
    func stamp(_ inode: Int) -> FileStamp {
        let found = inodes[inode]!
        return FileStamp(
            size: found.data.count, modified: found.modified, changed: found.changed, inode: found.number, device: 1)
    }

    mutating func makeChecked(_ path: String) throws -> Int {
        guard folders[DiskState.split(path).folder] != nil else {
            throw DaymillError(.io, "cannot create \(path): no such folder")
        }
        return make(path)
    }

    mutating func makeFolders(of path: String) {
        let folder = DiskState.split(path).folder
        guard !folder.isEmpty, folders[folder] == nil else { return }
        makeFolders(of: folder)
        makeFolder(folder)
    }
}
