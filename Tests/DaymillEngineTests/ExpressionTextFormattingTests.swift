import DaymillColumns
import Testing

/// Values as text: CSV files and casts to text share one form.
@Suite struct ExpressionTextFormattingTests {
    private func text(_ write: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter(capacity: 1)
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func integersAreWritten() {
        var numbers: [Int64] = [0, .max, .min, -1]
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            numbers += [power, power - 1, -power, 1 - power, power / 3]
        }
        for number in numbers { #expect(text { $0.appendInteger(number) } == String(number)) }
    }

    @Test(
        arguments: [
            (0, 0, "0"), (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (12345, 2, "123.45"), (-12345, 0, "-12345"),
            (1, 19, "0.0000000000000000001"), (1, 20, "0.00000000000000000001"),
            (99_999_999_999_999_999_999_999_999_999_999_999_999, 38, "0.99999999999999999999999999999999999999"),
            (-99_999_999_999_999_999_999_999_999_999_999_999_999, 10, "-9999999999999999999999999999.9999999999"),
            (18_446_744_073_709_551_616, 0, "18446744073709551616"),
            (18_446_744_073_709_551_615, 1, "1844674407370955161.5"),
        ] as [(Int128, Int, String)])
    func decimalsHaveAllDigitsOfTheirScale(_ value: Int128, _ scale: Int, _ expected: String) {
        #expect(text { $0.appendDecimal(value, scale: scale) } == expected)
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-12, "-12"), (0.5, "0.5"), (1e14, "100000000000000"),
            (999_999_999_999_999, "999999999999999"), (1e15, "1e+15"),
            (-1_234_567_890_123_456, "-1.234567890123456e+15"), (1_000_000_000_000_000.5, "1.0000000000000005e+15"),
            (10_000_000_000_000_002, "1.0000000000000002e+16"), (1e16, "1e+16"), (0.1, "0.1"),
            (1e-5, "1e-05"), (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"),
            (0.30000000000000004, "0.30000000000000004"), (-2.2250738585072014e-308, "-2.2250738585072014e-308"),
        ] as [(Double, String)])
    func doublesReadBackAsTheSameNumber(_ value: Double, _ expected: String) {
        #expect(text { $0.appendDouble(value) } == expected)
    }

    @Test func timesAreWritten() {
        #expect(text { $0.appendDate(0) } == "1970-01-01")
        #expect(text { $0.appendDate(-719_162) } == "0001-01-01")
        #expect(text { $0.appendDate(2_932_896) } == "9999-12-31")
        #expect(text { $0.appendTimestamp(0) } == "1970-01-01 00:00:00")
        #expect(text { $0.appendTimestamp(-1) } == "1969-12-31 23:59:59.999999")
        #expect(text { $0.appendTimestamp(1_726_369_890_120_000) } == "2024-09-15 03:11:30.12")
        #expect(text { $0.appendBoolean(true) } + text { $0.appendBoolean(false) } == "truefalse")
    }

    @Test(arguments: [
        ("a", "a"), ("", "\"\""), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a\nb\""),
        ("a\rb", "\"a\rb\""), ("a;b", "a;b"), ("12345678,", "\"12345678,\""), ("1234567,", "\"1234567,\""),
        ("12345678", "12345678"), (" a ", " a "), ("é", "é"),
        ("0123456789012345678901234\"", "\"0123456789012345678901234\"\"\""),
    ])
    func fieldsAreQuotedOnlyWhenTheyMustBe(_ field: String, _ expected: String) {
        #expect(text { $0.appendCSVField(field, delimiter: UInt8(ascii: ",")) } == expected)
    }

    @Test func bytesAfterAFieldDoNotCount() {
        let vector = Vector(.text, capacity: 2)
        let arena = TextArena()
        vector.count = 2
        vector.set(0, text: "abc".utf8, in: arena)
        vector.set(1, text: ",,\"\n".utf8, in: arena)
        #expect(text { $0.appendCSV(rows: 0..<2, columns: [(vector, .text)], delimiter: 44) } == "abc\n\",,\"\"\n\"\n")
    }

    @Test func rowsOfAllTypesAreWritten() {
        let arena = TextArena()
        let text = Vector(.text, capacity: 3)
        let whole = Vector(.int64, capacity: 3)
        let exact = Vector(.int128, capacity: 3)
        let real = Vector(.double, capacity: 3)
        let flag = Vector(.bool, capacity: 3)
        for vector in [text, whole, exact, real, flag] { vector.count = 3 }
        for row in 0..<2 {
            text.set(row, text: ["x", ""][row].utf8, in: arena)
            whole.set(row, int64: [20_000, -1][row])
            exact.set(row, int128: [150, -7][row])
            real.set(row, double: [1.5, 2][row])
            flag.set(row, bool: row == 0)
        }
        for vector in [text, whole, exact, real, flag] { vector.setNull(2, true) }
        let columns: [(Vector, CSVTextForm)] = [
            (text, .text), (whole, .integer), (exact, .decimal(scale: 2)), (real, .double), (flag, .boolean),
            (whole, .date), (whole, .timestamp),
        ]
        let expected = """
            x,20000,1.50,1.5,true,2024-10-04,1970-01-01 00:00:00.02
            "",-1,-0.07,2,false,1969-12-31,1969-12-31 23:59:59.999999
            ,,,,,,

            """
        #expect(self.text { $0.appendCSV(rows: 0..<3, columns: columns, delimiter: 44) } == expected)
        #expect(self.text { $0.appendCSV(rows: 1..<1, columns: columns, delimiter: 44) } == "")
    }
}
