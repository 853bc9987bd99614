import CKernels
import Synchronization

/// The groups of one aggregation, shared by all workers: 16 tables by the top bits of the hash, each with a lock.
///
/// A worker first fills a small table of its own, which stays in its cache; when groups turn out to be many it empties
/// that table into the shards and goes to them directly, a batch of rows at a time, sorted by shard. So a few groups cost
/// no sharing, many groups are kept once and not once per thread, and memory grows with groups, not with rows.
package final class ShardedGroups: @unchecked Sendable {
    // Unchecked because each table is touched only under its own lock, until the workers are done.
    package let layout: StateLayout
    let tables: [GroupTable]
    private let locks: [ShardLock]
    let pool: PagePool
    fileprivate let nextWorker = Atomic<Int>(0)

    package static let shards = 16
    static let shardBits = 4

    package init(_ layout: StateLayout) {
        self.layout = layout
        let pool = PagePool()
        self.pool = pool
        tables = (0..<ShardedGroups.shards).map { _ in GroupTable(layout, pool: pool) }
        locks = (0..<ShardedGroups.shards).map { _ in ShardLock() }
    }

    /// Groups held. Exact once the workers have finished.
    package var count: Int { tables.reduce(0) { $0 + $1.count } }
    /// Bytes of keys and states, without the slots.
    package var bytes: Int { pool.bytesUsed }

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

    fileprivate func with(_ shard: Int, _ body: (GroupTable) -> Void) {
        locks[shard].mutex.withLock { _ in body(tables[shard]) }
    }

    private final class ShardLock: Sendable { let mutex = Mutex<Void>(()) }
}

extension ShardedGroups {
    /// One thread's way in.
    package final class Worker {
        private let groups: ShardedGroups
        private let firstShard: Int
        private var local: GroupTable?
        private var localPool: PagePool?
        private let order: Buffer<UInt32>
        private let identity: Buffer<UInt32>
        private let targets: Buffer<UnsafeMutablePointer<UInt64>>
        private var starts = [Int](repeating: 0, count: ShardedGroups.shards + 1)

        /// Beyond this many groups the local table no longer fits the second-level cache.
        private static let localGroups = 6_000

        package init(_ groups: ShardedGroups, batchCapacity: Int, usesLocalTable: Bool = true) {
            self.groups = groups
            firstShard = groups.nextWorker.add(7, ordering: .relaxed).oldValue
            if usesLocalTable {
                let pool = PagePool(limit: 1 << 30)
                localPool = pool
                local = GroupTable(groups.layout, pool: pool, slotBits: 10)
            }
            order = Buffer(capacity: batchCapacity)
            identity = Buffer(capacity: batchCapacity)
            for i in 0..<batchCapacity { identity.pointer[i] = UInt32(i) }
            targets = Buffer(capacity: GroupTable.group)
        }

        /// Folds a batch of rows. Inputs refer to the same rows as the keys.
        package func add(_ keys: KeyBatch, inputs: [PartialInput]) {
            if let local {
                fold(local, keys, identity.pointer, keys.count, inputs)
                if local.count > Worker.localGroups || localPool!.bytesUsed > 64 << 20 { flushLocal() }
            } else {
                eachShard(keys) { table, rows, n in fold(table, keys, rows, n, inputs) }
            }
        }

        /// Folds a batch of ready states (from segments).
        package func add(_ keys: KeyBatch, states: StateBatch) {
            eachShard(keys) { table, rows, n in merge(table, keys, rows, n, states) }
        }

        /// Hands over what is still local. Call once, at the end.
        package func finish() { flushLocal() }

        private func flushLocal() {
            guard let local else { return }
            self.local = nil
            let keys = KeyBatch(capacity: order.capacity)
            let states = StateBatch(capacity: order.capacity)
            func send() {
                keys.hashAll()
                add(keys, states: states)
                keys.count = 0
            }
            local.forEachEntry { entry in
                let i = keys.count
                keys.pointers[i] = entry.key
                keys.lengths[i] = entry.length
                states.words[i] = UnsafePointer(entry.words)
                keys.count += 1
                if keys.count == keys.capacity { send() }
            }
            if keys.count > 0 { send() }
            localPool = nil
        }

        private func eachShard(_ keys: KeyBatch, _ body: (GroupTable, UnsafePointer<UInt32>, Int) -> Void) {
            sortByShard(keys)
            // Workers begin at different shards, so that they do not queue up behind one another.
            for i in 0..<ShardedGroups.shards {
                let shard = (i + firstShard) % ShardedGroups.shards
                let first = starts[shard], n = starts[shard + 1] - first
                if n > 0 { groups.with(shard) { body($0, order.pointer + first, n) } }
            }
        }

        /// Counting sort of row numbers.
        private func sortByShard(_ keys: KeyBatch) {
            let n = keys.count
            let hashes = keys.hashes
            starts.withUnsafeMutableBufferPointer { starts in
                starts.update(repeating: 0)
                for i in 0..<n { starts[ShardedGroups.shard(hashes[i]) &+ 1] &+= 1 }
                for s in 0..<ShardedGroups.shards { starts[s + 1] += starts[s] }
                for i in 0..<n {
                    let s = ShardedGroups.shard(hashes[i])
                    order.pointer[starts[s]] = UInt32(truncatingIfNeeded: i)
                    starts[s] &+= 1
                }
                for s in (0..<ShardedGroups.shards).reversed() { starts[s + 1] = starts[s] }
                starts[0] = 0
            }
        }

        private func fold(
            _ table: GroupTable, _ keys: KeyBatch, _ rows: UnsafePointer<UInt32>, _ n: Int, _ inputs: [PartialInput]
        ) {
            var done = 0
            while done < n {
                let some = min(GroupTable.group, n - done)
                table.locate(keys, rows + done, some, targets.pointer)
                StateUpdate.apply(inputs, table, targets.pointer, rows + done, some)
                done += some
            }
        }

        private func merge(
            _ table: GroupTable, _ keys: KeyBatch, _ rows: UnsafePointer<UInt32>, _ n: Int, _ states: StateBatch
        ) {
            var done = 0
            while done < n {
                let some = min(GroupTable.group, n - done)
                table.locate(keys, rows + done, some, targets.pointer)
                for i in 0..<some {
                    StateMerge.merge(states.words[Int(rows[done + i])], into: targets.pointer[i], table)
                }
                done += some
            }
        }
    }
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
