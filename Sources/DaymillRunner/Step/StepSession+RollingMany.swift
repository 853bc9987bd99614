import DaymillColumns
import DaymillCore
import DaymillEngine

/// Many dates, one after another, out of one kept window that is read once.
///
///     kept window ──▶ day 366 − day 1 ──▶ day 367 − day 2 ──▶ …
///                          │                   │
///                       output              output            the window of the last date is kept
///
/// Most rows are the same from date to date: each is made once, and copied to the outputs of all dates that it holds for.
extension StepSession {
    /// A date that is to be made, and the days of its window.
    typealias WantedDate = (date: Day, days: WindowDays)

    /// The outputs of the first of some dates, ascending; fewer than two are none. They are written, but not published.
    ///
    /// - Throws: `NotSubtractable`, `WrongWindow`; `.storeDamaged`, `.io`.
    func rollMany(_ wanted: some Collection<WantedDate>, _ store: Store) throws -> Rolled? {
        guard rollsInOnePass, wanted.count > 1, let first = wanted.first else { return nil }
        guard let (window, nearest) = try firstTarget(first, store) else { return nil }
        let layout = definition.scan.counting.layouts[0]
        let most = min(StepSession.rolledOutputs, max(2, StepSession.rolledBytes / max(1, window.bytes)))
        var targets = [nearest], bytes = SortedGroups.bytes(nearest.terms, layout.countingDays)
        // What comes at one date is in the rows of all later ones, and in the worst case of one piece.
        var added = nearest.addedBytes, spread = added
        for next in wanted.dropFirst().prefix(most - 1) {
            guard let target = try target(next, after: targets[targets.count - 1].days, store) else { break }
            bytes += SortedGroups.bytes(target.terms, layout.countingDays)
            added += target.addedBytes
            spread += added
            guard bytes <= budget.bytes / 2, spread <= budget.bytes / 4 else { break }
            targets.append(target)
        }
        return targets.count > 1 ? try roll(window, to: targets, store) : nil
    }

    /// The most outputs that come of one roll.
    static var rolledOutputs: Int { 32 }

    /// About what the outputs of one roll may take together: so much waits for its end before it is published.
    private static var rolledBytes: Int { 2 << 30 }

    private func firstTarget(_ wanted: WantedDate, _ store: Store) throws -> (SegmentReader, RollTarget)? {
        guard mustRoll || wanted.days.groups.count >= RollForward.shortest, let way = try way(to: wanted.days, store),
            let removed = try removedInputs(way.removed, store), let window = try store.segment(way.kept)
        else { return nil }
        let terms = RollForward.changes(added: try inputs(of: way.added, in: wanted.days, store), removed: removed)
        return (window, RollTarget(date: wanted.date, days: wanted.days, terms: terms))
    }

    /// Nil where the window of the date before is no good way to this one.
    private func target(_ wanted: WantedDate, after before: WindowDays, _ store: Store) throws -> RollTarget? {
        let (old, new) = (Set(before.groups), Set(wanted.days.groups))
        let added = wanted.days.groups.filter { !old.contains($0) }
        let removed = before.groups.filter { !new.contains($0) }
        guard removed.isEmpty || canSubtract,
            mustRoll || (new.count >= RollForward.shortest && 2 * (added.count + removed.count) < new.count)
        else { return nil }
        let terms = RollForward.changes(
            added: try inputs(of: added, in: wanted.days, store), removed: try inputs(of: removed, in: before, store))
        return RollTarget(date: wanted.date, days: wanted.days, terms: terms)
    }
}
