import CKernels
import Glibc

/// A section of (keys, value) pairs in order: the pairs of a group stand together, their values ascending.
///
/// Each group of the main section is told where its pairs are (a partial of kind `stretch`); results are then computed from
/// there, group by group.
package final class PairList {
    /// The pairs of a group.
    struct Stretch {
        var first: Int
        var count: Int
        /// Bytes of a pair's key before the value.
        var prefix: Int
    }

    let list: GroupList
    let keyForms: [Vector.Form]
    let valueForm: Vector.Form

    /// - Parameters:
    ///   - pairs: All pairs; workers are done with it, and its tables are given up.
    ///   - keys: The forms of a group's keys.
    ///   - value: What stands after them.
    package init(_ pairs: ShardedGroups, keys: [Vector.Form], value: Vector.Form, threads: Int) {
        list = GroupList(pairs, threads: threads)
        keyForms = keys
        valueForm = value
        list.releaseTables()
        list.sortByKey(threads: threads)
    }

    /// Tells each group of `main` where its pairs are.
    ///
    /// - Parameters:
    ///   - partial: The partial of `main` that takes a stretch.
    ///   - codec: Of main's keys.
    package func place(in main: ShardedGroups, partial: Int, codec: KeyCodec) {
        let batch = StretchBatch(self, main, partial, codec)
        var first = 0
        while first < list.count {
            let end = endOfStretch(first)
            batch.add(list.entry(first), Int128(end - first) << 64 | Int128(first))
            first = end
        }
        batch.finish()
    }

    private func endOfStretch(_ first: Int) -> Int {
        let key = list.entry(first).key
        let prefix = KeyCodec.prefixLength(key, keyForms)
        var end = first + 1
        while end < list.count {
            if end + 16 < list.count { dm_prefetch(list.entry(end + 16).raw) }
            let other = list.entry(end)
            if Int(other.length) < prefix || memcmp(key, other.key, prefix) != 0 { break }
            end += 1
        }
        return end
    }

    /// The pairs of a group, from its words.
    func stretch(_ w: UnsafePointer<UInt64>) -> Stretch {
        let first = Int(w[0]), count = Int(w[1])
        precondition(first + count <= list.count)
        let prefix = count == 0 ? 0 : KeyCodec.prefixLength(list.entry(first).key, keyForms)
        return Stretch(first: first, count: count, prefix: prefix)
    }

    /// The first partial of a pair.
    func word(_ i: Int) -> UInt64 { list.entry(i).words.pointee }

    /// Puts the value of a pair into a row.
    func take(_ i: Int, _ stretch: Stretch, into v: Vector, _ row: Int, _ arena: TextArena) {
        var p = list.entry(i).key + stretch.prefix
        KeyCodec.take(v, row, &p, arena)
    }

    /// The pair that holds the row of this rank, from 0, if the rows were spread out in the order of their values.
    func pair(ofRank rank: UInt64, _ stretch: Stretch) -> Int {
        var left = rank
        for i in stretch.first..<stretch.first + stretch.count {
            if i + 16 < list.count { dm_prefetch(list.entry(i + 16).raw) }
            let rows = word(i)
            if left < rows { return i }
            left -= rows
        }
        preconditionFailure("a rank below the number of rows")
    }

    /// The rows of a group.
    func rows(_ stretch: Stretch) -> UInt64 {
        (stretch.first..<stretch.first + stretch.count).reduce(0) { $0 + word($1) }
    }
}

/// Runs on their way to their groups.
private final class StretchBatch {
    private static let batch = 2048
    private let pairs: KeyBatch
    private let pairCodec: KeyCodec
    private let columns: [Vector]
    private let keys: KeyBatch
    private let codec: KeyCodec
    private let stretches: Vector
    private let worker: ShardedGroups.Worker
    private let partial: Int
    private let arena = TextArena()

    init(_ list: PairList, _ main: ShardedGroups, _ partial: Int, _ codec: KeyCodec) {
        pairs = KeyBatch(capacity: StretchBatch.batch)
        pairCodec = KeyCodec(list.keyForms + [list.valueForm], allowsBareText: false)
        columns = list.keyForms.map { Vector($0, capacity: StretchBatch.batch) }
        keys = KeyBatch(capacity: StretchBatch.batch)
        self.codec = codec
        stretches = Vector(.int128, capacity: StretchBatch.batch)
        worker = ShardedGroups.Worker(main, batchCapacity: StretchBatch.batch, usesLocalTable: false)
        self.partial = partial
    }

    func add(_ first: GroupEntry, _ stretch: Int128) {
        let row = pairs.count
        pairs.pointers[row] = first.key
        pairs.lengths[row] = first.length
        stretches.int128s[row] = stretch
        pairs.count = row + 1
        if pairs.count == pairs.capacity { send() }
    }

    func finish() {
        if pairs.count > 0 { send() }
        worker.finish()
    }

    private func send() {
        arena.reset()
        pairCodec.decode(pairs.pointers, pairs.lengths, count: pairs.count, into: columns, arena: arena)
        codec.encode(columns, count: pairs.count, into: keys)
        stretches.count = pairs.count
        worker.add(keys, inputs: [PartialInput(partial: partial, mask: nil, values: stretches)])
        pairs.count = 0
    }
}
