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

    /// Puts the days of a window together.
    func merge(_ days: [WindowDay], _ store: Store) throws -> WindowResult {
        try timed("merge") {
            if let known = WindowDays(days), options.windowOperator != .plain {
                do { if let result = try mergeQuickly(known, store) { return result } } catch is NotSubtractable {
                    // Then all days are merged, as if nothing had been kept.
                } catch let error as DaymillError where error.code == .storeDamaged {
                    try dropDamagedWindows(store, error)
                }
                outcome.window = nil
                let result = try result(try known.days.flatMap { try inputs($0, store) })
                noteForKeeping(known, groups: result.groupsAtLeast)
                return result
            }
            return try result(try days.flatMap { try inputs($0, store) })
        }
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

    private func mergeQuickly(_ days: WindowDays, _ store: Store) throws -> WindowResult? {
        let way = options.windowOperator
        if way == .automatic || way == .rollForward, let window = try rolled(days, store) {
            return try result([SegmentMerge.Input(window, days: nil)])
        }
        if way == .automatic || way == .tiers, let inputs = try tiers(days, store) { return try result(inputs) }
        if way == .sweep, let span = days.span {
            let inputs = try days.days.flatMap { try self.inputs($0, store) }
            let swept = try sweep(store).run(inputs, windows: [span], threads: options.threads)
            outcome.window = WindowOperator.sweep.rawValue
            return try result(try swept.inputs(0))
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
                do {
                    guard let segment = try store.segment(id), segment.footer.layouts == own else { return true }
                    try segment.check()
                    return false
                } catch { return true }
            }
            guard !damaged.isEmpty else { continue }
            options.report(.remark("\(error.message); the window is merged from its days"))
            try store.dropSegments(damaged, state: state)
        }
    }

    // MARK: Roll-forward

    /// The segment of a window, made from a kept one; nil when all days are to be merged.
    private func rolled(_ days: WindowDays, _ store: Store) throws -> SegmentReader? {
        let isForced = options.windowOperator == .rollForward
        guard isForced || days.groups.count >= RollForward.shortest else { return nil }
        let id = RollForward.id(days.groups, of: definition.dayState)
        let records = try store.catalog.segments(of: definition.windowState)
        if records[id] != nil, let known = try store.segment(id) {
            outcome.window = WindowOperator.rollForward.rawValue
            return known
        }
        try store.dropSegments(
            try records.keys.filter { id in try !store.hasSegment(id) }, state: definition.windowState)
        let kept = try records.values.filter { try store.hasSegment($0.id) }.map { record in
            RollForward.Kept(
                id: record.id, bytes: record.bytes,
                days: Set(record.days.map { DayGroups(day: $0.day, digest: $0.digest) }))
        }
        let sizes = try sizes(days, store)
        let layouts = definition.scan.counting.layouts
        guard
            let way = RollForward.way(
                to: days.groups, bytes: { sizes[$0] ?? 0 }, from: kept,
                canSubtract: layouts.allSatisfy(\.isSubtractable), isForced: isForced)
        else { return isForced ? try keepWindow(days, from: nil, added: days.groups, removed: [], store) : nil }
        guard let removed = try removedInputs(way.removed, store), let window = try store.segment(way.kept) else {
            return nil
        }
        let reader = try keepWindow(days, from: window, added: way.added, removed: removed, store)
        outcome.window = WindowOperator.rollForward.rawValue
        return reader
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

    /// Segments that hold days as they were; nil when one is not there any more.
    private func removedInputs(_ days: [DayGroups], _ store: Store) throws -> [SegmentMerge.Input]? {
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

    /// Writes the segment of a window and drops older ones of the step.
    @discardableResult
    private func keepWindow(
        _ days: WindowDays, from kept: SegmentReader?, added: [DayGroups], removed: [SegmentMerge.Input], _ store: Store
    ) throws -> SegmentReader {
        let byGroups = Dictionary(zip(days.groups, days.days), uniquingKeysWith: { first, _ in first })
        let inputs = try added.compactMap { byGroups[$0] }.flatMap { try self.inputs($0, store) }
        let id = RollForward.id(days.groups, of: definition.dayState)
        let layouts = definition.scan.counting.layouts, threads = options.threads
        let pending = try store.writeSegment(id) { path in
            try RollForward.write(
                kept: kept, added: inputs, removed: removed, layouts, id: id, to: path, threads: threads)
        }
        let reader = try pending.reader()
        try pending.commit()
        outcome.segmentBytesWritten += pending.bytes
        let about = days.span.map { "\(days.groups.count) days to \(Day(daysSinceEpoch: $0.upperBound))" } ?? "no days"
        try note(pending, id, days.groups, "window of \(about)", definition.windowState, store)
        try dropOldWindows(store)
        return reader
    }

    private func note(
        _ written: PendingSegment, _ id: ContentID, _ days: [DayGroups], _ about: String, _ state: ContentID,
        _ store: Store
    ) throws {
        var record = SegmentRecord(
            id: id, written, made: store.now, content: nil, parts: [], about: about, madeFor: definition.name)
        record.days = days.map { SegmentRecord.DayPart(day: $0.day, digest: $0.digest) }
        try store.note(segments: [record], state: state)
    }

    /// The two newest windows of a step are enough: that of the last date, and that of a date that is made again.
    private func dropOldWindows(_ store: Store) throws {
        let own = try store.catalog.segments(of: definition.windowState).values.filter { $0.madeFor == definition.name }
        let old = own.sorted { ($0.made, $0.id.high) > ($1.made, $1.id.high) }.dropFirst(2)
        try store.dropSegments(old.map(\.id), state: definition.windowState)
    }

    /// Remembers a window that was merged from its days, if the next one can come out of it.
    private func noteForKeeping(_ days: WindowDays, groups: Int) {
        guard options.windowOperator == .automatic else { return }
        let layouts = definition.scan.counting.layouts
        guard definition.windowGrows || layouts.allSatisfy(\.isSubtractable) else { return }
        guard let store, let merged = try? store.catalog.segments(of: definition.dayState) else { return }
        let records = days.days.reduce(0) { sum, day in
            day.parts.reduce(sum) { sum, id in
                sum + ((segments[id] ?? merged[id]).map { $0.groups / max(1, $0.days.count) } ?? 0)
            }
        }
        if RollForward.isWorthKeeping(days: days.groups.count, records: records, groups: groups) { windowToKeep = days }
    }

    /// Keeps the window that was published, for the next date.
    func keepPublishedWindow(_ store: Store) throws {
        guard let days = windowToKeep else { return }
        windowToKeep = nil
        _ = try timed("keep window") {
            try keepWindow(days, from: nil, added: days.groups, removed: [], store)
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
}
