import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// What is said about rows that do not fit, and about rows on which an expression fails.
@Suite struct ScanMessageTests {
    /// The error of a scan of one file, in words.
    private func message(
        _ text: String, _ sql: String = "SELECT k, sum(1 / n) AS s FROM t GROUP BY k", delimiter: Character = ",",
        skip: Bool = false, chunkBytes: Int = ContentID.block
    ) throws -> String {
        let columns: [Column] = [.init("k", .text), .init("n", .integer)]
        let rollup = try Rollup.parse(sql, sources: ["t": columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let format = ScanFormat(
            .csv(CSVDialect(delimiter: delimiter.asciiValue!, quote: 0x22), header: .auto), leavesOutBadRows: skip)
        let plan = ScanPlan(rollup, format)
        let file = MemoryFile(path: "day.csv", bytes: Array(text.utf8))
        let thrown = #expect(throws: DaymillError.self) {
            let options = ScanOptions(threads: 2, chunkBytes: chunkBytes)
            _ = try Scan.run([file], plan, into: ScanGroups(plan), hashing: false, options: options)
        }
        return thrown?.description ?? ""
    }

    private static let division = "division by zero; divide by nullif(x, 0) to get NULL instead"
    private static let usual = "mend the file, correct the source's columns, or set 'on_bad_row: skip' or 'quarantine'"

    @Test func anExpressionThatFailsNamesFileAndLine() throws {
        let rows = (1...5000).map { "a\($0),\($0 == 4321 ? 0 : 7)\n" }.joined()
        #expect(try message(rows) == "day.csv:4321: \(Self.division)")
        #expect(try message(rows, chunkBytes: 4096) == "day.csv:4321: \(Self.division)")
        #expect(try message("\"a\nb\",1\nk,n\nc,0\n", skip: true) == "day.csv: \(Self.division)")
        #expect(try message("\"a\nb\",1\nc,0\n") == "day.csv:3: \(Self.division)")
    }

    @Test func theLineIsNotNamedWhereRowsWereLeftOut() throws {
        let filtered = "SELECT k, sum(1 / n) AS s FROM t WHERE k <> 'a' GROUP BY k"
        #expect(try message("a,1\nb,0\n", filtered) == "day.csv: \(Self.division)")
    }

    @Test(arguments: [
        ("a;1\n", ",", "if fields are separated by semicolons, set 'delimiter: semicolon'; else "),
        ("a\t1\n", ",", "if fields are separated by tabs, set 'delimiter: tab'; else "),
        ("a|1|,\n", ";", "if fields are separated by pipes, set 'delimiter: pipe'; else "),
        ("a,1\n", ";", "if fields are separated by commas, set 'delimiter: comma'; else "),
        ("a 1\n", ",", ""),
    ])
    func aRowOfOneFieldHintsAtItsDelimiter(row: String, delimiter: String, hint: String) throws {
        let said = try message(row, delimiter: Character(delimiter))
        #expect(said.hasPrefix("day.csv:1:"))
        #expect(said.hasSuffix(": 1 field where 2 are expected; \(hint)\(Self.usual)"))
    }

    @Test func aRowOfSeveralFieldsDoesNot() throws {
        #expect(try message("a,1\nb,1;2;3,4\n").hasSuffix("3 fields where 2 are expected; \(Self.usual)"))
    }
}
