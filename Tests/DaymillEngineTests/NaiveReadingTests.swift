import DaymillCore
import DaymillNaive
import DaymillSQL
import DaymillTestKit
import Testing

/// The naive engine over files that come piece by piece, and the removal of duplicates.
@Suite struct NaiveReadingTests {
    /// Any cut gives the records of the whole.
    @Test(arguments: [1, 2, 3, 7])
    func piecesOfAnySizeGiveTheSameRecords(_ size: Int) throws {
        for seed in 0..<UInt64(30) {
            let example = try DifferentialCase(seed: seed, .safe)
            for file in example.files {
                let whole = NaiveCSV.records(
                    of: file.bytes, delimiter: example.dialect.delimiter, quote: example.dialect.quote)
                var pieces = stride(from: 0, to: file.bytes.count, by: size).map {
                    Array(file.bytes[$0..<min($0 + size, file.bytes.count)])
                }[...]
                var reader = NaiveCSV(delimiter: example.dialect.delimiter, quote: example.dialect.quote) {
                    pieces.popFirst()
                }
                var records: [NaiveCSV.Record] = []
                while let record = try reader.next() { records.append(record) }
                #expect(records == whole, "seed \(seed), \(file.name)")
            }
        }
    }

    private func dialect(_ change: (inout NaiveDialect) -> Void = { _ in }) -> NaiveDialect {
        var dialect = NaiveDialect(
            columns: [Column("k", .text), Column("a", .integer), Column("b", .text)], header: .no)
        change(&dialect)
        return dialect
    }

    private func rows(_ text: String, _ dialect: NaiveDialect) throws -> [[Value]] {
        try NaiveTable(NaiveFile("t.csv", text), dialect: dialect, used: [0, 1, 2]).rows
    }

    @Test func recordsMayBeLongerOrShorterWhereTheSourceSaysSo() throws {
        #expect(try rows("x,1,y,z\nx,1\n", dialect()).isEmpty)
        #expect(
            try rows("x,1,y,z\nx,1\n", dialect { $0.ignoresExtraFields = true }) == [
                [.text("x"), .integer(1), .text("y")]
            ])
        #expect(
            try rows("x,1,y,z\nx,1\n", dialect { $0.fillsMissingFields = true }) == [
                [.text("x"), .integer(1), .null]
            ])
        let header = dialect { ($0.header, $0.fillsMissingFields) = (.yes, true) }
        #expect(try rows("b,k\ny,x\n", header) == [[.text("x"), .null, .text("y")]])
    }

    // MARK: Duplicates

    private let one = Day("2024-09-01")!, two = Day("2024-09-02")!

    /// What is kept, whatever the order of rows; texts of the winners, sorted.
    private func kept(_ lines: [(day: Day?, text: String)], on columns: [Int], comparing: Set<Int>) throws -> [String] {
        var answers: Set<[String]> = []
        var random = SeededGenerator(seed: 7)
        for _ in 0..<6 {
            var duplicates = NaiveDeduplication(columns, comparing: comparing)
            for line in lines.shuffled(using: &random) {
                for row in try rows(line.text + "\n", dialect()) { try duplicates.add(row, of: line.day) }
            }
            let shown = comparing.union(columns).sorted()
            answers.insert(
                duplicates.rows.map { row in shown.map { NaiveText.text(of: row[$0]) ?? "-" }.joined(separator: ",") }
                    .sorted())
        }
        #expect(answers.count == 1, "the order of rows decides nothing")
        return answers.first ?? []
    }

    @Test func theLeastOfEqualRowsIsKept() throws {
        let lines: [(Day?, String)] = [(one, "x,10,b"), (one, "x,9,c"), (one, "x,9,b"), (one, "y,1,z")]
        #expect(try kept(lines, on: [0], comparing: [0, 1, 2]) == ["x,9,b", "y,1,z"])
        #expect(try kept(lines, on: [0], comparing: [0, 2]) == ["x,b", "y,z"])
    }

    @Test func nullIsTheLargestAndTextGoesByBytes() throws {
        #expect(try kept([(one, "x,,a"), (one, "x,5,a")], on: [0], comparing: [0, 1]) == ["x,5"])
        #expect(try kept([(one, "x,1,a"), (one, "x,1,B"), (one, "x,1,é")], on: [0], comparing: [2]) == ["x,B"])
    }

    @Test func daysAreApartAndNullsAreEqual() throws {
        #expect(try kept([(one, "x,1,a"), (two, "x,2,a")], on: [0], comparing: [1]).count == 2)
        #expect(try kept([(one, ",1,a"), (one, ",2,a"), (one, "\"\",3,a")], on: [0], comparing: [1]).count == 2)
        #expect(try kept([(nil, "x,1,a"), (nil, "x,2,a")], on: [0], comparing: [1]) == ["x,1"])
    }

    @Test func theEngineRemovesThemBeforeWhere() throws {
        let rollup = try Rollup.parse(
            "SELECT k, sum(a) AS s FROM t WHERE a > 1 GROUP BY k",
            sources: ["t": dialect().columns]
        ) { SourcePlace(file: "t.sql", line: 1, column: $0) }
        let files = [NaiveFile("1", "x,1,a\nx,5,a\ny,7,a\n", day: one), NaiveFile("2", "x,6,a\ny,8,b\n", day: two)]
        let engine = NaiveEngine(dialect: dialect { $0.distinctOn = ["k"] }, rollup: rollup)
        #expect(String(decoding: try engine.run(files).csv, as: UTF8.self) == "k,s\nx,6\ny,15\n")
    }
}
