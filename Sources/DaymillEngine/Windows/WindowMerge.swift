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

/// The groups of a window with their distinct counts filled in: ready to be published.
package struct WindowResult {
    package let plan: ScanPlan
    package let main: ShardedGroups
    /// Whether keys were encoded in segments with days, where a single text is not its own key.
    private let keysAreEncoded: Bool

    /// - Parameter groups: all rows of the window folded, by scans or merges.
    package init(_ groups: ScanGroups, _ plan: ScanPlan) {
        self.plan = plan
        main = groups.main
        keysAreEncoded = plan.hasDays
        if plan.rollup.keys.isEmpty { main.ensureGlobalGroup() }
        for i in groups.pairs.indices { countPairs(groups.pairs[i], i) }
    }

    /// The codec of the groups' keys.
    package var codec: KeyCodec {
        KeyCodec(plan.rollup.keys.map { vectorForm(of: $0.type) }, allowsBareText: !keysAreEncoded)
    }

    /// Adds one to its group for each distinct pair.
    private func countPairs(_ pairs: ShardedGroups, _ pair: Int) {
        let partial = plan.aggregates.results.firstNonNil { result in
            if case .distinct(let partial, pair) = result { partial } else { nil }
        }
        guard let partial else { return }
        let forms = plan.rollup.keys.map { vectorForm(of: $0.type) }
        let value = vectorForm(of: plan.aggregates.pairs[pair].argument!.type)
        let pairCodec = KeyCodec(forms + [value], allowsBareText: false), codec = codec
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

extension Sequence {
    func firstNonNil<R>(_ transform: (Element) -> R?) -> R? {
        for element in self { if let result = transform(element) { return result } }
        return nil
    }
}
