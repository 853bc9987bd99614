package import DaymillColumns
package import DaymillCore
import DaymillEngine
import DaymillPipeline

/// A day of a window: the segments that make it up.
package struct WindowDay: Sendable {
    /// nil: where files belong to no day.
    package var day: Day?
    /// The segments whose merge it is: of files, or the day's own.
    package var parts: [ContentID]
    /// Identity of its groups; nil when it has none.
    package var digest: ContentID?
    /// Whether the only part is that of a file, of which only this day counts.
    package var isFile: Bool
}

/// What is known of each day of a step without reading or merging, so that any number of windows can be looked at.
struct DayTable {
    /// One day.
    struct Row {
        /// nil: where files belong to no day.
        var day: Day?
        /// Identity of the contents of its files; nil while one is not known. Not where rows carry their day.
        var contents: ContentID?
        /// The segments of files that hold rows of it.
        var files: [ContentID]
        /// nil: its files still have to be read or merged.
        var known: WindowDay?
    }

    /// By day.
    private(set) var rows: [Row]
    /// Identity of the contents of all files, where rows carry their day; nil while one is not known.
    private(set) var allContents: ContentID?
    /// Whether all files have been read; where rows carry their day nothing is known before.
    private(set) var isComplete = true
    private let hasEventTime: Bool
    /// The inputs that it was made of.
    let version: Int

    init(
        _ inputs: StepInputs, _ definition: StepDefinition, _ segments: [ContentID: SegmentRecord],
        _ merged: [ContentID: SegmentRecord]
    ) {
        version = inputs.version
        hasEventTime = inputs.hasEventTime
        rows = []
        if hasEventTime {
            fillByEventTime(inputs, definition, segments)
        } else {
            fillByPath(inputs, definition, segments)
        }
        for i in rows.indices where isComplete { rows[i].known = DayTable.known(rows[i], definition, segments, merged) }
    }

    private mutating func fillByPath(
        _ inputs: StepInputs, _ definition: StepDefinition, _ segments: [ContentID: SegmentRecord]
    ) {
        var start = 0
        while start < inputs.files.count {
            let day = inputs.files[start].day
            var end = start
            while end < inputs.files.count && inputs.files[end].day == day { end += 1 }
            let contents = inputs.files[start..<end].map(\.content)
            var row = Row(day: day, contents: DayTable.identity(contents), files: [], known: nil)
            if row.contents != nil { row.files = contents.map { definition.fileSegment($0!) } }
            row.files.sort(by: ContentID.precedes)
            rows.append(row)
            start = end
        }
        rows.sort { ($0.day?.daysSinceEpoch ?? .min) < ($1.day?.daysSinceEpoch ?? .min) }
    }

    private mutating func fillByEventTime(
        _ inputs: StepInputs, _ definition: StepDefinition, _ segments: [ContentID: SegmentRecord]
    ) {
        var contents = inputs.files.indices.map { inputs.content($0, definition, segments) }
        // Files that no run has taken in count for nothing.
        if definition.step.split == .day { contents.removeAll { $0 == nil } }
        allContents = DayTable.identity(contents)
        var files: [Int32: [ContentID]] = [:]
        for content in contents {
            guard let content, let record = segments[definition.fileSegment(content)] else {
                isComplete = false
                continue
            }
            for part in record.days { files[part.day, default: []].append(record.id) }
        }
        rows = files.sorted { $0.key < $1.key }.map { day, ids in
            Row(
                day: Day(daysSinceEpoch: day), contents: nil, files: ids.sorted(by: ContentID.precedes), known: nil)
        }
    }

    private static func identity(_ contents: [ContentID?]) -> ContentID? {
        guard contents.allSatisfy({ $0 != nil }) else { return nil }
        return ContentID.of(
            words: contents.map { $0! }.sorted(by: ContentID.precedes).flatMap { [$0.high, $0.low] })
    }

    private static func known(
        _ row: Row, _ definition: StepDefinition, _ segments: [ContentID: SegmentRecord],
        _ merged: [ContentID: SegmentRecord]
    ) -> WindowDay? {
        guard !row.files.isEmpty else { return nil }
        for id in row.files where segments[id] == nil { return nil }
        if row.files.count == 1 && definition.scan.distinct == nil {
            let number = definition.scan.hasDays ? row.day!.daysSinceEpoch : 0
            return WindowDay(
                day: row.day, parts: row.files, digest: segments[row.files[0]]!.digest(of: number), isFile: true)
        }
        let id = definition.daySegment(row.day, row.files)
        guard let record = merged[id] else { return nil }
        return WindowDay(day: row.day, parts: [id], digest: record.digest(of: 0), isFile: false)
    }

    /// Positions of the rows of a window; nil for everything.
    func range(_ days: ClosedRange<Day>?) -> Range<Int> {
        guard let days else { return rows.indices }
        let start = first { $0 >= days.lowerBound }, end = first { $0 > days.upperBound }
        return start..<max(start, end)
    }

    private func first(where test: (Day) -> Bool) -> Int {
        var low = 0, high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].day.map(test) ?? false { high = middle } else { low = middle + 1 }
        }
        return low
    }

    mutating func set(_ i: Int, _ known: WindowDay) { rows[i].known = known }

    // MARK: Identities of outputs

    /// Identity of an output made from what the files of these days hold; nil while a content is not known.
    func inputsID(_ definition: ContentID, _ days: ClosedRange<Day>?) -> ContentID? {
        var words = [definition.high, definition.low]
        if hasEventTime {
            guard let allContents else { return nil }
            words += [allContents.high, allContents.low]
            return ContentID.of(words: words)
        }
        let range = range(days)
        words.reserveCapacity(2 + 3 * range.count)
        for row in rows[range] {
            guard let contents = row.contents else { return nil }
            words.append(row.day?.word ?? .max)
            words.append(contents.high)
            words.append(contents.low)
        }
        return ContentID.of(words: words)
    }

    /// Identity of an output made from the groups of these days; nil while some are not known.
    func groupsID(_ definition: ContentID, _ days: ClosedRange<Day>?) -> ContentID? {
        guard isComplete else { return nil }
        let range = range(days)
        var words = [definition.high, definition.low]
        words.reserveCapacity(2 + 3 * range.count)
        for row in rows[range] {
            guard let known = row.known else { return nil }
            guard let digest = known.digest else { continue }
            words.append(row.day?.word ?? .max)
            words.append(digest.high)
            words.append(digest.low)
        }
        return ContentID.of(words: words)
    }
}
