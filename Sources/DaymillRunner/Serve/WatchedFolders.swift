import DaymillColumns
import DaymillCore
import DaymillPipeline
import DaymillProcess

/// The folders in which files of some patterns may lie, those above them, and what happens there.
///
/// A folder is watched before it is listed, so nothing that comes meanwhile is overlooked. One that is not there yet is seen when
/// it comes, since the one above is watched. Where the system watches no more they are listed all the same.
final class WatchedFolders {
    /// How a folder tells of what happens in it.
    enum Place { case watched, unwatched, remote }

    /// What it asks the system; tests ask something else.
    struct System {
        var watches: () -> FolderWatches? = { FolderWatches() }
        var isRemote: (String) -> Bool = FolderWatches.isRemote
    }

    /// What happened, with paths as patterns have them.
    enum Event {
        case there(String)
        case gone(String)
        /// So much that the system has not kept it, or something that it does not tell more of.
        case all
    }
    private let project: Project
    private let system: System
    /// Nil: the system has no more of them.
    private var watches: FolderWatches?
    /// Paths of a folder by its number; several where links lead to it.
    private var paths: [Int32: Set<String>] = [:]
    private var numbers: [String: Int32] = [:]

    init(_ project: Project, _ system: System) {
        (self.project, self.system, watches) = (project, system, system.watches())
    }

    /// Can be read when something has happened; -1 where nothing is told.
    var descriptor: Int32 { watches?.descriptor ?? -1 }

    /// Whether the system tells of anything at all.
    var isTold: Bool { watches != nil }

    /// Asks the system again where it had nothing to tell with.
    ///
    /// - Returns: whether it has now; then all is to be listed again, and is watched by that.
    func watchAgain() -> Bool {
        guard watches == nil else { return false }
        watches = system.watches()
        return isTold
    }

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
            let place = system.isRemote(real(from.folder)) ? Place.remote : isTold ? .watched : .unwatched
            try look(from, template, real(from), place, visit) { folders.append($0) }
        } else if try watchAbove(fixed, { try visit(nil, nil, $0) }) {
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
    private func watchAbove(_ folder: String, _ visit: (Place) throws -> Void) throws -> Bool {
        var path = folder.hasPrefix("/") ? "/" : ""
        for name in folder.split(separator: "/") {
            try visit(watch(path, namesOnly: true))
            path = Self.joined(path, String(name))
            guard case .folder? = try FileDoor.look(at: real(path)) else { return false }
        }
        return true
    }

    private func watch(_ folder: String, namesOnly: Bool = false) throws -> Place {
        if add(folder, namesOnly: namesOnly) { return system.isRemote(real(folder)) ? .remote : .watched }
        if system.isRemote(real(folder)) { return .remote }
        // Gone a moment ago, or there are too many.
        guard isTold, try FileDoor.look(at: real(folder)) == nil else { return .unwatched }
        return .watched
    }

    private func add(_ path: String, namesOnly: Bool) -> Bool {
        guard let number = watches?.add(real(path), namesOnly: namesOnly) else { return false }
        // Another folder was there, as when something is mounted over it.
        if let old = numbers[path], old != number { forget(path, old) }
        paths[number, default: []].insert(path)
        numbers[path] = number
        return true
    }

    /// Forgets a folder that is gone, and those below it.
    private func remove(_ folder: String) {
        for (path, number) in numbers where path == folder || path.hasPrefix(folder + "/") {
            forget(path, number)
        }
    }

    private func forget(_ path: String, _ number: Int32) {
        numbers[path] = nil
        paths[number]?.remove(path)
        guard paths[number]?.isEmpty == true else { return }
        paths[number] = nil
        watches?.remove(number)
    }

    /// What happened since it was asked last, each path once, in order.
    func take() -> [Event] {
        var events: [Event] = [], seen: Set<String> = []
        // Folders that are not watched any more, and were not told to be gone: what they lie on was unmounted.
        var over: Set<String> = []
        for event in watches?.take() ?? [] {
            switch event {
            case .tooMany: return [.all]
            case .over(let number):
                for path in paths[number] ?? [] where numbers[path] == number {
                    numbers[path] = nil
                    over.insert(path)
                }
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
                    over.remove(path)
                    events.append(.gone(path))
                }
            }
        }
        return over.isEmpty ? events : [.all]
    }
}

extension String {
    /// The folder of a path.
    fileprivate var folder: String {
        guard let slash = lastIndex(of: "/") else { return "" }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
