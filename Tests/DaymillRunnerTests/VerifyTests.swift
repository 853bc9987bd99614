import DaymillCore
import DaymillEngine
import DaymillRunner
import Foundation
import Testing

/// An output is computed again and compared; whatever is wrong with it is found.
@Suite struct VerifyTests {
    private static let date = "2024-09-13"
    private static let users = "output/2024-09-13-users.csv"

    private func made() throws -> TestProject {
        let project = try TestProject(TestLogs.yaml)
        try TestLogs.fill(project)
        try project.run(Self.date)
        return project
    }

    @Test func whatARunMadeIsEqual() throws {
        let project = try made()
        let found = try project.verify(Self.date)
        #expect(found.map(\.verdict) == [.equal, .equal])
        #expect(found.map(\.engine) == ["naive", "naive"])
        #expect(found[0].rows == 6)
        #expect(found[0].bytes == (try project.bytes(Self.users)).count)
        #expect(found[0].inputs.count == 8)
        #expect(Set(found[0].inputs.map(\.content)).count == 8)
        #expect(found[0].columns.map(\.comparison) == Array(repeating: .exact, count: 5))
    }

    /// How an output can be wrong.
    struct Wrong: CustomTestStringConvertible, Sendable {
        var name: String
        var change: @Sendable (String) -> String
        /// What is said of it first.
        var sentence: String
        var testDescription: String { name }
    }

    static let header = "email,n,kinds,cost,last"

    static let wrongs: [Wrong] = [
        Wrong(
            name: "another number", change: { $0.replacing(/user0@example.org,\d+/, with: "user0@example.org,999") },
            sentence: "row 1 (email = user0@example.org): n is 999, and its inputs give "),
        Wrong(
            name: "a row is missing", change: { lines($0) { $0.remove(at: 2) } },
            sentence: "before row 2 there should be a row user1@example.org,"),
        Wrong(
            name: "the last row is missing", change: { lines($0) { $0.removeLast() } },
            sentence: "before row 6 there should be a row user5@example.org,"),
        Wrong(
            name: "a row is twice", change: { lines($0) { $0.insert($0[3], at: 3) } },
            sentence: "row 4: its inputs give no such row: user2@example.org,"),
        Wrong(
            name: "a row too many at the end", change: { $0 + "zoe,1,1,1,READ\n" },
            sentence: "row 7: its inputs give no such row: zoe,1,1,1,READ"),
        Wrong(
            name: "two rows are swapped", change: { lines($0) { $0.swapAt(1, 2) } },
            sentence: "row 1: its inputs give no such row: user1"),
        Wrong(
            name: "a needless quote", change: { $0.replacing("user2@example.org", with: "\"user2@example.org\"") },
            sentence: "row 3 (email = user2@example.org): it is written \"user2@example.org\","),
        Wrong(
            name: "NULL for a text", change: { $0.replacing("user4@example.org", with: "") },
            sentence: "row 5 (email = user4@example.org): email is NULL, and its inputs give user4@example.org"),
        Wrong(
            name: "another header", change: { $0.replacing("kinds", with: "kind") },
            sentence: "the header is email,n,kind,cost,last, and should be email,n,kinds,cost,last"),
        Wrong(
            name: "no header", change: { lines($0) { $0.removeFirst() } }, sentence: "the header is user0@example.org,"),
        Wrong(
            name: "no newline at the end", change: { String($0.dropLast()) },
            sentence: "row 6 (email = user5@example.org): it is written "),
        Wrong(name: "carriage returns", change: { $0.replacing("\n", with: "\r\n") }, sentence: "the header is "),
        Wrong(name: "a byte order mark", change: { "\u{feff}" + $0 }, sentence: "the header is "),
        Wrong(
            name: "a column too many", change: { $0.replacing("user1@", with: "x,user1@") },
            sentence: "row 2 (email = user1@example.org): it is written x,user1@"),
        Wrong(name: "empty", change: { _ in "" }, sentence: "the header is not there, and should be email,"),
    ]

    private static func lines(_ text: String, _ change: (inout [Substring]) -> Void) -> String {
        var lines = text.split(separator: "\n")
        change(&lines)
        return lines.map { $0 + "\n" }.joined()
    }

    @Test(arguments: wrongs)
    func whatIsWrongIsFound(_ wrong: Wrong) throws {
        let project = try made()
        let before = try #require(project.text(Self.users))
        try project.edit(Self.users, wrong.change)
        #expect(project.text(Self.users) != before)
        let found = try project.verify(Self.date, "users")[0]
        #expect(found.verdict == .differs)
        #expect(found.differences.first?.description.hasPrefix(wrong.sentence) == true, "\(found.differences)")
        #expect(found.differences.count <= 10)
    }

    /// Every byte of an output counts; a third of them is tried.
    @Test func anyFlippedBitIsFound() throws {
        let project = try made()
        let bytes = try project.bytes(Self.users)
        for position in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[position] ^= UInt8(1 << (position % 7))
            try project.write(Self.users, changed)
            let found = try project.verify(Self.date, "users")[0]
            #expect(found.verdict == .differs, "byte \(position)")
        }
        try project.write(Self.users, bytes)
        #expect(try project.verify(Self.date, "users")[0].verdict == .equal)
    }

    @Test func tenDifferencesAreEnough() throws {
        let project = try made()
        try project.write(Self.users, Self.header + "\n" + (0..<40).map { "nobody\($0),1,1,1,READ\n" }.joined())
        let found = try project.verify(Self.date, "users")[0]
        #expect(found.differences.count == 10)
        #expect(found.isCut)
    }

    // MARK: What cannot be verified

    struct Change: CustomTestStringConvertible, Sendable {
        var name: String
        var change: @Sendable (TestProject) throws -> Void
        var code: ErrorCode
        var sentence: String
        var testDescription: String { name }
    }

    static let changes: [Change] = [
        Change(
            name: "an input of another size", change: { try $0.edit("input/2024-09-11-0.csv") { $0 + $0 } },
            code: .stale, sentence: "input/2024-09-11-0.csv has changed since it was made"),
        Change(
            name: "an input of the same size",
            change: { try $0.edit("input/2024-09-11-0.csv") { $0.replacing("READ", with: "LEAD") } },
            code: .stale, sentence: "input/2024-09-11-0.csv has changed since it was made"),
        Change(
            name: "an input more", change: { try $0.write("input/2024-09-11-9.csv", "") },
            code: .stale, sentence: "input/2024-09-11-9.csv has come since it was made"),
        Change(
            name: "an input less", change: { try $0.remove("input/2024-09-11-1.csv") },
            code: .stale, sentence: "input/2024-09-11-1.csv has gone since it was made"),
        Change(
            name: "no output", change: { try $0.remove(users) },
            code: .notFound, sentence: "output/2024-09-13-users.csv was made, and is not there any more"),
        Change(
            name: "no receipt",
            change: { for path in $0.files(in: ".daymill/receipts/job/users") { try $0.remove(path) } },
            code: .notFound, sentence: "the store knows nothing of output/2024-09-13-users.csv"),
    ]

    @Test(arguments: changes)
    func whatCannotBeComparedIsRefused(_ change: Change) throws {
        let project = try made()
        try change.change(project)
        let error = #expect(throws: DaymillError.self) { try project.verify(Self.date, "users") }
        #expect(error?.code == change.code)
        #expect(error?.message.contains(change.sentence) == true, "\(error?.message ?? "")")
    }

    @Test func anotherDefinitionIsRefused() throws {
        let project = try made()
        let yaml = TestLogs.yaml.replacing("count(*) AS n, count(DISTINCT", with: "count(cost) AS n, count(DISTINCT")
        let error = #expect(throws: DaymillError.self) { try project.verify(Self.date, "users", yaml: yaml) }
        #expect(error?.code == .stale)
        #expect(error?.message.contains("the step's definition has changed") == true)
    }

    /// Where a step is split by day, a file that no run has taken in yet makes nothing stale.
    @Test func ofASplitStepOnlyWhatWasTakenInCounts() throws {
        let project = try TestProject(
            """
            sources:
              t: { files: "in/{date}/*.csv", columns: { x: text, at: timestamp }, event_time: at }
            steps:
              s: { window: this day, split: day, rollup: "SELECT DISTINCT x, at FROM t", to: "out/{date}.csv" }
            """)
        try project.write(
            "in/2024-09-01/a.csv", "a,2024-09-01 01:00:00\nb,2024-08-31 23:00:00\na,2024-09-01 01:00:00\n")
        try project.run("2024-09-01")
        try project.write("in/2024-09-02/b.csv", "c,2024-09-01 02:00:00\n")
        for day in ["2024-08-31", "2024-09-01"] {
            let found = try project.verify(day)[0]
            #expect(found.verdict == .equal, "\(found.differences)")
            #expect(found.inputs.map(\.path) == ["in/2024-09-01/a.csv"])
        }
        try project.run("2024-09-02")
        let found = try project.verify("2024-09-01")[0]
        #expect(found.verdict == .equal && found.rows == 2)
    }

    /// DuckDB is not even started: the values lie within rounding of each other, and so would right and wrong ones.
    @Test(arguments: ["stddev(x)", "var_pop(x)", "median(x)", "percentile_cont(0.3) WITHIN GROUP (ORDER BY x)"])
    func whereDigitsCancelTheNaiveEngineIsAsked(_ aggregate: String) throws {
        let project = try TestProject(
            """
            sources:
              t: { files: "in/{date}.csv", columns: { x: double, y: text } }
            steps:
              s: { window: this day, rollup: "SELECT \(aggregate) AS v FROM t", to: "out/{date}.csv" }
            """)
        try project.write("in/2024-09-01.csv", "x,y\n1e17,a\n1.00000000000000016e17,b\n")
        try project.run("2024-09-01")
        let found = try project.verify("2024-09-01", engine: .auto, duckDB: "/nowhere/duckdb")[0]
        #expect(found.verdict == .equal && found.engine == "naive", "\(found.differences)")
        #expect(found.reason?.contains("where digits cancel") == true, "\(found.reason ?? "")")
    }

    // MARK: What is noted

    @Test func theVerdictIsNoted() throws {
        let project = try made()
        #expect(try project.verified("users", Self.date).at == nil)
        _ = try project.verify(Self.date, "users")
        #expect(try project.verified("users", Self.date).at != nil)
        #expect(try project.verified("users", Self.date).by == "naive")
        #expect(try project.run(Self.date).map(\.status) == [.upToDate, .upToDate])
        try project.edit(Self.users) { $0 + "\n" }
        #expect(try project.verify(Self.date, "users")[0].verdict == .differs)
        #expect(try project.verified("users", Self.date).at == nil)
        #expect(try project.verified("users", Self.date).by == "")
    }

    @Test func verifyingLeavesTheStoreAlone() throws {
        let project = try made()
        let before = project.contents(of: ".daymill/segments")
        let outputs = project.contents(of: "output")
        _ = try project.verify(Self.date)
        #expect(project.contents(of: ".daymill/segments") == before)
        #expect(project.contents(of: "output") == outputs)
    }

    /// A store that lies does not mislead: nothing of it is used.
    @Test func anOutputMadeOfWrongSegmentsIsFound() throws {
        let project = try made()
        let right = try #require(project.text(Self.users))
        // Somebody's store: the partials of other files under these names.
        let other = try TestProject(TestLogs.yaml)
        try TestLogs.fill(other)
        for name in other.files(in: "input") { try other.edit(name) { $0.replacing("UPDATE", with: "ZAP") } }
        try other.run(Self.date)
        try project.write(Self.users, try other.bytes(Self.users))
        #expect(project.text(Self.users) != right)
        #expect(try project.verify(Self.date, "users")[0].verdict == .differs)
    }
}
