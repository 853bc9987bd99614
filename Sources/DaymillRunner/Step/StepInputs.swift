package import DaymillColumns
import DaymillConnect
package import DaymillCore
package import DaymillEngine
import DaymillPipeline

/// The files that a step may read, with what is known of them, by day.
package struct StepInputs: Sendable {
    /// By day and path.
    package private(set) var files: [StepPlan.File]
    /// Files that were seen before and are gone.
    package private(set) var deleted: [(path: String, day: Day?)]
    /// Whether rows carry their day, so that each file can belong to any date.
    package let hasEventTime: Bool
    private var byDay: [Day: Range<Int>] = [:]
    /// Changes with every change of what is known.
    private(set) var version = 0

    /// The files that a step's source has for some days, whether or not there should be more.
    ///
    /// - Parameter days: nil for all. With an event time all files count.
    /// - Throws: `.io`, `.limit`.
    package static func list(_ definition: StepDefinition, days: ClosedRange<Day>?) throws -> [InventoryFile] {
        var source = definition.source
        source.missing = .empty
        return try Inventory.files(of: source, days: days, project: definition.project)
    }

    /// The same, once these files have held still for as long as the source wants.
    ///
    /// - Throws: also `.inputDamaged`, retryable, when they do not.
    static func listSettled(
        _ definition: StepDefinition, days: ClosedRange<Day>?, _ options: RunOptions
    ) throws -> [InventoryFile] {
        guard let policy = definition.source.settle else { return try list(definition, days: days) }
        var listing = SettledListing(policy, definition.source, options)
        return try listing.files { try list(definition, days: days) }
    }

    /// - Parameters:
    ///   - found: the files; see `list`.
    ///   - days: those that were listed.
    ///   - catalog: nil: nothing is stored.
    /// - Throws: `.io`.
    package init(
        _ definition: StepDefinition, _ found: [InventoryFile], days: ClosedRange<Day>?, catalog: Catalog?
    ) throws {
        let source = definition.source
        hasEventTime = source.eventTime != nil
        let known = try catalog?.fileRecords() ?? [:]
        let segments = try catalog?.segments(of: definition.fileState) ?? [:]
        let contents = Known(known, segments)
        files = found.map { contents.file($0, definition, isStored: catalog != nil) }
        deleted = StepInputs.deleted(source, days, known, found)
        for i in files.indices {
            guard let day = files[i].day else { continue }
            byDay[day] = (byDay[day]?.lowerBound ?? i)..<(i + 1)
        }
    }

    /// Positions of the files that an output over these days depends on.
    package func positions(_ days: ClosedRange<Day>?) -> [Int] {
        guard let days, !hasEventTime else { return Array(files.indices) }
        if days.count > byDay.count {
            return byDay.filter { days.contains($0.key) }.values.flatMap { Array($0) }.sorted()
        }
        return days.flatMap { byDay[$0].map { Array($0) } ?? [] }
    }

    /// Whether some file belongs to a day.
    package func hasFiles(_ day: Day) -> Bool { byDay[day] != nil }

    /// The first and the last day that has files.
    package var span: ClosedRange<Day>? {
        guard let first = byDay.keys.min(), let last = byDay.keys.max() else { return nil }
        return first...last
    }

    package mutating func set(_ i: Int, content: ContentID, action: StepPlan.Action, change: FileChange.Kind?) {
        files[i].content = content
        files[i].action = action
        files[i].change = change
        version += 1
    }

    /// What outputs are made of: a file's content; where a step is split, that which was taken in last, if any was. A file
    /// that was taken in for another definition has to be read again.
    package func content(_ i: Int, _ definition: StepDefinition, _ segments: [ContentID: SegmentRecord]) -> ContentID? {
        guard definition.step.split == .day else { return files[i].content }
        let known = [files[i].content, files[i].lastContent].compactMap { $0 }
        return known.first { segments[definition.fileSegment($0)] != nil }
            ?? (files[i].lastContent == nil ? nil : known[0])
    }

    /// Files on record that this source would read, and that are not there.
    private static func deleted(
        _ source: Source, _ days: ClosedRange<Day>?, _ known: [PathBytes: FileRecord], _ found: [InventoryFile]
    ) -> [(path: String, day: Day?)] {
        let present = Set(found.map { PathBytes($0.file.path) })
        let gone = known.filter { !$0.value.isGone && !present.contains($0.key) }
        return gone.keys.compactMap { key -> (path: String, day: Day?)? in
            for template in source.files {
                if !template.hasDate {
                    if template.matches(key.path, for: nil) { return (key.path, nil) }
                } else if let day = Inventory.day(of: key.path, template, source) {
                    let counts = source.eventTime != nil || (days.map { $0.contains(day) } ?? true)
                    if counts, source.start.map({ day >= $0 }) ?? true { return (key.path, day) }
                }
            }
            return nil
        }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// What the catalog tells about files.
    private struct Known {
        let files: [PathBytes: FileRecord]
        let segments: [ContentID: SegmentRecord]
        /// Sizes of known files: a new file of such a size may be an old one under another name.
        let sizes: Set<Int>

        init(_ files: [PathBytes: FileRecord], _ segments: [ContentID: SegmentRecord]) {
            self.files = files
            self.segments = segments
            sizes = Set(files.values.lazy.map(\.stamp.size))
        }

        func file(_ item: InventoryFile, _ definition: StepDefinition, isStored: Bool) -> StepPlan.File {
            var file = StepPlan.File(file: item.file, day: item.day, action: .scan(.noStore))
            guard isStored else { return file }
            let record = files[PathBytes(item.file.path)]
            file.lastContent = record?.content
            if let record, !record.isGone, record.stamp == item.file.stamp,
                item.file.stamp.isSettled(at: record.seen * 1000)
            {
                file.content = record.content
                let isKept = segments[definition.fileSegment(record.content)] != nil
                file.action = isKept ? .reuse : .scan(.definition)
            } else if record != nil || sizes.contains(item.file.stamp.size) {
                file.action = .identify
            } else {
                file.action = .scan(.new)
                file.change = .new
            }
            return file
        }
    }
}
