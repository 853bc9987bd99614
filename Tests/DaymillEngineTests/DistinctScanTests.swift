import DaymillCore
import DaymillNaive
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns
@testable import DaymillEngine

/// Scans of sources whose equal rows count once, with packed rows and without, against the naive engine.
@Suite struct DistinctScanTests {
    private static let columns = [
        Column("k", .text), Column("t", .timestamp), Column("n", .integer), Column("x", .double), Column("w", .text),
    ]

    struct Case: Sendable, CustomStringConvertible {
        var sql: String
        var on: [String]
        var hasDays = false
        var description: String { "\(sql) once for each \(on)\(hasDays ? " and day" : "")" }
    }

    static let cases = [
        Case(sql: "SELECT k, t, n, count(*) AS c FROM t GROUP BY k, t, n ORDER BY k, t", on: ["k", "t"]),
        Case(
            sql: "SELECT n, extract(hour FROM t) AS h, count(*) AS c FROM t GROUP BY 1, 2 ORDER BY 1, 2",
            on: ["k", "t"]),
        Case(sql: "SELECT k, n, x, count(*) AS c FROM t GROUP BY k, n, x ORDER BY k, n, x", on: ["k"]),
        Case(sql: "SELECT k, w, count(*) AS c, sum(n) AS s FROM t GROUP BY k, w ORDER BY k, w", on: ["t", "k"]),
        Case(sql: "SELECT k, count(*) AS c FROM t WHERE x < 1 GROUP BY k ORDER BY k", on: ["n"]),
        Case(sql: "SELECT count(*) AS c FROM t", on: ["k", "n", "x"]),
        Case(sql: "SELECT k, n, count(*) AS c FROM t GROUP BY k, n ORDER BY k, n", on: ["k"], hasDays: true),
        Case(sql: "SELECT t, x, count(*) AS c FROM t GROUP BY t, x ORDER BY t, x", on: ["k", "t"], hasDays: true),
    ]

    private static func file(_ seed: UInt64, rows: Int, tame: Int) -> String {
        var random = SeededGenerator(seed: seed)
        let ids = (0..<15).map { _ in MadeUpText.uuid(&random) }
        var text = ""
        for row in 0..<rows {
            // The first rows choose a form that does not hold what follows.
            let isTame = row < tame
            let id = random.pick(ids)
            let ugly = [id.uppercased(), String(id.dropLast()), id + "0", "", "x", "\"\"", "z\(id)"]
            let key = isTame || !random.once(in: 4) ? id : random.pick(ugly)
            let second = "2024-09-\(random.once(in: 3) ? 15 : 16) 0\(random.below(3)):00:0\(random.below(3))"
            let time = isTame || random.once(in: 2) ? second : second + random.pick([".5", ".000001", ".250"])
            let numbers = ["", "1", "2", "9223372036854775807", "-5000000000"]
            let number = isTame ? "\(random.below(4))" : random.pick(numbers)
            let word = random.pick(["", "a", "b", "ab", isTame ? "c" : "a word that is longer than others"])
            text += "\(key),\(time),\(number),\(random.pick(["", "0.5", "-0", "1e300", "nan", "7"])),\(word)\n"
        }
        return text
    }

    private static func expected(_ test: Case, _ rollup: Rollup, _ files: [TestFile]) throws -> String {
        var dialect = NaiveDialect(columns: columns, header: .no)
        dialect.distinctOn = test.on
        if test.hasDays { dialect.eventTime = "t" }
        return String(decoding: try NaiveEngine(dialect: dialect, rollup: rollup).run(files).csv, as: UTF8.self)
    }

    private static func plan(_ test: Case, _ rollup: Rollup) -> ScanPlan {
        let on = test.on.map { name in columns.firstIndex { $0.name == name }! }
        let format = ScanFormat(
            .csv(CSVDialect(delimiter: 0x2c, quote: 0x22), header: .no), eventTime: test.hasDays ? 1 : nil,
            distinctOn: on)
        let always = Day("0001-01-01")!...Day("9999-12-31")!
        return ScanPlan(rollup, format, onlyDays: test.hasDays ? always : nil)
    }

    private static func published(
        _ test: Case, _ rollup: Rollup, _ files: [TestFile], _ engine: NativeEngine, packsRows: Bool
    ) throws -> String {
        let plan = plan(test, rollup)
        let folder = try SegmentFolder()
        let budget = engine.groupsMax < .max ? folder.budget(engine.groupsMax) : nil
        let rows = ScanGroups(plan, memory: budget, packsRows: packsRows)
        let groups = ScanGroups(plan.counting, memory: budget)
        try engine.scan(files, plan, into: rows)
        if let packed = rows.packed, budget == nil, files[0].bytes.count > 700 { #expect(packed.count > 0) }
        try RowFold.fold(rows, of: plan, keysHaveDays: plan.hasDays, into: groups, threads: engine.threads)
        let bytes = try engine.publish(groups, plan.counting)
        #expect(try engine.groupsMax < .max || folder.temporaryFiles.isEmpty)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let engines = [
        NativeEngine(threads: 1), NativeEngine(threads: 3, chunkBytes: 700),
        NativeEngine(threads: 2, chunkBytes: 700, groupsMax: 40), NativeEngine(threads: 1, groupsMax: 1),
        NativeEngine(threads: 2, chunkBytes: 5000, level: 0, groupsMax: 200),
    ]

    @Test(arguments: cases, [0, 60, 900])
    func packedRowsCountAsOthersDo(_ test: Case, _ tame: Int) throws {
        let rollup = try Rollup.parse(test.sql, sources: ["t": Self.columns]) {
            SourcePlace(file: "t.sql", line: 1, column: $0)
        }
        let files = (0..<3).map { TestFile("\($0).csv", Self.file(UInt64(tame + $0), rows: 300, tame: tame)) }
        let expected = try Self.expected(test, rollup, files)
        #expect(expected.count > 4)
        for engine in Self.engines {
            for packsRows in [true, false] {
                let found = try Self.published(test, rollup, files, engine, packsRows: packsRows)
                #expect(found == expected, "\(engine), packed \(packsRows)")
            }
        }
    }

    /// Rows that come after all others were put elsewhere may be equal to those, though nothing went to disk.
    @Test(arguments: cases)
    func rowsMeetThoseThatWerePutElsewhere(_ test: Case) throws {
        let rollup = try Rollup.parse(test.sql, sources: ["t": Self.columns]) {
            SourcePlace(file: "t.sql", line: 1, column: $0)
        }
        let files = (0..<3).map { TestFile("\($0).csv", Self.file(7, rows: 200, tame: 200 - 50 * $0)) }
        let plan = Self.plan(test, rollup), engine = NativeEngine(threads: 2)
        let rows = ScanGroups(plan, packsRows: true), groups = ScanGroups(plan.counting)
        let packed = try #require(rows.packed)
        for file in files {
            try engine.scan([file], plan, into: rows)
            #expect(packed.count > 0)
            try PackedDrain.run(packed, plan, into: rows.unpacked, threads: 2)
            #expect(packed.count == 0)
            try engine.scan([file], plan, into: rows)
        }
        try RowFold.fold(rows, of: plan, keysHaveDays: plan.hasDays, into: groups, threads: 2)
        let found = String(decoding: try engine.publish(groups, plan.counting), as: UTF8.self)
        #expect(found == (try Self.expected(test, rollup, files)))
    }
}
