package import DaymillColumns
import DaymillCore
import DaymillSQL

/// A window from a window that was kept: what came is added, what went is subtracted.
///
///     kept window        day 1 … day 364 │ day 365
///     wanted                     day 2 … │ day 365  day 366
///     merged             kept + day 366 − day 1         (a loser tree of three)
///
/// A day whose groups changed went as it was and came as it is. The window's segment has in every section one partial more
/// than those of days: how many days hold the group (or the pair of a count(DISTINCT), so that distinct counts roll as
/// well). Where that comes out zero nothing is left of the group, as if it had never been there. So the result is that of a
/// merge of all days, to the bit.
package enum RollForward {
    /// A day of a window and what identifies its groups.
    package struct DayGroups: Hashable, Sendable {
        /// Days since 1970-01-01.
        package var day: Int32
        package var digest: ContentID

        package init(day: Int32, digest: ContentID) {
            self.day = day
            self.digest = digest
        }
    }

    /// What is known of a kept window.
    package struct Kept: Sendable {
        package var id: ContentID
        package var bytes: Int
        package var days: Set<DayGroups>

        package init(id: ContentID, bytes: Int, days: Set<DayGroups>) {
            self.id = id
            self.bytes = bytes
            self.days = days
        }
    }

    /// How a window comes out of a kept one.
    package struct Way: Sendable, Equatable {
        package var kept: ContentID
        package var added: [DayGroups]
        package var removed: [DayGroups]

        package init(kept: ContentID, added: [DayGroups], removed: [DayGroups]) {
            (self.kept, self.added, self.removed) = (kept, added, removed)
        }
    }

    /// The kept window from which the wanted one is reached with the least reading and writing; nil when merging all days
    /// is cheaper.
    ///
    /// - Parameters:
    ///   - bytes: of a day's groups.
    ///   - canSubtract: whether all partials are sums. Otherwise days may only be added.
    ///   - isForced: any way will do, whatever it costs.
    package static func way(
        to wanted: [DayGroups], bytes: (DayGroups) -> Int, from kept: [Kept], canSubtract: Bool, isForced: Bool = false
    ) -> Way? {
        let all = Set(wanted)
        let plain = wanted.reduce(0) { $0 + bytes($1) }
        let usual = plain / max(1, wanted.count)
        var best: (cost: Int, way: Way)?
        // In a fixed order, so that of two that cost the same it is always the same one.
        for window in kept.sorted(by: { ContentID.precedes($0.id, $1.id) }) {
            let added = wanted.filter { !window.days.contains($0) }
            let removed = window.days.subtracting(all)
            guard canSubtract || removed.isEmpty else { continue }
            let cost = 2 * window.bytes + added.reduce(0) { $0 + bytes($1) } + removed.count * usual
            guard isForced || cost < plain, cost < best?.cost ?? .max else { continue }
            let order: (DayGroups, DayGroups) -> Bool = { $0.day < $1.day }
            best = (cost, Way(kept: window.id, added: added, removed: removed.sorted(by: order)))
        }
        return best?.way
    }

    /// Whether a window that was merged from its days is worth keeping for the next date.
    ///
    /// - Parameters:
    ///   - records: of all its days.
    ///   - groups: how many they came to.
    package static func isWorthKeeping(days: Int, records: Int, groups: Int) -> Bool {
        days >= shortest && (2 * groups + 2 * records / days) < records
    }

    /// So many days with groups at least: less is merged as quickly.
    package static let shortest = 10

    /// Identity of a window: which days, and which groups they have.
    package static func id(_ days: [DayGroups], of state: ContentID) -> ContentID {
        var words: [UInt64] = [3, state.high, state.low]
        for day in days { words += [UInt64(bitPattern: Int64(day.day)), day.digest.high, day.digest.low] }
        return ContentID.of(words: words)
    }

    /// Writes a window's segment: kept groups and days, less what went.
    ///
    /// - Parameters:
    ///   - kept: a window's segment; nil: everything comes from days.
    ///   - layouts: of the sections of days.
    /// - Throws: `NotSubtractable` when some group cannot tell what it would be without a day: merge all days then.
    ///   `.storeDamaged`, `.io`.
    package static func write(
        kept: SegmentReader?, added: [SegmentMerge.Input], removed: [SegmentMerge.Input], _ layouts: [StateLayout],
        id: ContentID, to path: String, threads: Int
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let window = kept.map { [SegmentMerge.Input($0, days: nil)] } ?? []
        let terms = changes(added: added, removed: removed)
        let own = layouts.map(\.countingDays)
        if let kept, kept.footer.layouts != own { throw NotSubtractable() }
        return try SegmentMerge.write(
            window + terms, id: id, own, keepsDays: false, rows: 0, badRows: 0, to: path, threads: threads,
            dropsZero: true)
    }

    /// Segments of days as what a window that counts days is changed by.
    package static func changes(
        added: [SegmentMerge.Input], removed: [SegmentMerge.Input]
    ) -> [SegmentMerge.Input] {
        added.map { $0.counting(false) } + removed.map { $0.counting(true) }
    }

    /// The groups of some days, counting days, as they are published and kept in one pass.
    ///
    /// - Throws: `.storeDamaged`, `.io`, `.limit`.
    package static func result(
        _ days: [SegmentMerge.Input], _ plan: ScanPlan, memory: MemoryBudget, threads: Int
    ) throws -> WindowResult {
        let groups = ScanGroups(
            plan.layouts.map(\.countingDays), memory: memory, tableBytes: memory.tableBytes(hasDays: false))
        try WindowMerge.merge(changes(added: days, removed: []), plan, into: groups, threads: threads)
        return try WindowResult.make(groups, plan, threads: threads)
    }
}

extension SegmentMerge.Input {
    /// The same as one day of a window.
    fileprivate func counting(_ isSubtracted: Bool) -> SegmentMerge.Input {
        var input = self
        input.term = SegmentTerm(extra: 1, isSubtracted: isSubtracted)
        return input
    }
}

extension ScanPlan {
    /// Whether the rows of an output are all groups in the order of their keys, and nothing else is needed for them. A
    /// window is then kept in that order, and becomes the next output and the next window while it is read once.
    package var isInKeyOrder: Bool {
        rollup.order.isEmpty && rollup.limit == nil && rollup.offset == 0 && !rollup.keys.isEmpty
            && aggregates.pairs.isEmpty
    }
}
