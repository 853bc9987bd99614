import DaymillColumns
import DaymillConnect
package import DaymillCore
package import DaymillEngine
import DaymillPipeline
import Foundation

/// One step at work: knows its inputs over some days, reads what is new, and makes the outputs of dates.
///
/// Not for use by two threads at once; inside, all threads work.
package final class StepSession {
    package let definition: StepDefinition
    let store: Store?
    let options: RunOptions
    package internal(set) var inputs: StepInputs
    /// The segments of files that the store keeps, as this session knows it.
    var segments: [ContentID: SegmentRecord] {
        didSet { dayTable = nil }
    }
    /// The outputs that the step has published.
    var outputs: [OutputRecord.Key: OutputRecord]
    /// What is known of days; see `days`.
    var dayTable: DayTable?
    /// What the output at work costs.
    var outcome: StepOutcome
    /// Positions of files read for the output at work, and their bad rows.
    var read: Set<Int> = []
    var readBadRows = 0
    /// Segments that are written but may not have their names yet.
    var opened: [ContentID: SegmentReader] = [:]
    /// Steps for which files that have to be read are read too.
    var companions = Companions()
    /// What makes the segment of the file read last durable.
    var pending: BackgroundWork?
    /// The days of the window at work, if it is to be kept once it is published.
    var windowToKeep: WindowDays?
    /// The window at work as it was written beside the output, on its way to the disk.
    var windowWritten: WrittenWindow?

    /// Looks at the files of some days.
    ///
    /// - Parameters:
    ///   - days: those that outputs will be made of; nil for everything.
    ///   - files: the source's files of these days, where somebody has listed them already.
    /// - Throws: `.io`, `.limit`.
    package init(
        _ definition: StepDefinition, days: ClosedRange<Day>?, files: [InventoryFile]? = nil, store: Store?,
        options: RunOptions
    ) throws {
        self.definition = definition
        self.store = store
        var options = options
        options.threads = MemoryBudget.threads(options.threads, in: options.memoryBytes)
        self.options = options
        PagePool.keep(atMost: options.memoryBytes / 16)
        let found = try files ?? StepInputs.list(definition, days: days)
        inputs = try StepInputs(definition, found, days: days, catalog: store?.catalog)
        segments = try store?.catalog.segments(of: definition.fileState) ?? [:]
        outputs = try store?.catalog.outputs(of: definition.pipeline, definition.step.name) ?? [:]
        outcome = StepSession.outcome(definition, Day(daysSinceEpoch: 0))
    }

    private static func outcome(_ definition: StepDefinition, _ date: Day) -> StepOutcome {
        StepOutcome(
            pipeline: definition.pipeline, step: definition.step.name, date: date.description, status: .made,
            days: definition.days(date).map { [$0.lowerBound.description, $0.upperBound.description] },
            output: definition.output(date))
    }

    /// The memory for groups, and where they go when it is full: into the store, else beside the output.
    var budget: MemoryBudget {
        let output = outcome.output, name = output.split(separator: "/").last.map(String.init) ?? output
        var budget = MemoryBudget(
            total: options.memoryBytes, threads: options.threads,
            spillPath: store?.spillPath ?? "\(FileDoor.parent(of: output))/\(name)")
        budget.groupsMax = options.groupsMax
        return budget
    }

    // MARK: Plans

    /// What making the output of a date would do, without reading a file.
    ///
    /// - Throws: `.inputMissing`.
    package func plan(_ date: Day) throws -> StepPlan {
        let wanted = inputs.positions(definition.days(date))
        try checkMissing(date, wanted)
        var plan = StepPlan(definition: definition, date: date, files: wanted.map { inputs.files[$0] })
        plan.deleted = deleted(date).map(\.path)
        if let policy = definition.source.settle {
            plan.unsettled = policy.unsettled(plan.files.lazy.map(\.file), now: options.clock.nowMicroseconds)
        }
        guard store != nil else {
            plan.isFresh = false
            return plan
        }
        plan.isFresh = try outputState(date).isFresh
        return plan
    }

    /// - Throws: `.inputMissing` naming the days without a file, where the source says that this is an error.
    func checkMissing(_ date: Day, _ wanted: [Int]) throws {
        let source = definition.source
        guard source.missing == .fail else { return }
        guard let days = definition.step.window?.requiredDays(for: date), source.eventTime == nil else {
            if wanted.isEmpty { throw DaymillError.noFiles(source, definition.project) }
            return
        }
        try Inventory.checkMissing(source, required: days, project: definition.project, hasFiles: inputs.hasFiles) {
            inputs.positions(days).map { inputs.files[$0].path }
        }
    }

    /// Files of a date's days that are gone.
    func deleted(_ date: Day) -> [(path: String, day: Day?)] {
        guard let days = definition.days(date), !inputs.hasEventTime else { return inputs.deleted }
        return inputs.deleted.filter { file in file.day.map { days.contains($0) } ?? true }
    }

    // MARK: Making outputs

    /// Makes the output of a date what it should be.
    ///
    /// - Throws: what reading, evaluating and writing throw. Nothing is published then; what was stored stays useful.
    package func make(_ date: Day) throws -> StepOutcome {
        let start = ContinuousClock.now
        begin(date)
        let wanted = inputs.positions(definition.days(date))
        try checkMissing(date, wanted)
        outcome.files = wanted.count
        if let store {
            try makeStored(date, wanted, store)
            try noteDeleted(date, store)
        } else {
            try makeOnce(date, wanted)
        }
        outcome.seconds = (ContinuousClock.now - start).seconds
        return outcome
    }

    /// Begins the work on a date.
    func begin(_ date: Day) {
        outcome = StepSession.outcome(definition, date)
        (read, readBadRows, windowToKeep, windowWritten) = ([], 0, nil, nil)
    }

    private func makeStored(_ date: Day, _ wanted: [Int], _ store: Store) throws {
        try identify(wanted, store)
        let state = try outputState(date)
        if state.isFresh == true {
            try noteFresh(state, date, wanted, store)
            noteReuse(wanted, except: [])
            noteChanges(wanted)
            return
        }
        try mendingDamage(wanted, store) { try makeStale(date, wanted, store) }
        noteChanges(wanted)
    }

    /// Notes that an output is what it should be. Where its files are others and its groups are not, the receipt names
    /// them from now on.
    func noteFresh(_ state: OutputState, _ date: Day, _ wanted: [Int], _ store: Store) throws {
        outcome.status = .upToDate
        if let record = state.record, record.inputs != inputsID(date) { try renew(record, date, wanted, store) }
    }

    /// Does some work again after what it finds damaged has been thrown away. More than once, since another run may throw
    /// the same away while this one is about to read it.
    func mendingDamage(_ wanted: [Int], _ store: Store, _ body: () throws -> Void) throws {
        for _ in 0..<3 {
            do { return try body() } catch let error as DaymillError where error.code == .storeDamaged {
                try dropDamaged(wanted, store, error)
            }
        }
        try body()
    }

    /// Reads what is new; merges and publishes unless the days' groups turn out to be the same as before.
    ///
    /// - Parameter reading: those of the wanted files that may have to be read; nil: all.
    func makeStale(_ date: Day, _ wanted: [Int], reading: [Int]? = nil, _ store: Store) throws {
        defer { dropUnkeptWindow() }
        switch try settling({ try readAndMerge(date, reading ?? wanted, store) }) {
        case .same(let record): try renew(record, date, wanted, store)
        case .new(let window, let groups):
            let written = try publish(window, date, store)
            // Before the receipt: what is not noted of a window is written again with the output.
            try keepPublishedWindow(store)
            try writeReceipt(store, written, date, wanted, groups)
        }
    }

    /// Does some work, and waits until what it has read is on the disk, however it ends.
    func settling<R>(_ body: () throws -> R) throws -> R {
        let result = Result(catching: body)
        try settle()
        return try result.get()
    }

    /// Waits until what was read is on the disk.
    package func settle() throws {
        let waiting = pending
        pending = nil
        opened = [:]
        try timed("disk") { try waiting?.wait() }
    }

    private enum Made {
        case same(OutputRecord)
        case new(MergedWindow, groups: ContentID)
    }

    private func readAndMerge(_ date: Day, _ reading: [Int], isAgain: Bool = false, _ store: Store) throws -> Made {
        try readNew(reading, store)
        let days = try windowDays(date, store)
        let groups = groupsID(date)
        if let record = try intactOutput(date), record.groups == groups { return .same(record) }
        if try !isAgain && audit(store) {
            try settle()
            return try readAndMerge(date, reading, isAgain: true, store)
        }
        options.report(.phase(step: definition.step.name, "merging"))
        return .new(try merge(days, date, store), groups: groups)
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
            badRecordsKept: definition.source.onBadRow == .quarantine ? .max : 100,
            progress: { report(.read(bytes: $0)) })
    }
}
