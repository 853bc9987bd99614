package import DaymillColumns
package import DaymillConnect
import DaymillCore
package import DaymillEngine
import DaymillPipeline

/// A stored segment that is not what it should be, though its checksums fit.
package struct AuditFinding: Sendable, Codable, Equatable {
    /// The segment's id.
    package var segment: String
    /// What it was made of, for people: a file, or a day.
    package var about: String
    /// What is wrong: a sentence without a full stop.
    package var what: String
    /// Published outputs whose receipts name what the segment was made of, sorted.
    package var outputs: [String]
}

/// What auditing one thing came to.
package enum AuditVerdict: Sendable, Equatable {
    /// It is what it should be.
    case right
    /// It could not be compared: what it was made of has changed or gone.
    case skipped
    case wrong(AuditFinding)
}

/// Compares stored segments of a step with what they were made of.
package struct StoreAudit {
    private let definition: StepDefinition
    private let store: Store
    private let threads: Int
    private let memory: MemoryBudget

    /// - Parameter memory: what the whole program may take.
    package init(_ definition: StepDefinition, _ store: Store, threads: Int, memory: Int = MemoryBudget.usual()) {
        self.memory = MemoryBudget(total: memory, threads: threads, spillPath: store.spillPath)
        self.definition = definition
        self.store = store
        self.threads = threads
    }

    /// What there is to audit: the segments of the step's files that are as they were, and of its days.
    ///
    /// - Parameter files: the step's, those whose content is known.
    package func entries(_ files: [(file: LocalFile, content: ContentID)]) throws -> [AuditEntry] {
        let segments = try store.catalog.segments(of: definition.fileState)
        var entries: [ContentID: AuditEntry] = [:]
        for (file, content) in files {
            guard let record = segments[definition.fileSegment(content)] else { continue }
            entries[record.id] = AuditEntry(id: record.id, bytes: record.bytes, origin: .file(file))
        }
        for record in try store.catalog.segments(of: definition.dayState).values where !record.parts.isEmpty {
            let parts = record.parts.compactMap { segments[$0] }
            guard parts.count == record.parts.count else { continue }
            let origin = AuditEntry.Origin.day(
                day(of: record), parts: record.parts, bytes: parts.reduce(0) { $0 + $1.bytes },
                isFolded: definition.scan.distinct != nil)
            entries[record.id] = AuditEntry(id: record.id, bytes: record.bytes, origin: origin)
        }
        return Array(entries.values)
    }

    /// A day's segment does not hold its day; what was noted of it for people begins with it.
    private func day(of record: SegmentRecord) -> Day? { Day(String(record.about.prefix(10))) }

    /// Audits one thing. What is wrong is dropped from the store, so that the next run makes it anew.
    ///
    /// - Throws: `.io`; what scanning throws.
    package func audit(_ task: AuditTask) throws -> AuditVerdict {
        do {
            guard let wrong = try compare(task) else { return .right }
            return .wrong(try drop(task, wrong))
        } catch is Skipped {
            return .skipped
        } catch let error as DaymillError where error.code == .storeDamaged {
            return .wrong(try drop(task, error.message))
        }
    }

    /// What is wrong; nil when nothing is.
    private func compare(_ task: AuditTask) throws -> String? {
        switch (task, task.entry.origin) {
        case (_, .file(let file)): try compare(task.entry, with: file)
        case (.slice(_, let shard), .day(let day, let parts, _, let isFolded)):
            try isFolded ? compareFolded(task.entry, day, parts) : compare(task.entry, day, parts, shard)
        case (.file, .day): throw Skipped()
        }
    }

    /// What it was made of is not there any more.
    private struct Skipped: Error {}

    private func stored(_ id: ContentID) throws -> SegmentReader {
        guard let reader = try store.segment(id) else { throw Skipped() }
        return reader
    }

    // MARK: Files

    private func compare(_ entry: AuditEntry, with file: LocalFile) throws -> String? {
        let reader = try stored(entry.id)
        let plan = definition.scan
        let groups = ScanGroups(plan, memory: memory)
        let scanned: ScannedFile
        do {
            let options = ScanOptions(threads: threads)
            scanned = try Scan.run([file], plan, into: groups, hashing: true, options: options)[0]
        } catch let error as DaymillError where error.code == .inputDamaged || error.code == .io { throw Skipped() }
        guard definition.fileSegment(scanned.contentID!) == entry.id else { throw Skipped() }
        // Never committed: it goes when the last reference does.
        let pending = try store.write(
            groups, id: entry.id, rows: scanned.rows, badRows: scanned.badRows, dayPrefixed: plan.hasDays,
            threads: threads)
        return try withExtendedLifetime(pending) {
            try StoreAudit.isSame(try pending.reader().path, reader.path)
                ? nil : "it is not what \(file.path) gives when it is read again"
        }
    }

    private static func isSame(_ a: String, _ b: String) throws -> Bool {
        let (x, y) = (try FileDoor.open(a), try FileDoor.open(b))
        guard x.size == y.size else { return false }
        let (left, right) = (ByteBuffer(capacity: piece), ByteBuffer(capacity: piece))
        for offset in stride(from: 0, to: x.size, by: piece) {
            let n = try x.read(into: left, at: 0, offset: offset, count: piece)
            guard try y.read(into: right, at: 0, offset: offset, count: piece) == n,
                left.bytes(0..<n) == right.bytes(0..<n)
            else { return false }
        }
        return true
    }

    private static let piece = 256 << 10

    // MARK: Days

    /// Merges a shard of the parts as a stream, beside the shard as it is stored.
    private func compare(_ entry: AuditEntry, _ day: Day?, _ parts: [ContentID], _ shard: Int?) throws -> String? {
        let whole = try stored(entry.id), layouts = definition.scan.counting.layouts
        guard whole.footer.layouts == layouts else { return "it holds other partials than the step's" }
        let days = definition.scan.hasDays ? day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
        if definition.scan.hasDays && days == nil { throw Skipped() }
        let inputs = try parts.map { SegmentMerge.Input(try stored($0), days: days) }
        let hashes = shard.map(SegmentMergeCursor.hashes) ?? 0 ... .max
        for (section, layout) in layouts.enumerated() {
            let made = try SegmentMergeCursor(SegmentSpan.all(of: inputs, section: section), layout, hashes: hashes)
            let kept = try SegmentMergeCursor(
                SegmentSpan.all(of: [.init(whole, days: nil)], section: section), layout, hashes: hashes)
            guard try StoreAudit.areEqual(made, kept, layout) else { return StoreAudit.otherThan(parts) }
        }
        return nil
    }

    /// Whether two streams hold the same groups with the same partials. Equal groups come in equal batches.
    private static func areEqual(
        _ a: SegmentMergeCursor, _ b: SegmentMergeCursor, _ layout: StateLayout
    ) throws -> Bool {
        let (left, right) = (MergedGroups(layout), MergedGroups(layout))
        let (x, y) = (EncodedGroups(layout), EncodedGroups(layout))
        while true {
            let (hasLeft, hasRight) = (try a.next(into: left), try b.next(into: right))
            guard hasLeft == hasRight else { return false }
            if !hasLeft { return true }
            x.removeAll()
            y.removeAll()
            x.append(left)
            y.append(right)
            guard x.hasSameBytes(as: y) else { return false }
        }
    }

    /// Where duplicates were removed the whole day is made again.
    private func compareFolded(_ entry: AuditEntry, _ day: Day?, _ parts: [ContentID]) throws -> String? {
        let whole = try stored(entry.id)
        let plan = definition.scan
        let days = plan.hasDays ? day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
        if plan.hasDays && days == nil { throw Skipped() }
        let rows = ScanGroups(plan, memory: memory.divided(by: 2))
        let groups = ScanGroups(plan.counting, memory: memory.divided(by: 2))
        let inputs = try parts.map { SegmentMerge.Input(try stored($0), days: days) }
        try WindowMerge.merge(inputs, plan, into: rows, threads: threads)
        try RowFold.fold(rows, of: plan, keysHaveDays: false, into: groups, threads: threads)
        let pending = try store.write(
            groups, id: entry.id, rows: whole.footer.rows, badRows: whole.footer.badRows, dayPrefixed: false,
            threads: threads)
        return try withExtendedLifetime(pending) {
            try StoreAudit.isSame(try pending.reader().path, whole.path)
                ? nil : StoreAudit.otherThan(parts)
        }
    }

    private static func otherThan(_ parts: [ContentID]) -> String {
        "it is not what its \(parts.count == 1 ? "part gives" : "\(parts.count) parts give") when merged again"
    }

    // MARK: What is wrong

    private func drop(_ task: AuditTask, _ what: String) throws -> AuditFinding {
        let entry = task.entry
        try dropWindows()
        switch entry.origin {
        case .file(let file):
            let days = try daysMade(of: entry.id)
            let finding = try finding(entry, file.path, what, contents: [try content(of: entry.id)])
            try store.dropSegments([entry.id], state: definition.fileState)
            try store.dropSegments(days, state: definition.dayState)
            return finding
        case .day(let day, let parts, _, _):
            let finding = try finding(entry, day?.description ?? "all files", what, contents: parts.map(content))
            try store.dropSegments([entry.id], state: definition.dayState)
            return finding
        }
    }

    /// Windows and spans may have been merged from it. They are named by the groups that it should hold, so nothing else
    /// would tell.
    private func dropWindows() throws {
        for state in [definition.windowState, definition.tierState] {
            try store.dropSegments(Array(try store.catalog.segments(of: state).keys), state: state)
        }
    }

    /// Drops the windows that the step has kept, of which one is wrong, and makes the outputs stale that may come of them.
    ///
    /// - Parameter contents: of the files of the window's days.
    package func dropWindows(_ wrong: ContentID, _ about: String, contents: [String]) throws -> AuditFinding {
        let entry = AuditEntry(id: wrong, bytes: 0, origin: .day(nil, parts: [], bytes: 0, isFolded: false))
        let own = try store.catalog.segments(of: definition.windowState).keys
        let finding = try finding(
            entry, about, "it is not what its days give when they are merged again", contents: contents)
        try store.dropSegments(own, state: definition.windowState)
        return finding
    }

    /// The segments of days that were merged from a wrong one are wrong too.
    private func daysMade(of id: ContentID) throws -> [ContentID] {
        try store.catalog.segments(of: definition.dayState).values.filter { $0.parts.contains(id) }.map(\.id)
    }

    private func content(of segment: ContentID) throws -> String? {
        try store.catalog.segments(of: definition.fileState)[segment]?.content?.text
    }

    /// Names the outputs, of any step, that may come of what was wrong, and makes them stale: those whose receipts have one
    /// of these contents, and those rolled forward, since what a window had of a day before its own may still be in it.
    private func finding(
        _ entry: AuditEntry, _ about: String, _ what: String, contents: [String?]
    ) throws -> AuditFinding {
        let contents = Set(contents.compactMap { $0 })
        let outputs = try store.catalog.publishers().flatMap { try spoil($0.pipeline, $0.step, contents) }
        return AuditFinding(segment: entry.id.text, about: about, what: what, outputs: Set(outputs).sorted())
    }

    private func spoil(_ pipeline: String, _ step: String, _ contents: Set<String>) throws -> [String] {
        let doubtful = try store.catalog.outputs(of: pipeline, step).values.filter { record in
            guard let receipt = try store.receipt(pipeline, step, record.key) else { return true }
            guard receipt.state == nil || receipt.state == definition.fileState.text else { return false }
            // Records of before do not say how their windows were put together.
            return record.turn == 0 || record.window == WindowOperator.rollForward.rawValue
                || receipt.inputs.contains { contents.contains($0.content) }
        }
        let nothing = ContentID(high: 0, low: 0)
        let spoilt = doubtful.map { record in
            var record = record
            (record.inputs, record.groups, record.verified, record.verifiedBy) = (nothing, nothing, nil, "")
            return record
        }
        try store.note(outputs: spoilt, pipeline, step)
        return spoilt.map(\.key.output)
    }
}
