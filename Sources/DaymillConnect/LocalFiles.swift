import DaymillColumns
package import DaymillCore

/// Finds the files that a path of a pipeline stands for.
///
/// Names that start with a dot never match wildcards. Links to files and to folders are followed, except that `**` does
/// not go through links to folders, which may lead in circles. What cannot be looked at is an error; a folder that is
/// not there has no files.
package enum LocalFiles {
    /// The files of a day, sorted by the bytes of their paths; of a path without a day the files whatever the day.
    ///
    /// - Parameters:
    ///   - root: the project's folder, where relative paths start; empty for the current one.
    ///   - atMost: more files are an error.
    /// - Throws: `.io`, `.limit`.
    package static func list(
        _ template: PathTemplate, for day: Day?, root: String, compression: FileCompression = .auto,
        atMost: Int = Limits.filesPerSourceMax
    ) throws -> [LocalFile] {
        if !template.isGlob, day != nil || !template.hasDate {
            let path = day.map(template.render) ?? template.everyDay
            return try file(path.withoutDot, root: root, compression: compression).map { [$0] } ?? []
        }
        var walk = FolderWalk(template, for: day, from: nil, root: root, compression: compression, atMost: atMost)
        return try walk.files().map(\.file)
    }

    /// The files of all days from `start` on, by listing folders rather than by trying days; sorted by day, then by the
    /// bytes of their paths. Files of a path without a day have none.
    ///
    /// - Throws: `.io`, `.limit`.
    package static func listAll(
        _ template: PathTemplate, from start: Day?, root: String, compression: FileCompression = .auto,
        atMost: Int = Limits.filesPerSourceMax
    ) throws -> [(file: LocalFile, day: Day?)] {
        guard template.hasDate else {
            return try list(template, for: nil, root: root, compression: compression, atMost: atMost).map { ($0, nil) }
        }
        var walk = FolderWalk(template, for: nil, from: start, root: root, compression: compression, atMost: atMost)
        return try walk.files()
    }

    /// The file of this very path; nil when there is none.
    private static func file(_ path: String, root: String, compression: FileCompression) throws -> LocalFile? {
        let real = realPath(path, root)
        switch try FileDoor.look(at: real) {
        case nil: return nil
        case .file(let stamp): return LocalFile(path: path, realPath: real, stamp: stamp, compression: compression)
        case .folder: throw DaymillError.isFolder(path)
        case .brokenLink: throw DaymillError.brokenLink(path)
        case .other: throw DaymillError.isNoFile(path)
        }
    }

    static func realPath(_ path: String, _ root: String) -> String {
        if root.isEmpty || path.hasPrefix("/") { return path }
        if root == "." && !path.isEmpty { return path }
        return path.isEmpty ? root : root.hasSuffix("/") ? root + path : "\(root)/\(path)"
    }
}

extension String {
    fileprivate var withoutDot: String { hasPrefix("./") ? String(dropFirst(2)) : self }
}
