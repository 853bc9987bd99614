import DaymillConnect
import DaymillCore
import DaymillPipeline

/// Sources with a path for each hour. Their hours are those of the source's clock, and days those of the pipeline's, so
/// a day has the hours that lie in it: 24, or 23 and 25 when clocks change.
extension Inventory {
    /// The files for some days, by day and path.
    ///
    /// A file of an hour that no clock showed belongs where `ClockShift.firstDay(of:)` says, so that nothing is left out
    /// unnoticed.
    static func hourlyFiles(
        of source: Source, days: ClosedRange<Day>, project: Project
    ) throws -> [InventoryFile] {
        let clocks = clocks(source)
        // No clock is more than two dates from another; also files of a date that clocks skipped are found.
        let pathDays = days.lowerBound.adding(days: -2)...days.upperBound.adding(days: 2)
        return try list(source, pathDays, project).compactMap { item in
            let day = clocks.firstDay(of: item.hour), all = clocks.days(of: item.hour)
            guard source.has(day), days.contains(day) || all.contains(where: days.contains) else { return nil }
            guard all.count <= 1 else { throw DaymillError.hourOfTwoDays(item.hour, source) }
            return InventoryFile(file: item.file, day: day)
        }.sorted(by: precedes)
    }

    /// The hours of some days that none of the paths is of, in their order.
    static func missingHours(_ source: Source, _ days: ClosedRange<Day>, paths: [String]) -> [PathHour] {
        let clocks = clocks(source), known = hours(of: paths, source)
        return days.filter { source.has($0) }.flatMap { clocks.hours(of: $0) }.filter { !known.contains($0) }
    }

    /// Tells of which days some hour has no path.
    static func lacksHours(_ source: Source, paths: [String]) -> (Day) -> Bool {
        let clocks = clocks(source), known = hours(of: paths, source)
        return { day in source.has(day) && clocks.hours(of: day).contains { !known.contains($0) } }
    }

    private static func hours(of paths: [String], _ source: Source) -> Set<PathHour> {
        Set(paths.flatMap { path in source.files.compactMap { $0.hour(of: path) } })
    }

    private static func clocks(_ source: Source) -> ClockShift {
        guard let clocks = source.clocks else { preconditionFailure("a source with hours has clocks") }
        return clocks
    }

    private typealias HourFile = (file: LocalFile, hour: PathHour)

    private static func list(_ source: Source, _ days: ClosedRange<Day>, _ project: Project) throws -> [HourFile] {
        var seen: Set<[UInt8]> = []  // by bytes: names that only look the same are different files
        return try source.files.flatMap { template in
            try list(template, days, source, project).compactMap { file in
                template.hour(of: file.path).map { (file, $0) }
            }
        }.filter { days.contains($0.hour.day) && seen.insert(Array($0.file.path.utf8)).inserted }
    }

    /// Folder by folder where each day has one of its own; else all at once, since the same folder would be listed for
    /// every day.
    private static func list(
        _ template: PathTemplate, _ days: ClosedRange<Day>, _ source: Source, _ project: Project
    ) throws -> [LocalFile] {
        let compression = FileCompression(source.compression)
        guard template.folder(for: days.lowerBound) != template.folder(for: nil) else {
            return try LocalFiles.listAll(
                template, from: days.lowerBound, root: project.root, compression: compression
            ).map(\.file)
        }
        return try days.flatMap {
            try LocalFiles.list(template, for: $0, root: project.root, compression: compression)
        }
    }
}
