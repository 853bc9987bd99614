import DaymillColumns
import DaymillCore

/// Puts rows that lie packed where other rows are, in memory or on disk: when memory is full, and when an equal row may be
/// there. Which of equal rows stays does not depend on it.
enum PackedDrain {
    /// - Parameters:
    ///   - plan: of the scan that found the rows. No worker of it may be at work.
    ///   - groups: the same rows' groups, without those that lie packed.
    static func run(_ packed: PackedRows, _ plan: ScanPlan, into groups: ScanGroups, threads: Int) throws {
        let gate = SpillGate {
            groups.isFull
        } spill: {
            try groups.spill(dayPrefixed: plan.hasDays, threads: threads, keepsMemory: true)
        }
        try Workers.eachThrowing(ShardedGroups.shards, threads) { shard in
            guard let walk = PackedWalk(packed, batch: ScanWorker.batch) else { return }
            walk.begin(shard: shard)
            let worker = RowWorker(plan, groups)
            let row = worker.rowVectors
            defer { worker.finish() }
            while true {
                try WorkStop.check()
                gate.enter()
                defer { gate.leave() }
                let n = walk.next(into: row)
                guard n > 0 else { return }
                worker.put(row, count: n)
                try gate.pass()
            }
        }
        packed.removeAll()
    }
}
