import CKernels

extension PackedRows {
    /// One thread's way in.
    package final class Worker {
        private let packed: PackedRows
        private let keys: Int
        private let capacity: Int
        private var form: PackedForm?
        private var isUndecided = true
        private var rows = Buffer<UInt8>(capacity: 0)
        private let misfits: Buffer<UInt8>
        private let hashes: Buffer<UInt64>
        private let rest: RowList
        private var stage = Stage(rowBytes: 0, room: 0)

        /// Rows that wait for their tables.
        private struct Stage {
            let rows: Buffer<UInt8>
            let hashes: Buffer<UInt64>
            let counts: Buffer<UInt32>
            let room: Int
            var kernel: dm_packed_stage_t

            init(rowBytes: Int, room: Int) {
                let tables = Int(DM_PACKED_TABLES)
                rows = Buffer(capacity: tables * room * rowBytes + 8)
                hashes = Buffer(capacity: tables * room)
                counts = Buffer(capacity: tables)
                self.room = room
                kernel = dm_packed_stage_t(
                    rows: rows.pointer, hashes: hashes.pointer, counts: counts.pointer, room: UInt32(room),
                    row_bytes: UInt32(rowBytes))
            }
        }

        /// - Parameter keys: how many columns, from the first on, have to be equal.
        package init(_ packed: PackedRows, keys: Int, batchCapacity: Int) {
            self.packed = packed
            self.keys = keys
            capacity = batchCapacity
            misfits = Buffer(capacity: batchCapacity)
            hashes = Buffer(capacity: batchCapacity)
            rest = RowList(capacity: batchCapacity)
        }

        /// Takes the rows of a batch that fit.
        ///
        /// - Returns: those that do not, valid until the next call; nil: none does.
        package func add(_ columns: [Vector], count: Int) -> RowList? {
            precondition(count <= capacity)
            if isUndecided { decide(columns, count) }
            guard let form else { return nil }
            form.pack(columns, count: count, into: rows, misfits: misfits)
            noteMisfits(count)
            dm_packed_hash(rows.pointer, count, form.rowBytes, form.keyBytes, hashes.pointer)
            packed.pool.prepare()
            var done = 0, full: UInt32 = 0
            while done < count {
                done = dm_packed_stage(
                    &stage.kernel, rows.pointer, hashes.pointer, misfits.pointer, done, count, &full)
                if full < DM_PACKED_TABLES { flush(Int(full), form) }
            }
            return rest
        }

        private func decide(_ columns: [Vector], _ count: Int) {
            form = packed.form(like: columns, keys: keys, count: count)
            isUndecided = false
            guard let form else { return }
            rows = Buffer(capacity: capacity * form.rowBytes + 8)
            stage = Stage(rowBytes: form.rowBytes, room: packed.staged)
        }

        private func noteMisfits(_ n: Int) {
            rest.removeAll()
            let misfits = misfits.pointer
            var any: UInt8 = 0
            for i in 0..<n { any |= misfits[i] }
            guard any != 0 else { return }
            for i in 0..<n where misfits[i] != 0 {
                rest.append(i)
                if misfits[i] == 2 { packed.noteStray() }
            }
        }

        private func flush(_ shard: Int, _ form: PackedForm) {
            let first = shard * stage.room, n = Int(stage.counts.pointer[shard])
            guard n > 0 else { return }
            packed.add(
                shard, stage.rows.pointer + first * form.rowBytes, stage.hashes.pointer + first, n, form)
            stage.counts.pointer[shard] = 0
        }

        /// Hands over the rows that still wait. Call once, at the end.
        package func finish() {
            guard let form else { return }
            for shard in 0..<Int(DM_PACKED_TABLES) { flush(shard, form) }
        }
    }
}
