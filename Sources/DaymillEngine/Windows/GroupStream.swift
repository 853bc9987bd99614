import DaymillColumns
import DaymillCore
import DaymillSQL

// Unchecked because nobody changes its groups and pairs any more, or only through tables with locks.
extension WindowResult: @unchecked Sendable {}

/// The groups of a window as the merge of segments on disk.
struct GroupStream: Sendable {
    /// Keeps temporary segments as long as they are read.
    let disks: [DiskGroups]
    let budget: MemoryBudget
    let layout: StateLayout
    let spans: [SegmentSpan]
    /// Threads whose blocks have room in memory.
    let readers: Int
}

extension WindowResult {
    /// The groups of a window, wherever they are, ready to be published.
    ///
    /// - Throws: `.io`, `.storeDamaged`.
    package static func make(_ groups: ScanGroups, _ plan: ScanPlan, threads: Int) throws -> WindowResult {
        guard let disk = groups.disk, !disk.isEmpty || !groups.canBeSorted(plan, disk.budget) else {
            return WindowResult(groups, plan, threads: threads)
        }
        try checkPairs(plan)
        try groups.spill(dayPrefixed: false, threads: threads, keepsMemory: false)
        for part in groups.sections { part.removeAll(keepsMemory: false) }
        return plan.rollup.keys.isEmpty
            ? try oneGroup(groups, disk, plan, threads) : try streamed(groups, disk, plan, threads)
    }

    /// Where the values of pairs are needed, group by group, they have to be in memory.
    ///
    /// - Throws: `.limit`.
    private static func checkPairs(_ plan: ScanPlan) throws {
        guard plan.aggregates.partials.contains(where: { $0.kind == .stretch }) else { return }
        throw DaymillError(
            .limit,
            "the different values for percentiles, modes, distinct sums and approximate counts do not fit into memory",
            hint: "give the run more memory with --memory, or a shorter window")
    }

    /// Without keys there is one group, and only what it counts is on disk.
    private static func oneGroup(
        _ groups: ScanGroups, _ disk: DiskGroups, _ plan: ScanPlan, _ threads: Int
    ) throws -> WindowResult {
        let readers = try disk.readers(keepsDays: false, threads: threads)
        try SegmentMerge.merge(disk.inputs, section: 0, into: groups.main, threads: threads)
        groups.main.ensureGlobalGroup()
        let result = WindowResult(counted: groups.main, plan)
        for pair in groups.pairs.indices {
            let gate = SpillGate(workers: readers, isFull: { false }, spill: {})
            try result.countPairs(disk, pair, into: groups.main, readers, gate: gate)
        }
        return result
    }

    private static func streamed(
        _ groups: ScanGroups, _ disk: DiskGroups, _ plan: ScanPlan, _ threads: Int
    ) throws -> WindowResult {
        let layout = groups.main.layout
        var disks = [disk]
        if !groups.pairs.isEmpty { disks.append(try counts(groups, disk, plan, threads)) }
        // Counts lie beside the groups: both are read at once.
        for one in disks { try one.compact(to: one.budget.strands / disks.count, keepsDays: false, threads: threads) }
        let spans = SegmentSpan.all(of: disks.flatMap(\.inputs), section: 0)
        let readers = max(1, min(threads, disk.budget.strands / max(1, spans.count)))
        let stream = GroupStream(disks: disks, budget: disk.budget, layout: layout, spans: spans, readers: readers)
        return WindowResult(counted: groups.main, plan, stream: stream)
    }

    /// The numbers of distinct pairs as segments of groups in which everything else is neutral.
    private static func counts(
        _ groups: ScanGroups, _ disk: DiskGroups, _ plan: ScanPlan, _ threads: Int
    ) throws -> DiskGroups {
        let layout = groups.main.layout.counted
        let counted = ScanGroups([layout], memory: disk.budget, tableBytes: disk.budget.bytes / 2)
        let readers = try disk.readers(keepsDays: false, threads: threads)
        let result = WindowResult(counted: groups.main, plan)
        for pair in groups.pairs.indices {
            let gate = SpillGate(workers: readers) {
                counted.isFull
            } spill: {
                try counted.spill(dayPrefixed: false, threads: threads, keepsMemory: true)
            }
            try result.countPairs(disk, pair, into: counted.main, readers, gate: gate)
        }
        try counted.spill(dayPrefixed: false, threads: threads, keepsMemory: false)
        counted.main.removeAll(keepsMemory: false)
        return counted.disk!
    }

    private func countPairs(
        _ disk: DiskGroups, _ pair: Int, into groups: ShardedGroups, _ readers: Int, gate: SpillGate
    ) throws {
        let spans = SegmentSpan.all(of: disk.inputs, section: 1 + pair), layout = disk.layouts[1 + pair]
        _ = try SegmentMerge.stream(spans, layout, threads: readers) {
            (counter: PairCounter(plan, pair, codec, into: groups), list: GroupList(layout))
        } use: { consumer, batch in
            consumer.list.show(batch)
            consumer.counter.add(consumer.list, 0..<batch.count)
            try gate.pass()
        } end: {
            gate.leave()
        }
    }
}
