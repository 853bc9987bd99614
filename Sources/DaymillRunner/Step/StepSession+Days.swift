import DaymillColumns
import DaymillCore
import DaymillEngine

/// From the segments of files to those of days.
extension StepSession {
    private var hasDays: Bool { definition.scan.hasDays }

    /// Whether what files hold still has to be worked upon to be the groups of a day.
    private var mustFold: Bool { definition.scan.distinct != nil }

    /// The days of a window, all of whose files have been read; those with several files are merged now.
    func windowDays(_ date: Day, _ store: Store) throws -> [WindowDay] {
        let table = days
        return try table.range(definition.days(date)).map { i in
            let row = table.rows[i]
            if let known = row.known, try known.isFile || store.hasSegment(known.parts[0]) { return known }
            let made = try mergeDay(row.day, row.files, store)
            dayTable?.set(i, made)
            return made
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
