import Glibc

/// What stands under a name in the tree of files.
package enum FileLook: Sendable, Hashable {
    /// A regular file, or a link to one.
    case file(FileStamp)
    /// A folder, or a link to one.
    case folder(isLink: Bool)
    /// A link that leads nowhere.
    case brokenLink
    /// A pipe, a device, a socket.
    case other

    /// The stamp of a regular file.
    var stamp: FileStamp? { if case .file(let stamp) = self { stamp } else { nil } }
}

extension FileDoor {
    /// What stands under a path; nil when nothing does. One call to the system, two for links.
    ///
    /// - Throws: `DaymillError` `.io`, also when a folder above may not be entered.
    package static func look(at path: String) throws -> FileLook? {
        if let tree = FileTrees.tree(of: path) { return try tree.look(at: path) }
        guard let entry = try status(of: path, follow: false) else { return nil }
        let isLink = entry.st_mode & S_IFMT == S_IFLNK
        guard let target = isLink ? try status(of: path, follow: true) : entry else { return .brokenLink }
        switch target.st_mode & S_IFMT {
        case S_IFREG: return .file(FileStamp(target))
        case S_IFDIR: return .folder(isLink: isLink)
        default: return .other
        }
    }

    private static func status(of path: String, follow: Bool) throws -> Glibc.stat? {
        var info = Glibc.stat()
        guard fstatat(AT_FDCWD, path, &info, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("cannot look at", path)
        }
        return info
    }
}
