import DaymillColumns
import DaymillSQL

/// One thread's way into a section of pairs: (keys, value) of the rows that count.
final class PairWorker {
    private let form: PairForm
    private let worker: ShardedGroups.Worker
    private let codec: KeyCodec
    private let keys = KeyBatch(capacity: ScanWorker.batch)
    private let keyColumns: [Vector]
    private let argument: Vector
    /// What stands after the keys; the argument itself, where that is kept.
    private let value: Vector
    private let hashing: Hashing?

    /// What makes registers.
    private struct Hashing {
        let codec: KeyCodec
        let keys = KeyBatch(capacity: ScanWorker.batch)
        let ranks = Vector(.int64, capacity: ScanWorker.batch)
    }

    init(_ pairs: AggregatePlan.Pairs, _ keyForms: [Vector.Form], _ groups: ShardedGroups) {
        form = pairs.form
        worker = ShardedGroups.Worker(groups, batchCapacity: ScanWorker.batch)
        let argumentForm = vectorForm(of: pairs.argument.type), valueForm = form.valueForm(of: argumentForm)
        codec = KeyCodec(keyForms + [valueForm], allowsBareText: false)
        keyColumns = keyForms.map { Vector($0, capacity: ScanWorker.batch) }
        argument = Vector(argumentForm, capacity: ScanWorker.batch)
        let isKept = form == .distinct || form == .counted
        value = isKept ? argument : Vector(valueForm, capacity: ScanWorker.batch)
        hashing = form == .registers ? Hashing(codec: KeyCodec([argumentForm], allowsBareText: false)) : nil
    }

    /// - Parameter kept: the rows that count, at least one.
    func add(_ columns: [Vector], _ values: Vector, _ kept: RowList) {
        for (to, from) in zip(keyColumns, columns) { to.gather(from, kept) }
        argument.gather(values, kept)
        if form == .buckets { Buckets.fill(value, from: argument) }
        if let hashing {
            hashing.codec.encode([argument], count: kept.count, into: hashing.keys)
            Registers.fill(blocks: value, ranks: hashing.ranks, from: hashing.keys)
        }
        codec.encode(keyColumns + [value], count: kept.count, into: keys)
        worker.add(keys, inputs: inputs)
    }

    private var inputs: [PartialInput] {
        switch form {
        case .distinct: []
        case .counted, .buckets: [PartialInput(partial: 0, mask: nil, values: nil)]
        case .registers: [PartialInput(partial: 0, mask: nil, values: hashing?.ranks)]
        }
    }

    func finish() { worker.finish() }
}
