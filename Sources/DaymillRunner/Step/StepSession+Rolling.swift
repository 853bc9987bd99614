import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline

/// Windows that are kept and roll forward.
///
/// Where the output's rows are in the order of keys, so is the kept window: it is read once, and becomes the next output and
/// the next window on the way. Other windows are in the order of hashes, and merged into tables after they were written.
extension StepSession {
    /// A window that came out of a kept one, unless all days are to be merged.
    func rolled(_ days: WindowDays, _ date: Day, _ store: Store) throws -> MergedWindow? {
        guard mustRoll || days.groups.count >= RollForward.shortest else { return nil }
        let id = RollForward.id(days.groups, of: definition.dayState)
        let records = try keptWindows(store)
        if records[id] != nil, let known = try store.segment(id) {
            return try isInKeyOrder
                ? roll(known, days, nil, date, store)
                : publishable(try checked(known, from: id, days, store))
        }
        guard let way = try way(to: days, from: Array(records.values), store) else {
            guard mustRoll, !isInKeyOrder else { return nil }
            let window = try keepWindow(days, from: nil, added: days.groups, removed: [], store)
            return .groups(try result([SegmentMerge.Input(window, days: nil)]), keeping: nil)
        }
        guard let removed = try removedInputs(way.removed, store), let window = try store.segment(way.kept) else {
            return nil
        }
        if isInKeyOrder {
            return try roll(window, days, (try inputs(of: way.added, in: days, store), removed), date, store)
        }
        let reader = try keepWindow(days, from: window, added: way.added, removed: removed, store)
        return try publishable(try checked(reader, from: way.kept, days, store))
    }

    /// Whether a window becomes the next one, and its output, while it is read once.
    var rollsInOnePass: Bool { (options.windowOperator == .automatic || mustRoll) && isInKeyOrder }

    /// Whether windows roll whatever that costs.
    var mustRoll: Bool { options.windowOperator == .rollForward }

    /// Whether days can be taken away from a window.
    var canSubtract: Bool { definition.scan.counting.layouts.allSatisfy(\.isSubtractable) }

    /// Whether a window is there for the next one.
    func isKept(_ days: WindowDays, _ store: Store) throws -> Bool {
        let id = RollForward.id(days.groups, of: definition.dayState)
        return try store.catalog.segments(of: definition.windowState)[id] != nil
    }

    private var isInKeyOrder: Bool { definition.scan.counting.isInKeyOrder }

    private func publishable(_ window: SegmentReader) throws -> MergedWindow {
        outcome.window = WindowOperator.rollForward.rawValue
        return .groups(try result([SegmentMerge.Input(window, days: nil)]), keeping: nil)
    }

    /// What is known of kept windows that are there.
    private func keptWindows(_ store: Store) throws -> [ContentID: SegmentRecord] {
        let records = try store.catalog.segments(of: definition.windowState)
        let gone = try records.keys.filter { id in try !store.hasSegment(id) }
        try store.dropSegments(gone, state: definition.windowState)
        return records.filter { !gone.contains($0.key) }
    }

    /// How a window comes out of a kept one; nil when merging all days is cheaper.
    func way(to days: WindowDays, _ store: Store) throws -> RollForward.Way? {
        try way(to: days, from: Array(try keptWindows(store).values), store)
    }

    private func way(
        to days: WindowDays, from records: [SegmentRecord], _ store: Store
    ) throws -> RollForward.Way? {
        let kept = records.map { record in
            RollForward.Kept(
                id: record.id, bytes: record.bytes,
                days: Set(record.days.map { DayGroups(day: $0.day, digest: $0.digest) }))
        }
        let sizes = try sizes(days, store)
        return RollForward.way(
            to: days.groups, bytes: { sizes[$0] ?? 0 }, from: kept,
            canSubtract: canSubtract, isForced: mustRoll)
    }

    /// About how many bytes the groups of each day take.
    private func sizes(_ days: WindowDays, _ store: Store) throws -> [DayGroups: Int] {
        let merged = try store.catalog.segments(of: definition.dayState)
        let sizes = zip(days.groups, days.days).map { groups, day in
            let bytes = day.parts.compactMap { id in
                (segments[id] ?? merged[id]).map { $0.bytes / max(1, $0.days.count) }
            }
            return (groups, bytes.reduce(0, +))
        }
        return Dictionary(sizes, uniquingKeysWith: { $0 + $1 })
    }

    func inputs(of groups: [DayGroups], in days: WindowDays, _ store: Store) throws -> [SegmentMerge.Input] {
        let byGroups = Dictionary(zip(days.groups, days.days), uniquingKeysWith: { first, _ in first })
        return try groups.compactMap { byGroups[$0] }.flatMap { try inputs($0, store) }
    }

    /// Segments that hold days as they were; nil when one is not there any more.
    func removedInputs(_ days: [DayGroups], _ store: Store) throws -> [SegmentMerge.Input]? {
        guard !days.isEmpty else { return [] }
        var holders: [DayGroups: (id: ContentID, day: Int32?)] = [:]
        for record in try store.catalog.segments(of: definition.dayState).values where !record.parts.isEmpty {
            for part in record.days { holders[DayGroups(day: 0, digest: part.digest)] = (record.id, nil) }
        }
        if definition.scan.distinct == nil {
            for record in segments.values {
                for part in record.days {
                    let day = definition.scan.hasDays ? part.day : nil
                    holders[DayGroups(day: day ?? 0, digest: part.digest)] = (record.id, day)
                }
            }
        }
        var inputs: [SegmentMerge.Input] = []
        for day in days {
            let holder =
                holders[DayGroups(day: day.day, digest: day.digest)] ?? holders[DayGroups(day: 0, digest: day.digest)]
            guard let holder, let segment = try opened[holder.id] ?? store.segment(holder.id) else { return nil }
            inputs.append(SegmentMerge.Input(segment, days: holder.day.map { $0...$0 }))
        }
        return inputs
    }

    // MARK: In the order of keys

    /// Writes the next output, and the next window beside it, while a kept window is read; publishes nothing.
    ///
    /// - Parameter changes: days that came and days that went; nil: the window is the wanted one.
    private func roll(
        _ window: SegmentReader, _ days: WindowDays,
        _ changes: (added: [SegmentMerge.Input], removed: [SegmentMerge.Input])?, _ date: Day, _ store: Store
    ) throws -> MergedWindow? {
        let terms = changes.map { RollForward.changes(added: $0.added, removed: $0.removed) } ?? []
        let layout = definition.scan.counting.layouts[0].countingDays
        guard SortedGroups.bytes(terms, layout) <= budget.bytes / 2 else { return nil }
        let rolled = try roll(window, to: [RollTarget(date: date, days: days, terms: terms)], store)
        outcome.audited += rolled.audited
        outcome.window = WindowOperator.rollForward.rawValue
        return .written(rolled.outputs[0])
    }

    /// A date that a window rolls to, and what changes from the window of the date before.
    struct RollTarget {
        var date: Day
        var days: WindowDays
        var terms: [SegmentMerge.Input]

        /// Of the days that come.
        var addedBytes: Int {
            terms.reduce(0) { $0 + ($1.term.isSubtracted ? 0 : $1.reader.bytes) }
        }
    }

    /// Outputs that are written, but not published, and what was compared on the way.
    struct Rolled {
        var outputs: [PendingOutput]
        var audited: [StepOutcome.Audited]
    }

    /// Writes the outputs of some dates, and the window of the last one, while a kept window is read once.
    func roll(_ window: SegmentReader, to targets: [RollTarget], _ store: Store) throws -> Rolled {
        let plan = definition.scan.counting, own = plan.layouts.map(\.countingDays)
        let last = targets[targets.count - 1].days
        guard window.footer.order == .keys, window.footer.layouts == own else { throw NotSubtractable() }
        let isChanged = targets.contains { !$0.terms.isEmpty }
        let audit = try auditOfWindow(window, last, outputs: targets.count, store)
        let sorted =
            !isChanged && targets.count == 1
            ? nil
            : try timed("sort changes") {
                try SortedGroups(merging: targets.map(\.terms), own[0], threads: options.threads)
            }
        let roll = try KeyedRoll(window, sorted)
        var sum = RecordSum()
        let outputs = try writeOutputs(targets.map(\.date), keeping: isChanged ? last : nil, store) { writer, writes in
            let written = try PublishedResult.write(
                roll, plan, OutputFormat(self.definition.step), window: writer, slice: audit?.hashes,
                threads: self.options.threads, writes: writes)
            sum = written.sum
            return written.outputs
        }
        let audited = try audit.map { try checked($0, sum == $0.sum, window.footer.id, last) }
        return Rolled(outputs: outputs, audited: audited.map { [$0] } ?? [])
    }

    // MARK: In the order of hashes

    /// Writes the segment of a window and drops older ones of the step.
    @discardableResult
    private func keepWindow(
        _ days: WindowDays, from kept: SegmentReader?, added: [DayGroups], removed: [SegmentMerge.Input], _ store: Store
    ) throws -> SegmentReader {
        let inputs = try inputs(of: added, in: days, store)
        let id = RollForward.id(days.groups, of: definition.dayState)
        let layouts = definition.scan.counting.layouts, threads = options.threads
        let pending = try store.writeSegment(id) { path in
            try RollForward.write(
                kept: kept, added: inputs, removed: removed, layouts, id: id, to: path, threads: threads)
        }
        let reader = try pending.reader()
        try keep(pending, days, store)
        return reader
    }

    /// Gives a window's segment its name and drops older ones of the step.
    private func keep(_ pending: PendingSegment, _ days: WindowDays, _ store: Store) throws {
        try pending.commit()
        outcome.segmentBytesWritten += pending.bytes
        let about = days.span.map { "\(days.groups.count) days to \(Day(daysSinceEpoch: $0.upperBound))" } ?? "no days"
        let id = RollForward.id(days.groups, of: definition.dayState)
        try note(pending, id, days.groups, "window of \(about)", definition.windowState, store)
        try dropOldWindows(store)
    }

    /// The two newest windows of a step are enough: that of the last date, and that of a date that is made again.
    private func dropOldWindows(_ store: Store) throws {
        let own = try store.catalog.segments(of: definition.windowState).values.filter { $0.madeFor == definition.name }
        let old = own.sorted { ($0.made, $0.id.high) > ($1.made, $1.id.high) }.dropFirst(2)
        try store.dropSegments(old.map(\.id), state: definition.windowState)
    }

    // MARK: Keeping

    /// Whether a window that is merged from its days may be kept for the next one.
    func mayBeKept(_ days: WindowDays) -> Bool {
        if mustRoll { return true }
        guard options.windowOperator == .automatic, days.groups.count >= RollForward.shortest else { return false }
        return definition.windowGrows || canSubtract
    }

    /// Whether the next window comes cheaper out of this one.
    func isWorthKeeping(_ days: WindowDays, groups: Int) -> Bool {
        guard options.windowOperator == .automatic, mayBeKept(days), let store,
            let merged = try? store.catalog.segments(of: definition.dayState)
        else { return false }
        let records = days.days.reduce(0) { sum, day in
            day.parts.reduce(sum) { sum, id in
                sum + ((segments[id] ?? merged[id]).map { $0.groups / max(1, $0.days.count) } ?? 0)
            }
        }
        return RollForward.isWorthKeeping(days: days.groups.count, records: records, groups: groups)
    }

    /// Keeps the window that was published, for the next date. When the work is to end it does without: the output is there,
    /// and its receipt has to come.
    func keepPublishedWindow(_ store: Store) throws {
        do { try keepWindowOfOutput(store) } catch is WorkEnded {}
    }

    private func keepWindowOfOutput(_ store: Store) throws {
        let (days, written) = (windowToKeep, windowWritten)
        (windowToKeep, windowWritten) = (nil, nil)
        if let written {
            try timed("keep window") {
                try written.sync?.wait()
                try keep(written.pending, written.days, store)
            }
        } else if let days {
            _ = try timed("keep window") {
                try keepWindow(days, from: nil, added: days.groups, removed: [], store)
            }
        }
    }
}
