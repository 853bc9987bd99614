import CKernels
import Glibc

/// A hash table from group keys to states: open addressing over 8-byte slots, entries laid down once in a pool.
///
///     slots:    [ tag 32 │ reference 32 ] …        0 = free; position = top bits of the tag; linear probing
///     entries:  length │ key │ words                 never move; the reference is the offset in the pool / 8
///
/// A batch is worked through in groups of 128 rows in three passes — fetch slots, fetch entries, compare — so that the
/// two cache misses of a row overlap with those of its neighbours (group prefetching, Chen et al., SIGMOD 2004). Growing
/// re-reads slots only, never entries. Keys are compared by all their bytes: equal hashes are never taken for equal keys.
///
/// Not for: more than 2^32 slots, or deleting.
package final class GroupTable {
    package let layout: StateLayout
    package private(set) var count = 0
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var slotBits: Int
    fileprivate let cursor: PoolCursor
    private let places = Buffer<UInt32>(capacity: GroupTable.group)
    private let pool: PagePool
    private var isReleased = false
    let poolBase: UnsafeMutableRawPointer

    /// Slots per entry that are kept at the least, times 8: a few more for small tables, where a wrong guess about a
    /// probe costs more than a cache line.
    private let slotsPerEntry8: Int

    /// - Parameters:
    ///   - slotBits: log2 of the first number of slots.
    ///   - isSparse: at most a quarter of the slots are used, else five eighths.
    package init(_ layout: StateLayout, pool: PagePool, slotBits: Int = 8, isSparse: Bool = false) {
        slotsPerEntry8 = isSparse ? 32 : 13
        self.layout = layout
        self.slotBits = slotBits
        self.pool = pool
        slots = pool.takeZeroed(8 << slotBits).bindMemory(to: UInt64.self, capacity: 1 << slotBits)
        cursor = PoolCursor(pool)
        poolBase = pool.base
    }

    /// Rows worked on together: enough to hide memory latency, few enough to stay in the first-level cache.
    static let group = 128

    /// The slot tag of a hash: the 32 bits below those that choose the shard, so that slots lie in the order of hashes.
    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash >> UInt64(32 - ShardedGroups.shardBits))
    }

    /// Finds or makes the entries of up to `group` keys.
    ///
    /// - Parameter rows: which rows of the three arrays; `groups` gets the words of one group per row of `rows`.
    func locate(
        _ keys: KeyBatch, _ rows: UnsafePointer<UInt32>, _ n: Int,
        _ groups: StateUpdate.Groups
    ) {
        precondition(!isReleased, "a table without slots finds nothing")
        if (count &+ n) &* slotsPerEntry8 > 8 << slotBits { grow(toHold: count + n) }
        let slots = self.slots, shift = UInt32(32 - slotBits), base = poolBase, mask = 1 << slotBits - 1
        let hashes = keys.hashes, places = self.places.pointer
        let pointers = keys.pointers, lengths = keys.lengths
        for i in 0..<n {
            let row = Int(rows[i])
            dm_prefetch(slots + Int(GroupTable.tag(hashes[row]) &>> shift))
        }
        for i in 0..<n {
            let tag = GroupTable.tag(hashes[Int(rows[i])])
            var place = Int(tag &>> shift)
            var slot = slots[place]
            while slot != 0 && UInt32(truncatingIfNeeded: slot &>> 32) != tag {
                place = (place &+ 1) & mask
                slot = slots[place]
            }
            places[i] = UInt32(truncatingIfNeeded: place)
            let entry = base + Int(UInt32(truncatingIfNeeded: slot)) &* 8
            dm_prefetch_write(entry)
            dm_prefetch_write(entry + 56)
        }
        let masks = GroupTable.masks
        for i in 0..<n {
            let row = Int(rows[i])
            let slot = slots[Int(places[i])]
            // The usual case: the tag belongs to this key, nothing else has moved in.
            let entry = GroupEntry(base + Int(UInt32(truncatingIfNeeded: slot)) &* 8)
            let length = lengths[row]
            if slot != 0, GroupTable.equal(entry, pointers[row], length, masks) {
                groups[i] = entry.words(length)
            } else {
                let tag = GroupTable.tag(hashes[row])
                groups[i] = findOrInsert(tag, Int(places[i]), pointers[row], length).words(length)
            }
        }
    }

    /// Goes on from a place at which neither an equal key nor a free slot lies before.
    @inline(never)
    private func findOrInsert(
        _ tag: UInt32, _ first: Int, _ key: UnsafePointer<UInt8>, _ length: Int32
    ) -> GroupEntry {
        let mask = (1 << slotBits) &- 1
        var position = first
        while true {
            let slot = slots[position]
            if slot == 0 { break }
            if UInt32(truncatingIfNeeded: slot &>> 32) == tag {
                let entry = GroupEntry(poolBase + Int(UInt32(truncatingIfNeeded: slot)) &* 8)
                if GroupTable.equal(entry, key, length, GroupTable.masks) { return entry }
            }
            position = (position &+ 1) & mask
        }
        return insert(at: position, tag, key, length)
    }

    @inline(__always)
    private static func equal(
        _ entry: GroupEntry, _ key: UnsafePointer<UInt8>, _ length: Int32, _ masks: UnsafePointer<SIMD4<UInt64>>
    ) -> Bool {
        guard entry.length == length else { return false }
        let stored = UnsafeRawPointer(entry.key), wanted = UnsafeRawPointer(key)
        let n = Int(length)
        if n <= 32 {
            // Without branches on the length: 32 bytes of both, cut to the length by a mask. -1 (NULL) has no bytes.
            let mask = masks[max(0, n)]
            let a = stored.loadUnaligned(as: SIMD4<UInt64>.self), b = wanted.loadUnaligned(as: SIMD4<UInt64>.self)
            let difference = (a ^ b) & mask
            return difference[0] | difference[1] | difference[2] | difference[3] == 0
        }
        return memcmp(stored, wanted, n) == 0
    }

    /// For each length up to 32, ones in the bytes that count.
    // Unchecked because nobody writes to it after it was made.
    nonisolated(unsafe) private static let masks: UnsafePointer<SIMD4<UInt64>> = {
        let masks = RawMemory.map(4096).bindMemory(to: SIMD4<UInt64>.self, capacity: 33)
        for n in 0...32 {
            for word in 0..<4 {
                let bytes = min(8, max(0, n - word * 8))
                masks[n][word] = bytes == 8 ? .max : (1 << UInt64(bytes * 8)) - 1
            }
        }
        return UnsafePointer(masks)
    }()

    @inline(never)
    private func insert(
        at position: Int, _ tag: UInt32, _ key: UnsafePointer<UInt8>, _ length: Int32
    ) -> GroupEntry {
        let entry = GroupEntry(cursor.allocate(GroupEntry.size(length) + layout.words * 8))
        // The last word of the key (or of the header) is zeroed first: memory off the shelf is not.
        (entry.raw + GroupEntry.size(length) - 8).storeBytes(of: 0, as: UInt64.self)
        entry.raw.storeBytes(of: length, as: Int32.self)
        (entry.raw + GroupEntry.header).copyMemory(from: key, byteCount: Int(max(0, length)))
        layout.neutral.withUnsafeBufferPointer { neutral in
            if let first = neutral.baseAddress { entry.words(length).update(from: first, count: neutral.count) }
        }
        slots[position] = UInt64(tag) << 32 | UInt64(cursor.reference(to: entry.raw))
        count += 1
        return entry
    }

    /// Makes room for `n` entries at once. Needed before entries come in the order of their hashes: in a table that is
    /// too small they would all crowd into its front. Not where the pool has no room.
    func reserve(_ n: Int) {
        if n * slotsPerEntry8 > 8 << slotBits, pool.hasRoom(for: 3 * n * slotsPerEntry8) { grow(toHold: n) }
    }

    private func grow(toHold wanted: Int) {
        var bits = slotBits
        while wanted * slotsPerEntry8 > 8 << bits { bits += 1 }
        precondition(bits <= 32, "a group table holds at most 2^32 slots")
        // In a pool that is about to be emptied slots may become scarce for the rest of the batch.
        if slotBits >= 12, !pool.allows(8 << bits), wanted * 9 <= 8 << slotBits { return }
        let new = pool.takeZeroed(8 << bits).bindMemory(to: UInt64.self, capacity: 1 << bits)
        let mask = 1 << bits - 1
        for i in 0..<(1 << slotBits) where slots[i] != 0 {
            var position = Int(UInt32(truncatingIfNeeded: slots[i] >> 32) &>> UInt32(32 - bits))
            while new[position] != 0 { position = (position + 1) & mask }
            new[position] = slots[i]
        }
        pool.giveBack(slots, bytes: 8 << slotBits)
        (slots, slotBits) = (new, bits)
    }

    /// Forgets all groups, after the pool took everything back.
    func restart(keepsSlots: Bool) {
        count = 0
        cursor.reset()
        isReleased = false
        if !keepsSlots || slotBits < 8 { slotBits = 8 }
        slots = pool.takeZeroed(8 << slotBits).bindMemory(to: UInt64.self, capacity: 1 << slotBits)
    }

    /// Gives the slots' memory back. Afterwards only entries that are known already can be used.
    func releaseSlots() {
        pool.discard(slots, bytes: 8 << slotBits)
        slots = UnsafeMutableRawPointer(Vector.nothing).assumingMemoryBound(to: UInt64.self)
        slotBits = 0
        isReleased = true
    }

    /// Every entry, in slot order.
    func forEachEntry(_ body: (GroupEntry) -> Void) {
        for i in 0..<(1 << slotBits) where slots[i] != 0 {
            body(GroupEntry(poolBase + Int(UInt32(truncatingIfNeeded: slots[i])) * 8))
        }
    }

    /// Every entry by its tag: that is, by the upper 36 bits of its hash, within a shard.
    func entriesByTag() -> [GroupEntry] {
        var found: [UInt64] = []
        found.reserveCapacity(count)
        for i in 0..<(1 << slotBits) where slots[i] != 0 { found.append(slots[i]) }
        GroupTable.sortNearlySorted(&found)
        return found.map { GroupEntry(poolBase + Int(UInt32(truncatingIfNeeded: $0)) * 8) }
    }

    /// Insertion while items are nearly in place; an ordinary sort when it takes more than a few steps each.
    private static func sortNearlySorted(_ items: inout [UInt64]) {
        var budget = 16 * items.count
        items.withUnsafeMutableBufferPointer { items in
            for i in 1..<max(1, items.count) where items[i] < items[i - 1] {
                let item = items[i]
                var j = i
                while j > 0 && item < items[j - 1] && budget > 0 {
                    items[j] = items[j - 1]
                    j &-= 1
                    budget &-= 1
                }
                items[j] = item
                if budget <= 0 { return }
            }
        }
        if budget <= 0 { items.sort() }
    }

    /// Bytes that live as long as the table: for texts in states.
    func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        cursor.keep(bytes, count)
    }
}

extension GroupTable {
    /// Words that live as long as the table, and hold anything: for large sums in states.
    func words(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        cursor.allocate(count * 8).bindMemory(to: UInt64.self, capacity: count)
    }
}

extension UnsafeRawBufferPointer {
    /// A place to copy nothing from.
    var emptyBase: UnsafeRawPointer { UnsafeRawPointer(Vector.nothing) }
}

/// The keys of a batch of rows: bytes, length (-1 for the NULL of a single text key) and hash.
package final class KeyBatch {
    let hashes: UnsafeMutablePointer<UInt64>
    let pointers: UnsafeMutablePointer<UnsafePointer<UInt8>>
    let lengths: UnsafeMutablePointer<Int32>
    package let capacity: Int
    package var count = 0
    private let memory: RawMemory

    package init(capacity: Int) {
        self.capacity = capacity
        memory = RawMemory(capacity: capacity * 20)
        hashes = memory.base.bindMemory(to: UInt64.self, capacity: capacity)
        pointers = (memory.base + 8 * capacity).bindMemory(to: UnsafePointer<UInt8>.self, capacity: capacity)
        lengths = (memory.base + 16 * capacity).bindMemory(to: Int32.self, capacity: capacity)
    }

    /// The keys as texts, which stay valid as long as the keys.
    package func copyTexts(to vector: Vector) {
        precondition(vector.form == .text)
        vector.count = count
        vector.hasNulls = false
        vector.pointers.update(from: pointers, count: count)
        vector.lengths.update(from: lengths, count: count)
    }

    /// Computes the hashes of all rows.
    func hashAll() {
        UnsafeMutableRawPointer(pointers).withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: count) {
            dm_hash_texts($0, lengths, count, hashes)
        }
    }
}
