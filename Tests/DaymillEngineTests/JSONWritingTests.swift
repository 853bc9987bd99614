import DaymillCore
import DaymillNaive
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns

/// What is written as JSON Lines reads back as what it was.
@Suite struct JSONWritingTests {
    private func written(_ rows: [[Value]], _ columns: [Column]) -> String {
        let arena = TextArena()
        let vectors = columns.indices.map { c -> (Vector, CSVTextForm) in
            let form = JSONWritingTests.form(columns[c].type)
            let vector = Vector(form.form, capacity: max(1, rows.count))
            vector.count = rows.count
            for (row, values) in rows.enumerated() { JSONWritingTests.set(vector, row, values[c], arena) }
            return (vector, form)
        }
        var writer = ByteWriter(capacity: 64)
        writer.appendJSON(rows: 0..<rows.count, columns: vectors, keys: JSONKeys(columns.map(\.name)))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func form(_ type: SQLType) -> CSVTextForm {
        switch type {
        case .text: .text
        case .integer: .integer
        case .decimal(let scale): .decimal(scale: scale)
        case .double: .double
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestamp
        case .interval: .interval
        }
    }

    private static func set(_ vector: Vector, _ row: Int, _ value: Value, _ arena: TextArena) {
        vector.setNull(row, value == .null)
        switch value {
        case .null: break
        case .text(let text): vector.set(row, text: text.utf8, in: arena)
        case .integer(let number), .timestamp(let number), .interval(let number): vector.set(row, int64: number)
        case .decimal(let unscaled, _): vector.set(row, int128: unscaled)
        case .double(let number): vector.set(row, double: number)
        case .boolean(let truth): vector.set(row, bool: truth)
        case .date(let days): vector.set(row, int64: Int64(days))
        }
    }

    @Test func valuesOfEachTypeHaveTheirForm() {
        let columns: [Column] = [
            .init("t", .text), .init("i", .integer), .init("d", .decimal(scale: 2)), .init("x", .double),
            .init("b", .boolean), .init("day", .date), .init("at", .timestamp),
        ]
        let rows: [[Value]] = [
            [
                .text("a"), .integer(.min), .decimal(-5, scale: 2), .double(0.1), .boolean(true), .date(0),
                .timestamp(1_500_000),
            ],
            [.text(""), .integer(.max), .decimal(100, scale: 2), .double(1e300), .boolean(false), .null, .null],
            [.null, .null, .null, .double(.nan), .null, .null, .null],
            [.null, .null, .null, .double(-.infinity), .null, .null, .null],
        ]
        let nulls = #""b":null,"day":null,"at":null}"#
        #expect(
            written(rows, columns)
                == [
                    #"{"t":"a","i":-9223372036854775808,"d":-0.05,"x":0.1,"b":true,"day":"1970-01-01","#
                        + #""at":"1970-01-01 00:00:01.5"}"#,
                    #"{"t":"","i":9223372036854775807,"d":1.00,"x":1e+300,"b":false,"day":null,"at":null}"#,
                    #"{"t":null,"i":null,"d":null,"x":null,"# + nulls,
                    #"{"t":null,"i":null,"d":null,"x":null,"# + nulls, "",
                ].joined(separator: "\n"))
    }

    @Test func onlyWhatMustBeIsEscaped() {
        let text = "\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F} \"\\/\u{7F}é😀\u{2028}"
        let escaped = #"\u0000\u0001\b\t\n\u000b\f\r\u001f \"\\/"# + "\u{7F}é😀\u{2028}"
        #expect(written([[.text(text)]], [.init("say \"x\"", .text)]) == #"{"say \"x\"":"\#(escaped)"}"# + "\n")
    }

    /// Every byte that needs an escape at every place of two words, and what comes after the text is not looked at.
    @Test func textsOfEveryLengthReadBack() throws {
        let odd = ["\"", "\\", "\u{1}", "\n", "\u{7F}", "é", "x"]
        for length in 0..<20 {
            for at in 0...length {
                let texts = odd.map {
                    String(repeating: "a", count: at) + $0 + String(repeating: "b", count: length - at)
                }
                let lines = written(texts.map { [.text($0)] }, [.init("t", .text)])
                let naive = texts.map { NaiveEngine.Result.jsonLine(["t"], [.text($0)]) }
                #expect(Array(lines.utf8) == naive.flatMap { $0 })
                let read = try JSONReading().read(Array(lines.utf8), [.init("t", .text)])
                #expect(read.rows.map(\.values) == texts.map { [.text($0)] })
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func generatedRowsAreWrittenAsTheNaiveEngineDoesAndReadBack(_ seed: UInt64) throws {
        var generator = GeneratedJSON(seed: seed, damage: 0)
        let wanted = JSONReadingTests.wanted, columns = wanted.map(\.column)
        let rows = try JSONReading().read(generator.file(lines: 40), wanted).rows.map(\.values)
        let lines = Array(written(rows, columns).utf8)
        #expect(lines == rows.flatMap { NaiveEngine.Result.jsonLine(columns.map(\.name), $0) })
        let again = try JSONReading().read(lines, columns.map { Wanted($0.name, $0.type, "\"\($0.name)\"") })
        #expect(again.rows.map(\.values) == rows)
        #expect(again.bad.isEmpty)
    }
}
