import CKernels
import Synchronization

extension PackedRows {
    /// One thread's way in.
    package final class Worker {
        private let packed: PackedRows
        private let keys: Int
        private let capacity: Int
        private let firstShard: Int
        private var form: PackedForm?
        private var isUndecided = true
        private var rows = Buffer<UInt8>(capacity: 0)
        private let misfits: Buffer<UInt8>
        private let hashes: Buffer<UInt64>
        private let order: Buffer<UInt32>
        private var starts = [Int](repeating: 0, count: ShardedGroups.shards + 1)
        private let rest: RowList
        /// Where each shard's slots were when last seen: good enough to fetch them ahead of time.
        private var slotHints = [SlotHint](repeating: SlotHint(), count: ShardedGroups.shards)

        private struct SlotHint {
            var slots: UnsafeMutablePointer<UInt32> = UnsafeMutableRawPointer(mutating: Vector.nothing)
                .assumingMemoryBound(to: UInt32.self)
            var bits: UInt64 = 0
        }

        /// - Parameter keys: how many columns, from the first on, have to be equal.
        package init(_ packed: PackedRows, keys: Int, batchCapacity: Int) {
            self.packed = packed
            self.keys = keys
            capacity = batchCapacity
            firstShard = packed.nextWorker.add(7, ordering: .relaxed).oldValue
            misfits = Buffer(capacity: batchCapacity)
            hashes = Buffer(capacity: batchCapacity)
            order = Buffer(capacity: batchCapacity)
            rest = RowList(capacity: batchCapacity)
        }

        /// Adds the rows of a batch that fit.
        ///
        /// - Returns: those that do not, valid until the next call; nil: none does.
        package func add(_ columns: [Vector], count: Int) -> RowList? {
            precondition(count <= capacity)
            if isUndecided { decide(columns, count) }
            guard let form else { return nil }
            form.pack(columns, count: count, into: rows, misfits: misfits)
            dm_packed_hash(rows.pointer, count, form.rowBytes, form.keyBytes, hashes.pointer)
            sort(count)
            packed.pool.prepare()
            eachShard { table, rows, n in
                var done = 0
                while done < n {
                    let some = min(Int(DM_PACKED_GROUP), n - done)
                    table.add(self.rows.pointer, hashes.pointer, rows + done, some, form)
                    done += some
                }
            }
            return rest
        }

        private func decide(_ columns: [Vector], _ count: Int) {
            form = packed.form(like: columns, keys: keys, count: count)
            isUndecided = false
            if let form { rows = Buffer(capacity: capacity * form.rowBytes + 8) }
        }

        /// Counting sort of the numbers of rows that fit, by shard; the others go to `rest`.
        private func sort(_ n: Int) {
            rest.removeAll()
            let hashes = hashes.pointer, misfits = misfits.pointer
            var any: UInt8 = 0
            for i in 0..<n { any |= misfits[i] }
            if any != 0 { noteMisfits(n) }
            starts.withUnsafeMutableBufferPointer { starts in
                starts.update(repeating: 0)
                for i in 0..<n where misfits[i] == 0 { starts[ShardedGroups.shard(hashes[i]) &+ 1] &+= 1 }
                for s in 0..<ShardedGroups.shards { starts[s + 1] += starts[s] }
                slotHints.withUnsafeBufferPointer { hints in
                    for i in 0..<n where misfits[i] == 0 {
                        let s = ShardedGroups.shard(hashes[i])
                        dm_prefetch(hints[s].slots + Table.place(hashes[i], hints[s].bits))
                        order.pointer[starts[s]] = UInt32(truncatingIfNeeded: i)
                        starts[s] &+= 1
                    }
                }
                for s in (0..<ShardedGroups.shards).reversed() { starts[s + 1] = starts[s] }
                starts[0] = 0
            }
        }

        private func noteMisfits(_ n: Int) {
            for i in 0..<n where misfits.pointer[i] != 0 {
                rest.append(i)
                if misfits.pointer[i] == 2 { packed.noteStray() }
            }
        }

        /// Workers begin at different shards, and leave one that is busy for later, so that they rarely wait.
        private func eachShard(_ body: (Table, UnsafePointer<UInt32>, Int) -> Void) {
            func visit(_ shard: Int, _ table: Table) {
                body(table, order.pointer + starts[shard], starts[shard + 1] - starts[shard])
                if let hint = table.slots { slotHints[shard] = SlotHint(slots: hint.slots, bits: hint.bits) }
            }
            var busy: [Int] = []
            for i in 0..<ShardedGroups.shards {
                let shard = (i + firstShard) % ShardedGroups.shards
                if starts[shard + 1] == starts[shard] { continue }
                if !packed.withIfFree(shard, { visit(shard, $0) }) { busy.append(shard) }
            }
            for shard in busy { packed.with(shard) { visit(shard, $0) } }
        }
    }
}
