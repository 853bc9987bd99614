/// What a disk in memory holds: what programs see now, and what would survive if the power failed.
///
/// The rules are those of a careful reading of POSIX, harsher than ext4: a file's bytes are durable after its sync; a
/// name (made, renamed, deleted, also a folder's) is durable after a sync of the folder that holds it.
struct DiskState: Sendable {
    /// A file, whatever its names are.
    struct Inode: Sendable {
        var data: [UInt8] = []
        /// What is on the disk for certain.
        var durable: [UInt8] = []
        var modified: Int64
        var changed: Int64
        /// As programs see it; given again when the file is gone.
        var number: UInt64
    }

    enum Entry: Sendable, Hashable {
        case file(Int)
        case folder
    }

    /// A change of names that happens as a whole or not at all; nil takes a name away.
    typealias Change = [String: Entry?]

    struct Folder: Sendable {
        var entries: [String: Entry] = [:]
        var durable: [String: Entry] = [:]
        /// What was not synced yet, in order.
        var pending: [Change] = []

        mutating func apply(_ change: Change) {
            for (name, entry) in change { entries[name] = entry }
            pending.append(change)
        }
    }

    var inodes: [Int: Inode] = [:]
    /// By path from the root, which is "".
    var folders: [String: Folder] = ["": Folder()]
    private var nextInode = 1
    /// Nanoseconds since 1970.
    var now: Int64

    init(now: Int64) { self.now = now }

    /// As coarse as a kernel's clock for files.
    private var fileTime: Int64 { now / 4_000_000 * 4_000_000 }

    // MARK: Looking

    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    func entry(_ path: String) -> Entry? {
        if path.isEmpty { return .folder }
        let (folder, name) = DiskState.split(path)
        return folders[folder]?.entries[name]
    }

    func inode(_ path: String) -> Int? { if case .file(let inode) = entry(path) { inode } else { nil } }

    /// Paths of all files, sorted.
    var paths: [String] {
        folders.flatMap { path, folder in
            folder.entries.compactMap { name, entry in
                if case .file = entry { path.isEmpty ? name : "\(path)/\(name)" } else { nil }
            }
        }.sorted()
    }

    // MARK: Changing

    /// A new empty file under a name, whatever stood there.
    mutating func make(_ path: String) -> Int {
        let (folder, name) = DiskState.split(path)
        let id = nextInode
        nextInode += 1
        inodes[id] = Inode(modified: fileTime, changed: fileTime, number: freeNumber)
        folders[folder]!.apply([name: .file(id)])
        return id
    }

    /// The least number that no file has, as file systems do: a new file often has the number of one just deleted.
    private var freeNumber: UInt64 {
        var used: Set<UInt64> = []
        for folder in folders.values {
            for case .file(let id) in folder.entries.values { used.insert(inodes[id]!.number) }
        }
        return (11...).first { !used.contains($0) }!
    }

    mutating func write(_ bytes: [UInt8], to inode: Int) {
        inodes[inode]!.data += bytes
        touch(inode)
    }

    mutating func setData(_ bytes: [UInt8], of inode: Int) {
        inodes[inode]!.data = bytes
        touch(inode)
    }

    mutating func touch(_ inode: Int, modified: Int64? = nil) {
        inodes[inode]!.modified = modified ?? fileTime
        inodes[inode]!.changed = fileTime
    }

    mutating func sync(_ inode: Int) { inodes[inode]!.durable = inodes[inode]!.data }

    mutating func syncFolder(_ path: String) {
        guard let folder = folders[path] else { return }
        folders[path]!.durable = folder.entries
        folders[path]!.pending = []
    }

    /// - Precondition: The file is there.
    mutating func rename(_ from: String, _ to: String) {
        let (folder, name) = DiskState.split(from), (target, newName) = DiskState.split(to)
        let entry = folders[folder]!.entries[name]!
        if case .file(let id) = entry { inodes[id]!.changed = fileTime }
        if folder == target {
            folders[folder]!.apply(name == newName ? [:] : [name: Entry?.none, newName: entry])
        } else {
            folders[target]!.apply([newName: entry])
            folders[folder]!.apply([name: nil])
        }
    }

    mutating func remove(_ path: String) {
        let (folder, name) = DiskState.split(path)
        guard folders[folder]?.entries[name] != nil else { return }
        folders[folder]!.apply([name: nil])
    }

    mutating func makeFolder(_ path: String) {
        let (folder, name) = DiskState.split(path)
        folders[folder]!.apply([name: .folder])
        folders[path] = Folder()
    }

    /// Everything there is counts as durable: as long ago.
    mutating func settle() {
        for id in inodes.keys { inodes[id]!.durable = inodes[id]!.data }
        for path in folders.keys { syncFolder(path) }
    }
}
