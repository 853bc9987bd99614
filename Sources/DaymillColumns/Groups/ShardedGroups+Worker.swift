import CKernels
import Synchronization

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
        /// Where each shard's slots were when last seen: good enough to fetch them ahead of time.
        private var slotHints: [SlotHint]
        private var starts = [Int](repeating: 0, count: ShardedGroups.shards + 1)

        package init(_ groups: ShardedGroups, batchCapacity: Int, usesLocalTable: Bool = true) {
            self.groups = groups
            firstShard = groups.nextWorker.add(7, ordering: .relaxed).oldValue
            if usesLocalTable {
                let pool = PagePool(limit: 16 << 30)
                localPool = pool
                local = GroupTable(groups.layout, pool: pool, slotBits: 10, isSparse: true)
            }
            order = Buffer(capacity: batchCapacity)
            identity = Buffer(capacity: batchCapacity)
            for i in 0..<batchCapacity { identity.pointer[i] = UInt32(i) }
            targets = Buffer(capacity: GroupTable.group)
            slotHints = groups.tables.map { _ in SlotHint() }
        }

        private struct SlotHint {
            var slots: UnsafeMutablePointer<UInt64> = UnsafeMutableRawPointer(Vector.nothing)
                .assumingMemoryBound(to: UInt64.self)
            var shift: UInt32 = 32
        }

        /// Folds a batch of rows. Inputs refer to the same rows as the keys.
        package func add(_ keys: KeyBatch, inputs: [PartialInput]) {
            let update = StateUpdate(inputs, groups.layout)
            if let local {
                fold(local, keys, identity.pointer, keys.count, update)
                if local.count > groups.localGroups || localPool!.bytesUsed > groups.localBytes { flushLocal() }
            } else {
                eachShard(keys) { table, rows, n in fold(table, keys, rows, n, update) }
            }
        }

        /// Folds a batch of ready states (from segments).
        package func add(_ keys: KeyBatch, states: StateBatch) {
            eachShard(keys) { table, rows, n in merge(table, keys, rows, n, states) }
        }

        /// The same for keys that ascend by their hashes: most batches belong to one shard.
        package func addSorted(_ keys: KeyBatch, states: StateBatch) {
            var first = 0
            while first < keys.count {
                let shard = ShardedGroups.shard(keys.hashes[first])
                var end = keys.count
                if ShardedGroups.shard(keys.hashes[end - 1]) != shard {
                    end = first + 1
                    while end < keys.count && ShardedGroups.shard(keys.hashes[end]) == shard { end += 1 }
                }
                groups.with(shard) { merge($0, keys, identity.pointer + first, end - first, states) }
                first = end
            }
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
            groups.pool.prepare()
            // Workers begin at different shards, and leave one that is busy for later, so that they rarely wait.
            var busy: [Int] = []
            for i in 0..<ShardedGroups.shards {
                let shard = (i + firstShard) % ShardedGroups.shards
                if starts[shard + 1] == starts[shard] { continue }
                if !groups.withIfFree(shard, { visit(shard, $0, body) }) { busy.append(shard) }
            }
            for shard in busy { groups.with(shard) { visit(shard, $0, body) } }
        }

        private func visit(_ shard: Int, _ table: GroupTable, _ body: (GroupTable, UnsafePointer<UInt32>, Int) -> Void)
        {
            let first = starts[shard]
            body(table, order.pointer + first, starts[shard + 1] - first)
            slotHints[shard] = SlotHint(slots: table.slots, shift: UInt32(32 - table.slotBits))
        }

        /// Counting sort of row numbers; on the way the slots of all rows are fetched towards the cache. A hint may be
        /// out of date: then something useless is fetched, nothing worse.
        private func sortByShard(_ keys: KeyBatch) {
            let n = keys.count
            let hashes = keys.hashes
            starts.withUnsafeMutableBufferPointer { starts in
                starts.update(repeating: 0)
                for i in 0..<n { starts[ShardedGroups.shard(hashes[i]) &+ 1] &+= 1 }
                for s in 0..<ShardedGroups.shards { starts[s + 1] += starts[s] }
                slotHints.withUnsafeBufferPointer { hints in
                    for i in 0..<n {
                        let s = ShardedGroups.shard(hashes[i])
                        dm_prefetch(hints[s].slots + Int(GroupTable.tag(hashes[i]) &>> hints[s].shift))
                        order.pointer[starts[s]] = UInt32(truncatingIfNeeded: i)
                        starts[s] &+= 1
                    }
                }
                for s in (0..<ShardedGroups.shards).reversed() { starts[s + 1] = starts[s] }
                starts[0] = 0
            }
        }

        private func fold(
            _ table: GroupTable, _ keys: KeyBatch, _ rows: UnsafePointer<UInt32>, _ n: Int, _ update: StateUpdate
        ) {
            var done = 0
            while done < n {
                let some = min(GroupTable.group, n - done)
                table.locate(keys, rows + done, some, targets.pointer)
                update.apply(table, targets.pointer, rows + done, some)
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
                StateMerge.merge(states, rows + done, some, into: targets.pointer, table)
                done += some
            }
        }
    }
}
