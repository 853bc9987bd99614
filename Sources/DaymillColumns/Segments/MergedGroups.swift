/// A batch of groups, each with its key and state in memory of the batch's own: what a `SegmentMergeCursor` yields.
///
///     arena:  GroupEntry │ GroupEntry │ …      as in a group table's pool; keys, lengths, states point into it
///
/// Everything stays where it is until the batch is filled again.
package final class MergedGroups {
    package let layout: StateLayout
    /// Hash, key and length of each group.
    package let keys: KeyBatch
    /// The words of each group, partials side by side.
    package let states: StateBatch
    /// The day of each group; 0 where days are not told apart.
    let days: UnsafeMutablePointer<Int32>
    private let dayMemory: Buffer<Int32>
    /// Texts of states.
    let texts = TextArena()
    private var arena: ByteBuffer
    private var used = 0

    /// The most groups of a batch. It may hold fewer: large keys fill the arena before.
    package static let capacity = 2048

    package init(_ layout: StateLayout) {
        self.layout = layout
        keys = KeyBatch(capacity: MergedGroups.capacity)
        states = StateBatch(capacity: MergedGroups.capacity)
        dayMemory = Buffer(capacity: MergedGroups.capacity)
        days = dayMemory.pointer
        arena = ByteBuffer(capacity: max(64 << 10, MergedGroups.capacity * (GroupEntry.size(24) + layout.words * 8)))
    }

    package var count: Int { keys.count }

    /// The key of a group; empty for the NULL of a bare text key.
    package func key(_ i: Int) -> [UInt8] {
        precondition(i >= 0 && i < count)
        return Array(UnsafeBufferPointer(start: keys.pointers[i], count: Int(max(0, keys.lengths[i]))))
    }

    package func day(_ i: Int) -> Int32 {
        precondition(i >= 0 && i < count)
        return days[i]
    }

    /// Forgets all groups.
    func removeAll() {
        keys.count = 0
        used = 0
        texts.reset()
    }

    /// Takes the last group back.
    func removeLast() {
        keys.count -= 1
        used = Int(reference(keys.count)) * 8
    }

    /// Whether so many groups of a key can be added; true when there are none, since room is made then.
    func hasRoom(for n: Int, keyLength length: Int32) -> Bool {
        let wanted = n &* (GroupEntry.size(length) &+ layout.words &* 8)
        if keys.count &+ n <= MergedGroups.capacity, used &+ wanted <= arena.capacity { return true }
        guard keys.count == 0 else { return false }
        arena = ByteBuffer(capacity: wanted)
        return true
    }

    /// The first byte of the arena.
    var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(arena.base) }

    /// Where in the arena a group lies, divided by 8.
    func reference(_ i: Int) -> UInt32 {
        UInt32((UnsafeRawPointer(keys.pointers[i]) - UnsafeRawPointer(base) - GroupEntry.header) >> 3)
    }

    /// Adds a group with a copy of the key and of the state; nil when the batch is full.
    ///
    /// - Returns: the group's words.
    @inline(__always)
    func append(
        hash: UInt64, key: UnsafePointer<UInt8>, length: Int32, day: Int32, words: UnsafePointer<UInt64>
    ) -> UnsafeMutablePointer<UInt64>? {
        let head = GroupEntry.size(length), size = head &+ layout.words &* 8
        if keys.count == MergedGroups.capacity || used &+ size > arena.capacity {
            guard keys.count == 0 else { return nil }
            arena = ByteBuffer(capacity: size)
        }
        let raw = base + used
        used &+= size
        (raw + (head &- 8)).storeBytes(of: 0, as: UInt64.self)
        raw.storeBytes(of: length, as: Int32.self)
        (raw + GroupEntry.header).copyMemory(from: key, byteCount: Int(max(0, length)))
        let i = keys.count
        let entry = GroupEntry(raw)
        let target = entry.words(length)
        keys.hashes[i] = hash
        keys.pointers[i] = entry.key
        keys.lengths[i] = length
        days[i] = day
        states.words[i] = UnsafePointer(target)
        keys.count = i &+ 1
        copy(words, to: target)
        return target
    }

    @inline(__always)
    private func copy(_ words: UnsafePointer<UInt64>, to target: UnsafeMutablePointer<UInt64>) {
        guard layout.hasTexts else { return target.update(from: words, count: layout.words) }
        layout.neutral.withUnsafeBufferPointer { target.update(from: $0.baseAddress!, count: $0.count) }
        StateMerge.merge(words, into: target, layout, texts)
    }

    /// Folds another state into a group of this batch.
    @inline(__always)
    func merge(_ words: UnsafePointer<UInt64>, into target: UnsafeMutablePointer<UInt64>) {
        guard layout.isAllCounts else { return StateMerge.merge(words, into: target, layout, texts) }
        for w in 0..<layout.words { target[w] &+= words[w] }
    }
}
