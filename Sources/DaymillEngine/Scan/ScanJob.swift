import DaymillColumns
import DaymillCore
import DaymillSQL
import Synchronization

/// The files of a scan, and what has been found in each, for each of its targets.
final class ScanJob: Sendable {
    private let objects: [any InputObject]
    private let plans: [ScanPlan]
    private let hashing: Bool
    private let options: ScanOptions
    private let state: Mutex<State>
    private let dropped: [Flag]

    /// How files are cut into pieces.
    var dialect: CSVDialect { plans[0].format.records.dialect }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    private struct State {
        var scans: [FileScan?]
        /// For each target, what was found in each file.
        var found: [[Found]]
        /// Of the first target.
        var failures: [Failure] = []
        var isAbandoned = false
    }

    private struct Found {
        var rows = 0
        var badRows = 0
        var bad: [BadRecord] = []
    }

    /// An error about one record; the one that stands first in the files is reported.
    private struct Failure {
        var file: Int
        var offset: Int
        var error: any Error
    }

    /// - Parameter plans: over files of one format; the first is the one that may fail the scan.
    init(_ objects: [any InputObject], _ plans: [ScanPlan], hashing: Bool, options: ScanOptions) {
        self.objects = objects
        self.plans = plans
        self.hashing = hashing
        self.options = options
        dropped = plans.map { _ in Flag() }
        state = Mutex(
            State(
                scans: objects.map { _ in nil }, found: plans.map { _ in objects.map { _ in Found() } }))
    }

    /// Whether a target has not failed so far.
    func isWanted(_ target: Int) -> Bool { !dropped[target].value.load(ordering: .relaxed) }

    private func drop(_ target: Int) { dropped[target].value.store(true, ordering: .relaxed) }

    /// Does something for a target. If it fails, the scan does, or goes on without that target.
    func attempt(_ target: Int, _ body: () throws -> Void) throws {
        do { try body() } catch {
            guard target > 0 else { throw error }
            drop(target)
        }
    }

    /// One worker's whole life.
    func work(_ lanes: [ScanLane], _ chunk: CSVChunk, _ gate: SpillGate) throws {
        var file = 0
        while let scan = try open(file) {
            for (i, lane) in lanes.enumerated() {
                if let prologue = scan.prologues[i] { lane.reader.begin(prologue) } else { drop(i) }
            }
            while let bytes = try scan.next(into: chunk) {
                try WorkStop.check()
                for i in lanes.indices where isWanted(i) { try fold(chunk, file, i, lanes[i], gate) }
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
            let scan = try FileScan(objects[file], plans, hashing: hashing, chunkBytes: options.chunkBytes)
            state.scans[file] = scan
            return scan
        }
    }

    private func fold(_ chunk: CSVChunk, _ file: Int, _ target: Int, _ lane: ScanLane, _ gate: SpillGate) throws {
        let reader = lane.reader
        reader.begin(chunk)
        var rows = 0
        while reader.next() {
            if !reader.bad.isEmpty, !note(reader.bad, file, target) { return }
            rows += reader.count
            do { try lane.sink.add(reader.columns, count: reader.count) } catch let failure as EvaluationFailure {
                return fail(file, target, failure, reader)
            } catch {
                guard target > 0 else { throw error }
                return drop(target)
            }
            try gate.pass()
        }
        state.withLock { $0.found[target][file].rows += rows }
    }

    /// Keeps bad records; false when they end the work for this target.
    private func note(_ bad: [BadRecord], _ file: Int, _ target: Int) -> Bool {
        state.withLock { state in
            let room = options.badRecordsKept - state.found[target][file].bad.count
            state.found[target][file].badRows += bad.count
            state.found[target][file].bad += bad.prefix(max(0, room))
        }
        guard !plans[target].format.leavesOutBadRows else { return true }
        fail(file, target, bad[0].offset, BadRowStop())
        return false
    }

    /// The rows of a batch are those of the file only while none has been left out.
    private func fail(_ file: Int, _ target: Int, _ failure: EvaluationFailure, _ reader: any BatchReader) {
        let isExact = plans[target].rollup.filter == nil && reader.bad.isEmpty
        let offset = reader.offset(ofRow: isExact ? failure.row : 0)
        fail(file, target, offset, EvaluationStop(error: failure.error, isExact: isExact))
    }

    private func fail(_ file: Int, _ target: Int, _ offset: Int, _ error: any Error) {
        guard target == 0 else { return drop(target) }
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
}

// MARK: - What was found

extension ScanJob {
    /// The failure that stands first in the files, worded for people.
    var firstFailure: (any Error)? {
        let (failures, found) = state.withLock { ($0.failures, $0.found[0]) }
        guard let first = failures.min(by: { ($0.file, $0.offset) < ($1.file, $1.offset) }) else { return nil }
        let object = objects[first.file]
        do {
            switch first.error {
            case let stop as EvaluationStop: return try placed(stop, first.offset, object)
            case is BadRowStop:
                let record = found[first.file].bad.min { $0.offset < $1.offset }!
                let line = try LineFinder.locate([record], in: object)[0]
                return DaymillError.badRow(line, path: object.path, plans[0].format.records)
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

    /// Results of all files, for the targets that did not fail; every file has been read to its end and has not changed
    /// meanwhile.
    func results() throws -> [[ScannedFile]?] {
        let state = state.withLock { $0 }
        let contents: [ContentID?] = try objects.indices.map { i in
            try Scan.checkUnchanged(objects[i])
            guard hashing else { return nil }
            return try state.scans[i]?.contentID ?? objects[i].contentID(threads: options.threads)
        }
        return try plans.indices.map { target in
            guard isWanted(target) else { return nil }
            return try objects.indices.map { i in
                let found = state.found[target][i]
                return ScannedFile(
                    path: objects[i].path, bytes: objects[i].stamp.size, rows: found.rows,
                    bad: try LineFinder.locate(found.bad.sorted { $0.offset < $1.offset }, in: objects[i]),
                    badRows: found.badRows, contentID: contents[i])
            }
        }
    }
}

private struct BadRowStop: Error {}

/// An expression failed; whether its row's offset is known.
private struct EvaluationStop: Error {
    var error: DaymillError
    var isExact: Bool
}
