import DaymillColumns
import DaymillCore
import DaymillSQL

/// Adds one to its group for each distinct pair of a count(DISTINCT). One per thread.
final class PairCounter {
    private let partial: Int
    private let pairCodec: KeyCodec
    private let codec: KeyCodec
    private let vectors: [Vector]
    private let scratch = KeyBatch(capacity: WindowResult.batch)
    private let keys = KeyBatch(capacity: WindowResult.batch)
    private let arena = TextArena()
    private let worker: ShardedGroups.Worker

    /// - Parameters:
    ///   - pair: position of the pairs in the plan.
    ///   - codec: that of the groups' keys.
    init(_ plan: ScanPlan, _ pair: Int, _ codec: KeyCodec, into groups: ShardedGroups) {
        let section = plan.aggregates.pairs[pair]
        partial = section.partial
        self.codec = codec
        let forms = plan.rollup.keys.map { vectorForm(of: $0.type) }
        let value = section.form.valueForm(of: vectorForm(of: section.argument.type))
        pairCodec = KeyCodec(forms + [value], allowsBareText: false)
        vectors = forms.map { Vector($0, capacity: WindowResult.batch) }
        worker = ShardedGroups.Worker(groups, batchCapacity: WindowResult.batch, usesLocalTable: false)
    }

    /// Counts a range of a list of pairs, at most a batch.
    func add(_ pairs: GroupList, _ range: Range<Int>) {
        arena.reset()
        pairs.keys(range, codec: pairCodec, into: vectors, scratch: scratch, arena: arena)
        codec.encode(vectors, count: range.count, into: keys)
        worker.add(keys, inputs: [PartialInput(partial: partial, mask: nil, values: nil)])
    }

    func finish() { worker.finish() }
}
