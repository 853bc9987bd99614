import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit
import Foundation
import Testing

/// However a window is put together, the output is that of one pass over its files, byte for byte.
@Suite struct WindowOperatorTests {
    /// What a test's steps compute.
    enum Aggregates: String, CaseIterable, Sendable {
        /// Sums, which can be subtracted; distinct pairs count their days.
        case sums
        /// Minima and texts, which cannot.
        case extremes
        /// Sums in some groups of which there are infinities.
        case infinities
        /// One group, with or without rows.
        case global
        /// Sums without pairs: windows are kept in the order of keys, here of texts, of which one is NULL.
        case rows
        /// The same with keys of two columns, and not all groups published.
        case cells

        var isInKeyOrder: Bool { self == .rows || self == .cells || self == .infinities }

        var sql: String {
            switch self {
            case .sums:
                """
                SELECT k, j, count(*) AS n, count(x) AS nx, sum(x) AS sx, avg(x) AS ax, sum(m) AS sm, sum(i) AS si,
                count(DISTINCT i) AS ui, count(DISTINCT x) AS ux, count(*) FILTER (WHERE i > 1) AS ni,
                stddev(i) AS di, var_pop(x) AS vx, median(x) AS px, sum(DISTINCT i) AS si2 FROM t GROUP BY k, j
                """
            case .extremes:
                """
                SELECT k, count(*) AS n, min(x) AS mx, max(x) AS nx, min(j) AS mj, max(j) AS nj, max(m) AS mm,
                count(DISTINCT j) AS uj, sum(x) AS sx, min_by(j, x) AS bj, any_value(j) AS aj,
                approx_count_distinct(j) AS cj FROM t GROUP BY k
                """
            case .infinities: "SELECT k, count(*) AS n, sum(x) AS sx, avg(x) AS ax FROM t GROUP BY k"
            case .rows:
                """
                SELECT k, count(*) AS n, count(x) AS nx, sum(x) AS sx, avg(x) AS ax, sum(m) AS sm, sum(i) AS si,
                var_pop(i) AS vi, stddev(x) AS dx FROM t GROUP BY k
                """
            case .cells:
                """
                SELECT k, j, count(*) FILTER (WHERE i > 1) AS ni, sum(x) AS sx, count(m) AS nm FROM t
                GROUP BY k, j HAVING count(*) > 1
                """
            case .global: "SELECT count(*) AS n, sum(x) AS sx, count(DISTINCT k) AS uk, count(DISTINCT j) AS uj FROM t"
            }
        }
    }

    /// A pipeline, what was delivered, and projects that got it all, one per way of merging.
    struct History {
        let first = Day("2024-02-20")!
        let aggregates: Aggregates
        let yaml: String
        var random: SeededGenerator
        var files: [String: String] = [:]

        init(_ aggregates: Aggregates, window: String?, eventTime: Bool, seed: UInt64) {
            self.aggregates = aggregates
            random = SeededGenerator(seed: seed)
            let time = eventTime ? "\n    event_time: dt" : ""
            let days = window.map { "\n    window: \($0)" } ?? ""
            let sql = aggregates.sql.replacing("\n", with: " ")
            yaml = """
                sources:
                  t:
                    files: input/{date}-*.csv
                    missing: empty
                    columns: { k: text, j: text, x: double, m: "decimal(9,2)", i: integer, dt: timestamp }\(time)
                steps:
                  result:\(days)
                    rollup: \(sql)
                    to: output/{date}.csv
                """
        }

        func day(_ number: Int) -> Day { first.adding(days: number) }

        private mutating func line(_ number: Int) -> String {
            var doubles = ["0.1", "0.2", "-0.3", "1e300", "-1e300", "1e-300", "", "5"]
            if aggregates == .infinities { doubles += ["inf", "-inf", "NaN"] }
            let key = random.pick(["a", "b", "c", "", "e\u{301}", "\"q,\"", "only\(number % 9)", "day\(number)"])
            let fields = [
                key, random.pick(["u", "v", "", "w"]), random.pick(doubles),
                random.pick(["0.01", "-7.5", "", "99999.99"]),
                random.pick(["1", "2", "", "-9223372036854775808", "9223372036854775807"]),
            ]
            let day = random.once(in: 5) ? day(max(0, number - random.below(20))) : day(number)
            return fields.joined(separator: ",") + ",\(day) 10:00:00\n"
        }

        /// Delivers a day's file; some are empty.
        mutating func deliver(_ number: Int, part: Int = 0) {
            let rows = random.once(in: 6) ? 0 : random.below(7)
            files["input/\(day(number))-\(part).csv"] = (0..<rows).map { _ in line(number) }.joined()
        }

        /// Something happens to the files of the days before.
        mutating func change(before number: Int) {
            let names = files.keys.sorted()
            switch random.below(4) {
            case 0: files[random.pick(names)] = nil
            case 1: deliver(random.below(number), part: random.below(3))
            case 2: deliver(max(0, number - 1 - random.below(5)), part: 1)
            default: break
            }
        }

        func put(into project: TestProject, before: [String: String]) throws {
            for (name, text) in files where before[name] != text { try project.write(name, text) }
            for name in before.keys where files[name] == nil { try project.remove(name) }
        }
    }

    static let windows: [String?] = ["last 1 day", "last 9 days", "last 60 days", "month to date"]

    private func outputs(
        _ history: History, _ date: Day, _ operators: [WindowOperator], _ projects: [TestProject]
    )
        throws -> [String]
    {
        try zip(operators, projects).map { way, project in
            try project.run(date.description, windowOperator: way)
            return try #require(project.text("output/\(date).csv"))
        }
    }

    @Test(arguments: Aggregates.allCases, windows)
    func allWaysGiveTheSameBytes(_ aggregates: Aggregates, _ window: String?) throws {
        // Both kinds of sources, with each kind of aggregates and of windows, but not with each pair of them.
        let turn = Aggregates.allCases.firstIndex(of: aggregates)! + Self.windows.firstIndex(of: window)!
        for eventTime in [turn % 2 == 0] {
            let seed = UInt64(aggregates.sql.count * 31 + (window?.count ?? 0) * 7 + (eventTime ? 1 : 0))
            var history = History(aggregates, window: window, eventTime: eventTime, seed: seed)
            let ways = WindowOperator.allCases
            let projects = try ways.map { _ in try TestProject(history.yaml) }
            let direct = try TestProject(history.yaml)
            for number in 0..<40 { history.deliver(number) }
            var before: [String: String] = [:]
            var used: Set<String> = []
            for number in [30, 31, 33, 40] {
                for project in projects + [direct] { try history.put(into: project, before: before) }
                before = history.files
                let date = history.day(number)
                try direct.run(date.description, usesStore: false)
                let expected = try #require(direct.text("output/\(date).csv"))
                for (way, project) in zip(ways, projects) {
                    // Sometimes with groups that do not fit into memory.
                    let outcome = try project.run(
                        date.description, windowOperator: way)
                    #expect(project.text("output/\(date).csv") == expected, "\(way) \(date) \(eventTime) seed \(seed)")
                    if let way = outcome[0].window { used.insert(way) }
                }
                history.change(before: number)
                history.change(before: number)
                history.deliver(number + 1, part: 2)
            }
            #expect(used.contains("sweep"))
            if [.sums, .rows, .cells].contains(aggregates), window != "last 1 day" {
                #expect(used.contains("roll-forward"))
            }
            if window == "last 60 days" { #expect(used.contains("tiers")) }
            for project in projects { try project.checkOrder(steps: [], date: "") }
        }
    }

    /// Sums roll by subtracting: nothing is merged from all days but the first window.
    @Test func sumsRollForward() throws {
        var history = History(.sums, window: "last 30 days", eventTime: false, seed: 3)
        for number in 0..<50 { history.deliver(number) }
        let project = try TestProject(history.yaml)
        try history.put(into: project, before: [:])
        var ways: [String?] = []
        for number in 35..<40 {
            ways.append(try project.run(history.day(number).description, windowOperator: .rollForward)[0].window)
        }
        #expect(ways == [nil] + Array(repeating: "roll-forward", count: 4))
        let definition = try project.definition()
        #expect(try project.store().catalog.segments(of: definition.windowState).count == 2, "older ones are dropped")
    }

    /// Without being told so: a window with many rows per group is kept, and the next one comes out of it.
    @Test func longWindowsRollByThemselves() throws {
        var history = History(.sums, window: "last 40 days", eventTime: false, seed: 4)
        let project = try TestProject(
            history.yaml.replacing("GROUP BY k, j", with: "GROUP BY k, j HAVING count(*) > 1"))
        for number in 0..<60 {
            history.files["input/\(history.day(number))-0.csv"] = (0..<30).map {
                "k\($0),j,1,2,3,\(history.day(number))\n"
            }.joined()
        }
        try history.put(into: project, before: [:])
        let ways = try (50..<53).map { try project.run(history.day($0).description)[0].window }
        #expect(ways == [nil, "roll-forward", "roll-forward"])
        let direct = try TestProject(history.yaml.replacing("GROUP BY k, j", with: "GROUP BY k, j HAVING count(*) > 1"))
        try history.put(into: direct, before: [:])
        for number in 50..<53 {
            let date = history.day(number)
            try direct.run(date.description, usesStore: false)
            #expect(project.text("output/\(date).csv") == direct.text("output/\(date).csv"))
        }
    }

    /// A window that was rolled many times is, byte for byte, the one that is merged from its days, whatever the memory.
    @Test(arguments: [Aggregates.rows, .cells, .sums], [1, 3])
    func aRolledWindowIsTheMergedOne(_ aggregates: Aggregates, _ threads: Int) throws {
        var history = History(aggregates, window: "last 25 days", eventTime: aggregates == .cells, seed: 21)
        for number in 0..<45 { history.deliver(number) }
        let projects = try (0..<3).map { _ in try TestProject(history.yaml) }
        let (rolled, merged, little) = (projects[0], projects[1], projects[2])
        var before: [String: String] = [:]
        for number in 28..<40 {
            for project in projects { try history.put(into: project, before: before) }
            before = history.files
            let date = history.day(number).description
            let way = try rolled.run(date, threads: threads, windowOperator: .rollForward)[0].window
            #expect(way == (number == 28 ? nil : "roll-forward"))
            // Values for medians have to be in memory.
            let most = aggregates == .sums ? Int.max : 3
            let lean = try little.run(date, threads: threads, windowOperator: .rollForward, groupsMax: most)[0]
            #expect(lean.audited.allSatisfy { $0.verdict == "right" })
            #expect(little.text("output/\(date).csv") == rolled.text("output/\(date).csv"))
            history.change(before: number)
        }
        try merged.run(history.day(39).description, windowOperator: .rollForward)
        let state = try merged.definition().windowState
        let id = try #require(try merged.store().catalog.segments(of: state).keys.first)
        let name = ".daymill/segments/\(id.text.prefix(2))/\(id.text).seg"
        for project in [rolled, little] { #expect(try project.bytes(name) == merged.bytes(name)) }
        #expect(
            rolled.contents(of: "output")["\(history.day(39)).csv"]
                == merged.contents(of: "output")["\(history.day(39)).csv"])
        for project in projects { try project.checkOrder(steps: ["result"], date: history.day(39).description) }
    }

    /// What no checksum can tell: the window holds more than its days. A part is compared in each roll, so it is found.
    @Test(arguments: [Aggregates.rows, .cells, .sums])
    func aForgedWindowIsFound(_ aggregates: Aggregates) throws {
        var history = History(aggregates, window: "last 30 days", eventTime: false, seed: 22)
        for number in 0..<60 { history.deliver(number) }
        let (project, direct) = (try TestProject(history.yaml), try TestProject(history.yaml))
        for one in [project, direct] { try history.put(into: one, before: [:]) }
        let first = history.day(35)
        try project.run(first.description, windowOperator: .rollForward)
        try forgeWindow(of: project)
        var found: Day?
        for number in 36..<52 where found == nil {
            let date = history.day(number)
            let audited = try project.run(date.description, windowOperator: .rollForward)[0].audited
            #expect(
                audited.contains { $0.what.hasSuffix("of 16 of a window of 30 days") || $0.what.contains("window") })
            if audited.contains(where: { $0.verdict == "wrong" }) { found = date }
        }
        let last = try #require(found, "sixteen parts are all there is")
        // What may come of the wrong window is made again, though nothing it was made of has changed.
        for day in first...last {
            let again = try project.run(day.description, windowOperator: .rollForward)[0]
            #expect(again.status == (day == last ? .upToDate : .made), "\(day)")
            try direct.run(day.description, usesStore: false)
            #expect(project.text("output/\(day).csv") == direct.text("output/\(day).csv"), "\(day)")
        }
        try project.checkOrder(steps: ["result"], date: last.description)
    }

    /// Adds the newest day of the window to it once more; name, id and checksums fit.
    private func forgeWindow(of project: TestProject) throws {
        let (definition, store) = (try project.definition(), project.store())
        let record = try #require(try store.catalog.segments(of: definition.windowState).values.first)
        let window = try #require(try store.segment(record.id))
        let digest = try #require(record.days.last).digest
        let states = try [definition.dayState, definition.fileState].flatMap {
            Array(try store.catalog.segments(of: $0).values)
        }
        let day = try #require(states.first { $0.days.map(\.digest) == [digest] })
        let added = [SegmentMerge.Input(try #require(try store.segment(day.id)), days: nil)]
        let layouts = definition.scan.counting.layouts
        let pending = try store.writeSegment(record.id) { path in
            guard window.footer.order == .keys else {
                return try RollForward.write(
                    kept: window, added: added, removed: [], layouts, id: record.id, to: path, threads: 1)
            }
            let own = layouts.map(\.countingDays)
            let changes = try SortedGroups(
                merging: [RollForward.changes(added: added, removed: [])], own[0], threads: 1)
            let writer = try SegmentStreamWriter(path, id: record.id, own, hasDays: false, order: .keys)
            let cursor = try KeyedRoll(window, changes).cursor(0), batch = RolledGroups(own[0], dates: 1)
            let records = EncodedGroups(own[0], order: .keys)
            while try cursor.next(into: batch) { records.append(lasting: batch) }
            try writer.append(records, section: 0)
            return try writer.finish(rows: 0, badRows: 0)
        }
        try pending.commit()
        try #require(try store.segment(record.id)).check()
    }

    // MARK: Damage

    @Test(arguments: [WindowOperator.rollForward, .tiers], DamageTests.Damage.allCases)
    func aDamagedWindowIsMergedFromItsDays(_ way: WindowOperator, _ damage: DamageTests.Damage) throws {
        for aggregates in way == .tiers ? [Aggregates.sums] : [.sums, .rows] {
            try damageWindow(way, damage, aggregates)
        }
    }

    private func damageWindow(_ way: WindowOperator, _ damage: DamageTests.Damage, _ aggregates: Aggregates) throws {
        var history = History(aggregates, window: "last 30 days", eventTime: false, seed: 5)
        for number in 0..<50 { history.deliver(number) }
        let date = history.day(36)
        let direct = try TestProject(history.yaml)
        try history.put(into: direct, before: [:])
        try direct.run(date.description, usesStore: false)
        let project = try TestProject(history.yaml)
        try history.put(into: project, before: [:])
        try project.run(history.day(35).description, windowOperator: way)
        let definition = try project.definition()
        let state = way == .tiers ? definition.tierState : definition.windowState
        let ids = try project.store().catalog.segments(of: state).keys.sorted { $0.text < $1.text }
        #expect(!ids.isEmpty)
        for id in ids {
            let name = ".daymill/segments/\(id.text.prefix(2))/\(id.text).seg"
            let other = try #require(project.files(in: ".daymill/segments").first { $0 != name })
            try damage.apply(to: name, in: project, other: other)
        }
        try project.run(date.description, windowOperator: way)
        #expect(project.text("output/\(date).csv") == direct.text("output/\(date).csv"))
        try project.run(history.day(37).description, windowOperator: way)
        try project.checkOrder(steps: [], date: "")
    }

    // MARK: Many dates

    @Test(arguments: Aggregates.allCases, ["last 2 days", "last 30 days"] as [String?])
    func aSweepMakesWhatRunsMake(_ aggregates: Aggregates, _ window: String?) throws {
        for (eventTime, limit) in [(false, 16 << 30), (true, 3000)] {
            var history = History(aggregates, window: window, eventTime: eventTime, seed: 11)
            for number in 0..<45 { history.deliver(number) }
            let (project, direct) = (try TestProject(history.yaml), try TestProject(history.yaml))
            for one in [project, direct] { try history.put(into: one, before: [:]) }
            let dates = [33, 35, 36, 38, 44].map { history.day($0) }
            for date in dates { try direct.run(date.description, usesStore: false) }
            try project.run(dates[3].description, windowOperator: .plain)

            let made = try project.makeAll(dates.shuffled(using: &history.random), sweepBytes: limit)
            #expect(Set(made.map(\.date)) == Set(dates.map(\.description)))
            #expect(
                made.filter { $0.status == .made }.map(\.date) == dates.filter { $0 != dates[3] }.map(\.description))
            #expect(made.allSatisfy { $0.filesRead + $0.filesReused > 0 })
            #expect(project.contents(of: "output") == direct.contents(of: "output"))
            #expect(try project.makeAll(dates).allSatisfy { $0.status == .upToDate })
            for date in dates { try project.checkOrder(steps: ["result"], date: date.description) }

            history.deliver(34)
            try project.write("input/\(history.day(34))-0.csv", "a,u,1,2,3,\(history.day(34))\n")
            try direct.write("input/\(history.day(34))-0.csv", "a,u,1,2,3,\(history.day(34))\n")
            for date in dates { try direct.run(date.description, usesStore: false) }
            try project.makeAll(dates, sweepBytes: limit)
            #expect(project.contents(of: "output") == direct.contents(of: "output"))
        }
    }

    /// Two projects with 45 days of files, whose windows are worth keeping; the second one has the outputs that are right.
    private func rolling(
        _ aggregates: Aggregates, _ dates: Range<Int>, window: String = "last 30 days", delivered: Int = 45
    ) throws -> (TestProject, TestProject, [Day]) {
        var history = History(aggregates, window: window, eventTime: false, seed: 14)
        for number in 0..<delivered {
            history.deliver(number)
            let lines = (0..<12).map { "k\($0),j,1,0.5,3,\(history.day(number))\n" }.joined()
            history.files["input/\(history.day(number))-3.csv"] = lines + lines
        }
        let (project, direct) = (try TestProject(history.yaml), try TestProject(history.yaml))
        for one in [project, direct] { try history.put(into: one, before: [:]) }
        let dates = dates.map { history.day($0) }
        for date in dates { try direct.run(date.description, usesStore: false) }
        return (project, direct, dates)
    }

    /// Where windows roll while they are read, a backfill rolls, over many dates in one go; it makes what runs make.
    @Test(arguments: [Aggregates.rows, .cells, .infinities])
    func aBackfillRolls(_ aggregates: Aggregates) throws {
        let (project, direct, dates) = try rolling(aggregates, 32..<44)
        let made = try project.makeAll(dates)
        #expect(made.map(\.date) == dates.map(\.description))
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
        let ways = made.map(\.window)
        switch aggregates {
        case .rows, .cells:
            #expect(ways == [nil] + Array(repeating: "roll-forward", count: 11))
            // The first window, and that of the last date, which the second roll ends with.
            #expect(made.map { $0.segmentBytesWritten > 0 } == [true] + Array(repeating: false, count: 10) + [true])
            #expect(made.flatMap(\.audited).allSatisfy { $0.verdict == "right" })
        // An infinity cannot be taken away: then all others are swept.
        default: #expect(ways.first == .some(nil) && ways.last == "sweep")
        }
    }

    /// Where no day comes or goes the window of many dates is one.
    @Test func aBackfillOverDatesOfOneWindowIsRight() throws {
        let (project, direct, dates) = try rolling(.rows, 32..<44, window: "last 60 days", delivered: 25)
        let made = try project.makeAll(dates)
        #expect(made.map(\.window) == [nil] + Array(repeating: "roll-forward", count: 11))
        #expect(made.dropFirst().allSatisfy { $0.segmentBytesWritten == 0 })
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
    }

    /// What is in the way of a roll over many dates costs time only.
    @Test(arguments: DamageTests.Damage.allCases)
    func aBackfillOverADamagedWindowIsRight(_ damage: DamageTests.Damage) throws {
        let (project, direct, dates) = try rolling(.rows, 32..<44)
        try project.run(dates[0].description)
        let window = try #require(
            try project.store().catalog.segments(of: try project.definition().windowState).keys.first)
        let name = ".daymill/segments/\(window.text.prefix(2))/\(window.text).seg"
        let other = try #require(project.files(in: ".daymill/segments").first { $0 != name })
        try damage.apply(to: name, in: project, other: other)
        try project.makeAll(dates)
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
        for date in dates { try project.checkOrder(steps: ["result"], date: date.description) }
    }

    /// An audit in a roll over many dates finds a window that holds more than its days, and none of it is published.
    @Test func aBackfillOverAForgedWindowIsRight() throws {
        let (project, direct, dates) = try rolling(.rows, 32..<44)
        try project.run(dates[0].description)
        try forgeWindow(of: project)
        var found = false
        // Another part is compared with each go.
        for last in 2..<12 where !found {
            let made = try project.makeAll(Array(dates[1...last]))
            found = made.contains { $0.rebuilt > 0 }
        }
        #expect(found)
        try project.makeAll(dates)
        try project.makeAll(dates)
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
    }

    /// A roll that ends while its outputs are published goes on with those that are not.
    @Test func aRollOverManyDatesGoesOnWhereItEnded() throws {
        struct Enough: Error {}
        let (project, direct, dates) = try rolling(.rows, 32..<44)
        var count = 0
        #expect(throws: Enough.self) {
            try project.makeAll(dates) { _ in
                count += 1
                if count == 5 { throw Enough() }
            }
        }
        #expect(project.files(in: "output").count == 5 && project.temporaryFiles.isEmpty)
        let again = try project.makeAll(dates)
        #expect(again.map(\.status) == Array(repeating: .upToDate, count: 5) + Array(repeating: .made, count: 7))
        #expect(again.map(\.window) == Array(repeating: nil, count: 5) + Array(repeating: "roll-forward", count: 7))
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
    }

    /// What was published stays so when the work is ended in between, and is not made again.
    @Test func aSweepGoesOnWhereItEnded() throws {
        struct Enough: Error {}
        var history = History(.sums, window: "last 10 days", eventTime: false, seed: 12)
        for number in 0..<30 { history.deliver(number) }
        let project = try TestProject(history.yaml)
        try history.put(into: project, before: [:])
        let dates = (12..<20).map { history.day($0) }
        var count = 0
        #expect(throws: Enough.self) {
            try project.makeAll(dates) { _ in
                count += 1
                if count == 3 { throw Enough() }
            }
        }
        #expect(project.files(in: "output").count == 3)
        let again = try project.makeAll(dates)
        #expect(again.map(\.status) == Array(repeating: .upToDate, count: 3) + Array(repeating: .made, count: 5))
        #expect(project.temporaryFiles.isEmpty)
    }

    /// A damaged day is made anew in the middle of a sweep.
    @Test func aSweepMendsDamagedDays() throws {
        var history = History(.extremes, window: "last 10 days", eventTime: false, seed: 13)
        for number in 0..<30 { history.deliver(number) }
        let (project, direct) = (try TestProject(history.yaml), try TestProject(history.yaml))
        for one in [project, direct] { try history.put(into: one, before: [:]) }
        let dates = (12..<20).map { history.day($0) }
        for date in dates { try direct.run(date.description, usesStore: false) }
        try project.run(dates[0].description)
        for name in project.files(in: ".daymill/segments").prefix(4) {
            try DamageTests.Damage.flippedInTheMiddle.apply(to: name, in: project, other: name)
        }
        try project.makeAll(dates)
        #expect(project.contents(of: "output") == direct.contents(of: "output"))
    }

    // MARK: What may be thrown away

    @Test func windowsAndSpansAreUsedWhileTheirStepIs() throws {
        var history = History(.sums, window: "last 30 days", eventTime: false, seed: 6)
        for number in 0..<50 { history.deliver(number) }
        let project = try TestProject(history.yaml)
        try history.put(into: project, before: [:])
        try project.run(history.day(40).description, windowOperator: .tiers)
        try project.run(history.day(41).description, windowOperator: .rollForward)
        let uses = StoreUses([try project.definition()])
        #expect(try uses.items(project.store().catalog).allSatisfy(\.isUsed))
        #expect(try StoreUses([]).items(project.store().catalog).allSatisfy { !$0.isUsed })
    }
}
