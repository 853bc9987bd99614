import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// Partials of parts, merged in any order, are the partials of the whole: the same groups and the same bytes.
@Suite struct SegmentMergeTests {
    /// Values on which adding up, comparing and telling apart go wrong first.
    struct Rows {
        static let columns = [
            Column("k", .text), Column("j", .integer), Column("d", .double), Column("m", .decimal(scale: 2)),
            Column("t", .text), Column("b", .boolean), Column("dt", .timestamp),
        ]
        static let doubles = [
            "1e308", "-1e308", "1e308", "1e-308", "5e-324", "-5e-324", "NaN", "inf", "-inf", "0.1", "0.2", "-0.3",
            "1e16",
            "1", "-1e16", "-0.0", "0",
        ]
        static let integers = ["9223372036854775807", "-9223372036854775808", "0", "1", "-1", "1000000007"]
        static let decimals = ["0.01", "-0.01", "999999999999999999999999.99", "-999999999999999999999999.99", "12.3"]
        static let texts = ["", "a", "ab", "a\u{0}b", "é", "ſ", "😀", "zz", String(repeating: "long ", count: 60)]
        static let days = ["2024-02-28", "2024-02-29", "2024-03-01", "1969-12-31", "2024-12-31"]

        /// One line per row, without newlines.
        let lines: [String]

        init(_ count: Int, seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            lines = (0..<count).map { _ in Rows.line(&random) }
        }

        private static func line(_ random: inout SeededGenerator) -> String {
            // A group without special doubles shows exact sums, another mixes them all.
            let key = random.pick(["x", "y", "z", "", "special"])
            let double = random.pick(
                key == "special" ? doubles : doubles.filter { !$0.contains("n") && !$0.contains("N") })
            let fields = [
                key, random.pick(integers), double, random.pick(decimals), random.pick(texts),
                random.pick(["true", "false"]),
            ]
            let time = "\(random.pick(days)) \(random.pick(["00:00:00", "23:59:59.999999", "12:00:00"]))"
            let shown = fields.map { random.once(in: 6) ? "" : "\"\($0)\"" }
            return (shown + [time]).joined(separator: ",")
        }

        func file(_ name: String, _ range: Range<Int>) -> TestFile {
            TestFile(name, lines[range].map { $0 + "\n" }.joined())
        }

        /// So many files of whole records, cut where chance wants it, maybe with nothing in some.
        func parts(_ count: Int, _ random: inout SeededGenerator) -> [TestFile] {
            let cuts = [0] + (1..<count).map { _ in random.below(lines.count + 1) }.sorted() + [lines.count]
            return (0..<count).map { file("part\($0)", cuts[$0]..<cuts[$0 + 1]) }
        }
    }

    private static let aggregates = """
        stddev(d) AS stdd, var_pop(j) AS vj, var_samp(m) AS vm, stddev_pop(d) FILTER (WHERE b) AS sdb,
        min_by(t, d) AS td, max_by(d, t) AS dt2, min_by(j, m) FILTER (WHERE b) AS jm, any_value(t) AS at,
        percentile_disc(0.3) WITHIN GROUP (ORDER BY t DESC) AS pt, percentile_cont(0.7) WITHIN GROUP (ORDER BY d) AS pd,
        percentile_disc(0.9) WITHIN GROUP (ORDER BY d) AS pdd, median(m) AS mm, mode() WITHIN GROUP (ORDER BY t) AS modet,
        sum(DISTINCT d) AS sdd, avg(DISTINCT m) AS adm, sum(DISTINCT j) AS sdj,
        approx_count_distinct(t) AS xt, approx_count_distinct(d) FILTER (WHERE b) AS xd, approx_percentile(d, 0.5) AS xp,
        count(*) AS n, count(j) AS nj, count(DISTINCT t) AS ut, count(DISTINCT d) AS ud, count(DISTINCT j) AS uj,
        sum(d) AS sd, avg(d) AS ad, min(d) AS mind, max(d) AS maxd, sum(j) AS sj, avg(j) AS aj, min(j) AS minj,
        sum(m) AS sm, avg(m) AS am, max(m) AS maxm, min(t) AS mint, max(t) AS maxt, bool_and(b) AS ab, bool_or(b) AS ob,
        min(dt) AS mindt, max(dt) AS maxdt, count(*) FILTER (WHERE b) AS nb, max(t) FILTER (WHERE NOT b) AS mt
        """

    static let queries = [
        "SELECT k, \(aggregates) FROM t GROUP BY k",
        "SELECT \(aggregates) FROM t",
        "SELECT k, j, \(aggregates) FROM t GROUP BY k, j",
        "SELECT d, \(aggregates) FROM t GROUP BY d",
        "SELECT t, b, count(*) AS n, count(DISTINCT k) AS u FROM t GROUP BY t, b",
        "SELECT count(*) AS n FROM t",
        "SELECT dt, m FROM t GROUP BY dt, m",
    ]

    private static func rollup(_ sql: String) throws -> Rollup {
        try Rollup.parse(sql, sources: ["t": Rows.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
    }

    private func dialect(eventTime: String? = nil) -> TestDialect {
        TestDialect(columns: Rows.columns, header: .no, eventTime: eventTime)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The first differing line, cell by cell; nil when there is none.
    private func difference(_ got: String, _ expected: String) -> String? {
        guard got != expected else { return nil }
        let (a, b) = (got.split(separator: "\n"), expected.split(separator: "\n"))
        guard let line = a.indices.first(where: { $0 >= b.count || a[$0] != b[$0] }) else { return "lines are missing" }
        guard line < b.count else { return "too many lines" }
        let names = a[0].split(separator: ",")
        let cells = [a[line], b[line]].map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let wrong = zip(names, zip(cells[0], cells[1])).filter { $0.1.0 != $0.1.1 }
        return "\(line): "
            + wrong.map { "\($0): \($1.0.debugDescription), not \($1.1.debugDescription)" }.joined(separator: "; ")
    }

    // MARK: Without days

    @Test(arguments: queries.indices, 1...5)
    func partsMakeTheWhole(_ query: Int, _ count: Int) throws {
        let rollup = try Self.rollup(Self.queries[query])
        let plan = ScanPlan(rollup, ScanFormat(dialect()))
        let engine = NativeEngine(threads: 2, chunkBytes: 100)
        var random = SeededGenerator(seed: UInt64(query * 10 + count))
        for seed in 0..<2 as Range<UInt64> {
            let rows = Rows(40, seed: seed)
            let whole = rows.file("whole", 0..<40)
            let folder = try SegmentFolder()
            let expected = try NaiveEngine(dialect: dialect(), rollup: rollup).run([whole]).csv
            try folder.write("whole", try groups(engine, [whole], plan), plan, rows: 40)

            let parts = try rows.parts(count, &random).map { part in
                try folder.write(part.name, try groups(engine, [part], plan), plan)
            }
            for _ in 0..<2 {
                let inputs = parts.shuffled(using: &random).map { SegmentMerge.Input($0, days: nil) }
                let merged = try inputs.merged(plan, threads: 1 + random.below(3))
                try folder.write("merged", merged, plan, rows: 40)
                #expect(try folder.bytes(of: "merged") == folder.bytes(of: "whole"))
                let got = text(try engine.publish(merged, plan))
                #expect(difference(got, text(expected)) == nil, "seed \(seed)")
            }
        }
    }

    /// Merging merges gives the same as merging all at once.
    @Test(arguments: queries.indices)
    func mergesMayBeMergedAgain(_ query: Int) throws {
        let plan = ScanPlan(try Self.rollup(Self.queries[query]), ScanFormat(dialect()))
        let engine = NativeEngine(threads: 1)
        var random = SeededGenerator(seed: UInt64(query))
        let rows = Rows(50, seed: 9)
        let folder = try SegmentFolder()
        try folder.write("whole", try groups(engine, [rows.file("whole", 0..<50)], plan), plan)
        var waiting = try rows.parts(5, &random).map { try folder.write($0.name, try groups(engine, [$0], plan), plan) }
        while waiting.count > 1 {
            waiting.shuffle(using: &random)
            let pair = [waiting.removeLast(), waiting.removeLast()].map { SegmentMerge.Input($0, days: nil) }
            let merged = try pair.merged(plan, threads: 2)
            waiting.append(try folder.write("merged\(waiting.count)", merged, plan))
        }
        #expect(try folder.bytes(of: "merged0") == folder.bytes(of: "whole"))
    }

    @Test(arguments: queries.indices, [nil, "dt"] as [String?])
    func segmentsAreTheSameBytesHoweverTheyAreMade(_ query: Int, _ eventTime: String?) throws {
        let rollup = try Self.rollup(Self.queries[query])
        let plan = ScanPlan(rollup, ScanFormat(dialect(eventTime: eventTime)))
        let file = Rows(30, seed: 5).file("rows", 0..<30)
        let folder = try SegmentFolder()
        try folder.write("expected", try groups(NativeEngine(threads: 1), [file], plan), plan)
        for engine in ChunkInvarianceTests.engines where engine.chunkBytes > 2 {
            try folder.write("again", try groups(engine, [file], plan), plan, threads: engine.threads)
            #expect(try folder.bytes(of: "again") == folder.bytes(of: "expected"), "\(engine)")
        }
        let turned = TestFile("rows", Rows(30, seed: 5).lines.reversed().map { $0 + "\n" }.joined())
        try folder.write("turned", try groups(NativeEngine(threads: 1), [turned], plan), plan)
        #expect(try folder.bytes(of: "turned") == folder.bytes(of: "expected"), "the order of rows shows")
    }

    // MARK: With days

    static let windows: [ClosedRange<Int>?] = [nil, 0...0, 0...1, 1...2, 0...2, 3...3, 3...4, -40_000 ... -30_000]

    /// Days counted from 2024-02-28, but 3 is 1969-12-31 and 4 is 2024-12-31.
    private func days(_ window: ClosedRange<Int>?) -> ClosedRange<Day>? {
        func day(_ number: Int) -> Day {
            Rows.days.indices.contains(number) ? Day(Rows.days[number])! : Day(daysSinceEpoch: Int32(number))
        }
        return window.map { day($0.lowerBound)...day($0.upperBound) }
    }

    @Test(arguments: queries.indices, windows)
    func daysOfPartsMakeTheWindow(_ query: Int, _ window: ClosedRange<Int>?) throws {
        let rollup = try Self.rollup(Self.queries[query])
        let format = ScanFormat(dialect(eventTime: "dt"))
        let plan = ScanPlan(rollup, format)
        let engine = NativeEngine(threads: 2, chunkBytes: 64)
        var random = SeededGenerator(seed: UInt64(query))
        let rows = Rows(40, seed: 7)
        let parts = rows.parts(3, &random)
        let days = days(window)
        let expected = text(
            try NaiveEngine(dialect: dialect(eventTime: "dt"), rollup: rollup, window: days).run(parts).csv)

        let folder = try SegmentFolder()
        let segments = try parts.map { try folder.write($0.name, try groups(engine, [$0], plan), plan) }
        let numbers = days.map { $0.lowerBound.daysSinceEpoch...$0.upperBound.daysSinceEpoch }
        let inputs = segments.shuffled(using: &random).map { SegmentMerge.Input($0, days: numbers) }
        let atOnce = try inputs.merged(plan, threads: 2)
        let fromAll = text(try engine.publish(atOnce, plan))
        #expect(difference(fromAll, expected) == nil)

        let byDay = try daySegments(segments, numbers, plan, folder)
        let merged = try byDay.shuffled(using: &random).merged(plan, threads: 2)
        let fromDays = text(try engine.publish(merged, plan))
        #expect(difference(fromDays, expected) == nil, "by way of day segments")

        let always = Day(daysSinceEpoch: -719_162)...Day(daysSinceEpoch: 2_932_896)
        let direct = ScanPlan(rollup, format, onlyDays: days ?? always)
        let fromOnePass = text(try engine.publish(try groups(engine, parts, direct), direct))
        #expect(difference(fromOnePass, expected) == nil, "in one pass")
    }

    /// A segment per day where several files hold rows of it, as the store keeps them.
    private func daySegments(
        _ segments: [SegmentReader], _ window: ClosedRange<Int32>?, _ plan: ScanPlan, _ folder: SegmentFolder
    ) throws -> [SegmentMerge.Input] {
        let all = Set(segments.flatMap(\.footer.days)).filter { window?.contains($0) ?? true }
        return try all.sorted().map { day in
            let holders = segments.filter { $0.footer.days.contains(day) }
            let inputs = holders.map { SegmentMerge.Input($0, days: day...day) }
            if inputs.count == 1 { return inputs[0] }
            let merged = try inputs.merged(plan, threads: 1)
            return .init(try folder.write("day\(day)", merged, plan, withoutDays: true), days: nil)
        }
    }

    @Test(arguments: queries.indices)
    func mergesThatKeepDaysMakeTheSegmentOfTheWhole(_ query: Int) throws {
        let plan = ScanPlan(try Self.rollup(Self.queries[query]), ScanFormat(dialect(eventTime: "dt")))
        let engine = NativeEngine(threads: 1)
        let rows = Rows(40, seed: 3)
        let folder = try SegmentFolder()
        try folder.write("whole", try groups(engine, [rows.file("whole", 0..<40)], plan), plan)
        let parts = try [0..<15, 15..<40].map { range in
            try folder.write("part\(range.lowerBound)", try groups(engine, [rows.file("", range)], plan), plan)
        }
        let merged = ScanGroups(plan)
        for (section, groups) in merged.sections.enumerated() {
            let inputs = parts.map { SegmentMerge.Input($0, days: nil) }
            try SegmentMerge.merge(inputs, section: section, into: groups, keepsDays: true, threads: 2)
        }
        try folder.write("merged", merged, plan)
        #expect(try folder.bytes(of: "merged") == folder.bytes(of: "whole"))
    }

    private func groups(_ engine: NativeEngine, _ files: [TestFile], _ plan: ScanPlan) throws -> ScanGroups {
        let groups = ScanGroups(plan)
        try engine.scan(files, plan, into: groups)
        return groups
    }
}
