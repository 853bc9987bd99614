import CKernels
import Synchronization

/// Rows of which those that are equal in some columns are kept once, in as little memory as that takes: 16 tables by the
/// top bits of a hash, each with a lock.
///
///     slots    [ tag 8 │ chunk 12 │ row 12 ] …     0 = free; position = bits of the hash; linear probing
///     chunks   row │ row │ …                       64 KiB each; rows as `PackedForm` says, one behind the other
///
/// A row is found by all bytes of its key. Of rows with equal keys that with the least rest stays, whichever comes first.
/// Rows wait with their worker until there are a thousand for a shard: then they are added in groups of 128, in the manner
/// of `GroupTable`, and the addresses of one shard's pages stay known to the processor meanwhile. Growing reads the rows
/// again, chunk by chunk: slots have no room for hashes.
///
/// Not for deleting, and not for more rows than `isFull` allows.
// Unchecked because each table is touched only under its own lock, until the workers are done.
package final class PackedRows: @unchecked Sendable {
    let tables: [Table]
    let pool: PagePool
    private let locks: [Lock]
    private let choice = Mutex(Choice.open)
    private let leftStrays = Atomic<Bool>(false)
    private let hasFullTable = Atomic<Bool>(false)
    /// Bytes from which on it is full.
    private let bytesMax: Int
    /// How many rows of a shard wait with a worker before they are added.
    let staged: Int

    private enum Choice {
        case open
        case none
        case form(PackedForm)
    }

    /// - Parameters:
    ///   - meter: of what is shared with others; half of that may be taken here.
    ///   - rowsMax: so many are about to be put elsewhere; for tests.
    package init(meter: MemoryMeter? = nil, rowsMax: Int = .max) {
        staged = max(1, min(1024, rowsMax / (8 * ShardedGroups.shards)))
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
        pool.isFull || pool.bytesUsed >= bytesMax || hasFullTable.load(ordering: .relaxed)
    }

    /// Whether a row whose key fits is elsewhere, because its rest does not fit or because all rows were put elsewhere: an
    /// equal one may be here.
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

    /// Forgets all rows, which are elsewhere now, and keeps their memory. No worker may be at work.
    package func removeAll() {
        pool.removeAll()
        for table in tables { table.removeAll() }
        noteStray()
        hasFullTable.store(false, ordering: .relaxed)
    }

    /// Adds rows of a shard, with their hashes. 8 bytes past the rows are readable.
    func add(
        _ shard: Int, _ rows: UnsafePointer<UInt8>, _ hashes: UnsafePointer<UInt64>, _ n: Int, _ form: PackedForm
    ) {
        locks[shard].mutex.withLock { _ in
            tables[shard].add(rows, hashes, n, form)
            if tables[shard].isFull { hasFullTable.store(true, ordering: .relaxed) }
        }
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
        var isFull: Bool { lastChunk >= Table.chunksMax - Table.chunksSpare }

        /// Adds rows with their hashes. 8 bytes past the rows are readable.
        func add(_ rows: UnsafePointer<UInt8>, _ hashes: UnsafePointer<UInt64>, _ n: Int, _ form: PackedForm) {
            if table.slots == nil { begin(form) }
            if (count + n) * 5 > 4 << Int(table.slot_bits) { grow(toHold: count + n) }
            let group = Int(DM_PACKED_GROUP)
            dm_packed_fetch(&table, hashes, min(group, n))
            for first in stride(from: 0, to: n, by: group) {
                let some = min(group, n - first), next = first + some
                dm_packed_fetch(&table, hashes + next, min(group, n - next))
                if Int(table.used) + some > Int(table.rows_per_chunk), lastChunk == Int(table.chunk) { addChunk() }
                dm_packed_add(&table, rows + first * form.rowBytes, hashes + first, some)
            }
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
