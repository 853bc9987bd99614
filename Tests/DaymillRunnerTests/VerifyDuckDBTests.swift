import DaymillCore
import DaymillNaive
import DaymillRunner
import DaymillSQL
import DaymillTestKit
import Foundation
import Testing

/// Outputs are verified by DuckDB.
@Suite(.enabled(if: TestDuckDB.path != nil || TestDuckDB.isRequired, "DAYMILL_DUCKDB does not name DuckDB's program"))
struct VerifyDuckDBTests {
    /// Random queries over random files: whatever engine is chosen finds that the native one is right, and DuckDB is
    /// chosen often enough to be worth something.
    @Test(arguments: 0..<UInt64(4))
    func randomRollupsAreEqual(_ share: UInt64) throws {
        var byDuckDB = 0
        for seed in share * 28..<(share + 1) * 28 {
            let example = try DifferentialCase(seed: seed, .portable)
            let project = try TestProject(yaml(example))
            for file in example.files { try project.write(file.name, file.bytes) }
            do { try project.run("2024-09-01") } catch { continue }
            for engine in [VerifyEngine.auto, .naive] {
                let found = try project.verify("2024-09-01", engine: engine, duckDB: TestDuckDB.path)[0]
                #expect(found.verdict == .equal, "\(engine) \(found.differences)\n\(example)")
                if found.engine.hasPrefix("duckdb") { byDuckDB += 1 }
            }
        }
        #expect(byDuckDB >= 2)
    }

    private func yaml(_ example: DifferentialCase) -> String {
        let dialect = example.dialect
        func quoted(_ text: String) -> String {
            String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
        }
        let columns = dialect.columns.map { "\(quoted($0.name)): \(quoted($0.type.description))" }
        let header: String =
            switch dialect.header {
            case .auto: "auto"
            case .yes: "true"
            case .no: "false"
            }
        return """
            sources:
              t:
                files: [\(example.files.map { quoted($0.name) }.joined(separator: ", "))]
                columns: { \(columns.joined(separator: ", ")) }
                delimiter: \(quoted(String(UnicodeScalar(dialect.delimiter))))
                quote: \(dialect.quote.map { quoted(String(UnicodeScalar($0))) } ?? "none")
                header: \(header)
                null_words: [\(dialect.nullWords.map(quoted).joined(separator: ", "))]
                on_bad_row: \(dialect.badRows.rawValue)
            steps:
              s:
                rollup: \(quoted(example.sql))
                to: out.csv
            """
    }

    private static let date = "2024-09-13"

    private func project(_ source: String, _ sql: String) throws -> TestProject {
        try TestProject(
            """
            sources:
              logs:
                files: input/{date}-*.csv
                columns: { k: text, n: integer, d: "decimal(10,2)", x: double, ok: boolean, day: date, at: timestamp }
                \(source)
            steps:
              s: { window: last 3 days, rollup: '\(sql.replacing("'", with: "''"))', to: "output/{date}.csv" }
            """)
    }

    private func fill(_ project: TestProject, _ ending: String = "\n", header: Bool = false) throws {
        for day in ["10", "11", "12"] {
            for number in 0..<2 {
                let lines = (0..<40).map { i in
                    let k =
                        ["a", "b b", "c,c", "\"\"\"d\"\"\"", "é", "\"\""][i % 6].contains(",")
                        ? "\"c,c\"" : ["a", "b b", "x", "\"q\"\"q\"", "é", "\"\""][i % 6]
                    let at = "2024-09-\(i % 9 == 0 ? "10" : day)T0\(i % 10):00:00.5"
                    return
                        "\(k),\(i % 7 == 0 ? "" : " \(i % 5)"),+\(i % 3).50,\([".5", "1e3", "nan", "-Infinity", "7."][(i + number) % 5]),\(["Yes", "f", ""][i % 3]),2024-02-29,\(at)"
                }
                let head = header ? ["k,n,d,x,ok,day,at"] : []
                try project.write("input/2024-09-\(day)-\(number).csv", (head + lines).map { $0 + ending }.joined())
            }
        }
    }

    static let sources = [
        "", "header: true", "event_time: at", "distinct_on: [k, n]", "{ event_time: at, distinct_on: [k] }",
        "distinct_on: [n, ok]",
    ]

    static let sql = """
        SELECT k, count(*) AS n, count(n) AS m, sum(n) AS s, sum(d) AS d, min(x) AS lo, max(x) AS hi, avg(n) AS a,
          bool_or(ok) AS o, max(day) AS day, min(at) AS at, count(DISTINCT x) AS xs, sum(x) FILTER (WHERE abs(x) < 1e300) AS sx
        FROM logs WHERE n IS NULL OR n <> 3 GROUP BY k
        """

    @Test(arguments: sources, ["\n", "\r\n"])
    func allTypesAndSourcesAreEqual(_ source: String, _ ending: String) throws {
        let keys = source.replacing("{ ", with: "").replacing(" }", with: "").replacing("at, d", with: "at\n    d")
        let project = try project(keys, Self.sql)
        try fill(project, ending, header: source.contains("header"))
        try project.run(Self.date)
        for engine in [VerifyEngine.duckdb, .naive, .auto] {
            let found = try project.verify(Self.date, engine: engine, duckDB: TestDuckDB.path)[0]
            #expect(found.verdict == .equal, "\(engine): \(found.differences)")
            #expect(found.engine.hasPrefix("duckdb") == (engine != .naive), "\(found.reason ?? "")")
            #expect(
                found.columns.filter { $0.comparison == .close }.map(\.name) == (engine == .naive ? [] : ["a", "sx"]))
        }
    }

    @Test func duckDBFindsWhatIsWrong() throws {
        let project = try project("", Self.sql)
        try fill(project)
        try project.run(Self.date)
        try project.edit("output/2024-09-13.csv") { $0.replacing("\na,", with: "\na,1") }
        let found = try project.verify(Self.date, engine: .duckdb, duckDB: TestDuckDB.path)[0]
        #expect(found.verdict == .differs)
        #expect(found.differences.map(\.column) == ["n"])
        let auto = try project.verify(Self.date, engine: .auto, duckDB: TestDuckDB.path)[0]
        #expect(auto.differences == found.differences)
        #expect(auto.engine == "naive")
        #expect(auto.reason?.hasPrefix("by duckdb ") == true)
    }

    /// A double that is wrong by more than a billionth is wrong.
    @Test func aTolerantColumnIsStillCompared() throws {
        let project = try project(
            "", "SELECT k, sum(x) FILTER (WHERE abs(x) < 10) AS sx FROM logs WHERE k = 'a' GROUP BY k")
        try fill(project)
        try project.run(Self.date)
        #expect(try project.verify(Self.date, engine: .duckdb, duckDB: TestDuckDB.path)[0].verdict == .equal)
        try project.edit("output/2024-09-13.csv") { $0.replacing(/a,(-?[0-9.]+)\n/) { "a,\($0.1)00001\n" } }
        #expect(try project.verify(Self.date, engine: .duckdb, duckDB: TestDuckDB.path)[0].verdict == .differs)
    }
}
