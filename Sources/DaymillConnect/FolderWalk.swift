import DaymillColumns
import DaymillCore

/// One walk through the folders below the fixed part of a path. It enters only folders that can hold files of the
/// template, and looks only at names that match.
struct FolderWalk {
    private let template: PathTemplate
    private let day: Day?
    private let start: Day?
    private let root: String
    private let compression: FileCompression
    private let atMost: Int
    private var found: [Found] = []
    /// Still to be listed.
    private var folders: [String]

    private typealias Found = (file: LocalFile, day: Day?)

    /// - Parameters:
    ///   - day: only files of this day.
    ///   - start: only files of this day and later.
    init(
        _ template: PathTemplate, for day: Day?, from start: Day?, root: String, compression: FileCompression,
        atMost: Int
    ) {
        self.template = template
        self.day = day
        self.start = start
        self.root = root
        self.compression = compression
        self.atMost = atMost
        folders = [template.folder(for: day)]
    }

    /// All files, sorted by day and path.
    mutating func files() throws -> [(file: LocalFile, day: Day?)] {
        while let folder = folders.popLast() {
            for name in try FileDoor.names(in: LocalFiles.realPath(folder, root)) {
                try visit(folder.isEmpty || folder == "/" ? folder + name : "\(folder)/\(name)")
            }
        }
        return found.sorted(by: FolderWalk.precedes)
    }

    private mutating func visit(_ path: String) throws {
        let match = match(path)
        let isFolder = template.reachesInto(folder: path, for: day)
        guard match.isWanted || isFolder else { return }
        let real = LocalFiles.realPath(path, root)
        switch try FileDoor.look(at: real) {
        case .file(let stamp):
            guard match.isWanted else { return }
            found.append((LocalFile(path: path, realPath: real, stamp: stamp, compression: compression), match.day))
            guard found.count <= atMost else { throw DaymillError.tooManyFiles(pattern, atMost: atMost) }
        case .folder(let isLink):
            if isFolder && !(isLink && template.isRecursive) { folders.append(path) }
        case .brokenLink:
            if match.isWanted { throw DaymillError.brokenLink(path) }
        case .other: break
        case nil:
            // Deleted a moment ago, or its name lost bytes on the way into a string.
            if path.unicodeScalars.contains("\u{fffd}") { throw DaymillError.unreadableName(path) }
        }
    }

    /// Whether a file of this path is wanted, and the day it belongs to.
    private func match(_ path: String) -> (isWanted: Bool, day: Day?) {
        if day != nil || !template.hasDate { return (template.matches(path, for: day), day) }
        guard let found = template.day(of: path) else { return (false, nil) }
        return (start.map { $0 <= found } ?? true, found)
    }

    private var pattern: String { day.map(template.render) ?? template.text }

    private static func precedes(_ a: Found, _ b: Found) -> Bool {
        if a.day != b.day { return (a.day?.daysSinceEpoch ?? .min) < (b.day?.daysSinceEpoch ?? .min) }
        return a.file.path.utf8.lexicographicallyPrecedes(b.file.path.utf8)
    }
}
