package import DaymillColumns
import DaymillCore
import DaymillSQL
import Synchronization

/// How much a scan may use, and how it tells where it is.
package struct ScanOptions: Sendable {
    package var threads: Int
    package var level: KernelLevel
    /// Bad records remembered per file; more are counted only.
    package var badRecordsKept: Int
    /// Bytes of a piece; other sizes than the usual are for tests.
    package var chunkBytes: Int
    /// Called by workers with the bytes they have finished.
    package var progress: @Sendable (Int) -> Void

    package init(
        threads: Int, level: KernelLevel = KernelLevel(), badRecordsKept: Int = 1000,
        chunkBytes: Int = ContentID.block,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.threads = threads
        self.level = level
        self.badRecordsKept = badRecordsKept
        self.chunkBytes = chunkBytes
        self.progress = progress
    }
}

/// What a scan found in one file.
package struct ScannedFile: Sendable {
    package var path: String
    package var bytes: Int
    /// Good rows.
    package var rows: Int
    /// Records that did not fit, in the order of the file, with line numbers, as many as were to be kept.
    package var bad: [BadLine]
    package var badRows: Int
    /// nil when hashing was not asked for.
    package var contentID: ContentID?
}

/// A record that did not fit, where a person finds it.
package struct BadLine: Sendable {
    package var line: Int
    package var column: Int
    package var reason: String
    package var bytes: [UInt8]
}

/// Reads files into groups with all threads.
package enum Scan {
    /// Scans `objects` into one set of groups: pieces of all files, as workers become free.
    ///
    /// - Throws: `.badRow` for the first record in file order that does not fit, unless the plan leaves them out;
    ///   `.evaluation`, `.inputDamaged`, `.io`, `.limit`.
    /// - Note: where the groups have a memory budget they may be on disk afterwards.
    package static func run(
        _ objects: [any InputObject], _ plan: ScanPlan, into groups: ScanGroups, hashing: Bool, options: ScanOptions
    ) throws -> [ScannedFile] {
        let job = ScanJob(objects, plan, hashing: hashing, options: options)
        let threads = max(1, options.threads)
        let gate = SpillGate(workers: threads) {
            groups.isFull
        } spill: {
            if let packed = groups.packed {
                try PackedDrain.run(packed, plan, into: groups.unpacked, threads: threads)
                guard groups.isFull else { return }
            }
            try groups.spill(dayPrefixed: plan.hasDays, threads: threads, keepsMemory: true)
        }
        try Workers.run(threads) { _ in
            defer { gate.leave() }
            let worker: any RowSink = plan.distinct == nil ? ScanWorker(plan, groups) : RowWorker(plan, groups)
            let records = plan.format.records
            let reader = records.reader(plan, batchCapacity: ScanWorker.batch)
            let chunk = CSVChunk(dialect: records.dialect, level: options.level, bytes: options.chunkBytes)
            do { try job.work(worker, reader, chunk, gate) } catch {
                job.abandon()
                throw error
            }
            worker.finish()
        }
        if let failure = job.firstFailure { throw failure }
        return try job.results()
    }
}

/// The files of a scan, and what has been found in each.
private final class ScanJob: Sendable {
    private let objects: [any InputObject]
    private let plan: ScanPlan
    private let hashing: Bool
    private let options: ScanOptions
    private let state: Mutex<State>

    private struct State {
        var scans: [FileScan?]
        var current = 0
        var rows: [Int]
        var badRows: [Int]
        var bad: [[BadRecord]]
        var failures: [Failure] = []
        var isAbandoned = false
    }

    /// An error about one record; the one that stands first in the files is reported.
    private struct Failure {
        var file: Int
        var offset: Int
        var error: any Error
    }

    init(_ objects: [any InputObject], _ plan: ScanPlan, hashing: Bool, options: ScanOptions) {
        self.objects = objects
        self.plan = plan
        self.hashing = hashing
        self.options = options
        let zeros = [Int](repeating: 0, count: objects.count)
        state = Mutex(
            State(
                scans: objects.map { _ in nil }, rows: zeros, badRows: zeros,
                bad: objects.map { _ in [] }))
    }

    /// One worker's whole life.
    func work(_ worker: any RowSink, _ reader: any BatchReader, _ chunk: CSVChunk, _ gate: SpillGate) throws {
        var file = 0
        while let scan = try open(file) {
            reader.begin(scan.prologue)
            while let bytes = try scan.next(into: chunk) {
                try fold(chunk, file, worker, reader, gate)
                options.progress(bytes)
            }
            file += 1
        }
    }

    /// The scan of a file, opened by whoever comes first; nil past the last file or after a failure.
    private func open(_ file: Int) throws -> FileScan? {
        try state.withLock { state in
            guard file < objects.count, !state.isAbandoned, state.failures.isEmpty else { return nil }
            if let scan = state.scans[file] { return scan }
            let scan = try FileScan(objects[file], plan, hashing: hashing, chunkBytes: options.chunkBytes)
            state.scans[file] = scan
            return scan
        }
    }

    private func fold(
        _ chunk: CSVChunk, _ file: Int, _ worker: any RowSink, _ reader: any BatchReader, _ gate: SpillGate
    ) throws {
        reader.begin(chunk)
        var rows = 0
        while reader.next() {
            if !reader.bad.isEmpty, !note(reader.bad, file) { return }
            rows += reader.count
            do { try worker.add(reader.columns, count: reader.count) } catch let failure as EvaluationFailure {
                return fail(file, failure, reader)
            }
            try gate.pass()
        }
        state.withLock { $0.rows[file] += rows }
    }

    /// Keeps bad records; false when they end the scan.
    private func note(_ bad: [BadRecord], _ file: Int) -> Bool {
        state.withLock { state in
            state.badRows[file] += bad.count
            let room = options.badRecordsKept - state.bad[file].count
            state.bad[file] += bad.prefix(max(0, room))
        }
        guard !plan.format.leavesOutBadRows else { return true }
        fail(file, bad[0].offset, BadRowStop())
        return false
    }

    /// The rows of a batch are those of the file only while none has been left out.
    private func fail(_ file: Int, _ failure: EvaluationFailure, _ reader: any BatchReader) {
        let isExact = plan.rollup.filter == nil && reader.bad.isEmpty
        let offset = reader.offset(ofRow: isExact ? failure.row : 0)
        fail(file, offset, EvaluationStop(error: failure.error, isExact: isExact))
    }

    private func fail(_ file: Int, _ offset: Int, _ error: any Error) {
        let scan = state.withLock { state in
            state.failures.append(Failure(file: file, offset: offset, error: error))
            return state.scans[file]
        }
        scan?.stop()
    }

    /// After an error that ends everything: nobody waits for anybody.
    func abandon() {
        let scans = state.withLock { state in
            state.isAbandoned = true
            return state.scans
        }
        for scan in scans { scan?.fail() }
    }

    /// The failure that stands first in the files, worded for people.
    var firstFailure: (any Error)? {
        let (failures, bad) = state.withLock { ($0.failures, $0.bad) }
        guard let first = failures.min(by: { ($0.file, $0.offset) < ($1.file, $1.offset) }) else { return nil }
        let object = objects[first.file]
        do {
            switch first.error {
            case let stop as EvaluationStop: return try placed(stop, first.offset, object)
            case is BadRowStop:
                let record = bad[first.file].min { $0.offset < $1.offset }!
                let line = try LineFinder.locate([record], in: object)[0]
                return DaymillError.badRow(line, path: object.path, plan.format.records)
            default: return first.error
            }
        } catch { return error }
    }

    private func placed(_ stop: EvaluationStop, _ offset: Int, _ object: any InputObject) throws -> DaymillError {
        var error = stop.error
        error.place = SourcePlace(file: object.path)
        if stop.isExact { error.place?.line = try LineFinder.lines(of: [offset], in: object)[offset] }
        return error
    }

    /// Results of all files; every file has been read to its end and has not changed meanwhile.
    func results() throws -> [ScannedFile] {
        let state = state.withLock { $0 }
        return try objects.indices.map { i in
            try Scan.checkUnchanged(objects[i])
            let bad = state.bad[i].sorted { $0.offset < $1.offset }
            return ScannedFile(
                path: objects[i].path, bytes: objects[i].stamp.size, rows: state.rows[i],
                bad: try LineFinder.locate(bad, in: objects[i]), badRows: state.badRows[i],
                contentID: hashing
                    ? try state.scans[i]?.contentID ?? objects[i].contentID(threads: options.threads) : nil)
        }
    }
}

private struct BadRowStop: Error {}

/// An expression failed; whether its row's offset is known.
private struct EvaluationStop: Error {
    var error: DaymillError
    var isExact: Bool
}

extension Scan {
    /// A file that changed while it was read may have been read half old, half new.
    static func checkUnchanged(_ object: any InputObject) throws {
        guard try object.currentStamp() == object.stamp else {
            throw DaymillError(
                .inputDamaged, "\(object.path) changed while it was read",
                hint: "run again when it is complete; whoever writes it should write another name and rename",
                isRetryable: true)
        }
    }
}
