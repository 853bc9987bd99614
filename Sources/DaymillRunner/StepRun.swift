import DaymillColumns
import DaymillConnect
import DaymillCore
package import DaymillEngine
package import DaymillPipeline
import Foundation

/// Carries out a step's plan: reads what is new, merges the window, publishes, writes the receipt.
package final class StepRun {
    let plan: StepPlan
    let project: Project
    let store: Store?
    let options: RunOptions
    /// What identifies the partials of this step; asked for with every file.
    let state: String
    var outcome: StepOutcome
    /// The files with their content ids, as far as known.
    var files: [StepPlan.File]
    /// What has been read in this run already, should damaged segments make it begin again.
    var read: (files: Set<Int>, badRows: Int) = ([], 0)
    /// Segments that are written but may not have their names yet.
    var opened: [String: SegmentReader] = [:]
    /// What makes the segment of the file read last durable.
    var pending: BackgroundWork?

    package init(_ plan: StepPlan, project: Project, store: Store?, options: RunOptions) {
        self.plan = plan
        self.project = project
        self.store = store
        self.options = options
        state = plan.scan.stateID.text
        files = plan.files
        outcome = StepOutcome(
            pipeline: plan.pipeline, step: plan.step.name, date: plan.date.description, status: .made,
            days: plan.days.map { [$0.lowerBound.description, $0.upperBound.description] }, output: plan.output)
    }

    /// Does the step's work.
    ///
    /// - Throws: what reading, evaluating and writing throw. Nothing is published then; what was stored stays useful.
    package func run() throws -> StepOutcome {
        let start = ContinuousClock.now
        outcome.files = files.count
        if plan.isFresh == true {
            try noteReuse()
            outcome.status = .upToDate
        } else if let store {
            try runStored(store)
        } else {
            try runOnce()
        }
        outcome.seconds = (ContinuousClock.now - start).seconds
        return outcome
    }

    /// One pass over everything, nothing kept.
    private func runOnce() throws {
        let groups = ScanGroups(plan.scan)
        let objects = files.map(\.file)
        options.report(.reading(step: plan.step.name, bytes: plan.bytesToRead, files: files.count))
        let scanned = try timed("read") {
            try Scan.run(
                objects, plan.scan, into: groups, hashing: false, options: scanOptions(threads: options.threads))
        }
        note(scanned)
        for (item, file) in zip(files, scanned) { try quarantine(file, item) }
        let result = timed("merge") { WindowResult(groups, plan.scan, threads: options.threads) }
        _ = try publish(result)
    }

    /// With a store: a segment per file, a segment per day, the window as their merge.
    private func runStored(_ store: Store) throws {
        try identify(store)
        if try isFreshNow(store) {
            try noteReuse()
            outcome.status = .upToDate
            return
        }
        let contents: [(day: Day?, content: String)]
        let result: WindowResult
        do {
            (result, contents) = try window(store)
        } catch let error as DaymillError where error.code == .storeDamaged {
            try dropDamaged(store, error)
            (result, contents) = try window(store)
        }
        let written = try publish(result)
        try writeReceipt(store, written, contents)
    }

    private func window(_ store: Store) throws -> (WindowResult, [(day: Day?, content: String)]) {
        let merged = Result {
            try readNewFiles(store)
            return try mergeWindow(store)
        }
        let waiting = pending
        pending = nil
        opened = [:]
        try timed("disk") { try waiting?.wait() }
        return (try merged.get(), files.map { (day: $0.day, content: $0.content!) })
    }

    private func mergeWindow(_ store: Store) throws -> WindowResult {
        let inputs = try segmentInputs(store)
        options.report(.phase(step: plan.step.name, "merging"))
        return try timed("merge") {
            let groups = ScanGroups(plan.scan)
            try WindowMerge.merge(inputs, plan.scan, into: groups, threads: options.threads)
            return WindowResult(groups, plan.scan, threads: options.threads)
        }
    }

    /// Runs a part of the work and notes how long it took.
    func timed<R>(_ part: String, _ body: () throws -> R) rethrows -> R {
        let start = ContinuousClock.now
        defer {
            let seconds = (ContinuousClock.now - start).seconds
            if let i = outcome.timings.firstIndex(where: { $0.part == part }) {
                outcome.timings[i].seconds += seconds
            } else {
                outcome.timings.append(.init(part: part, seconds: seconds))
            }
        }
        return try body()
    }

    func scanOptions(threads: Int) -> ScanOptions {
        let report = options.report
        return ScanOptions(
            threads: threads, level: options.level,
            badRecordsKept: plan.source.onBadRow == .quarantine ? .max : 100,
            progress: { report(.read(bytes: $0)) })
    }

    func note(_ scanned: [ScannedFile]) {
        for file in scanned {
            outcome.filesRead += 1
            outcome.bytesRead += file.bytes
            outcome.rowsRead += file.rows
            outcome.badRows += file.badRows
        }
    }
}

extension Duration {
    /// As a number of seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
