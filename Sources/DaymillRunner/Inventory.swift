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
    /// - Throws: `.io`, `.limit`.
    package static func files(of source: Source, days: ClosedRange<Day>?, project: Project) throws -> [InventoryFile] {
        guard let days, source.eventTime == nil else { return try all(source, project) }
        let files =
            if source.files.contains(where: \.hasHours) {
                try hourlyFiles(of: source, days: days, project: project)
            } else {
                try days.filter { source.has($0) }.flatMap { day in
                    try list(source, day, project).map { InventoryFile(file: $0, day: day) }
                }
            }
        try check(files.count, source)
        return files
    }

    /// Checks that days have files, and where paths have hours, that each of their hours has one.
    ///
    /// - Parameters:
    ///   - required: days before the source's start, and those that its zone's clocks skipped, need none.
    ///   - hasFiles: whether a day has files.
    ///   - paths: those of the files of these days; asked only where there are hours.
    /// - Throws: `.inputMissing` naming what is missing.
    package static func checkMissing(
        _ source: Source, required: ClosedRange<Day>, project: Project, hasFiles: (Day) -> Bool, paths: () -> [String]
    ) throws {
        if source.files.contains(where: \.hasHours) {
            let missing = missingHours(source, required, paths: paths())
            if !missing.isEmpty { throw DaymillError.missing(missing, source, project) }
            return
        }
        let missing = required.filter { source.has($0) && !hasFiles($0) }
        guard !missing.isEmpty else { return }
        // Samoa had no 30 December 2011.
        let rules = try? source.timezone.rules()
        let existing = missing.filter { rules?.has($0) ?? true }
        if !existing.isEmpty { throw DaymillError.missing(existing, source, project) }
    }

    /// Tells of which days `checkMissing` would find something missing.
    ///
    /// - Parameter paths: those of all files.
    static func lacksFiles(
        _ source: Source, hasFiles: @escaping (Day) -> Bool, paths: () -> [String]
    ) -> (Day) -> Bool {
        if source.files.contains(where: \.hasHours) { return lacksHours(source, paths: paths()) }
        let rules = try? source.timezone.rules()
        return { source.has($0) && !hasFiles($0) && rules?.has($0) ?? true }
    }

    /// The day that a path of a source belongs to; nil when it is no path of the template, or the template names no day.
    package static func day(of path: String, _ template: PathTemplate, _ source: Source) -> Day? {
        guard let clocks = source.clocks, source.eventTime == nil, let hour = template.hour(of: path) else {
            return template.day(of: path)
        }
        return clocks.firstDay(of: hour)
    }

    private static func list(_ source: Source, _ day: Day, _ project: Project) throws -> [LocalFile] {
        var seen: Set<[UInt8]> = []  // by bytes: names that only look the same are different files
        return try source.files.flatMap {
            try LocalFiles.list($0, for: day, root: project.root, compression: FileCompression(source.compression))
        }.filter { seen.insert(Array($0.path.utf8)).inserted }
    }

    private static func all(_ source: Source, _ project: Project) throws -> [InventoryFile] {
        var seen: Set<[UInt8]> = []  // by bytes: names that only look the same are different files
        // By another clock the first day may begin in a path of a day before.
        let start = source.hasOtherClock ? source.start?.adding(days: -2) : source.start
        let files = try source.files.flatMap { template in
            try LocalFiles.listAll(
                template, from: start, root: project.root, compression: FileCompression(source.compression)
            ).map { InventoryFile(file: $0.file, day: day(of: $0.file.path, template, source)) }
        }.filter { file in
            let isPart = source.eventTime != nil || (file.day.map(source.has) ?? true)
            return isPart && seen.insert(Array(file.file.path.utf8)).inserted
        }
        try check(files.count, source)
        return files.sorted(by: precedes)
    }

    static func precedes(_ a: InventoryFile, _ b: InventoryFile) -> Bool {
        if a.day != b.day { return (a.day?.daysSinceEpoch ?? .min) < (b.day?.daysSinceEpoch ?? .min) }
        return a.file.path.utf8.lexicographicallyPrecedes(b.file.path.utf8)
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

extension Source {
    /// Whether a day is one of it, as far as its start says.
    func has(_ day: Day) -> Bool { start.map { day >= $0 } ?? true }
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
