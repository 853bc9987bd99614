import CKernels
import Synchronization

/// Rows of which those that are equal in some columns are kept once, in as little memory as that takes: 16 tables by the
/// top bits of a hash, each with a lock.
///
///     slots    [ tag 8 │ chunk 12 │ row 12 ] …     0 = free; position = bits of the hash; linear probing
///     chunks   row │ row │ …                       64 KiB each; rows as `PackedForm` says, one behind the other
///
/// A row is found by all bytes of its key. Of rows with equal keys that with the least rest stays, whichever comes first.
/// A batch is worked through in the manner of `GroupTable`. Growing reads the rows again, chunk by chunk: slots have no
/// room for hashes.
///
/// Not for deleting, and not for more rows than `isFull` allows.
// Unchecked because each table is touched only under its own lock, until the workers are done.
package final class PackedRows: @unchecked Sendable {
    let tables: [Table]
    let pool: PagePool
    private let locks: [Lock]
    private let choice = Mutex(Choice.open)
    private let leftStrays = Atomic<Bool>(false)
    let nextWorker = Atomic<Int>(0)
    /// Bytes from which on it is full.
    private let bytesMax: Int

    private enum Choice {
        case open
        case none
        case form(PackedForm)
    }

    /// - Parameter meter: of what is shared with others; half of that may be taken here.
    package init(meter: MemoryMeter? = nil) {
        pool = PagePool.next()
        bytesMax = (meter?.limit ?? .max) / 2
        if let meter { pool.count(with: meter) }
        let pool = pool
        tables = (0..<ShardedGroups.shards).map { _ in Table(pool) }
        locks = (0..<ShardedGroups.shards).map { _ in Lock() }
    }

    deinit { PagePool.retire(pool) }

    /// Rows held now, while workers may be adding some.
    package var count: Int {
        (0..<tables.count).reduce(0) { sum, i in sum + locks[i].mutex.withLock { _ in tables[i].count } }
    }

    /// Whether nothing more should be added before the rows are put elsewhere.
    package var isFull: Bool {
        pool.isFull || pool.bytesUsed >= bytesMax || tables.contains { $0.isFull }
    }

    /// Whether a row was not taken though its key fits: an equal one may be here.
    package var hasStrays: Bool { leftStrays.load(ordering: .relaxed) }

    func noteStray() { leftStrays.store(true, ordering: .relaxed) }

    /// How rows are packed, as the first that come suggest; nil where they are not.
    func form(like columns: [Vector], keys: Int, count: Int) -> PackedForm? {
        choice.withLock { choice in
            if case .open = choice {
                choice = PackedForm(like: columns, keys: keys, count: count).map(Choice.form) ?? .none
            }
            return if case .form(let form) = choice { form } else { nil }
        }
    }

    /// The form that was chosen, if any.
    package var form: PackedForm? { choice.withLock { if case .form(let form) = $0 { form } else { nil } } }

    /// Forgets all rows, and keeps their memory. No worker may be at work.
    package func removeAll() {
        pool.removeAll()
        for table in tables { table.removeAll() }
        leftStrays.store(false, ordering: .relaxed)
    }

    func with(_ shard: Int, _ body: (Table) -> Void) { locks[shard].mutex.withLock { _ in body(tables[shard]) } }

    /// The same, but only if nobody else is in this shard now; false when somebody is.
    func withIfFree(_ shard: Int, _ body: (Table) -> Void) -> Bool {
        locks[shard].mutex.withLockIfAvailable { _ in body(tables[shard]) } != nil
    }

    private final class Lock: Sendable { let mutex = Mutex<Void>(()) }
}

extension PackedRows {
    /// The rows of one shard.
    final class Table {
        private let pool: PagePool
        private var table = dm_packed_table_t()
        private let chunks = Buffer<UnsafeMutablePointer<UInt8>?>(capacity: Table.chunksMax)
        /// The last chunk that there is.
        private var lastChunk = 0

        /// Numbers of chunks that slots can hold, and those that are kept for batches under way.
        private static let chunksMax = 1 << 12
        private static let chunksSpare = 1 << 9
        private static let rowsPerChunkMax = 1 << 12
        private static let firstSlotBits: UInt32 = 10

        init(_ pool: PagePool) { self.pool = pool }

        var count: Int { Int(table.count) }
        /// Where slots lie now, to fetch them ahead of time; nil before the first row.
        var slots: (slots: UnsafeMutablePointer<UInt32>, bits: UInt64)? {
            table.slots.map { ($0, UInt64(table.slot_bits)) }
        }

        /// Where the search for a hash begins.
        @inline(__always)
        static func place(_ hash: UInt64, _ bits: UInt64) -> Int {
            Int(truncatingIfNeeded: (hash &<< UInt64(ShardedGroups.shardBits)) >> (64 - bits))
        }

        var isFull: Bool { lastChunk >= Table.chunksMax - Table.chunksSpare }

        /// Adds rows, up to `DM_PACKED_GROUP`, in the order given.
        func add(
            _ rows: UnsafePointer<UInt8>, _ hashes: UnsafePointer<UInt64>, _ order: UnsafePointer<UInt32>, _ n: Int,
            _ form: PackedForm
        ) {
            if table.slots == nil { begin(form) }
            if (count + n) * 5 > 4 << Int(table.slot_bits) { grow(toHold: count + n) }
            if Int(table.used) + n > Int(table.rows_per_chunk), lastChunk == Int(table.chunk) { addChunk() }
            dm_packed_add(&table, rows, hashes, order, n)
        }

        private func begin(_ form: PackedForm) {
            table.row_bytes = UInt32(form.rowBytes)
            table.key_bytes = UInt32(form.keyBytes)
            table.rows_per_chunk = UInt32(min(Table.rowsPerChunkMax, (PagePool.chunk - 8) / form.rowBytes))
            table.used = table.rows_per_chunk
            chunks.pointer.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: Table.chunksMax) {
                table.chunks = $0
            }
            grow(toHold: 0)
        }

        private func grow(toHold wanted: Int) {
            var bits = max(Table.firstSlotBits, table.slot_bits)
            while wanted * 5 > 4 << Int(bits) { bits += 1 }
            let bytes = 4 << Int(bits)
            // In a pool that is about to be emptied slots may become scarce for the rest of the batch.
            if table.slot_bits >= 12, !pool.hasRoom(for: bytes), wanted * 9 <= 8 << Int(table.slot_bits) { return }
            let old = table.slots, oldBytes = 4 << Int(table.slot_bits)
            let new = pool.takeZeroed(bytes).bindMemory(to: UInt32.self, capacity: 1 << Int(bits))
            dm_packed_grow(&table, new, bits)
            if let old { pool.giveBack(old, bytes: oldBytes) }
        }

        private func addChunk() {
            lastChunk += 1
            precondition(lastChunk < Table.chunksMax, "a table that is full was not emptied")
            chunks.pointer[lastChunk] = pool.take(PagePool.chunk).assumingMemoryBound(to: UInt8.self)
        }

        func removeAll() {
            table = dm_packed_table_t()
            lastChunk = 0
        }

        /// The rows of a chunk, counted from 0; nil behind the last.
        func chunk(_ number: Int) -> (rows: UnsafePointer<UInt8>, count: Int)? {
            guard number < Int(table.chunk), let rows = chunks.pointer[number + 1] else { return nil }
            let isLast = number + 1 == Int(table.chunk)
            return (UnsafePointer(rows), Int(isLast ? table.used : table.rows_per_chunk))
        }
    }
}
