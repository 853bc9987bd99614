import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// Several rollups that share a scan find what each would find alone.
@Suite struct SharedScanTests {
    private static let columns: [Column] = [
        .init("k", .text), .init("n", .integer), .init("at", .timestamp), .init("x", .double),
    ]

    private func plan(
        _ sql: String, skip: Bool = true, eventTime: Bool = false, distinct: [Int] = []
    ) throws -> ScanPlan {
        let rollup = try Rollup.parse(sql, sources: ["t": Self.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let format = ScanFormat(
            .csv(CSVDialect(delimiter: 0x2c, quote: 0x22), header: .auto), leavesOutBadRows: skip,
            eventTime: eventTime ? 2 : nil, distinctOn: distinct)
        return ScanPlan(rollup, format)
    }

    /// Rows of which some do not fit one column or another, or are quoted.
    private func file(_ seed: UInt64, rows: Int) -> MemoryFile {
        var random = SeededGenerator(seed: seed)
        var text = ""
        for i in 0..<rows {
            let key = "k\(Int.random(in: 0..<40, using: &random))"
            let name = Int.random(in: 0..<5, using: &random) == 0 ? "\"\(key)\n,\"" : key
            let number = Int.random(in: 0..<50, using: &random) == 0 ? "?" : "\(i % 17)"
            let day = 10 + i % 3
            let at = Int.random(in: 0..<60, using: &random) == 0 ? "never" : "2024-09-\(day) 01:02:03"
            text += "\(name),\(number),\(at),\(Double(i) / 8)\n"
        }
        return MemoryFile(path: "day.csv", bytes: Array(text.utf8))
    }

    private func plans() throws -> [ScanPlan] {
        [
            try plan("SELECT k, count(*) AS c FROM t GROUP BY k"),
            try plan("SELECT k, sum(n) AS s, count(DISTINCT n) AS d FROM t WHERE n > 3 GROUP BY k", eventTime: true),
            try plan("SELECT n, sum(x) AS s, max(at) AS last FROM t GROUP BY n"),
            try plan("SELECT k, sum(n) AS s FROM t GROUP BY k", distinct: [0, 1]),
        ]
    }

    private func segment(_ target: ScanTarget, _ scanned: ScannedFile) throws -> [UInt8] {
        let folder = try SegmentFolder()
        _ = try target.groups.writeSegment(
            to: "\(folder.path)/s", id: ContentID.of("s"), rows: scanned.rows, badRows: scanned.badRows,
            dayPrefixed: target.plan.hasDays, threads: 1)
        return try #require(try FileDoor.contents(of: "\(folder.path)/s"))
    }

    @Test(arguments: [1, 3], [UInt64(1), 2, 3])
    func eachFindsWhatItFindsAlone(threads: Int, seed: UInt64) throws {
        let file = file(seed, rows: 5000)
        let options = ScanOptions(threads: threads, chunkBytes: 4096)
        let shared = try plans().map { ScanTarget($0, ScanGroups($0)) }
        let found = try Scan.run([file], shared, hashing: true, options: options)
        for (target, result) in zip(shared, found) {
            let alone = ScanTarget(target.plan, ScanGroups(target.plan))
            let expected = try Scan.run([file], alone.plan, into: alone.groups, hashing: true, options: options)[0]
            let scanned = try #require(result)[0]
            #expect(scanned.rows == expected.rows && scanned.badRows == expected.badRows)
            #expect(scanned.bad.map(\.line) == expected.bad.map(\.line))
            #expect(scanned.contentID == expected.contentID)
            #expect(try segment(target, scanned) == segment(alone, expected))
        }
        #expect(Set(found.map { $0![0].badRows }).count > 2, "the rollups should not agree on what is bad")
    }

    @Test func groupsOnDiskAreTheSame() throws {
        let file = file(4, rows: 5000)
        let options = ScanOptions(threads: 3, chunkBytes: 4096)
        let folder = try SegmentFolder()
        var budget = MemoryBudget(total: 256 << 20, threads: 3, spillPath: "\(folder.path)/spill")
        budget.groupsMax = 10
        let shared = try plans().map { ScanTarget($0, ScanGroups($0, memory: budget)) }
        let found = try Scan.run([file], shared, hashing: true, options: options)
        for (target, result) in zip(shared, found) {
            let alone = ScanTarget(target.plan, ScanGroups(target.plan))
            let expected = try Scan.run([file], alone.plan, into: alone.groups, hashing: true, options: options)[0]
            #expect(try segment(target, try #require(result)[0]) == segment(alone, expected))
        }
    }

    @Test func oneThatFailsLeavesTheOthersAlone() throws {
        let file = file(5, rows: 5000)
        let options = ScanOptions(threads: 2, chunkBytes: 4096)
        let good = try plan("SELECT k, count(*) AS c FROM t GROUP BY k", skip: false)
        let badRow = try plan("SELECT k, sum(n) AS s FROM t GROUP BY k", skip: false)
        let badValue = try plan(
            "SELECT k, sum(1 / x) AS s, sum(12 / (length(k) - 2)) AS z FROM t GROUP BY k", skip: false)
        let targets = [good, badRow, badValue].map { ScanTarget($0, ScanGroups($0)) }
        let found = try Scan.run([file], targets, hashing: true, options: options)
        #expect(found[0]?[0].rows == 5000)
        #expect(found[1] == nil && found[2] == nil)
    }

    @Test func theFirstOneThatFailsEndsTheScan() throws {
        let file = file(6, rows: 1000)
        let targets = [
            try plan("SELECT k, sum(n) AS s FROM t GROUP BY k", skip: false),
            try plan("SELECT k, count(*) AS c FROM t GROUP BY k", skip: false),
        ].map { ScanTarget($0, ScanGroups($0)) }
        let error = #expect(throws: DaymillError.self) {
            _ = try Scan.run([file], targets, hashing: true, options: ScanOptions(threads: 2, chunkBytes: 4096))
        }
        #expect(error?.code == .badRow)
    }
}
