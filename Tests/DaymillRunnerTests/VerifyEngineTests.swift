import DaymillCore
import Foundation
import Testing

@testable import DaymillRunner

/// Which engine verifies, and why.
@Suite struct VerifyEngineTests {
    private static let date = "2024-09-13"

    /// A program that stands in for DuckDB.
    private func program(_ project: TestProject, _ script: String) throws -> String {
        let path = project.path("duckdb")
        let text = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo v9.8.7 x; exit 0; fi\n\(script)\n"
        try project.write("duckdb", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private func made(
        _ rollup: String = "SELECT email, count(*) AS n FROM t GROUP BY email", _ source: String = ""
    ) throws -> TestProject {
        let project = try TestProject(
            """
            sources:
              t:
                files: input/{date}.csv
                columns: { email: text, cost: double }
                \(source)
            steps:
              s: { window: last day, rollup: "\(rollup)", to: "output/{date}.csv" }
            """)
        try project.write("input/2024-09-12.csv", "a,1\nb,2.5\na,3\n")
        try project.run(Self.date)
        return project
    }

    @Test func withoutDuckDBItIsTheNaiveEngine() throws {
        let found = try made().verify(Self.date, engine: .auto)[0]
        #expect(found.engine == "naive")
        #expect(found.reason == "no DuckDB program was found")
        let error = #expect(throws: DaymillError.self) { try made().verify(Self.date, engine: .duckdb) }
        #expect(error?.code == .usage)
    }

    @Test(arguments: [
        ("echo 'Out of Memory Error: too much' >&2; echo at line 3 >&2; exit 1", "Out of Memory Error: too much"),
        ("exit 3", "it ended with status 3"),
        ("printf '\"a\"\\n'", "it gave 1 columns and not 2"),
        ("printf '\"a\",\"many\"\\n'", "it gave 'many' where a integer was expected"),
    ])
    func whereDuckDBFailsTheNaiveEngineIsAsked(_ script: String, _ why: String) throws {
        let project = try made()
        let duckDB = try program(project, script)
        let found = try project.verify(Self.date, engine: .auto, duckDB: duckDB)[0]
        #expect(found.engine == "naive")
        #expect(found.verdict == .equal)
        #expect(found.reason?.contains(why) == true, "\(found.reason ?? "")")
        let error = #expect(throws: DaymillError.self) {
            try project.verify(Self.date, engine: .duckdb, duckDB: duckDB)
        }
        #expect(error?.message.contains(why) == true)
    }

    @Test func whereDuckDBFindsADifferenceTheNaiveEngineHasTheLastWord() throws {
        let project = try made()
        let duckDB = try program(project, "printf '\"a\",\"2\"\\n\"b\",\"7\"\\n'")
        let found = try project.verify(Self.date, engine: .auto, duckDB: duckDB)[0]
        #expect(found.verdict == .equal)
        #expect(
            found.reason == "by duckdb 9.8.7 there is a difference: row 2 (email = b): n is 1, and its inputs give 7")
        let alone = try project.verify(Self.date, engine: .duckdb, duckDB: duckDB)[0]
        #expect(alone.verdict == .differs)
    }

    @Test func aHangingDuckDBIsEnded() throws {
        let project = try made()
        let duckDB = try program(project, "exec sleep 1000")
        let found = try project.verify(Self.date, engine: .auto, duckDB: duckDB, timeout: .zero)[0]
        #expect(found.verdict == .equal)
        #expect(found.reason == "DuckDB did not finish within 0 seconds")
    }

    @Test func aProgramThatIsNotThereIsSaid() throws {
        let project = try made()
        let error = #expect(throws: DaymillError.self) {
            try project.verify(Self.date, engine: .duckdb, duckDB: project.path("nothing"))
        }
        #expect(error?.code == .unsupported)
    }

    @Test func anInputThatChangesMeanwhileIsNoticed() throws {
        let project = try made()
        let input = project.path("input/2024-09-12.csv")
        let duckDB = try program(project, "echo b,9 >> \(input); printf '\"a\",\"2\"\\n\"b\",\"1\"\\n'")
        let error = #expect(throws: DaymillError.self) { try project.verify(Self.date, engine: .auto, duckDB: duckDB) }
        #expect(error?.code == .stale)
    }

    @Test(arguments: [
        (
            "SELECT email, sum(cost) AS s FROM t GROUP BY email ORDER BY s", "",
            "the order or HAVING depends on doubles that DuckDB rounds on the way"
        ),
        (
            "SELECT email, round(avg(cost)::decimal(9,2), 1) AS s FROM t GROUP BY email", "",
            "a column is made of doubles that DuckDB rounds on the way"
        ),
        ("SELECT max(cost)::text AS s FROM t", "", "doubles are cast to text or decimal"),
        ("SELECT approx_count_distinct(email) AS n FROM t", "", "DuckDB's approx_count_distinct is another function"),
        (
            "SELECT count(*) AS n FROM t", "extra_columns: ignore",
            "the source takes rows with more or fewer fields than columns"
        ),
        ("SELECT count(*) AS n FROM t", "null_words: [x]", "an empty field of the source is not NULL"),
    ])
    func whatDuckDBDoesOtherwiseIsKnown(_ sql: String, _ source: String, _ why: String) throws {
        let project = try made(sql, source)
        let found = try project.verify(Self.date, engine: .auto, duckDB: try program(project, "exit 1"))[0]
        #expect(found.verdict == .equal)
        #expect(found.reason == why)
    }

    @Test(
        arguments: [
            ("a,1\nb,2\n", nil), ("a,1\r\nb,2\r\n", nil), ("\"a\"\"x\",1\n", nil), ("\"a,\n\",1\n", nil),
            ("a,\"1\"", nil),
            ("a\r,1\n", "has carriage returns that end no line"), ("a,1\r\nb,2\n", "has lines that end in two ways"),
            ("\"a\rb\",1\n", "has carriage returns that end no line"), ("a\"b,1\n", "has quotes inside fields"),
            ("\"a\"b,1\n", "has quotes inside fields"), ("\"a,1\n", "has quotes inside fields"),
            ("a,1\n\nb,1\n", "has blank lines"),
            ("a\0,1\n", "has zero bytes"), ("a,1\r", "has carriage returns that end no line"),
        ] as [(String, String?)])
    func oddFilesAreSeen(_ text: String, _ oddity: String?) {
        var scan = ByteScan(delimiter: 0x2c, quote: 0x22)
        for byte in text.utf8 { scan.read([byte]) }
        scan.end()
        #expect(scan.oddity == oddity)
    }

    @Test func theProgramIsFoundByNameOrOnThePath() throws {
        let project = try made()
        let path = try program(project, "exit 0")
        #expect(DuckDBProgram.find(["DAYMILL_DUCKDB": "/x/y", "PATH": project.root]) == "/x/y")
        #expect(DuckDBProgram.find(["DAYMILL_DUCKDB": "", "PATH": "/nowhere:\(project.root)"]) == path)
        #expect(DuckDBProgram.find(["PATH": "/nowhere"]) == nil)
        #expect(try DuckDBProgram(path).version == "9.8.7")
    }
}
