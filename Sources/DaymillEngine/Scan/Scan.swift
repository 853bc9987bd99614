package import DaymillColumns
import DaymillCore
import DaymillSQL

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

/// One of several rollups that share a scan: what is computed, and where its groups go.
package struct ScanTarget: Sendable {
    package let plan: ScanPlan
    package let groups: ScanGroups

    package init(_ plan: ScanPlan, _ groups: ScanGroups) {
        self.plan = plan
        self.groups = groups
    }
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
        try run(objects, [ScanTarget(plan, groups)], hashing: hashing, options: options)[0]!
    }

    /// Scans `objects` once for several rollups over files of one format: bytes are read, cut into records and hashed once;
    /// each rollup makes its own values of them, so each finds what it would find alone.
    ///
    /// - Parameter targets: the first decides whether the scan succeeds.
    /// - Returns: for each target what was found in each file; nil where one of the others failed. Its groups are of no use then.
    /// - Throws: what the first target fails with; see above.
    package static func run(
        _ objects: [any InputObject], _ targets: [ScanTarget], hashing: Bool, options: ScanOptions
    ) throws -> [[ScannedFile]?] {
        let job = ScanJob(objects, targets.map(\.plan), hashing: hashing, options: options)
        let threads = max(1, options.threads)
        let gate = SpillGate(workers: threads) {
            targets.indices.contains { targets[$0].groups.isFull && job.isWanted($0) }
        } spill: {
            for i in targets.indices where targets[i].groups.isFull && job.isWanted(i) {
                try job.attempt(i) { try spill(targets[i], threads: threads) }
            }
        }
        try Workers.run(threads) { _ in
            defer { gate.leave() }
            let lanes = targets.map { ScanLane($0) }
            let chunk = CSVChunk(dialect: job.dialect, level: options.level, bytes: options.chunkBytes)
            do { try job.work(lanes, chunk, gate) } catch {
                job.abandon()
                throw error
            }
            for lane in lanes { lane.sink.finish() }
        }
        if let failure = job.firstFailure { throw failure }
        return try job.results()
    }

    private static func spill(_ target: ScanTarget, threads: Int) throws {
        let groups = target.groups
        if let packed = groups.packed {
            try PackedDrain.run(packed, target.plan, into: groups.unpacked, threads: threads)
            guard groups.isFull else { return }
        }
        try groups.spill(dayPrefixed: target.plan.hasDays, threads: threads, keepsMemory: true)
    }
}

/// What one worker has for one target: from records to a batch, from batches to groups.
struct ScanLane {
    let reader: any BatchReader
    let sink: any RowSink

    init(_ target: ScanTarget) {
        reader = target.plan.format.records.reader(target.plan, batchCapacity: ScanWorker.batch)
        sink =
            target.plan.distinct == nil
            ? ScanWorker(target.plan, target.groups) : RowWorker(target.plan, target.groups)
    }
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
