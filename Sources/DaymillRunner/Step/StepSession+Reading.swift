import DaymillColumns
import DaymillConnect
import DaymillCore
package import DaymillEngine
import DaymillPipeline
import Foundation
import Synchronization

/// From files to stored segments.
extension StepSession {
    /// Finds out what the files hold that may be known under another name or time: a hash, no parsing.
    func identify(_ wanted: [Int], _ store: Store) throws {
        let unknown = wanted.filter { inputs.files[$0].action == .identify }
        guard !unknown.isEmpty else { return }
        try timed("identify") {
            let files = unknown.map { inputs.files[$0].file }, threads = options.threads
            let contents = try Workers.map(unknown.count, min(threads, unknown.count)) { i in
                try files[i].contentID(threads: max(1, threads / files.count))
            }
            try remember(Array(zip(unknown, contents)), store)
        }
    }

    /// What has another content than before is noted only when it has been read.
    private func remember(_ found: [(i: Int, content: ContentID)], _ store: Store) throws {
        let known = try store.catalog.fileRecords()
        let contents = Set(known.values.lazy.map(\.content))
        let now = store.now
        var same: [FileRecord] = []
        for (i, content) in found {
            let file = inputs.files[i].file
            let record = known[PathBytes(file.path)]
            let isKept = segments[definition.fileSegment(content)] != nil
            let change = FileChange.Kind(
                from: record, to: file.stamp.size, content, isKnown: contents.contains(content))
            let reason: StepPlan.Reason = record == nil ? .new : change == .redelivered ? .definition : .changed
            // A stamp that was too fresh to be trusted is no delivery.
            let isTheSame = record?.stamp == file.stamp && record?.content == content && record?.isGone == false
            inputs.set(i, content: content, action: isKept ? .reuse : .scan(reason), change: isTheSame ? nil : change)
            if isKept || change == .redelivered {
                same.append(FileRecord(path: file.path, stamp: file.stamp, content: content, seen: now))
            }
        }
        try store.note(files: same)
    }

    /// Makes the segments that are not there: large files one after another with all threads, small ones side by side.
    package func readNew(_ positions: [Int], _ store: Store) throws {
        let wanted = try positions.filter { try !isKept($0, store) || lacksQuarantine($0) }
        noteReuse(positions, except: Set(wanted))
        guard !wanted.isEmpty else { return }
        let bytes = wanted.reduce(0) { $0 + inputs.files[$1].file.stamp.size }
        options.report(.reading(step: definition.step.name, bytes: bytes, files: wanted.count))
        try timed("read") {
            let large = wanted.filter { inputs.files[$0].file.stamp.size >= options.largeFileBytes }
            let small = wanted.filter { inputs.files[$0].file.stamp.size < options.largeFileBytes }
            for i in large {
                let read = try read(i, store, threads: options.threads)
                if i == wanted.last, isAloneInItsDay(i) {
                    try finishLater(read, store)
                } else {
                    try read.commit()
                    try finish([read], store)
                }
            }
            for batch in small.chunks(of: 256) { try readSmall(Array(batch), store) }
        }
    }

    /// A segment counts as kept when the catalog knows it: one that a killed run left unnoted is made again, with the
    /// same bytes under the same name.
    private func isKept(_ i: Int, _ store: Store) throws -> Bool {
        guard let content = inputs.files[i].content else { return false }
        let id = definition.fileSegment(content)
        return try segments[id] != nil && store.hasSegment(id)
    }

    /// Whether a file's bad rows are to be kept aside and are not: it was read under another policy.
    private func lacksQuarantine(_ i: Int) throws -> Bool {
        guard definition.source.onBadRow == .quarantine, let content = inputs.files[i].content,
            segments[definition.fileSegment(content)]?.badRows ?? 0 > 0
        else { return false }
        return try FileDoor.stamp(of: definition.project.path(quarantinePath(inputs.files[i]))) == nil
    }

    /// Whether the partials of a file are all there is of its day.
    private func isAloneInItsDay(_ i: Int) -> Bool {
        guard !definition.scan.hasDays, definition.scan.distinct == nil else { return false }
        let day = inputs.files[i].day
        return !inputs.files.indices.contains { $0 != i && inputs.files[$0].day == day }
    }

    /// Lets another thread wait for the disk while the window is merged. The segment is opened first, since it is about
    /// to change its name.
    private func finishLater(_ read: ReadFile, _ store: Store) throws {
        try noteRead(read)
        opened[read.record.id] = try read.pending.reader()
        let entry = [(inputs.files[read.index].file, read)]
        let state = definition.fileState
        pending = BackgroundWork {
            try read.commit()
            try StepSession.record(entry, store, state)
        }
    }

    private struct ReadFile: Sendable {
        var index: Int
        var pending: PendingSegment
        var scanned: ScannedFile
        var record: SegmentRecord
        var companions: [CompanionSegment]

        /// Waits until its segments are on the disk, and gives them their names.
        func commit() throws {
            for companion in companions { try companion.pending.commit() }
            try pending.commit()
        }
    }

    private func readSmall(_ batch: [Int], _ store: Store) throws {
        let run = SendableSession(self)
        let read = try Workers.map(batch.count, options.threads) { i in
            let read = try run.session.read(batch[i], store, threads: 1)
            try read.commit()
            return read
        }
        try finish(read, store)
    }

    /// Reads one file into a segment. Touches nothing of `self` that changes.
    private func read(_ i: Int, _ store: Store, threads: Int) throws -> ReadFile {
        let plan = definition.scan
        let file = inputs.files[i]
        let members = companions.members.filter { $0.wants(file) }
        let share = budget.divided(by: options.threads / threads * (members.count + 1))
        let targets = ([plan] + members.map(\.definition.scan)).map { ScanTarget($0, ScanGroups($0, memory: share)) }
        let found = try Scan.run([file.file], targets, hashing: true, options: scanOptions(threads: threads))
        let scanned = found[0]![0]
        let groups = targets[0].groups
        let content = scanned.contentID!
        let id = definition.fileSegment(content)
        let written = try store.write(
            groups, id: id, rows: scanned.rows, badRows: scanned.badRows, dayPrefixed: plan.hasDays,
            threads: threads)
        let record = SegmentRecord(
            id: id, written, made: store.now, content: content, parts: [], about: file.path, madeFor: definition.name)
        let others = try writeCompanions(
            members, Array(targets.dropFirst()), Array(found.dropFirst()), file, store, threads: threads)
        return ReadFile(index: i, pending: written, scanned: scanned, record: record, companions: others)
    }

    /// Notes finished files in the outcome and the catalog. The catalog comes last: what it knows is not read again, so
    /// the bad rows must be in quarantine by then.
    private func finish(_ read: [ReadFile], _ store: Store) throws {
        for item in read { try noteRead(item) }
        try StepSession.record(read.map { (inputs.files[$0.index].file, $0) }, store, definition.fileState)
    }

    /// Segments before files: a file on record promises that nothing of it is unread only together with its segment.
    private static func record(_ read: [(LocalFile, ReadFile)], _ store: Store, _ state: ContentID) throws {
        let now = store.now
        for companion in read.flatMap(\.1.companions) {
            try store.note(segments: [companion.record], state: companion.state)
        }
        try store.note(segments: read.map(\.1.record), state: state)
        try store.note(
            files: read.map { file, item in
                FileRecord(path: file.path, stamp: file.stamp, content: item.record.content!, seen: now)
            })
    }

    private func noteRead(_ item: ReadFile) throws {
        let file = inputs.files[item.index]
        var change = file.change
        if change == nil, case .scan(.changed) = file.action { change = .changed }
        inputs.set(item.index, content: item.record.content!, action: .reuse, change: change)
        segments[item.record.id] = item.record
        read.insert(item.index)
        readBadRows += item.scanned.badRows
        outcome.segmentBytesWritten += item.record.bytes
        note([item.scanned])
        try quarantine(item.scanned, inputs.files[item.index])
    }

    func note(_ scanned: [ScannedFile]) {
        for file in scanned {
            outcome.filesRead += 1
            outcome.bytesRead += file.bytes
            outcome.rowsRead += file.rows
            outcome.badRows += file.badRows
        }
    }

    /// Notes what did not have to be read.
    func noteReuse(_ positions: [Int], except wanted: Set<Int>) {
        for i in positions where !wanted.contains(i) && !read.contains(i) {
            outcome.filesReused += 1
            outcome.bytesReused += inputs.files[i].file.stamp.size
            guard let content = inputs.files[i].content, let kept = segments[definition.fileSegment(content)] else {
                continue
            }
            outcome.rowsReused += kept.rows
            outcome.badRows += kept.badRows
        }
    }

    /// What was reused is noted anew, since a part of it turned out to be wrong.
    func forgetReuse() {
        (outcome.filesReused, outcome.bytesReused, outcome.rowsReused) = (0, 0, 0)
        outcome.badRows = readBadRows
    }

    // MARK: Changes, for people

    /// Notes what happened to files since they were last seen; once each.
    func noteChanges(_ positions: [Int]) {
        for i in positions {
            guard let kind = inputs.files[i].change, let content = inputs.files[i].content else { continue }
            let file = inputs.files[i]
            outcome.changes.append(FileChange(path: file.path, kind: kind, day: file.day?.description))
            inputs.set(i, content: content, action: file.action, change: nil)
        }
    }

    /// Notes files that are gone, now that the output no longer has their rows.
    func noteDeleted(_ date: Day, _ store: Store) throws {
        let gone = deleted(date)
        let known = try store.catalog.fileRecords()
        let news = gone.compactMap { known[PathBytes($0.path)] }.filter { !$0.isGone }
        let days = Dictionary(gone.map { (PathBytes($0.path), $0.day) }) { first, _ in first }
        outcome.changes += news.map {
            FileChange(path: $0.path, kind: .deleted, day: days[PathBytes($0.path)]??.description)
        }
        try store.note(
            files: news.map { record in
                var record = record
                record.isGone = true
                return record
            })
    }

    /// Throws away the segments of these files and their days that fail their check, so that they are made anew.
    func dropDamaged(_ wanted: [Int], _ store: Store, _ error: DaymillError) throws {
        let own = wanted.compactMap { inputs.content($0, definition, segments).map(definition.fileSegment) }
        let damaged = try Set(own).filter { try segments[$0] != nil && !isWhole($0, definition.scan, store) }
        let merged = try store.catalog.segments(of: definition.dayState).filter { !$0.value.parts.isEmpty }.keys
        let damagedDays = try merged.filter { try !isWhole($0, definition.scan.counting, store) }
        // Else another run has mended it meanwhile.
        guard !damaged.isEmpty || !damagedDays.isEmpty else { return }
        options.report(.remark("\(error.message); it is made anew"))
        try store.dropSegments(damaged, state: definition.fileState)
        try store.dropSegments(damagedDays, state: definition.dayState)
        for id in damaged { segments[id] = nil }
        for i in wanted {
            guard let content = inputs.files[i].content, damaged.contains(definition.fileSegment(content)) else {
                continue
            }
            inputs.set(i, content: content, action: .scan(.definition), change: inputs.files[i].change)
        }
        outcome.rebuilt += damaged.count + damagedDays.count
        forgetReuse()
    }

    private func isWhole(_ id: ContentID, _ plan: ScanPlan, _ store: Store) throws -> Bool {
        try store.isWhole(id) { $0.footer.layouts == plan.layouts }
    }
}

extension FileChange.Kind {
    /// What happened to a file whose content has been found out.
    ///
    /// - Parameter isKnown: whether some file held this content before.
    init(from record: FileRecord?, to size: Int, _ content: ContentID, isKnown: Bool) {
        guard let record else {
            self = isKnown ? .redelivered : .new
            return
        }
        if record.content == content {
            self = .redelivered
        } else if size == record.stamp.size {
            self = .changed
        } else {
            self = size > record.stamp.size ? .grown : .truncated
        }
    }
}

/// Work that goes on while something else is done, on a thread of its own.
// Unchecked because `failure` is written before the semaphore is signalled and read after.
final class BackgroundWork: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var failure: (any Error)?

    init(_ body: @escaping @Sendable () throws -> Void) {
        Thread.detachNewThread { [self] in
            do { try body() } catch { failure = error }
            done.signal()
        }
    }

    /// Waits for the end. Call once.
    func wait() throws {
        done.wait()
        if let failure { throw failure }
    }
}

// Unchecked because threads only call `read(_:_:threads:)`, which changes nothing.
private struct SendableSession: @unchecked Sendable {
    let session: StepSession
    init(_ session: StepSession) { self.session = session }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
