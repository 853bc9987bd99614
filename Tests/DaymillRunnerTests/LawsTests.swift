import DaymillProof
import DaymillRunner
import DaymillTestKit
import Testing

/// Changes of the input that must change nothing in the output, or only so much.
@Suite struct LawsTests {
    /// A kind of source, and a step of each kind over it.
    enum Kind: String, CaseIterable, Sendable {
        case plain, late, distinct

        var yaml: String {
            let more =
                switch self {
                case .plain: ""
                case .late: "\n    event_time: t"
                case .distinct: "\n    distinct_on: [k, n]"
                }
            return """
                sources:
                  rows:
                    files: input/{date}-*
                    columns: { k: text, n: integer, x: double, t: timestamp }
                    on_bad_row: skip
                    missing: empty\(more)
                steps:
                  all:
                    window: last 4 days
                    rollup: SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d, max(t) AS t FROM rows GROUP BY k
                    to: output/{date}-all.csv
                  one:
                    window: this day
                    rollup: SELECT k, n, avg(x) AS x, min(t) AS t FROM rows WHERE n <> 3 GROUP BY k, n ORDER BY x DESC
                    to: output/{date}-one.csv
                """
        }
    }

    private static let days = ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]
    private static let date = "2024-03-02"
    private static let last = "2024-03-01"

    private static func lines(_ day: String, _ seed: UInt64) -> [String] {
        var random = SeededGenerator(seed: seed)
        return (0..<30).map { _ in
            if random.once(in: 20) { return "too,few\n" }
            let day = random.once(in: 4) ? random.pick(days) : day
            let key = random.pick(["a", "b", "c", "", "\"x,y\"", "\"two\nlines\""])
            return
                "\(key),\(random.below(5)),\(random.pick(["0.1", "1e308", "-1e308", "3", ""])),\(day) 0\(random.below(10)):00:00\n"
        }
    }

    private static func filled(_ kind: Kind) throws -> ProofProject {
        let project = try ProofProject(kind.yaml)
        for (i, day) in days.enumerated() {
            for number in 0..<3 { project.put("input/\(day)-\(number)", lines(day, UInt64(i * 3 + number)).joined()) }
        }
        return project
    }

    /// Both dates: one whose window has all days, one whose single day is the last.
    @discardableResult
    private func run(_ project: ProofProject, threads: Int = 1) throws -> Int {
        let outcomes = try [Self.date, Self.last].flatMap { try project.run($0, threads: threads) }
        return outcomes.reduce(0) { $0 + $1.rowsRead }
    }

    /// Changes the input of a project with results and of one without; the results must be what they were.
    ///
    /// - Parameter reads: whether the project with results may read rows to find that out.
    private func check(_ kind: Kind, reads: Bool, _ change: (MemoryDisk) -> Void) throws {
        let project = try Self.filled(kind)
        try run(project)
        let before = project.outputs
        #expect(before.count == 4)
        change(project.disk)
        let rows = try run(project)
        #expect(project.outputs == before)
        #expect(reads || rows == 0, "\(rows) rows were read")
        let fresh = try Self.filled(kind)
        change(fresh.disk)
        try run(fresh)
        #expect(fresh.outputs == before)
    }

    @Test(arguments: Kind.allCases)
    func theOrderOfFilesMeansNothing(_ kind: Kind) throws {
        try check(kind, reads: false) { disk in
            for day in Self.days {
                let bytes = (0..<3).map { disk.bytes("input/\(day)-\($0)")! }
                for i in 0..<3 { disk.put("input/\(day)-\(i)", bytes[(i + 1) % 3]) }
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func theOrderOfRowsMeansNothing(_ kind: Kind) throws {
        try check(kind, reads: true) { disk in
            disk.put("input/2024-02-28-1", Array(Self.lines("2024-02-28", 4).reversed().joined().utf8))
        }
    }

    @Test(arguments: Kind.allCases)
    func aFileInTwoPiecesIsTheSame(_ kind: Kind) throws {
        try check(kind, reads: true) { disk in
            let lines = Self.lines("2024-02-29", 7)
            disk.put("input/2024-02-29-1", Array(lines[..<13].joined().utf8))
            disk.put("input/2024-02-29-9", Array(lines[13...].joined().utf8))
        }
    }

    @Test(arguments: Kind.allCases)
    func twoFilesInOneAreTheSame(_ kind: Kind) throws {
        try check(kind, reads: true) { disk in
            disk.put("input/2024-02-29-0", disk.bytes("input/2024-02-29-0")! + disk.bytes("input/2024-02-29-2")!)
            disk.delete("input/2024-02-29-2")
        }
    }

    @Test(arguments: Kind.allCases)
    func aNewNameIsNoNewFile(_ kind: Kind) throws {
        try check(kind, reads: false) { disk in
            for day in Self.days { disk.move("input/\(day)-0", to: "input/\(day)-again") }
        }
    }

    @Test(arguments: Kind.allCases)
    func aNewTimeIsNoNewFile(_ kind: Kind) throws {
        try check(kind, reads: false) { disk in
            for path in disk.paths(below: "input") { disk.touch(path, modified: nil) }
        }
    }

    @Test(arguments: Kind.allCases)
    func deliveringTwiceIsDeliveringOnce(_ kind: Kind) throws {
        try check(kind, reads: false) { disk in
            for path in disk.paths(below: "input") { disk.put(path, disk.bytes(path)!) }
        }
    }

    @Test func aCopyAddsNoRowsWhereDuplicatesAreRemoved() throws {
        try check(.distinct, reads: false) { disk in
            for day in Self.days { disk.put("input/\(day)-copy", disk.bytes("input/\(day)-0")!) }
        }
    }

    @Test(arguments: Kind.allCases)
    func aPackedFileIsTheFile(_ kind: Kind) throws {
        try check(kind, reads: true) { disk in
            for day in Self.days { disk.put("input/\(day)-2", Gzip.packed(disk.bytes("input/\(day)-2")!)) }
        }
    }

    @Test(arguments: Kind.allCases)
    func whatIsTakenAwayAgainLeavesNoTrace(_ kind: Kind) throws {
        let project = try Self.filled(kind)
        try run(project)
        let before = project.outputs
        project.put("input/2024-02-29-more", Self.lines("2024-02-29", 99).joined())
        #expect(try run(project) == 30 - Self.lines("2024-02-29", 99).filter { $0 == "too,few\n" }.count)
        #expect(project.outputs != before)
        project.disk.delete("input/2024-02-29-more")
        #expect(try run(project) == 0)
        #expect(project.outputs == before)
    }

    @Test(arguments: Kind.allCases)
    func whatComesBackIsNotReadAgain(_ kind: Kind) throws {
        let project = try Self.filled(kind)
        try run(project)
        let before = project.outputs
        let bytes = project.disk.bytes("input/2024-02-29-1")!
        project.disk.delete("input/2024-02-29-1")
        try run(project)
        #expect(project.outputs != before)
        project.disk.put("input/2024-02-29-late", bytes)
        #expect(try run(project) == 0)
        #expect(project.outputs == before)
    }

    @Test(arguments: Kind.allCases)
    func threadsMeanNothing(_ kind: Kind) throws {
        let one = try Self.filled(kind)
        try run(one)
        for threads in 2...4 {
            let many = try Self.filled(kind)
            try run(many, threads: threads)
            #expect(many.outputs == one.outputs)
            #expect(many.disk.contents(of: ".daymill/segments") == one.disk.contents(of: ".daymill/segments"))
        }
    }

    @Test(arguments: Kind.allCases)
    func theStoreMeansNothing(_ kind: Kind) throws {
        let stored = try Self.filled(kind), once = try Self.filled(kind), large = try Self.filled(kind)
        try run(stored)
        for date in [Self.date, Self.last] {
            try once.run(date, usesStore: false)
            try large.run(date, threads: 2, largeFileBytes: 1)
        }
        #expect(once.outputs == stored.outputs)
        #expect(large.outputs == stored.outputs)
        #expect(once.disk.paths(below: ".daymill").isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func collectionDeletesNothingThatIsUsed(_ kind: Kind) throws {
        let project = try Self.filled(kind)
        try run(project)
        let segments = project.disk.paths(below: ".daymill/segments")
        #expect(try project.collect() == 0)
        #expect(project.disk.paths(below: ".daymill/segments") == segments)
    }

    @Test(arguments: Kind.allCases)
    func theOrderOfDatesMeansNothing(_ kind: Kind) throws {
        let dates = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-05"]
        let upwards = try Self.filled(kind), downwards = try Self.filled(kind)
        for date in dates { try upwards.run(date) }
        for date in dates.reversed() { try downwards.run(date) }
        #expect(upwards.outputs == downwards.outputs)
    }

    // MARK: Windows

    private func table(_ window: String, _ date: String, _ kind: Kind) throws -> [String: Int] {
        let yaml = kind.yaml.replacing("last 4 days", with: window).replacing(
            "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d, max(t) AS t FROM rows GROUP BY k",
            with: "SELECT n, count(*) AS c FROM rows GROUP BY n")
        let project = try ProofProject(yaml)
        let filled = try Self.filled(kind)
        for (path, bytes) in filled.disk.contents(of: "input") { project.disk.put(path, bytes) }
        try project.run(date)
        let lines = project.outputs["output/\(date)-all.csv"]!.split(separator: "\n").dropFirst()
        return Dictionary(
            uniqueKeysWithValues: lines.map { line in
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                return (String(fields[0]), Int(fields[1])!)
            })
    }

    @Test(arguments: Kind.allCases)
    func aWindowOfOneDayIsTheDay(_ kind: Kind) throws {
        let day = try table("this day", "2024-02-29", kind)
        #expect(!day.isEmpty)
        #expect(try table("last day", "2024-03-01", kind) == day)
        #expect(try table("last 1 days", "2024-03-01", kind) == day)
    }

    /// Where counts may be added, those of adjacent windows add up to that of the whole.
    @Test(arguments: Kind.allCases)
    func adjacentWindowsAddUp(_ kind: Kind) throws {
        let whole = try table("last 4 days", Self.date, kind)
        for days in 1...3 {
            let late = try table("last \(days) days", Self.date, kind)
            let cut = Self.days[4 - days]
            let early = try table("last \(4 - days) days", cut, kind)
            #expect(early.merging(late, uniquingKeysWith: +) == whole, "cut at \(cut)")
        }
        #expect(try table("last 5 days", "2024-03-02", kind) == whole, "a day without files adds nothing")
        #expect(try table("last 4 days", "2024-03-06", kind).isEmpty)
    }
}
