import DaymillSQL
import DaymillTestKit
import Testing

/// A cast done while the SQL is read gives what the evaluator gives for a row.
struct LiteralCastTests {
    static let types: [SQLType] = [
        .integer, .decimal(scale: 0), .decimal(scale: 2), .double, .boolean, .date, .timestamp, .text,
    ]

    static let texts = [
        "", " ", "0", "-0", "+5", " 12 ", "\t7\n", "1.5", "-1.005", "1.004999", ".5", "5.", ".", "1e3", "1.25e-2", "1e",
        "e1",
        "1e400", "0.5", "-0.5", "9223372036854775807", "9223372036854775808", "99999999999999999999999999999999999999",
        "999999999999999999999999999999999999999", "170141183460469231731687303715884105727", "NaN", "-inf", "Infinity",
        "true", "T", "tr", "no", "of", "o", "on", "1", "yess", "2024-02-29", "2023-02-29", "2024-2-9", "0000-01-01",
        "9999-12-31", "2024-09-15 03:11", "2024-09-15T03:11:30", "2024-09-15 03:11:30.25",
        "2024-09-15 03:11:30.1234565",
        "2024-09-15 03:11:30.1234575", "2024-09-15 23:59:59.9999999", "2024-09-15 24:00:00", "2024-09-15 03:11:60",
        "2024-09-15 03:11:30.", "2024-09-15 03:11:30.1234567890", "2024-09-15 ", "2024-09-15 03", "x", "ü", "1 2",
        "0x10", "1_000",
    ]

    @Test(arguments: types)
    func literalsAreReadAsRowsAre(_ type: SQLType) {
        for text in Self.texts {
            let literal = ValueText.value(text, as: type)
            #expect(same(literal, NaiveText.value(ofCast: text, to: type)), "'\(text)' as \(type)")
        }
    }

    @Test(arguments: [
        Value.integer(0), .integer(.min), .decimal(-150, scale: 2), .decimal(5, scale: 3), .double(0.1), .double(1e15),
        .double(-2.5e-7), .double(123_456_789_012_345), .double(.infinity), .boolean(true), .date(19981),
        .date(-719_162),
        .timestamp(1_726_369_890_250_000), .timestamp(-1), .text("x"),
    ])
    func valuesAreWrittenAsRowsAre(_ value: Value) {
        #expect(ValueText.text(value) == NaiveText.text(of: value))
    }

    private func same(_ a: Value?, _ b: Value?) -> Bool {
        if case .double(let a) = a, case .double(let b) = b { return a == b || (a.isNaN && b.isNaN) }
        return a == b
    }
}
