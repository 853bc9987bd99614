import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline
import Foundation
import Synchronization

/// From files to stored segments.
extension StepRun {
    /// Finds out what the files hold that may be known under another name or time: a hash, no parsing.
    func identify(_ store: Store) throws {
        let unknown = files.indices.filter { files[$0].action == .identify }
        guard !unknown.isEmpty else { return }
        try timed("identify") {
            let found = FoundContents()
            let files = self.files, threads = options.threads
            try Workers.eachThrowing(unknown.count, min(threads, unknown.count)) { i in
                let file = files[unknown[i]].file
                found.add(unknown[i], try file.contentID(threads: max(1, threads / unknown.count)).text)
            }
            try remember(found.all, store)
        }
    }

    private func remember(_ contents: [Int: String], _ store: Store) throws {
        let now = store.now
        let manifest = try store.manifest()
        for (i, content) in contents {
            files[i].content = content
            let isKept = manifest.segments[SegmentNames.file(state, content)] != nil
            let known = manifest.files[files[i].file.path]
            files[i].action =
                isKept ? .reuse : .scan(known == nil ? .new : known?.content == content ? .definition : .changed)
        }
        let seen = contents.map { (files[$0].file, $1) }
        try store.update { manifest in
            for (file, content) in seen {
                manifest.files[file.path] = .init(stamp: file.stamp, content: content, seen: now)
            }
        }
    }

    /// Whether the output is fresh, now that contents are known.
    func isFreshNow(_ store: Store) throws -> Bool {
        let known = files.compactMap { file in file.content.map { (day: file.day, content: $0) } }
        guard known.count == files.count,
            let receipt = try store.receipt(plan.pipeline, plan.step.name, plan.date.description)
        else { return false }
        let stamp = try FileDoor.stamp(of: plan.output)
        return receipt.output == plan.outputName && receipt.madeFrom == plan.madeFrom(known).text
            && stamp == receipt.stamp
    }

    /// Makes the segments that are not there: large files one after another with all threads, small ones side by side.
    func readNewFiles(_ store: Store) throws {
        let manifest = try store.manifest()
        var wanted: [Int] = []
        for i in files.indices {
            if let content = files[i].content, try isKept(SegmentNames.file(state, content), manifest, store),
                try !lacksQuarantine(i, SegmentNames.file(state, content), manifest)
            {
                continue
            }
            wanted.append(i)
        }
        try noteReuse(except: Set(wanted), manifest)
        guard !wanted.isEmpty else { return }
        let bytes = wanted.reduce(0) { $0 + files[$1].file.stamp.size }
        options.report(.reading(step: plan.step.name, bytes: bytes, files: wanted.count))
        try timed("read") {
            let large = wanted.filter { files[$0].file.stamp.size >= options.largeFileBytes }
            let small = wanted.filter { files[$0].file.stamp.size < options.largeFileBytes }
            for i in large {
                let read = try read(i, store, threads: options.threads)
                if i == wanted.last, isAloneInItsDay(i) {
                    try finishLater(read, store)
                } else {
                    try read.pending.commit()
                    try finish([read], store)
                }
            }
            for batch in small.chunks(of: 256) { try readSmall(Array(batch), store) }
        }
    }

    /// Whether a file's bad rows are to be kept aside and are not: it was read under another policy.
    private func lacksQuarantine(_ i: Int, _ segment: String, _ manifest: Manifest) throws -> Bool {
        guard plan.source.onBadRow == .quarantine, manifest.segments[segment]?.badRows ?? 0 > 0 else { return false }
        return try FileDoor.stamp(of: project.path(quarantinePath(files[i]))) == nil
    }

    /// A segment counts as kept when the manifest knows it: one that a killed run left unnoted is made again, with the
    /// same bytes under the same name.
    private func isKept(_ id: String, _ manifest: Manifest, _ store: Store) throws -> Bool {
        guard manifest.segments[id] != nil else { return false }
        return try FileDoor.stamp(of: store.path(ofSegment: id)) != nil
    }

    /// Whether the partials of a file are all there is of its day.
    private func isAloneInItsDay(_ i: Int) -> Bool {
        !plan.scan.hasDays && !files.indices.contains { $0 != i && files[$0].day == files[i].day }
    }

    /// Lets another thread wait for the disk while the window is merged. The segment is opened first, since it is about
    /// to change its name.
    private func finishLater(_ read: ReadFile, _ store: Store) throws {
        try noteRead(read)
        opened[read.segment] = try read.pending.reader()
        let entry = [(files[read.index].file, read)]
        pending = BackgroundWork {
            try read.pending.commit()
            try StepRun.record(entry, store)
        }
    }

    private struct ReadFile: Sendable {
        var index: Int
        var pending: PendingSegment
        var scanned: ScannedFile
        var segment: String
        var record: Manifest.SegmentRecord
    }

    private func readSmall(_ batch: [Int], _ store: Store) throws {
        let done = Mutex<[ReadFile]>([])
        let collected = Collected(done)
        let run = SendableRun(self)
        try Workers.eachThrowing(batch.count, options.threads) { i in
            let read = try run.run.read(batch[i], store, threads: 1)
            try read.pending.commit()
            collected.add(read)
        }
        try finish(collected.all.sorted { $0.index < $1.index }, store)
    }

    /// Reads one file into a segment. Touches nothing of `self` that changes.
    private func read(_ i: Int, _ store: Store, threads: Int) throws -> ReadFile {
        let groups = ScanGroups(plan.scan)
        let file = files[i].file
        let scanned = try Scan.run(
            [file], plan.scan, into: groups, hashing: true, options: scanOptions(threads: threads))[0]
        let content = scanned.contentID!.text
        let id = SegmentNames.file(state, content)
        let written = try store.write(
            groups, id: id, rows: scanned.rows, badRows: scanned.badRows, dayPrefixed: plan.scan.hasDays,
            threads: threads)
        let record = Manifest.SegmentRecord(
            bytes: written.bytes, groups: written.footer.records(0), rows: scanned.rows, badRows: scanned.badRows,
            days: plan.scan.hasDays ? written.footer.days : [], plan: state, about: file.path,
            madeFor: "\(plan.pipeline)/\(plan.step.name)", made: store.now, parts: [], content: content)
        return ReadFile(
            index: i, pending: written, scanned: scanned, segment: id, record: record)
    }

    /// Notes finished files in the outcome and the manifest. The manifest comes last: what it knows is not read again, so
    /// the bad rows must be in quarantine by then.
    private func finish(_ read: [ReadFile], _ store: Store) throws {
        for item in read { try noteRead(item) }
        try StepRun.record(read.map { (files[$0.index].file, $0) }, store)
    }

    private static func record(_ read: [(LocalFile, ReadFile)], _ store: Store) throws {
        let now = store.now
        try store.update { manifest in
            for (file, item) in read {
                manifest.files[file.path] = .init(stamp: file.stamp, content: item.record.content, seen: now)
                manifest.segments[item.segment] = item.record
            }
        }
    }

    private func noteRead(_ item: ReadFile) throws {
        read.files.insert(item.index)
        read.badRows += item.scanned.badRows
        files[item.index].content = item.record.content
        outcome.segmentBytesWritten += item.record.bytes
        note([item.scanned])
        try quarantine(item.scanned, files[item.index])
    }

    /// Notes what did not have to be read.
    func noteReuse(except wanted: Set<Int> = [], _ manifest: Manifest? = nil) throws {
        let manifest = try manifest ?? (try store?.manifest()) ?? Manifest()
        for i in files.indices where !wanted.contains(i) && !read.files.contains(i) {
            outcome.filesReused += 1
            outcome.bytesReused += files[i].file.stamp.size
            guard let content = files[i].content, let kept = manifest.segments[SegmentNames.file(state, content)] else {
                continue
            }
            outcome.rowsReused += kept.rows
            outcome.badRows += kept.badRows
        }
    }

    // MARK: Days and windows

    /// The segments whose merge is the window: one per day where several files hold rows of it.
    func segmentInputs(_ store: Store) throws -> [SegmentMerge.Input] {
        let manifest = try store.manifest()
        var inputs: [SegmentMerge.Input] = []
        for (day, ids) in dayParts(manifest) {
            let days = plan.scan.hasDays ? day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
            if ids.count == 1 {
                inputs.append(SegmentMerge.Input(try reader(ids[0], store), days: days))
            } else {
                inputs.append(SegmentMerge.Input(try daySegment(day, ids, manifest, store), days: nil))
            }
        }
        return inputs
    }

    private func reader(_ id: String, _ store: Store) throws -> SegmentReader {
        if let reader = opened[id] { return reader }
        guard let reader = try store.segment(id) else {
            throw DaymillError(
                .storeDamaged, "the segment \(store.path(ofSegment: id)) has vanished",
                hint: "run again: it is made anew")
        }
        guard holdsPartials(reader) else {
            throw DaymillError(
                .storeDamaged, "the segment \(reader.path) does not hold what its name says",
                hint: "run again: it is made anew")
        }
        return reader
    }

    /// Whether a segment has the sections of this step.
    private func holdsPartials(_ reader: SegmentReader) -> Bool {
        let pairs = plan.scan.aggregates.pairs.map { _ in StateLayout([]) }
        return reader.footer.layouts == [plan.scan.aggregates.layout] + pairs
    }

    /// For each day of the window the segments that hold rows of it, each content once per file.
    private func dayParts(_ manifest: Manifest) -> [(day: Day?, ids: [String])] {
        var parts: [Day?: [String]] = [:]
        for file in files {
            let id = SegmentNames.file(state, file.content!)
            if plan.scan.hasDays {
                for number in manifest.segments[id]?.days ?? [] {
                    let day = Day(daysSinceEpoch: number)
                    if plan.days.map({ $0.contains(day) }) ?? true { parts[day, default: []].append(id) }
                }
            } else {
                parts[file.day, default: []].append(id)
            }
        }
        return parts.map { (day: $0, ids: $1.sorted()) }.sorted { ($0.day ?? .distantPast) < ($1.day ?? .distantPast) }
    }

    /// The merge of several files' segments for a day, from the store or made now.
    private func daySegment(
        _ day: Day?, _ ids: [String], _ manifest: Manifest, _ store: Store
    ) throws -> SegmentReader {
        let id = SegmentNames.day(state, day, ids)
        if try isKept(id, manifest, store) { return try reader(id, store) }
        return try timed("merge days") {
            let days = plan.scan.hasDays ? day.map { $0.daysSinceEpoch...$0.daysSinceEpoch } : nil
            let inputs = try ids.map { SegmentMerge.Input(try reader($0, store), days: days) }
            let groups = ScanGroups(plan.scan)
            try WindowMerge.merge(inputs, plan.scan, into: groups, threads: options.threads)
            let records = ids.compactMap { manifest.segments[$0] }
            let rows = records.reduce(0) { $0 + $1.rows }, badRows = records.reduce(0) { $0 + $1.badRows }
            let written = try store.write(
                groups, id: id, rows: rows, badRows: badRows, dayPrefixed: false, threads: options.threads)
            try written.commit()
            outcome.segmentBytesWritten += written.bytes
            let record = Manifest.SegmentRecord(
                bytes: written.bytes, groups: written.footer.records(0), rows: rows, badRows: badRows, days: [],
                plan: state, about: day.map { "\($0), merged from \(ids.count) files" } ?? "\(ids.count) files merged",
                madeFor: "\(plan.pipeline)/\(plan.step.name)", made: store.now, parts: ids, content: "")
            try store.update { $0.segments[id] = record }
            return try reader(id, store)
        }
    }

    /// Throws away the segments of this window that fail their check, so that they are made anew.
    func dropDamaged(_ store: Store, _ error: DaymillError) throws {
        let manifest = try store.manifest()
        let own = files.compactMap { $0.content.map { SegmentNames.file(state, $0) } }
        let merged = manifest.segments.filter { $0.value.plan == state && !$0.value.parts.isEmpty }.keys
        let damaged = Set(own + merged).filter { id in
            do {
                guard let segment = try store.segment(id) else { return true }
                try segment.check()
                return !holdsPartials(segment)
            } catch { return true }
        }
        guard !damaged.isEmpty else { throw error }
        options.report(.remark("\(error.message); it is made anew"))
        try store.dropSegments(damaged)
        outcome.rebuilt += damaged.count
        outcome.filesReused = 0
        outcome.bytesReused = 0
        outcome.rowsReused = 0
        outcome.badRows = read.badRows
    }
}

/// Contents found by several threads.
private final class FoundContents: Sendable {
    private let found = Mutex<[Int: String]>([:])
    func add(_ i: Int, _ content: String) { found.withLock { $0[i] = content } }
    var all: [Int: String] { found.withLock { $0 } }
}

private final class Collected<T: Sendable>: Sendable {
    private let items: Mutex<[T]>
    init(_ items: consuming sending Mutex<[T]>) { self.items = items }
    func add(_ item: T) { items.withLock { $0.append(item) } }
    var all: [T] { items.withLock { $0 } }
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
private struct SendableRun: @unchecked Sendable {
    let run: StepRun
    init(_ run: StepRun) { self.run = run }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}

extension Day {
    fileprivate static let distantPast = Day(daysSinceEpoch: -719_162)
}
