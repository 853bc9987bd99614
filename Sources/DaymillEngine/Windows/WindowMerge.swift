package import DaymillColumns
import DaymillCore
import DaymillSQL

/// Puts the partials of a window together.
package enum WindowMerge {
    /// Folds segments into the groups of a window, which may hold a part of it already. Groups no longer know their days.
    ///
    /// - Parameter inputs: each segment once, with the days that count (nil: all).
    /// - Returns: the bytes read.
    @discardableResult
    package static func merge(
        _ inputs: [SegmentMerge.Input], _ plan: ScanPlan, into groups: ScanGroups, threads: Int
    ) throws -> Int {
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
    package let main: ShardedGroups
    /// The sorted pairs of each section whose values are needed.
    package let pairs: [PairList?]

    /// - Parameter groups: all rows of the window folded, by scans or merges.
    package init(_ groups: ScanGroups, _ plan: ScanPlan, threads: Int = 1) {
        self.plan = plan
        main = groups.main
        if plan.rollup.keys.isEmpty { main.ensureGlobalGroup() }
        let codec = WindowResult.codec(plan), main = main
        pairs = zip(plan.aggregates.pairs, groups.pairs).map { section, groups in
            let keys = plan.rollup.keys.map { vectorForm(of: $0.type) }
            let value = section.form.valueForm(of: vectorForm(of: section.argument.type))
            guard plan.aggregates.partials[section.partial].kind == .stretch else {
                WindowResult.count(groups, keys, value, in: main, section.partial, codec)
                return nil
            }
            let list = PairList(groups, keys: keys, value: value, threads: threads)
            list.place(in: main, partial: section.partial, codec: codec)
            return list
        }
    }

    /// The codec of the groups' keys.
    package var codec: KeyCodec { WindowResult.codec(plan) }

    /// Keys that were encoded in segments with days are encoded ones: there a single text is not its own key.
    private static func codec(_ plan: ScanPlan) -> KeyCodec {
        KeyCodec(plan.rollup.keys.map { vectorForm(of: $0.type) }, allowsBareText: !plan.hasDays)
    }

    /// Adds one to its group for each distinct pair.
    private static func count(
        _ pairs: ShardedGroups, _ forms: [Vector.Form], _ value: Vector.Form, in main: ShardedGroups, _ partial: Int,
        _ codec: KeyCodec
    ) {
        let pairCodec = KeyCodec(forms + [value], allowsBareText: false)
        let list = GroupList(pairs)
        let vectors = forms.map { Vector($0, capacity: WindowResult.batch) }
        let scratch = KeyBatch(capacity: WindowResult.batch), keys = KeyBatch(capacity: WindowResult.batch)
        let arena = TextArena()
        let worker = ShardedGroups.Worker(main, batchCapacity: WindowResult.batch, usesLocalTable: false)
        for start in stride(from: 0, to: list.count, by: WindowResult.batch) {
            arena.reset()
            let range = start..<min(start + WindowResult.batch, list.count)
            list.keys(range, codec: pairCodec, into: vectors, scratch: scratch, arena: arena)
            codec.encode(vectors, count: range.count, into: keys)
            worker.add(keys, inputs: [PartialInput(partial: partial, mask: nil, values: nil)])
        }
        worker.finish()
    }

    static let batch = 2048
}
