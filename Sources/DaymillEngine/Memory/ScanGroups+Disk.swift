package import DaymillColumns
import DaymillCore
import DaymillSQL

extension ScanGroups {
    /// Whether the tables have as many groups as they may.
    var isFull: Bool {
        if sections.contains(where: \.isFull) || packed?.isFull == true { return true }
        guard let disk, disk.budget.groupsMax < .max else { return false }
        return sections.reduce(packed?.count ?? 0) { $0 + $1.countNow } >= disk.budget.groupsMax
    }

    /// The same without rows that lie packed.
    var unpacked: ScanGroups {
        var groups = self
        groups.packed = nil
        return groups
    }

    /// Whether there is memory to sort and publish them where they are.
    func canBeSorted(_ plan: ScanPlan, _ budget: MemoryBudget) -> Bool {
        let tables = sections.reduce(0) { $0 + $1.bytes }
        let items = 24 * main.count + 12 * (pairs.map(\.count).max() ?? 0)
        let sortKeys = plan.rollup.order.isEmpty ? 0 : main.bytes + 24 * main.count
        return tables + items + sortKeys <= budget.bytes && main.count <= budget.groupsMax
    }

    /// Puts all groups to disk, but for rows that lie packed. No worker may be at work.
    ///
    /// - Parameter keepsMemory: more groups are about to come.
    /// - Throws: `.io`; `.limit` where there is no disk to put them.
    func spill(dayPrefixed: Bool, threads: Int, keepsMemory: Bool) throws {
        guard let disk else { throw DaymillError.groupsFull }
        guard sections.contains(where: { $0.count > 0 }) else { return }
        try disk.spill(sections, dayPrefixed: dayPrefixed, threads: threads, keepsMemory: keepsMemory)
    }

    /// Writes all groups as a segment: the same bytes whether they are in memory or on disk.
    ///
    /// - Returns: the footer, the file's size and the file, still to be synced.
    /// - Throws: `.io`, `.storeDamaged`.
    package func writeSegment(
        to path: String, id: ContentID, rows: Int, badRows: Int, dayPrefixed: Bool, threads: Int
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        guard let disk, !disk.isEmpty else {
            return try SegmentWriter.write(
                sections.map(SegmentWriter.Section.init), id: id, rows: rows, badRows: badRows,
                dayPrefixed: dayPrefixed,
                to: path, threads: threads)
        }
        try spill(dayPrefixed: dayPrefixed, threads: threads, keepsMemory: false)
        for groups in sections { groups.removeAll(keepsMemory: false) }
        let readers = try disk.readers(keepsDays: dayPrefixed, threads: threads)
        return try SegmentMerge.write(
            disk.inputs, id: id, disk.layouts, keepsDays: dayPrefixed, rows: rows, badRows: badRows, to: path,
            threads: readers,
            partBytes: disk.budget.partBytes)
    }
}
