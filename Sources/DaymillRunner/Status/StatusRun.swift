import DaymillColumns
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// Compares every output with what it should be made from. Reads names, stamps and records; of files only those whose
/// content may be a known one, and only to hash them.
package struct StatusRun {
    private let project: Project
    private let store: Store
    private let options: RunOptions
    private let cache = SourceCache()

    package init(project: Project, store: Store, options: RunOptions) {
        self.project = project
        self.store = store
        self.options = options
    }

    /// Where the outputs of a pipeline stand.
    ///
    /// - Parameter dates: those that should be there; nil: from the first that was made to the last that can be.
    /// - Throws: `.io`, `.limit`.
    package func status(of pipeline: Pipeline, dates: ClosedRange<Day>? = nil) throws -> [StepStatus] {
        let today = pipeline.timezone.today(options.clock)
        let listed = try pipeline.steps.map { step in
            let definition = StepDefinition(step, of: pipeline, project: project)
            return (definition: definition, files: try cache.files(definition, false, options))
        }
        let (kept, settings) = (store, options)
        @Sendable func status(_ i: Int) throws -> StepStatus {
            let session = try StatusRun.session(listed[i].definition, listed[i].files, kept, settings)
            return try session.status(dates: dates, today: today)
        }
        // The first step over a source finds out what its files hold; the others find that noted.
        var sources: Set<String> = []
        let firsts = listed.indices.filter { sources.insert(listed[$0].definition.source.name).inserted }
        let others = listed.indices.filter { !firsts.contains($0) }
        let first = try firsts.map(status)
        let rest = try Workers.map(others.count, options.threads) { try status(others[$0]) }
        return zip(firsts + others, first + rest).sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// A session over all files of a step.
    ///
    /// - Parameter isSettled: whether to wait until they hold still for as long as their source wants.
    func session(_ step: Step, of pipeline: Pipeline, isSettled: Bool = false) throws -> StepSession {
        let definition = StepDefinition(step, of: pipeline, project: project)
        return try StatusRun.session(definition, try cache.files(definition, isSettled, options), store, options)
    }

    private static func session(
        _ definition: StepDefinition, _ files: [InventoryFile], _ store: Store, _ options: RunOptions
    ) throws -> StepSession {
        let session = try StepSession(definition, days: nil, files: files, store: store, options: options)
        try session.identifyAll()
        return session
    }
}

/// Lists each source once, however many steps read it.
private final class SourceCache {
    private var known: [String: [InventoryFile]] = [:]

    func files(_ definition: StepDefinition, _ isSettled: Bool, _ options: RunOptions) throws -> [InventoryFile] {
        let source = definition.source
        let key =
            "\(source.files.map(\.text)) \(source.start?.description ?? "") \(source.compression) \(source.name) "
            + "\(source.timezone) \(source.dayZone) \(source.eventTime ?? -1)"
        if let files = known[key] { return files }
        let files =
            isSettled
            ? try StepInputs.listSettled(definition, days: nil, options) : try StepInputs.list(definition, days: nil)
        known[key] = files
        return files
    }
}

extension StepSession {
    /// Finds out what all files hold that may be known under another name or time. Where a step is split, a file that no
    /// run has taken in is left alone: to know what it holds would be to take it in.
    func identifyAll() throws {
        guard let store else { return }
        let isSplit = definition.step.split == .day
        try identify(inputs.files.indices.filter { !isSplit || inputs.files[$0].lastContent != nil }, store)
    }

    /// Where the step's outputs stand.
    func status(dates: ClosedRange<Day>?, today: Day) throws -> StepStatus {
        var statuses: [OutputStatus] = []
        var seen: Set<Day> = []
        let explain = Explanations(self)
        for record in outputs.values {
            guard let date = Day(iso: record.key.date), record.key == definition.key(date),
                dates.map({ $0.contains(date) }) ?? true
            else { continue }
            seen.insert(date)
            statuses.append(try status(date, explain))
        }
        let isSplit = definition.step.split == .day
        for date in isSplit ? splitDays() : try expected(dates, seen, today) where !seen.contains(date) {
            statuses.append(status(date, .neverMade))
        }
        if isSplit { statuses += toTakeIn(dates, today) }
        statuses.sort { $0.date.utf8.lexicographicallyPrecedes($1.date.utf8) }
        let bytes = statuses.contains { $0.needsRepair } ? try bytesToRead(statuses) : 0
        return StepStatus(
            pipeline: definition.pipeline, step: definition.step.name, outputs: statuses, bytesToRead: bytes)
    }

    /// Where a step is split: the dates of files that have not been taken in as they are.
    private func toTakeIn(_ dates: ClosedRange<Day>?, _ today: Day) -> [OutputStatus] {
        let waiting = inputs.files.filter { $0.action != .reuse && $0.day != nil }
        return Dictionary(grouping: waiting) { definition.firstArrival($0.day!) }.compactMap { date, files in
            // What was taken in has its date behind it, whatever the clock says.
            guard dates?.contains(date) ?? true, date <= today || files.contains(where: { $0.lastContent != nil })
            else { return nil }
            let isNew = files.allSatisfy { $0.lastContent == nil }
            var status = status(date, isNew ? .neverMade : .unread)
            status.output = ""
            status.reasons = files.map { file in
                let kind = file.change.flatMap { OutputStatus.Reason.Kind(rawValue: $0.rawValue) }
                return .init(kind: kind ?? (file.lastContent == nil ? .new : .changed), path: file.path)
            }
            return status
        }
    }

    private func status(_ date: Day, _ explain: Explanations) throws -> OutputStatus {
        let known = try outputState(date)
        var status = status(date, .fresh)
        status.made = known.record?.made
        status.verified = known.record?.verified
        status.verifiedBy = known.record?.verified == nil ? nil : known.record?.verifiedBy
        if known.isFresh == true { return status }
        status.state = known.stamp == nil ? .missing : known.isFresh == nil ? .unread : .stale
        status.reasons = try explain.reasons(date, known)
        return status
    }

    private func status(_ date: Day, _ state: OutputStatus.State) -> OutputStatus {
        OutputStatus(
            pipeline: definition.pipeline, step: definition.step.name, date: date.description,
            output: definition.outputName(date), state: state)
    }

    /// The dates whose outputs should be there: those asked for whose inputs are there; else from the first that was made
    /// to the last that can be, or just the last when none was made.
    private func expected(_ dates: ClosedRange<Day>?, _ made: Set<Day>, _ today: Day) throws -> [Day] {
        if let dates { return possibleDates(dates, today) }
        guard let first = made.min() else { return possibleDates(nil, today).suffix(1) }
        return possibleDates(min(first, today)...today, today)
    }

    /// The dates whose input files are there, up to today.
    func possibleDates(_ dates: ClosedRange<Day>?, _ today: Day) -> [Day] {
        if definition.step.split == .day {
            let arrivals = Set(inputs.files.compactMap { $0.day.map(definition.firstArrival) })
            return arrivals.sorted().filter { dates?.contains($0) ?? true && $0 <= today }
        }
        let table = self.days
        guard let window = definition.step.window, let firstDay = table.rows.first?.day,
            let lastDay = table.rows.last?.day
        else { return [] }
        let span = window.dates(coveringAnyOf: firstDay...lastDay)
        let first = max(dates?.lowerBound ?? span.lowerBound, span.lowerBound)
        let last = min(dates?.upperBound ?? today, today, span.upperBound)
        guard first <= last else { return [] }
        let source = definition.source
        let dates = (first...last).compactMap { date -> (date: Day, required: ClosedRange<Day>)? in
            let required = window.requiredDays(for: date)
            let from = source.start.map { max($0, required.lowerBound) } ?? required.lowerBound
            return from <= required.upperBound ? (date, from...required.upperBound) : nil
        }
        guard source.missing == .fail, !inputs.hasEventTime else {
            return dates.filter { $0.required.upperBound <= lastDay && !table.range($0.required).isEmpty }.map(\.date)
        }
        return complete(dates)
    }

    /// Those dates that lack no file, just as `checkMissing` finds.
    private func complete(_ dates: [(date: Day, required: ClosedRange<Day>)]) -> [Day] {
        guard let first = dates.map(\.required.lowerBound).min(), let last = dates.map(\.required.upperBound).max()
        else { return [] }
        let lacks = Inventory.lacksFiles(definition.source, hasFiles: inputs.hasFiles) { inputs.files.map(\.path) }
        // before[i]: how many of the first i days lack files.
        let before = (first...last).reduce(into: [0]) { $0.append($0[$0.count - 1] + (lacks($1) ? 1 : 0)) }
        func position(_ day: Day) -> Int { Int(day.daysSinceEpoch - first.daysSinceEpoch) }
        return dates.filter { before[position($0.required.upperBound) + 1] == before[position($0.required.lowerBound)] }
            .map(\.date)
    }

    private func bytesToRead(_ statuses: [OutputStatus]) throws -> Int {
        var wanted: Set<Int> = []
        for status in statuses where status.needsRepair {
            guard let date = Day(status.date) else { continue }
            wanted.formUnion(inputs.positions(definition.days(date)))
        }
        return wanted.reduce(0) { $0 + (inputs.files[$1].action == .reuse ? 0 : inputs.files[$1].bytes) }
    }
}

/// Says why outputs are not fresh: compares what receipts name with the files as they are.
private final class Explanations {
    private let session: StepSession
    /// By path: positions of files.
    private lazy var byPath = Dictionary(
        session.inputs.files.enumerated().map { (PathBytes($0.element.path), $0.offset) }
    ) { first, _ in first }

    init(_ session: StepSession) { self.session = session }

    func reasons(_ date: Day, _ state: StepSession.OutputState) throws -> [OutputStatus.Reason] {
        let definition = session.definition
        var reasons: [OutputStatus.Reason] = []
        guard let record = state.record else { return [] }
        if record.definition != definition.definition(date) { reasons.append(.init(kind: .definition)) }
        if state.stamp != nil && !state.isIntact { reasons.append(.init(kind: .edited, path: record.key.output)) }
        guard
            let receipt = try session.store?.receipt(definition.pipeline, definition.step.name, record.key),
            receipt.inputsID == record.inputs.text
        else { return reasons }
        let window = definition.days(date)
        let positions = session.inputs.positions(window)
        reasons += changes(receipt, window, positions) + deletions(receipt, window, positions)
        return reasons
    }

    private func changes(_ receipt: Receipt, _ window: ClosedRange<Day>?, _ positions: [Int]) -> [OutputStatus.Reason] {
        let old = Dictionary(receipt.inputs.map { (PathBytes($0.path), $0) }) { first, _ in first }
        return positions.compactMap { i in
            let file = session.inputs.files[i]
            let before = old[PathBytes(file.path)]
            if let before, before.content == file.content?.text { return nil }
            let kind: OutputStatus.Reason.Kind =
                before.map { $0.bytes == file.bytes ? .changed : $0.bytes < file.bytes ? .grown : .truncated } ?? .new
            let contents = [file.content, before.flatMap { ContentID($0.content) }]
            return reason(kind, file.path, file.day, contents, window)
        }
    }

    private func deletions(_ receipt: Receipt, _ window: ClosedRange<Day>?, _ positions: [Int]) -> [OutputStatus.Reason]
    {
        receipt.inputs.compactMap { input in
            guard byPath[PathBytes(input.path)] == nil else { return nil }
            return reason(.deleted, input.path, input.day.flatMap { Day($0) }, [ContentID(input.content)], window)
        }
    }

    /// Nil where the file is known to have no rows of the window.
    private func reason(
        _ kind: OutputStatus.Reason.Kind, _ path: String, _ day: Day?, _ contents: [ContentID?],
        _ window: ClosedRange<Day>?
    ) -> OutputStatus.Reason? {
        guard session.inputs.hasEventTime else {
            return .init(kind: kind, path: path, days: day.map { [$0.description] } ?? [])
        }
        var days: Set<Day> = []
        var isKnown = true
        if kind != .deleted && contents[0] == nil { isKnown = false }
        for case let content? in contents {
            guard let record = session.segments[session.definition.fileSegment(content)] else {
                isKnown = false
                continue
            }
            days.formUnion(record.days.map { Day(daysSinceEpoch: $0.day) })
        }
        if let window { days = days.filter { window.contains($0) } }
        if isKnown && days.isEmpty { return nil }
        return .init(kind: kind, path: path, days: days.sorted().map(\.description))
    }
}
