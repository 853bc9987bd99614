import DaymillColumns
import DaymillCore
import DaymillEngine

/// A day of a window: the segments that make it up.
struct WindowDay {
    /// nil: where files belong to no day.
    var day: Day?
    /// The segments whose merge it is: of files, or the day's own.
    var parts: [ContentID]
    /// Identity of its groups; nil when it has none.
    var digest: ContentID?
    /// Whether the only part is that of a file, of which only this day counts.
    var isFile: Bool
}

/// From the segments of files to those of days.
extension StepSession {
    private var hasDays: Bool { definition.scan.hasDays }

    /// Whether what files hold still has to be worked upon to be the groups of a day.
    private var mustFold: Bool { definition.scan.distinct != nil }

    /// For each day of a date's window the segments of files that hold rows of it; a content counts once per file.
    private func dayParts(_ date: Day, _ wanted: [Int]) -> [(day: Day?, ids: [ContentID])]? {
        let window = definition.days(date)
        var parts: [Day?: [ContentID]] = [:]
        for i in wanted {
            guard let content = inputs.files[i].content else { return nil }
            let id = definition.fileSegment(content)
            guard let record = segments[id] else { return nil }
            if hasDays {
                for part in record.days {
                    let day = Day(daysSinceEpoch: part.day)
                    if window?.contains(day) ?? true { parts[day, default: []].append(id) }
                }
            } else {
                parts[inputs.files[i].day, default: []].append(id)
            }
        }
        return parts.map { (day: $0, ids: $1.sorted(by: ContentID.precedes)) }
            .sorted { ($0.day?.daysSinceEpoch ?? .min) < ($1.day?.daysSinceEpoch ?? .min) }
    }

    /// The days of a window as far as their groups are known without reading or merging; nil when they are not.
    func knownDays(_ date: Day, _ wanted: [Int]) -> [WindowDay]? {
        guard let parts = dayParts(date, wanted), let merged = try? store?.catalog.segments(of: definition.dayState)
        else { return nil }
        var days: [WindowDay] = []
        for (day, ids) in parts {
            guard let known = knownDay(day, ids, merged) else { return nil }
            days.append(known)
        }
        return days
    }

    private func knownDay(_ day: Day?, _ ids: [ContentID], _ merged: [ContentID: SegmentRecord]) -> WindowDay? {
        if ids.count == 1 && !mustFold {
            let number = hasDays ? day!.daysSinceEpoch : 0
            return WindowDay(day: day, parts: ids, digest: segments[ids[0]]?.digest(of: number), isFile: true)
        }
        let id = definition.daySegment(day, ids)
        guard let record = merged[id] else { return nil }
        return WindowDay(day: day, parts: [id], digest: record.digest(of: 0), isFile: false)
    }

    /// The days of a window, those with several files merged.
    func windowDays(_ date: Day, _ wanted: [Int], _ store: Store) throws -> [WindowDay] {
        let merged = try store.catalog.segments(of: definition.dayState)
        return try dayParts(date, wanted)!.map { day, ids in
            if let known = knownDay(day, ids, merged), try known.isFile || store.hasSegment(known.parts[0]) {
                return known
            }
            return try mergeDay(day, ids, store)
        }
    }

    /// Merges the segments of a day's files, removes duplicates where the source says so, and stores what comes out.
    private func mergeDay(_ day: Day?, _ ids: [ContentID], _ store: Store) throws -> WindowDay {
        try timed("merge days") {
            let days = hasDays ? day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
            let inputs = try ids.map { SegmentMerge.Input(try reader($0, store), days: days) }
            let groups = try dayGroups(inputs)
            let records = ids.compactMap { segments[$0] }
            let rows = records.reduce(0) { $0 + $1.rows }, badRows = records.reduce(0) { $0 + $1.badRows }
            let id = definition.daySegment(day, ids)
            let written = try store.write(
                groups, id: id, rows: rows, badRows: badRows, dayPrefixed: false, threads: options.threads)
            try written.commit()
            outcome.segmentBytesWritten += written.bytes
            let files = ids.count == 1 ? "1 file" : "\(ids.count) files"
            let record = SegmentRecord(
                id: id, written, made: store.now, content: nil, parts: ids,
                about: day.map { "\($0), merged from \(files)" } ?? "\(files) merged", madeFor: definition.name)
            try store.note(segments: [record], state: definition.dayState)
            return WindowDay(day: day, parts: [id], digest: record.digest(of: 0), isFile: false)
        }
    }

    private func dayGroups(_ inputs: [SegmentMerge.Input]) throws -> ScanGroups {
        let plan = definition.scan
        let budget = mustFold ? budget.divided(by: 2) : budget
        let groups = ScanGroups(plan, memory: budget)
        try WindowMerge.merge(inputs, plan, into: groups, threads: options.threads)
        guard mustFold else { return groups }
        let counted = ScanGroups(plan.counting, memory: budget)
        try RowFold.fold(groups, of: plan, keysHaveDays: false, into: counted, threads: options.threads)
        return counted
    }

    /// Puts the days of a window together.
    func merge(_ days: [WindowDay], _ store: Store) throws -> WindowResult {
        let inputs = try days.flatMap { day in
            try day.parts.map { id in
                let range = day.isFile && hasDays ? day.day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
                return SegmentMerge.Input(try reader(id, store), days: range)
            }
        }
        return try timed("merge") {
            let plan = definition.scan.counting
            let groups = ScanGroups(plan, memory: budget)
            try WindowMerge.merge(inputs, plan, into: groups, threads: options.threads)
            return try WindowResult.make(groups, plan, threads: options.threads)
        }
    }

    func reader(_ id: ContentID, _ store: Store) throws -> SegmentReader {
        if let reader = opened[id] { return reader }
        guard let reader = try store.segment(id) else {
            throw DaymillError(
                .storeDamaged, "the segment \(store.path(ofSegment: id)) has vanished",
                hint: "run again: it is made anew")
        }
        return reader
    }
}

extension SegmentRecord {
    /// What is noted of a segment that was just written.
    init(
        id: ContentID, _ written: PendingSegment, made: Int64, content: ContentID?, parts: [ContentID], about: String,
        madeFor: String
    ) {
        let footer = written.footer
        self.init(
            id: id, bytes: written.bytes, groups: footer.records(0), rows: footer.rows, badRows: footer.badRows,
            made: made, content: content, parts: parts,
            days: footer.digests.map { DayPart(day: $0.day, digest: $0.digest) }, about: about, madeFor: madeFor)
    }
}
