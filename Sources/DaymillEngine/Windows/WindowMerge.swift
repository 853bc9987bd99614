package import DaymillColumns
import DaymillCore
import DaymillSQL

/// Puts the partials of a window together.
package enum WindowMerge {
    /// Folds segments into the groups of a window, which may hold a part of it already. Groups no longer know their days.
    ///
    /// What does not fit into the groups' memory stays where it is: the groups are then on disk.
    ///
    /// - Parameter inputs: each segment once, with the days that count (nil: all).
    /// - Returns: the bytes read.
    @discardableResult
    package static func merge(
        _ inputs: [SegmentMerge.Input], _ plan: ScanPlan, into groups: ScanGroups, threads: Int
    ) throws -> Int {
        guard let disk = groups.disk else { return try fold(inputs, into: groups, threads: threads) }
        let need = need(inputs, groups.sections)
        if need.bytes <= disk.budget.tableBytes(hasDays: false), need.records <= disk.budget.groupsMax, disk.isEmpty {
            return try fold(inputs, into: groups, threads: threads)
        }
        try groups.spill(dayPrefixed: false, threads: threads, keepsMemory: true)
        if need.bytes / 8 <= disk.budget.bytes, need.records / 8 <= disk.budget.groupsMax, disk.isEmpty {
            // Days have many groups in common as a rule. If not, that shows before much is done.
            do { return try fold(inputs, into: groups, threads: threads) } catch let error as DaymillError
                where error.code == .limit
            {
                for part in groups.sections { part.removeAll(keepsMemory: false) }
            }
        }
        disk.add(inputs)
        return 0
    }

    /// The most memory that the groups of segments can take in tables, and how many there can be.
    private static func need(
        _ inputs: [SegmentMerge.Input], _ sections: [ShardedGroups]
    ) -> (bytes: Int, records: Int) {
        var bytes = 0, records = 0
        for (section, groups) in sections.enumerated() {
            for span in SegmentSpan.all(of: inputs, section: section) {
                bytes += span.bytes + span.records * (56 + 8 * groups.layout.words)
                records += span.records
            }
        }
        return (bytes, records)
    }

    private static func fold(_ inputs: [SegmentMerge.Input], into groups: ScanGroups, threads: Int) throws -> Int {
        var bytes = 0
        for (section, part) in groups.sections.enumerated() {
            bytes += try SegmentMerge.merge(inputs, section: section, into: part, threads: threads)
        }
        return bytes
    }
}

/// The groups of a window with what comes from pairs filled in: ready to be published.
package struct WindowResult {
    package let plan: ScanPlan
    /// Its states are those of the plan; those of a window that may be kept count days behind them.
    package let main: ShardedGroups
    /// The groups where they are on disk; `main` is empty then.
    var stream: GroupStream?
    /// The sorted pairs of each section whose values are needed.
    package let pairs: [PairList?]

    /// - Parameter groups: all rows of the window folded, by scans or merges.
    package init(_ groups: ScanGroups, _ plan: ScanPlan, threads: Int = 1) {
        self.plan = plan
        main = groups.main
        if plan.rollup.keys.isEmpty { main.ensureGlobalGroup() }
        let codec = WindowResult.codec(plan), main = main
        pairs = plan.aggregates.pairs.indices.map { pair in
            let section = plan.aggregates.pairs[pair], groups = groups.pairs[pair]
            let keys = plan.rollup.keys.map { vectorForm(of: $0.type) }
            let value = section.form.valueForm(of: vectorForm(of: section.argument.type))
            guard plan.aggregates.partials[section.partial].kind == .stretch else {
                WindowResult.count(groups, plan, pair, in: main, codec)
                return nil
            }
            let list = PairList(groups, keys: keys, value: value, threads: threads)
            list.place(in: main, partial: section.partial, codec: codec)
            return list
        }
    }

    /// How many groups there are; where they are on disk, how many there are at least.
    package var groupsAtLeast: Int { stream.map { $0.spans.map(\.records).max() ?? 0 } ?? main.count }

    /// The codec of the groups' keys.
    package var codec: KeyCodec { WindowResult.codec(plan) }

    /// Keys that were encoded in segments with days are encoded ones: there a single text is not its own key.
    private static func codec(_ plan: ScanPlan) -> KeyCodec {
        KeyCodec(plan.rollup.keys.map { vectorForm(of: $0.type) }, allowsBareText: !plan.hasDays)
    }

    /// The same, of groups that are counted already.
    init(counted main: ShardedGroups, _ plan: ScanPlan, stream: GroupStream? = nil) {
        self.plan = plan
        self.main = main
        self.stream = stream
        pairs = plan.aggregates.pairs.map { _ in nil }
    }

    /// Adds one to its group for each distinct pair.
    private static func count(
        _ pairs: ShardedGroups, _ plan: ScanPlan, _ pair: Int, in main: ShardedGroups, _ codec: KeyCodec
    ) {
        let counter = PairCounter(plan, pair, codec, into: main)
        let list = GroupList(pairs)
        for start in stride(from: 0, to: list.count, by: WindowResult.batch) {
            counter.add(list, start..<min(start + WindowResult.batch, list.count))
        }
        counter.finish()
    }

    static let batch = 2048
}
