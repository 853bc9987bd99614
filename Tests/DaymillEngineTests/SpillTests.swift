import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillColumns

/// What does not fit into memory goes to disk and comes out the same, to the byte.
@Suite struct SpillTests {
    /// Ways of working with very little memory.
    private static let engines: [NativeEngine] = [
        NativeEngine(threads: 1, chunkBytes: 40, groupsMax: 1),
        NativeEngine(threads: 2, chunkBytes: 64, way: .segments, groupsMax: 3),
        NativeEngine(threads: 3, chunkBytes: 100, groupsMax: 2),
        NativeEngine(threads: 8, chunkBytes: 30, way: .segments, groupsMax: 1),
        NativeEngine(threads: 4, chunkBytes: 50, supply: .stream(bytesPerRead: 13), groupsMax: 5),
    ]

    @Test(arguments: engines.indices)
    func agreesWithTheNaiveEngine(_ share: Int) throws {
        let first = UInt64(5000 + 24 * share)
        try assertNativeMatchesNaive(Self.engines[share], seeds: first..<first + 24, isAnyLimitRight: true)
    }

    @Test(arguments: engines.indices)
    func agreesOnWhatFails(_ share: Int) throws {
        let first = UInt64(6000 + 12 * share)
        try assertNativeMatchesNaive(Self.engines[share], seeds: first..<first + 12, .failing, isAnyLimitRight: true)
    }

    @Test func agreesOnThousandsOfRows() throws {
        var engine = Self.engines[1]
        (engine.chunkBytes, engine.groupsMax) = (2000, 50)
        try assertNativeMatchesNaive(engine, seeds: 7000..<7003, size: .large, isAnyLimitRight: true)
        engine.way = .onePass
        try assertNativeMatchesNaive(engine, seeds: 7003..<7006, size: .large, isAnyLimitRight: true)
    }

    private static func plan(_ query: Int, eventTime: String?) throws -> ScanPlan {
        try plan(SegmentMergeTests.queries[query], eventTime: eventTime)
    }

    private static func plan(_ sql: String, eventTime: String? = nil) throws -> ScanPlan {
        let rollup = try Rollup.parse(sql, sources: ["t": SegmentMergeTests.Rows.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let columns = SegmentMergeTests.Rows.columns
        return ScanPlan(rollup, ScanFormat(TestDialect(columns: columns, header: .no, eventTime: eventTime)))
    }

    private func groups(
        _ rows: SegmentMergeTests.Rows, _ plan: ScanPlan, _ memory: MemoryBudget?, threads: Int = 2
    ) throws -> ScanGroups {
        let groups = ScanGroups(plan, memory: memory)
        let file = rows.file("rows", 0..<rows.lines.count)
        try NativeEngine(threads: threads, chunkBytes: 90).scan([file], plan, into: groups)
        return groups
    }

    @Test(arguments: SegmentMergeTests.queries.indices, [nil, "dt"] as [String?])
    func segmentsOfSpilledGroupsAreTheSameBytes(_ query: Int, _ eventTime: String?) throws {
        let plan = try Self.plan(query, eventTime: eventTime)
        let rows = SegmentMergeTests.Rows(60, seed: 11)
        for threads in [1, 3] {
            let folder = try SegmentFolder()
            try folder.write("whole", try groups(rows, plan, nil), plan)
            let spilled = try groups(rows, plan, folder.budget(1), threads: threads)
            #expect(try folder.temporaryFiles.count > 1)
            try folder.write("spilled", spilled, plan, threads: threads)
            #expect(try folder.bytes(of: "spilled") == folder.bytes(of: "whole"))
        }
    }

    /// Tables that are written at once give the bytes of the ordinary writer, many days and groups included.
    @Test(arguments: SegmentMergeTests.queries.indices, [nil, "dt"] as [String?])
    func tablesAreStreamedAlike(_ query: Int, _ eventTime: String?) throws {
        let plan = try Self.plan(query, eventTime: eventTime)
        let folder = try SegmentFolder()
        let groups = try groups(SegmentMergeTests.Rows(300, seed: 12), plan, nil)
        try folder.write("whole", groups, plan)
        for threads in [1, 4] {
            _ = try SegmentWriter.stream(
                groups.sections, id: ContentID(high: 1, low: 2), rows: 0, badRows: 0, dayPrefixed: plan.hasDays,
                to: folder.path(of: "streamed"), threads: threads)
            #expect(try folder.bytes(of: "streamed") == folder.bytes(of: "whole"))
        }
    }

    /// So many temporary segments that they are merged among themselves before the end.
    @Test func manySpills() throws {
        let plan = try Self.plan("SELECT j, t, d, count(*) AS n, count(DISTINCT k) AS u FROM t GROUP BY j, t, d")
        let rows = SegmentMergeTests.Rows(700, seed: 13)
        let folder = try SegmentFolder()
        let engine = NativeEngine(threads: 1, chunkBytes: 200)
        let expected = try engine.publish(try groups(rows, plan, nil), plan)
        let spilled = try groups(rows, plan, folder.budget(1), threads: 1)
        #expect(try engine.publish(spilled, plan) == expected)
    }

    /// A budget in bytes, and not in groups: the tables are emptied when they are full, and the memory is there again.
    @Test func bytesBoundTheGroups() throws {
        let columns = [Column("k", .text)]
        let rollup = try Rollup.parse(
            "SELECT k, count(*) AS n FROM t GROUP BY k ORDER BY n DESC", sources: ["t": columns]
        ) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let plan = ScanPlan(rollup, ScanFormat(TestDialect(columns: columns, header: .no)))
        let padding = String(repeating: "x", count: 200)
        let lines = (0..<60_000).map { "\(padding)\(($0 * 7919) % 30_000)\n" }
        let file = TestFile("rows", lines.joined())
        let engine = NativeEngine(threads: 2)
        let whole = ScanGroups(plan)
        try engine.scan([file], plan, into: whole)
        let expected = try engine.publish(whole, plan)
        let folder = try SegmentFolder()
        let groups = ScanGroups(plan, memory: folder.budget(bytes: 4 << 20))
        try engine.scan([file], plan, into: groups)
        #expect(try folder.temporaryFiles.count > 1)
        #expect(groups.main.bytes < 6 << 20)
        #expect(try engine.publish(groups, plan) == expected)
    }

    // MARK: No room

    @Test func aDiskWithoutRoomIsAnErrorThatSaysSo() throws {
        let plan = try Self.plan("SELECT k, j, count(*) AS n FROM t GROUP BY k, j")
        let folder = try SegmentFolder()
        var budget = folder.budget(2)
        budget.freeBytes = { _ in 900 }
        let error = #expect(throws: DaymillError.self) {
            _ = try groups(SegmentMergeTests.Rows(60, seed: 1), plan, budget, threads: 3)
        }
        #expect(error?.code == .io)
        #expect(error?.message.hasPrefix("no room in \(folder.path) for what does not fit into memory: ") == true)
        #expect(error?.message.hasSuffix(" are needed, 900 B are free") == true)
        #expect(try folder.temporaryFiles.isEmpty)
    }

    @Test func withoutADiskFullGroupsAreAnError() throws {
        let groups = ShardedGroups(StateLayout([.count]))
        groups.count(with: MemoryMeter(limit: 1000))
        #expect(groups.isFull)
        let folder = try SegmentFolder()
        let plan = try Self.plan("SELECT k, count(*) AS n FROM t GROUP BY k")
        let reader = try folder.write("rows", try self.groups(SegmentMergeTests.Rows(9, seed: 1), plan, nil), plan)
        let error = #expect(throws: DaymillError.self) {
            try SegmentMerge.merge([.init(reader, days: nil)], section: 0, into: groups, threads: 2)
        }
        #expect(error?.code == .limit)
    }
}
