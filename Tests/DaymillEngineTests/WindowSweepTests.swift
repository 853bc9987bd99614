import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns

/// What the operators on windows give, against merges of the windows' days.
@Suite struct WindowSweepTests {
    typealias Rows = SegmentMergeTests.Rows

    /// Segments of days 0 ..< count, some of them empty, some days with two.
    private struct Days {
        let plan: ScanPlan
        let folder: SegmentFolder
        var inputs: [SegmentMerge.Input] = []

        init(_ query: Int, count: Int, seed: UInt64) throws {
            let rollup = try Rollup.parse(SegmentMergeTests.queries[query], sources: ["t": Rows.columns]) {
                SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
            }
            plan = ScanPlan(rollup, ScanFormat(TestDialect(columns: Rows.columns, header: .no)))
            folder = try SegmentFolder()
            var random = SeededGenerator(seed: seed)
            for day in 0..<count {
                for part in 0..<random.pick([0, 1, 1, 1, 2]) {
                    let rows = Rows(random.below(8), seed: random.next())
                    let groups = ScanGroups(plan)
                    try NativeEngine(threads: 1).scan([rows.file("", 0..<rows.lines.count)], plan, into: groups)
                    let reader = try folder.write("\(day)-\(part)", groups, plan)
                    inputs.append(.init(reader, days: nil, term: SegmentTerm(day: Int32(day))))
                }
            }
        }

        func of(_ window: ClosedRange<Int32>) -> [SegmentMerge.Input] {
            inputs.filter { window.contains($0.term.day!) }
        }

        /// The bytes of a segment of all groups of some inputs.
        func merged(_ inputs: [SegmentMerge.Input]) throws -> [UInt8] {
            try folder.write("merged", try inputs.merged(plan, threads: 1), plan)
            return try folder.bytes(of: "merged")
        }

        /// - Parameter isLean: without memory for lists of days.
        func sweep(isLean: Bool = false) -> WindowSweep {
            let path = folder.path(of: "sweep")
            return WindowSweep(plan.layouts, openBytes: isLean ? 1 : 96 << 20) { TemporaryFile(for: path) }
        }
    }

    private func windows(_ random: inout SeededGenerator) -> [ClosedRange<Int32>] {
        switch random.below(4) {
        case 0: (0..<30).map { Int32($0)...Int32($0) + 6 }
        case 1: (0..<5).map { Int32($0 * 7)...Int32($0 * 7 + 6) }
        case 2: (0..<20).map { 0...Int32($0) }
        default: [-5 ... -1, -3...2, 2...2, 2...2, 2...29, 10...30, 28...40, 50...60]
        }
    }

    @Test(arguments: SegmentMergeTests.queries.indices, 0..<4 as Range<UInt64>)
    func aSweepGivesWhatMergesGive(_ query: Int, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let days = try Days(query, count: 30, seed: seed)
        for isLean in [false, true, false] {
            let windows = windows(&random)
            let swept = try days.sweep(isLean: isLean).run(
                days.inputs.shuffled(using: &random), windows: windows, threads: 1 + random.below(3))
            for (i, window) in windows.enumerated() {
                let inputs = try swept.inputs(i)
                for input in inputs { try input.reader.check() }
                #expect(try days.merged(inputs) == days.merged(days.of(window)), "seed \(seed), \(window)")
            }
        }
    }

    /// A second sweep that knows when pairs were seen last, and reads the pairs of later days only.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func aSweepGoesOnFromWhatWasSeenLast(_ seed: UInt64) throws {
        let days = try Days(0, count: 30, seed: seed), sweep = days.sweep(isLean: seed == 1)
        let windows = (0..<24).map { Int32($0)...Int32($0) + 6 }
        var seen: WindowSweep.Seen?
        for batch in [0..<3, 3..<4, 4..<15, 15..<24] {
            let own = Array(windows[batch])
            let swept = try sweep.run(days.inputs, windows: own, seen: seen, threads: 2)
            for (i, window) in own.enumerated() {
                #expect(try days.merged(try swept.inputs(i)) == days.merged(days.of(window)), "seed \(seed), \(window)")
            }
            seen = try sweep.lastSeen(seen, days.inputs, upTo: own[own.count - 1].upperBound, threads: 2)
        }
        #expect(seen != nil)
    }

    /// One last-seen segment counts the distinct values of all windows that end on its day.
    @Test(arguments: SegmentMergeTests.queries.indices, 0..<3 as Range<UInt64>)
    func lastSeenPairsAreThoseOfEveryTrailingWindow(_ query: Int, _ seed: UInt64) throws {
        let days = try Days(query, count: 20, seed: seed)
        let (early, late) = (days.of(0...11), days.of(12...19))
        let layouts = days.plan.layouts, sections = LastSeen.sections(layouts)
        func write(_ name: String, _ earlier: SegmentReader?, _ inputs: [SegmentMerge.Input]) throws -> SegmentReader {
            _ = try LastSeen.write(earlier, inputs, layouts, to: days.folder.path(of: name), threads: 2)
            return try SegmentReader(days.folder.path(of: name))
        }
        let reader = try write("late", try write("early", nil, early), late)
        _ = try write("whole", nil, days.inputs)
        #expect(try days.folder.bytes(of: "late") == days.folder.bytes(of: "whole"))

        let first: [Int32] = [0, 1, 7, 15, 19]
        let groups = try first.map { first in
            let groups = ScanGroups(days.plan)
            for (section, part) in groups.sections.enumerated() where !sections.contains(section) {
                try SegmentMerge.merge(days.of(first...19), section: section, into: part, threads: 1)
            }
            return groups
        }
        for section in sections {
            try LastSeen.fold(
                reader, section: section, since: first, into: groups.map { $0.pairs[section - 1] }, threads: 2)
        }
        for (first, groups) in zip(first, groups) {
            let expected = try NativeEngine().publish(try days.of(first...19).merged(days.plan, threads: 1), days.plan)
            #expect(try NativeEngine().publish(groups, days.plan) == expected, "seed \(seed), since \(first)")
        }
    }

    // MARK: Roll-forward

    /// A window made from another by adding and subtracting is the window made from its days, to the byte.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func windowsRollToTheByte(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let sql = """
            SELECT k, j, count(*) AS n, sum(j) AS sj, sum(m) AS sm, avg(d) AS ad, count(DISTINCT t) AS ut,
            count(DISTINCT j) AS uj, count(*) FILTER (WHERE b) AS nb FROM t WHERE k <> 'special' GROUP BY k, j
            """
        let rollup = try Rollup.parse(sql, sources: ["t": Rows.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let plan = ScanPlan(rollup, ScanFormat(TestDialect(columns: Rows.columns, header: .no)))
        let folder = try SegmentFolder()
        let days = try (0..<25).map { day in
            let rows = Rows(random.below(12), seed: random.next())
            let groups = ScanGroups(plan)
            try NativeEngine(threads: 1).scan([rows.file("", 0..<rows.lines.count)], plan, into: groups)
            return SegmentMerge.Input(try folder.write("day\(day)", groups, plan), days: nil)
        }
        func write(_ name: String, kept: SegmentReader?, _ added: Set<Int>, _ removed: Set<Int>) throws -> SegmentReader
        {
            _ = try RollForward.write(
                kept: kept, added: added.map { days[$0] }, removed: removed.map { days[$0] }, plan.layouts,
                id: ContentID(high: 0, low: 1), to: folder.path(of: name), threads: 1 + random.below(3))
            return try SegmentReader(folder.path(of: name))
        }
        var held: Set<Int> = []
        var window: SegmentReader?
        for step in 0..<8 {
            let wanted = Set((0..<25).filter { _ in random.once(in: 2) })
            window = try write("rolled\(step)", kept: window, wanted.subtracting(held), held.subtracting(wanted))
            held = wanted
            _ = try write("whole", kept: nil, wanted, [])
            #expect(try folder.bytes(of: "rolled\(step)") == folder.bytes(of: "whole"), "seed \(seed), step \(step)")
        }
        window = try write("empty", kept: window, [], held)
        #expect(window?.footer.blocks.isEmpty == true, "of groups that vanish nothing stays")
        #expect(throws: NotSubtractable.self) { _ = try write("less", kept: window, [], Set(days.indices)) }
    }

    @Test func whatCannotBeTakenAwayIsRefused() throws {
        for (kind, isSum) in [
            (PartialKind.count, true), (.sumInt64, true), (.sumInt128, true), (.sumDouble, true),
            (.distinctCount, true),
            (.minInt64, false), (.maxInt128, false), (.minText, false), (.maxDouble, false),
        ] { #expect(StateLayout([.count, kind]).isSubtractable == isSum) }
    }

    @Test func theCheapestWayIsTaken() {
        typealias Kept = RollForward.Kept
        typealias DayGroups = RollForward.DayGroups
        func day(_ number: Int32, _ version: UInt64 = 0) -> DayGroups {
            DayGroups(day: number, digest: ContentID(high: UInt64(number), low: version))
        }
        let wanted = (10..<40).map { day($0) }
        func kept(_ number: UInt64, _ bytes: Int, _ days: [DayGroups]) -> Kept {
            Kept(id: ContentID(high: 0, low: number), bytes: bytes, days: Set(days))
        }
        func way(_ kept: [Kept], canSubtract: Bool = true) -> RollForward.Way? {
            RollForward.way(to: wanted, bytes: { _ in 100 }, from: kept, canSubtract: canSubtract)
        }
        let yesterday = kept(1, 500, (9..<39).map { day($0) }), older = kept(2, 500, (1..<31).map { day($0) })
        #expect(way([older, yesterday]) == .init(kept: yesterday.id, added: [day(39)], removed: [day(9)]))
        #expect(way([yesterday], canSubtract: false) == nil)
        #expect(way([kept(3, 500, (10..<39).map { day($0) })], canSubtract: false)?.added == [day(39)])
        #expect(way([kept(4, 2000, (9..<39).map { day($0) })]) == nil, "all days are less to read")
        let changed = kept(5, 500, (10..<40).map { day($0, $0 == 20 ? 7 : 0) })
        #expect(way([changed]) == .init(kept: changed.id, added: [day(20)], removed: [day(20, 7)]))
        #expect(way([]) == nil)
    }

    // MARK: Tiers

    /// Every day with groups is in one span, and spans that are there are used.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func coversAreExactAndShort(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let start = Int32(random.below(2000)) - 1000, end = start + Int32(random.below(1200))
        let days = (start...end).filter { _ in !random.once(in: 9) }.map {
            RollForward.DayGroups(day: $0, digest: ContentID(high: 1, low: UInt64(bitPattern: Int64($0))))
        }
        let all = WindowTiers.cover(start...end, days) { _ in true }
        #expect(all.flatMap { Array($0.positions) } == Array(days.indices))
        #expect(all.filter { $0.level > 0 }.allSatisfy { start <= $0.days.lowerBound && $0.days.upperBound <= end })
        #expect(all.count <= 14 * 3 + 3 + days.count / 512)
        let none = WindowTiers.cover(start...end, days) { _ in false }
        #expect(none.count == days.count)
        let some = WindowTiers.cover(start...end, days) { _ in random.once(in: 2) }
        #expect(some.flatMap { Array($0.positions) } == Array(days.indices))
    }

    @Test func batchesStayBelowTheLimit() {
        #expect(WindowSweep.batches([5, 5, 5, 20, 1, 1], limit: 10) == [0..<2, 2..<3, 3..<4, 4..<6])
        #expect(WindowSweep.batches([], limit: 10) == [])
    }
}
