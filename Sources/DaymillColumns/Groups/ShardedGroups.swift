import CKernels
import Synchronization

/// The groups of one aggregation, shared by all workers: 16 tables by the top bits of the hash, each with a lock.
///
/// A worker first fills a small table of its own, which stays in its cache; when groups turn out to be many it empties
/// that table into the shards and goes to them directly, a batch of rows at a time, sorted by shard. So a few groups cost
/// no sharing, many groups are kept once and not once per thread, and memory grows with groups, not with rows.
// Unchecked because each table is touched only under its own lock, until the workers are done.
package final class ShardedGroups: @unchecked Sendable {
    package let layout: StateLayout
    let tables: [GroupTable]
    private let locks: [ShardLock]
    let pool: PagePool
    let nextWorker = Atomic<Int>(0)
    /// A worker's own table is handed over when it takes more.
    private(set) var localBytes = 64 << 20
    /// The same by groups: beyond this many the table no longer fits the second-level cache.
    private(set) var localGroups = 6_000

    package static let shards = 16
    static let shardBits = 4

    package init(_ layout: StateLayout) {
        self.layout = layout
        let pool = PagePool.next()
        self.pool = pool
        tables = (0..<ShardedGroups.shards).map { _ in GroupTable(layout, pool: pool) }
        locks = (0..<ShardedGroups.shards).map { _ in ShardLock() }
    }

    deinit { PagePool.retire(pool) }

    /// Groups held. Exact once the workers have finished.
    package var count: Int { tables.reduce(0) { $0 + $1.count } }
    /// Bytes of keys and states, without the slots.
    package var bytes: Int { pool.bytesUsed }

    /// Groups in the tables now, while workers may be adding some.
    package var countNow: Int { (0..<ShardedGroups.shards).reduce(0) { $0 + count(ofShard: $1) } }

    /// Whether the groups take as much memory as they may.
    package var isFull: Bool { pool.isFull }

    /// Counts the groups' memory, slots included, with a meter; nothing stops by itself when that is full. Call it before
    /// workers begin.
    ///
    /// - Parameter localGroups: a worker's own table is handed over when it has more groups.
    package func count(with meter: MemoryMeter, localGroups: Int = .max) {
        pool.count(with: meter)
        localBytes = min(localBytes, max(1 << 20, meter.limit / 16))
        self.localGroups = min(self.localGroups, localGroups)
    }

    /// Forgets all groups. No worker may be at work.
    ///
    /// - Parameter keepsMemory: groups are about to come again; otherwise the memory goes back to the system.
    package func removeAll(keepsMemory: Bool) {
        pool.removeAll()
        if !keepsMemory { pool.discardFree() }
        for table in tables { table.restart(keepsSlots: keepsMemory) }
    }

    /// Makes room in a shard for so many more groups.
    func reserve(_ shard: Int, adding n: Int) { with(shard) { $0.reserve($0.count + n) } }

    /// Groups of a shard now.
    func count(ofShard shard: Int) -> Int {
        var n = 0
        with(shard) { n = $0.count }
        return n
    }

    /// Makes sure that a query without keys has its one group, even over no rows.
    package func ensureGlobalGroup() {
        guard count == 0 else { return }
        let keys = KeyBatch(capacity: 1)
        keys.count = 1
        keys.pointers[0] = UnsafePointer(Vector.nothing)
        keys.lengths[0] = 0
        keys.hashAll()
        let worker = Worker(self, batchCapacity: 1, usesLocalTable: false)
        worker.add(keys, inputs: [])
        worker.finish()
    }

    static func shard(_ hash: UInt64) -> Int { Int(hash >> UInt64(64 - shardBits)) }

    func with(_ shard: Int, _ body: (GroupTable) -> Void) {
        locks[shard].mutex.withLock { _ in body(tables[shard]) }
    }

    /// The same, but only if nobody else is in this shard now; false when somebody is.
    func withIfFree(_ shard: Int, _ body: (GroupTable) -> Void) -> Bool {
        locks[shard].mutex.withLockIfAvailable { _ in body(tables[shard]) } != nil
    }

    private final class ShardLock: Sendable { let mutex = Mutex<Void>(()) }
}

/// Ready states, one per row of a `KeyBatch`.
package final class StateBatch {
    let words: UnsafeMutablePointer<UnsafePointer<UInt64>>
    private let memory: Buffer<UnsafePointer<UInt64>>

    package init(capacity: Int) {
        memory = Buffer(capacity: capacity)
        words = memory.pointer
    }
}
