import DaymillSQL
import DaymillTestKit
import Testing

/// Where DuckDB reads JSON Lines by the same rules it reads the same values: keys once, values of the right types.
@Suite(
    .enabled(if: !DuckDBOracle.isMissing || DuckDBOracle.isRequired, "DAYMILL_DUCKDB does not name DuckDB's program"))
struct JSONVsDuckDBTests {
    private static let wanted: [Wanted] = [
        .init("id", .integer, "user.id"), .init("name", .text, "user.name"), .init("price", .decimal(scale: 2)),
        .init("ok", .boolean), .init("day", .date), .init("at", .timestamp), .init("first", .text, "list[0]"),
    ]
    private static let structure =
        "'user': 'STRUCT(id BIGINT, \"name\" VARCHAR)', 'price': 'DECIMAL(38,2)', 'ok': 'BOOLEAN', 'day': 'DATE', "
        + "'at': 'TIMESTAMP', 'list': 'VARCHAR[]'"
    private static let select =
        #""user".id AS id, "user"."name" AS "name", price, ok, "day", "at", "list"[1] AS "first""#

    @Test(arguments: 0..<6 as Range<UInt64>)
    func generatedLinesAreReadAsDuckDBDoes(_ seed: UInt64) throws {
        let oracle = try DuckDBOracle()
        defer { try? oracle.close() }
        var random = SeededGenerator(seed: seed)
        let lines = Array((0..<300).map { _ in Self.line(&random) + "\n" }.joined().utf8)
        let answer = try oracle.ask(
            lines: lines, structure: Self.structure, select: Self.select, types: Self.wanted.map(\.column.type))
        let got = try JSONReading(level: Int32(seed % 4)).read(lines, Self.wanted)
        #expect(got.bad == [])
        let expected = try #require(answer)
        #expect(got.rows.count == expected.count)
        for (row, (ours, theirs)) in zip(got.rows.map(\.values), expected).enumerated() where ours != theirs {
            Issue.record("row \(row): \(ours) and by DuckDB \(theirs)")
        }
    }

    private static func line(_ random: inout SeededGenerator) -> String {
        func space() -> String { random.once(in: 5) ? " " : "" }
        let user = object(
            [("id", number(&random)), ("name", text(&random)), ("other", "[1,{\"a\":\"}\"}]")], &random)
        let members = [
            ("user", user), ("price", random.pick(["12.50", "-0.25", "7", "0", "1000000.1"])),
            ("ok", random.pick(["true", "false"])), ("day", random.pick(["\"2024-02-29\"", "\"1969-12-31\""])),
            ("at", random.pick(["\"2024-09-15 03:11:30\"", "\"2024-09-15T23:59:59.25\""])),
            ("list", "[\(text(&random)),\(space())\(text(&random))]"), ("unknown", "{\"deep\":[[],{}],\"x\":1e9}"),
        ]
        return space() + object(members, &random) + space()
    }

    /// In any order, some left out, some null.
    private static func object(_ members: [(String, String)], _ random: inout SeededGenerator) -> String {
        var members = members.filter { _ in !random.once(in: 8) }
        if random.once(in: 3) { members.shuffle(using: &random) }
        let parts = members.map { key, value in
            let gap = random.once(in: 4) ? " " : ""
            return "\"\(key)\"\(gap):\(gap)\(random.once(in: 9) ? "null" : value)\(gap)"
        }
        return "{\(parts.joined(separator: ","))}"
    }

    private static func number(_ random: inout SeededGenerator) -> String {
        random.pick(["0", "-1", "42", "9223372036854775807", "-9223372036854775808", "123456789"])
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "x", "é", "😀", "\\\"", "\\\\", "\\n", "\\/", "\\u00e9", "\\ud83d\\ude00", "{[,:]}", "plain words ",
        ]
        return "\"\((0..<random.below(5)).map { _ in random.pick(pieces) }.joined())\""
    }
}
