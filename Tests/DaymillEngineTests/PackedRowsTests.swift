import DaymillTestKit
import Synchronization
import Testing

@testable import DaymillColumns

/// The table of packed rows against a dictionary.
@Suite struct PackedRowsTests {
    private struct Row: Hashable {
        var id: String
        var time: Int64
        var rest: [Int64?]
    }

    private static let batch = 512

    /// Rows of which many are equal in id and time; a few of them fit no form.
    private static func rows(_ count: Int, different: Int, strays: Bool, seed: UInt64) -> [Row] {
        var random = SeededGenerator(seed: seed)
        let ids = (0..<different).map { _ in
            random.once(in: 50) ? "no id \(random.below(9))" : MadeUpText.uuid(&random)
        }
        return (0..<count).map { row in
            let i = random.below(different)
            let isStray = strays && row > 3000 && random.once(in: 90)
            let rest: Int64? = random.once(in: 9) ? nil : isStray ? 1 << 50 : Int64(random.below(20))
            return Row(
                id: ids[i], time: 1_726_358_400_000_000 + Int64(i % 5) * (i % 77 == 0 ? 1 : 1_000_000),
                rest: [rest, Int64(random.below(3))])
        }
    }

    private static func vectors() -> [Vector] {
        [Vector(.text, capacity: batch)] + (0..<3).map { _ in Vector(.int64, capacity: batch) }
    }

    private static func fill(_ columns: [Vector], _ rows: ArraySlice<Row>, _ arena: TextArena) {
        arena.reset()
        for column in columns {
            column.hasNulls = false
            column.count = rows.count
        }
        for (i, row) in rows.enumerated() {
            columns[0].set(i, text: row.id.utf8, in: arena)
            for (column, value) in zip(columns[1...], [row.time] + row.rest) {
                column.set(i, int64: value ?? 0)
                column.setNull(i, value == nil)
            }
        }
    }

    private static func row(_ columns: [Vector], _ i: Int) -> Row {
        Row(
            id: columns[0].text(i), time: columns[1].int64(i),
            rest: columns[2...].map { $0.isNull(i) ? nil : $0.int64(i) })
    }

    private static func least(_ rows: some Sequence<Row>) -> [Row: [Int64?]] {
        func order(_ rest: [Int64?]) -> [Int64] { rest.map { $0 ?? .max } }
        return Dictionary(rows.map { (Row(id: $0.id, time: $0.time, rest: []), $0.rest) }) {
            order($0).lexicographicallyPrecedes(order($1)) ? $0 : $1
        }
    }

    /// Adds rows with some threads; returns those that were not taken.
    private static func add(_ rows: [Row], to packed: PackedRows, threads: Int) throws -> [Row] {
        let left = Mutex<[Row]>([])
        try Workers.run(threads) { thread in
            let worker = PackedRows.Worker(packed, keys: 2, batchCapacity: batch)
            let columns = vectors(), arena = TextArena()
            for first in stride(from: thread * batch, to: rows.count, by: threads * batch) {
                let some = rows[first..<min(first + batch, rows.count)]
                fill(columns, some, arena)
                let rest = try #require(worker.add(columns, count: some.count))
                left.withLock { left in
                    for i in 0..<rest.count { left.append(some[first + Int(rest.indices[i])]) }
                }
            }
            worker.finish()
        }
        return left.withLock { $0 }
    }

    private static func taken(_ packed: PackedRows) throws -> [Row] {
        let walk = try #require(PackedWalk(packed, batch: batch))
        let columns = vectors()
        var found: [Row] = []
        for shard in 0..<ShardedGroups.shards {
            walk.begin(shard: shard)
            while case let n = walk.next(into: columns), n > 0 { found += (0..<n).map { row(columns, $0) } }
        }
        return found
    }

    @Test(arguments: [(200, 7, 1), (20_000, 3000, 1), (90_000, 80_000, 3), (30_000, 40, 3)])
    func everyRowIsKeptOnceWithTheLeastRest(_ count: Int, _ different: Int, _ threads: Int) throws {
        let rows = Self.rows(count, different: different, strays: false, seed: UInt64(count))
        let packed = PackedRows()
        let left = try Self.add(rows, to: packed, threads: threads)
        let kept = try Self.taken(packed)
        let expected = Self.least(rows)
        #expect(packed.count == kept.count)
        #expect(Set(kept.map { [$0.id, "\($0.time)"] }).count == kept.count, "each key once")
        #expect(!packed.hasStrays)
        // Nothing that was left can be equal to what was taken.
        #expect(Set(left.map { [$0.id, "\($0.time)"] }).isDisjoint(with: kept.map { [$0.id, "\($0.time)"] }))
        #expect(Self.least(kept + left) == expected)
    }

    /// A rest that does not fit is left, though an equal key may have been taken; that is told.
    @Test func straysAreTold() throws {
        let rows = Self.rows(20_000, different: 2000, strays: true, seed: 4)
        let packed = PackedRows()
        let left = try Self.add(rows, to: packed, threads: 2)
        #expect(packed.hasStrays)
        #expect(Self.least(try Self.taken(packed) + left) == Self.least(rows))
    }

    @Test func emptiedTablesBeginAnew() throws {
        let packed = PackedRows()
        for seed in 1...3 as ClosedRange<UInt64> {
            let rows = Self.rows(30_000, different: 20_000, strays: seed == 1, seed: seed)
            let left = try Self.add(rows, to: packed, threads: 2)
            #expect(Self.least(try Self.taken(packed) + left) == Self.least(rows))
            packed.removeAll()
            #expect(packed.count == 0 && packed.hasStrays)
            #expect(try Self.taken(packed).isEmpty)
        }
    }

    /// Half of a meter that is shared with the groups which rows go to when it is full.
    @Test func memoryIsCounted() throws {
        let meter = MemoryMeter(limit: 4 << 20)
        let packed = PackedRows(meter: meter)
        _ = try Self.add(Self.rows(1000, different: 900, strays: false, seed: 1), to: packed, threads: 1)
        #expect(!packed.isFull && meter.bytes > 16 * 4096)
        _ = try Self.add(Self.rows(90_000, different: 80_000, strays: false, seed: 2), to: packed, threads: 1)
        #expect(packed.isFull)
        packed.removeAll()
        #expect(!packed.isFull && meter.bytes < 1 << 20)
    }
}
