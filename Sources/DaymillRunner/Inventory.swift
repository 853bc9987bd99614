import DaymillColumns
package import DaymillConnect
package import DaymillCore
import DaymillEngine
package import DaymillPipeline

/// A file of a source, and the day that its path names.
package struct InventoryFile: Sendable {
    package var file: LocalFile
    /// nil where the path names no day.
    package var day: Day?
}

/// Lists the files that a step reads.
package enum Inventory {
    /// The files for some days of a source, by day and path.
    ///
    /// Without an event time these are the files of the days. With one, every file of the source since its start: a late
    /// row may sit in any of them.
    ///
    /// - Parameter required: those of the days that must have files; nil: all of them.
    /// - Throws: `.inputMissing` naming every required day without a file, where the source says that this is an error.
    package static func files(
        of source: Source, days: ClosedRange<Day>?, required: ClosedRange<Day>? = nil, project: Project
    ) throws -> [InventoryFile] {
        guard let days, source.eventTime == nil else { return try all(source, project) }
        var files: [InventoryFile] = []
        var missing: [Day] = []
        for day in days where source.start.map({ day >= $0 }) ?? true {
            let found = try list(source, day, project)
            if found.isEmpty && (required ?? days).contains(day) { missing.append(day) }
            files += found.map { InventoryFile(file: $0, day: day) }
        }
        if !missing.isEmpty && source.missing == .fail { throw DaymillError.missing(missing, source, project) }
        try check(files.count, source)
        return files
    }

    private static func list(_ source: Source, _ day: Day, _ project: Project) throws -> [LocalFile] {
        var seen: Set<[UInt8]> = []  // by bytes: names that only look the same are different files
        return try source.files.flatMap {
            try LocalFiles.list($0, for: day, root: project.root, compression: FileCompression(source.compression))
        }.filter { seen.insert(Array($0.path.utf8)).inserted }
    }

    private static func all(_ source: Source, _ project: Project) throws -> [InventoryFile] {
        var seen: Set<[UInt8]> = []  // by bytes: names that only look the same are different files
        let files = try source.files.flatMap {
            try LocalFiles.listAll(
                $0, from: source.start, root: project.root, compression: FileCompression(source.compression))
        }.filter { seen.insert(Array($0.file.path.utf8)).inserted }
        if files.isEmpty && source.missing == .fail { throw DaymillError.noFiles(source, project) }
        try check(files.count, source)
        return files.map { InventoryFile(file: $0.file, day: $0.day) }
    }

    private static func check(_ count: Int, _ source: Source) throws {
        guard count <= Limits.filesPerSourceMax else {
            throw DaymillError(
                .limit, at: source.place,
                "source '\(source.name)' has \(count) files, more than \(Limits.filesPerSourceMax)",
                hint: "set 'start', or gather small files into larger ones")
        }
    }
}

extension FileCompression {
    init(_ compression: Compression) {
        switch compression {
        case .auto: self = .auto
        case .none: self = .none
        case .gzip: self = .gzip
        case .zstd: self = .zstd
        }
    }
}
