import DaymillColumns
import DaymillCore
import DaymillEngine

/// From days to windows: which segments a window is merged from.
///
/// All ways give the same groups. They are tried from the cheapest on; where something stands in the way, such as a
/// damaged segment or an infinity that would have to be subtracted, all days are merged.
extension StepSession {
    typealias DayGroups = RollForward.DayGroups

    /// The days of a window that have groups, each with what it is merged from.
    struct WindowDays {
        var groups: [DayGroups] = []
        var days: [WindowDay] = []

        /// Nil where files belong to no day.
        init?(_ days: [WindowDay]) {
            for day in days {
                guard let date = day.day else { return nil }
                guard let digest = day.digest else { continue }
                groups.append(DayGroups(day: date.daysSinceEpoch, digest: digest))
                self.days.append(day)
            }
        }

        /// From the first to the last day with groups.
        var span: ClosedRange<Int32>? { groups.first.map { $0.day...groups[groups.count - 1].day } }
    }

    /// The groups of a window on their way to the output.
    enum MergedWindow {
        /// In memory, or in segments; kept once they are published where that is worth it.
        case groups(WindowResult, keeping: WindowDays?)
        /// Rolled from a kept window: the rows are written, but nothing is published yet.
        case written(PendingOutput)
    }

    /// Puts the days of a window together.
    func merge(_ days: [WindowDay], _ date: Day, _ store: Store) throws -> MergedWindow {
        try timed("merge") {
            guard let known = WindowDays(days), options.windowOperator != .plain else {
                return .groups(try result(try days.flatMap { try inputs($0, store) }), keeping: nil)
            }
            do { if let window = try mergeQuickly(known, date, store) { return window } } catch is NotSubtractable {
                // Then all days are merged, as if nothing had been kept.
            } catch let wrong as WrongWindow {
                try drop(wrong, date, store)
            } catch let error as DaymillError where error.code == .storeDamaged {
                try dropDamagedWindows(store, error)
            }
            outcome.window = nil
            return try mergeAll(known, store)
        }
    }

    private func mergeAll(_ days: WindowDays, _ store: Store) throws -> MergedWindow {
        let inputs = try days.days.flatMap { try self.inputs($0, store) }
        guard definition.scan.counting.isInKeyOrder, mayBeKept(days) else {
            let result = try result(inputs)
            if isWorthKeeping(days, groups: result.groupsAtLeast) { windowToKeep = days }
            return .groups(result, keeping: nil)
        }
        let result = try RollForward.result(
            inputs, definition.scan.counting, memory: budget, threads: options.threads)
        let isKept = mustRoll || isWorthKeeping(days, groups: result.groupsAtLeast)
        return .groups(result, keeping: isKept ? days : nil)
    }

    /// The groups of some segments together.
    func result(_ inputs: [SegmentMerge.Input]) throws -> WindowResult {
        let plan = definition.scan.counting
        let groups = ScanGroups(plan, memory: budget)
        try WindowMerge.merge(inputs, plan, into: groups, threads: options.threads)
        return try WindowResult.make(groups, plan, threads: options.threads)
    }

    /// What a day is merged from.
    func inputs(_ day: WindowDay, _ store: Store) throws -> [SegmentMerge.Input] {
        let number = day.day?.daysSinceEpoch
        let range = day.isFile && definition.scan.hasDays ? number.map { $0...$0 } : nil
        return try day.parts.map { id in
            SegmentMerge.Input(try reader(id, store), days: range, term: SegmentTerm(day: number))
        }
    }

    private func mergeQuickly(_ days: WindowDays, _ date: Day, _ store: Store) throws -> MergedWindow? {
        let way = options.windowOperator
        if way == .automatic || way == .rollForward, let window = try rolled(days, date, store) { return window }
        if way == .tiers || (way == .automatic && !mayBeKept(days)), let inputs = try tiers(days, store) {
            return .groups(try result(inputs), keeping: nil)
        }
        if way == .sweep, let span = days.span {
            let inputs = try days.days.flatMap { try self.inputs($0, store) }
            let swept = try sweep(store).run(inputs, windows: [span], threads: options.threads)
            outcome.window = WindowOperator.sweep.rawValue
            return .groups(try result(try swept.inputs(0)), keeping: nil)
        }
        return nil
    }

    func sweep(_ store: Store) -> WindowSweep {
        // A block may grow to twice its size before it is full.
        let openBytes = min(96 << 20, budget.bytes / 4)
        return WindowSweep(definition.scan.counting.layouts, openBytes: openBytes) { try store.sweepFile() }
    }

    /// Drops what was kept of windows and spans and is damaged.
    private func dropDamagedWindows(_ store: Store, _ error: DaymillError) throws {
        let layouts = definition.scan.counting.layouts
        for (state, own) in [(definition.windowState, layouts.map(\.countingDays)), (definition.tierState, layouts)] {
            let damaged = try store.catalog.segments(of: state).keys.filter { id in
                try !store.isWhole(id) { $0.footer.layouts == own }
            }
            guard !damaged.isEmpty else { continue }
            options.report(.remark("\(error.message); the window is merged from its days"))
            try store.dropSegments(damaged, state: state)
        }
    }

    // MARK: Tiers

    /// The fewest segments that cover a window, after making the spans that are used again; nil when there are none.
    private func tiers(_ days: WindowDays, _ store: Store) throws -> [SegmentMerge.Input]? {
        let isForced = options.windowOperator == .tiers
        guard let window = days.span, isForced || days.groups.count >= WindowTiers.shortest else { return nil }
        var there = Set(try store.catalog.segments(of: definition.tierState).keys)
        let isThere = { (span: WindowTiers.Span) in
            there.contains(WindowTiers.id(span, days.groups, of: self.definition.dayState))
        }
        let earlier = isForced ? [window] : earlierWindows()
        for level in 1...WindowTiers.levels {
            for span in WindowTiers.spans(level: level, in: window, days.groups) where !isThere(span) {
                guard
                    earlier.contains(where: { $0.contains(span.days.lowerBound) && $0.contains(span.days.upperBound) })
                else { continue }
                let inputs = try inputs(span.days, days, store, isThere)
                there.insert(try makeSpan(span, days, inputs, store))
            }
        }
        let cover = WindowTiers.cover(window, days.groups, isThere: isThere)
        guard cover.count < days.groups.count else { return nil }
        outcome.window = WindowOperator.tiers.rawValue
        return try inputs(window, days, store, isThere)
    }

    /// Windows that the step has published before: their days are used again.
    private func earlierWindows() -> [ClosedRange<Int32>] {
        outputs.values.compactMap { record in
            let days = record.days.split(separator: " ").compactMap { Day(String($0)) }
            return days.count == 2 ? days[0].daysSinceEpoch...days[1].daysSinceEpoch : nil
        }
    }

    /// The fewest segments that cover some days.
    private func inputs(
        _ range: ClosedRange<Int32>, _ days: WindowDays, _ store: Store, _ isThere: (WindowTiers.Span) -> Bool
    ) throws -> [SegmentMerge.Input] {
        let cover = WindowTiers.cover(range, days.groups, isThere: isThere)
        return try cover.filter { range.contains($0.days.lowerBound) }.flatMap { span in
            guard span.level > 0 else { return try inputs(days.days[span.positions.lowerBound], store) }
            return [
                SegmentMerge.Input(
                    try reader(WindowTiers.id(span, days.groups, of: definition.dayState), store), days: nil)
            ]
        }
    }

    private func makeSpan(
        _ span: WindowTiers.Span, _ days: WindowDays, _ inputs: [SegmentMerge.Input], _ store: Store
    ) throws -> ContentID {
        let id = WindowTiers.id(span, days.groups, of: definition.dayState)
        let layouts = definition.scan.counting.layouts, threads = options.threads
        let pending = try store.writeSegment(id) { path in
            try SegmentMerge.write(
                inputs, id: id, layouts, keepsDays: false, rows: 0, badRows: 0, to: path, threads: threads)
        }
        try pending.commit()
        outcome.segmentBytesWritten += pending.bytes
        let (first, last) = (Day(daysSinceEpoch: span.days.lowerBound), Day(daysSinceEpoch: span.days.upperBound))
        try note(
            pending, id, Array(days.groups[span.positions]), "\(first) to \(last)", definition.tierState, store)
        return id
    }

    /// Notes a segment of several days.
    func note(
        _ written: PendingSegment, _ id: ContentID, _ days: [DayGroups], _ about: String, _ state: ContentID,
        _ store: Store
    ) throws {
        var record = SegmentRecord(
            id: id, written, made: store.now, content: nil, parts: [], about: about, madeFor: definition.name)
        record.days = days.map { SegmentRecord.DayPart(day: $0.day, digest: $0.digest) }
        try store.note(segments: [record], state: state)
    }
}
