import Foundation

/// The text files of the project, as far as people write them.
struct SourceTree {
    let root: URL
    let files: [TreeFile]

    /// The tree that these tests were built from.
    static let project = SourceTree(
        root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent())

    /// Folders at the root that hold text of ours; other folders are made by tools.
    private static let folders = [
        ".ci", "Benchmarks", "Examples", "Sources", "Tests", "changelog.d", "docs", "scripts",
    ]
    /// What is read; the rest is data.
    private static let extensions: Set = [
        "", "c", "h", "json", "md", "modulemap", "py", "sh", "swift", "txt", "yaml", "yml",
    ]
    /// Folders anywhere that are not written by people.
    private static let skipped: Set = ["Cases", "Generated", "__pycache__"]

    init(root: URL) {
        self.root = root
        let manager = FileManager.default
        // Reading a folder as text fails below, so only files stay.
        let top = (try? manager.contentsOfDirectory(atPath: root.path)) ?? []
        let below = Self.folders.flatMap { folder in
            (manager.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? [])
                .map { "\(folder)/\($0)" }
        }
        files = (top + below).sorted().compactMap { path in
            guard Self.isOurs(path), let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
            else { return nil }
            return TreeFile(path: path, text: text)
        }
    }

    /// Whether a path is there, file or folder.
    func contains(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The file of this path.
    func file(_ path: String) throws -> TreeFile {
        guard let file = files.first(where: { $0.path == path }) else { throw Missing(path: path) }
        return file
    }

    /// A page that should be there is not.
    struct Missing: Error {
        var path: String
    }

    var swiftFiles: [TreeFile] { files.filter(\.isSwift) }

    /// The product's Swift code, without tests.
    var sources: [TreeFile] { swiftFiles.filter { $0.target != nil } }

    private static func isOurs(_ path: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        return skipped.isDisjoint(with: parts) && extensions.contains(URL(filePath: path).pathExtension)
    }
}
