import DaymillSQL
import DaymillTestKit
import Testing

/// The stupid twin must be right on its own before anything is compared with it.
@Suite struct NaiveEvaluatorTests {
    @Test(
        arguments: NaiveFacts.logic + NaiveFacts.numbers + NaiveFacts.casts + NaiveFacts.text + NaiveFacts.times
            + NaiveFacts.truncated + NaiveFacts.extracted)
    func answersAsPostgreSQL(_ fact: Fact) throws {
        let value = try NaiveEvaluator().value(of: fact.expression)
        #expect(NaiveText.text(of: value) == fact.answer)
    }

    @Test(arguments: NaiveFacts.failures)
    func failsAsPostgreSQL(_ failure: Failure) {
        #expect(throws: EvaluationFailure.self) { try NaiveEvaluator().value(of: failure.expression) }
    }

    @Test func laterBranchesCannotFail() throws {
        let bad = Expression.call(.equal, .call(.divide, .int(1), .int(0)), .int(1))
        let lazy: [Expression] = [
            .call(.and, .bool(false), bad), .call(.or, .bool(true), bad), .call(.inList, .bool(true), .bool(true), bad),
        ]
        for expression in lazy { _ = try NaiveEvaluator().value(of: expression) }
    }

    @Test func datesBeyondTheYear9999Fail() {
        let next = Expression.call(.addDays, .date("9999-12-31"), .int(1), type: .date)
        let previous = Expression.call(.addMonths, .time("0001-01-31"), .int(-1), type: .timestamp)
        for expression in [next, previous] {
            #expect(throws: EvaluationFailure.self) { try NaiveEvaluator().value(of: expression) }
        }
    }
}

@Suite struct NaiveCSVTests {
    struct Case: CustomStringConvertible, Sendable {
        var text: String
        var records: [String]
        var description: String { text.debugDescription }

        init(_ text: String, _ records: [String]) {
            self.text = text
            self.records = records
        }
    }

    /// A record as `line@offset field|field`, quoted fields in angle brackets, `!` at the end of a bad one.
    private func describe(_ record: NaiveCSV.Record) -> String {
        let fields = record.fields.map { field in
            let text = String(decoding: field.bytes, as: UTF8.self)
            return field.wasQuoted ? "<\(text)>" : text
        }
        return "\(record.line)@\(record.offset) \(fields.joined(separator: "|"))\(record.problem == nil ? "" : "!")"
    }

    @Test(arguments: [
        Case("", []),
        Case("\u{FEFF}", []),
        Case("\u{FEFF}a,b\n", ["1@3 a|b"]),
        Case("a,b", ["1@0 a|b"]),
        Case("a,", ["1@0 a|"]),
        Case("\n", ["1@0 "]),
        Case("\n\nx", ["1@0 ", "2@1 ", "3@2 x"]),
        Case("a\r\nb\rc\n", ["1@0 a", "2@3 b\rc"]),
        Case("a\r", ["1@0 a"]),
        Case("\"a\nb\",c\nd,e\n", ["1@0 <a\nb>|c", "3@8 d|e"]),
        Case("\"a\"\"b\"\r\nc", ["1@0 <a\"b>", "2@8 c"]),
        Case("\"\"", ["1@0 <>"]),
        Case("a\"b\",\"c\"\n", ["1@0 a\"b\"|<c>"]),
        Case(" \"a\"\n", ["1@0  \"a\""]),
        Case("\"a\"b,\"c,d\"\ne\n", ["1@0 <ab>|<c,d>!", "2@11 e"]),
        Case("\"a\"\rb\nc\n", ["1@0 <a\rb>!", "2@6 c"]),
        Case("x\n\"a\nb", ["1@0 x", "2@2 <a\nb>!"]),
    ])
    func readsRecords(_ example: Case) {
        let quote = UInt8(ascii: "\"")
        let records = NaiveCSV.records(of: Array(example.text.utf8), delimiter: UInt8(ascii: ","), quote: quote)
        #expect(records.map(describe) == example.records)
    }

    @Test func withoutAQuoteNothingIsQuoted() {
        let records = NaiveCSV.records(of: Array("\"a;b\"\n".utf8), delimiter: UInt8(ascii: ";"), quote: nil)
        #expect(records.map(describe) == ["1@0 \"a|b\""])
    }
}

@Suite struct NaiveTableTests {
    private let columns = [Column("a", .text), Column("b", .integer)]

    private func read(
        _ text: String, _ header: TestDialect.Header = .auto, used: Set<Int> = [0, 1]
    ) throws -> NaiveTable {
        try NaiveTable(TestFile("t.csv", text), dialect: TestDialect(columns: columns, header: header), used: used)
    }

    @Test(arguments: ["a,b\nx,1\n", " B ,A\n1,x\n", "x,1\n", "\n\nx,1\n\n", "\"b\",\"a\"\r\n1,x"])
    func findsColumnsByHeaderOrPosition(_ text: String) throws {
        #expect(try read(text).rows == [[.text("x"), .integer(1)]])
    }

    @Test func extraColumnsNeedAHeaderThatIsDeclared() throws {
        #expect(try read("c,b,a\n0,1,x\n", .yes).rows == [[.text("x"), .integer(1)]])
        #expect(try read("c,b,a\n0,1,x\n", .auto).badRows.map(\.line) == [1, 2])
    }

    @Test func aHeaderWithoutAUsedColumnIsABadFile() throws {
        #expect(throws: BadFile.self) { try read("a,c\n", .yes) }
        #expect(throws: BadFile.self) { try read("a,b,B\n", .yes) }
        #expect(try read("a,c\nx,1\n", .yes, used: [0]).rows == [[.text("x"), .null]])
    }

    @Test(arguments: ["x\n", "x,1,2\n", "x,y\n", "x,\"\"\n", "x, \n", "x,1.0\n", "x,1\"\n", "\"x\"y,1\n"])
    func refusesRowsThatDoNotFit(_ text: String) throws {
        let table = try read(text)
        #expect(table.rows.isEmpty)
        #expect(table.badRows.map(\.line) == [1])
    }

    @Test func onlyUsedColumnsAreConverted() throws {
        #expect(try read("x,y\n", used: [0]).rows == [[.text("x"), .null]])
    }

    @Test func onlyUnquotedNullWordsAreNull() throws {
        #expect(try read(",1\n\"\",\n").rows == [[.null, .integer(1)], [.text(""), .null]])
    }

    @Test func textThatIsNotUTF8IsABadRow() throws {
        let file = TestFile("t.csv", [0xFF, UInt8(ascii: ","), UInt8(ascii: "1")])
        let table = try NaiveTable(file, dialect: TestDialect(columns: columns), used: [0])
        #expect(table.badRows.count == 1)
        #expect(try NaiveTable(file, dialect: TestDialect(columns: columns), used: [1]).rows.count == 1)
    }

    @Test func anEmptyLineIsARowOfOneColumn() throws {
        let dialect = TestDialect(columns: [Column("a", .text)])
        let table = try NaiveTable(TestFile("t.csv", "x\n\n\"\"\n"), dialect: dialect, used: [0])
        #expect(table.rows == [[.text("x")], [.null], [.text("")]])
    }

    struct Field: CustomStringConvertible, Sendable {
        var text: String
        var type: SQLType
        /// nil: a bad row.
        var answer: String?
        var description: String { "\(text.debugDescription) as \(type)" }

        init(_ text: String, _ type: SQLType, _ answer: String?) {
            self.text = text
            self.type = type
            self.answer = answer
        }
    }

    @Test(arguments: [
        Field("+007", .integer, "7"), Field("-9223372036854775808", .integer, "-9223372036854775808"),
        Field("9223372036854775808", .integer, nil), Field("1_0", .integer, nil), Field("-", .integer, nil),
        Field(" \t5 ", .integer, "5"), Field("٣", .integer, nil),
        Field("1.50", .decimal(scale: 1), "1.5"), Field("1.55", .decimal(scale: 1), nil),
        Field(".5", .decimal(scale: 2), "0.50"), Field("5.", .decimal(scale: 2), "5.00"),
        Field(".", .decimal(scale: 2), nil), Field("1e2", .decimal(scale: 2), nil), Field("-", .decimal(scale: 0), nil),
        Field(String(repeating: "9", count: 38), .decimal(scale: 0), String(repeating: "9", count: 38)),
        Field("1" + String(repeating: "0", count: 38), .decimal(scale: 0), nil),
        Field("1e5", .double, "100000"), Field("-.5E-1", .double, "-0.05"), Field("-0", .double, "0"),
        Field("InFiNiTy", .double, "Infinity"), Field("-inf", .double, "-Infinity"), Field("NAN", .double, "NaN"),
        Field("-nan", .double, nil), Field("0x1p3", .double, nil), Field("1e", .double, nil),
        Field("1e309", .double, nil), Field("5e-324", .double, "5e-324"), Field("1e-400", .double, nil),
        Field("1e15", .double, "1e+15"), Field("123456789012345", .double, "123456789012345"),
        Field("On", .boolean, "true"), Field("n", .boolean, "false"), Field("tr", .boolean, nil),
        Field("2024-02-29", .date, "2024-02-29"), Field("2023-02-29", .date, nil), Field("2024-2-9", .date, nil),
        Field("0000-01-01", .date, nil), Field("2024-01-01 00:00:00", .date, nil),
        Field("2024-01-01", .timestamp, "2024-01-01 00:00:00"),
        Field("2024-01-01T01:02:03.000001", .timestamp, "2024-01-01 01:02:03.000001"),
        Field("2024-01-01 24:00:00", .timestamp, nil), Field("2024-01-01 01:02", .timestamp, nil),
        Field("2024-01-01 01:02:60", .timestamp, nil), Field("2024-01-01 01:02:03.", .timestamp, nil),
        Field("2024-01-01 01:02:03.1234567", .timestamp, nil), Field("2024-01-01 01:02:03Z", .timestamp, nil),
    ])
    func convertsFields(_ field: Field) {
        let value = NaiveText.value(of: Array(field.text.utf8), as: field.type)
        #expect(value.flatMap(NaiveText.text(of:)) == field.answer)
    }
}
