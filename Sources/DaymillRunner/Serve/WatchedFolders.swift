import DaymillColumns
import DaymillCore
import DaymillPipeline
import DaymillProcess

/// The folders in which files of some patterns may lie, those above them, and what happens there.
///
/// A folder is watched before it is listed, so nothing that comes meanwhile is overlooked. One that is not there yet is seen when
/// it comes, since the one above is watched.
final class WatchedFolders {
    /// How a folder tells of what happens in it.
    enum Place { case watched, unwatched, remote }

    /// What happened, with paths as patterns have them.
    enum Event {
        case there(String)
        case gone(String)
        /// So much that the system has not kept it.
        case all
    }
    private let project: Project
    private let watches: FolderWatches
    /// Paths of a folder by its number; several where links lead to it.
    private var paths: [Int32: Set<String>] = [:]
    private var numbers: [String: Int32] = [:]

    init?(_ project: Project) {
        guard let watches = FolderWatches() else { return nil }
        (self.project, self.watches) = (project, watches)
    }

    var descriptor: Int32 { watches.descriptor }

    private func real(_ path: String) -> String {
        path.isEmpty ? project.root.isEmpty ? "." : project.root : project.path(path)
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder == "/" ? folder + name : "\(folder)/\(name)"
    }

    // MARK: Listing

    /// Visits the files of a pattern, and watches all folders on the way.
    ///
    /// - Parameters:
    ///   - from: a path of the pattern, or a folder it reaches into: only what is there or below; nil: all.
    ///   - visit: told a file; without one, of a folder, how it is watched.
    /// - Throws: `.io`.
    func walk(
        _ template: PathTemplate, from: String?, _ visit: (_ path: String?, FileStamp?, Place) throws -> Void
    ) throws {
        var folders: [String] = []
        let fixed = template.folder(for: nil)
        if let from, from != fixed, !fixed.hasPrefix(from + "/") {
            try look(from, template, real(from), FolderWatches.isRemote(real(from.folder)) ? .remote : .watched, visit)
            {
                folders.append($0)
            }
        } else if watchAbove(fixed) {
            folders = [fixed]
        }
        while let folder = folders.popLast() {
            let place = try watch(folder)
            try visit(nil, nil, place)
            for name in try FileDoor.names(in: real(folder)) {
                let path = Self.joined(folder, name)
                try look(path, template, real(path), place, visit) { folders.append($0) }
            }
        }
    }

    private func look(
        _ path: String, _ template: PathTemplate, _ real: String, _ place: Place,
        _ visit: (String?, FileStamp?, Place) throws -> Void, enter: (String) -> Void
    ) throws {
        let isFile = template.matches(path), isFolder = template.reachesInto(folder: path)
        guard isFile || isFolder else { return }
        switch try FileDoor.look(at: real) {
        case .file(let stamp): if isFile { try visit(path, stamp, place) }
        case .folder(let isLink): if isFolder && !(isLink && template.isRecursive) { enter(path) }
        case .brokenLink, .other, nil: break
        }
    }

    // MARK: Watching

    /// Watches the folders above one, as far as they are there.
    ///
    /// - Returns: whether it is there itself.
    private func watchAbove(_ folder: String) -> Bool {
        var path = folder.hasPrefix("/") ? "/" : ""
        for name in folder.split(separator: "/") {
            add(path, namesOnly: true)
            path = Self.joined(path, String(name))
            guard case .folder? = try? FileDoor.look(at: real(path)) else { return false }
        }
        return true
    }

    private func watch(_ folder: String) throws -> Place {
        if FolderWatches.isRemote(real(folder)) { return .remote }
        if add(folder, namesOnly: false) { return .watched }
        // Gone a moment ago, or there are too many.
        guard case .folder? = try FileDoor.look(at: real(folder)) else { return .watched }
        return .unwatched
    }

    @discardableResult
    private func add(_ path: String, namesOnly: Bool) -> Bool {
        guard let number = watches.add(real(path), namesOnly: namesOnly) else { return false }
        paths[number, default: []].insert(path)
        numbers[path] = number
        return true
    }

    /// Forgets a folder that is gone, and those below it.
    private func remove(_ folder: String) {
        for (path, number) in numbers where path == folder || path.hasPrefix(folder + "/") {
            numbers[path] = nil
            paths[number]?.remove(path)
            guard paths[number]?.isEmpty == true else { continue }
            paths[number] = nil
            watches.remove(number)
        }
    }

    /// What happened since it was asked last, each path once, in order.
    func take() -> [Event] {
        var events: [Event] = [], seen: Set<String> = []
        for event in watches.take() {
            switch event {
            case .tooMany: return [.all]
            case .over(let number):
                for path in paths[number] ?? [] where numbers[path] == number { numbers[path] = nil }
                paths[number] = nil
            case .there(let number, let name, _):
                for path in paths[number] ?? [] where !name.isEmpty {
                    let path = Self.joined(path, name)
                    if seen.insert(path).inserted { events.append(.there(path)) }
                }
            case .gone(let number, let name, let isFolder):
                for path in paths[number] ?? [] {
                    let path = Self.joined(path, name)
                    if isFolder || numbers[path] != nil { remove(path) }
                    seen.remove(path)
                    events.append(.gone(path))
                }
            }
        }
        return events
    }
}

extension String {
    /// The folder of a path.
    fileprivate var folder: String {
        guard let slash = lastIndex(of: "/") else { return "" }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
