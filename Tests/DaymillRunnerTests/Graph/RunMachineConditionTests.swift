import DaymillCore
import DaymillSQL
import Testing

@testable import DaymillRunner

/// Whether conditions hold for what is known in a run.
@Suite struct RunMachineConditionTests {
    private static let names = [
        Column("date", .date), Column("region", .text), Column("extract.rows", .integer),
        Column("extract.made", .boolean),
        Column("wait.seconds", .double), Column("load-orders.rows", .integer), Column("nothing", .integer),
    ]
    private static let facts = FactValues([
        "date": "2026-03-29", "region": "eu", "extract.rows": "12", "extract.made": "true", "wait.seconds": "0.5",
        "load-orders.rows": "no number",
    ])

    private func condition(_ text: String) throws -> Condition {
        try Condition.parse(text, names: Self.names, place: { _ in SourcePlace(file: "job.yaml", line: 1, column: 1) })
    }

    @Test(
        arguments: [
            "extract.rows = 12", "extract.rows > 11 AND region = 'eu'", "extract.made", "date = '2026-03-29'",
            "date BETWEEN '2026-01-01' AND '2026-12-31'", "wait.seconds < 1", "nothing IS NULL",
            "coalesce(nothing, 5) = 5", "region LIKE 'e%'", "nothing = 1 OR extract.made", "1 = 1",
            // A text that is no value of its type is not known either.
            "\"load-orders\".rows IS NULL",
        ])
    func holds(_ text: String) throws {
        #expect(try Self.facts.holds(condition(text)))
    }

    @Test(
        arguments: [
            "extract.rows = 13", "NOT extract.made", "date < '2026-03-29'", "nothing = 1", "nothing <> 1",
            "NOT (nothing = 1)",
            "nothing > 0 AND extract.made", "NULL", "NULL::boolean", "nothing = nothing", "region = 'EU'",
            "nothing IN (1, 2)", "nothing NOT IN (1, 2)",
        ])
    func doesNotHold(_ text: String) throws {
        #expect(try !Self.facts.holds(condition(text)))
    }

    @Test(
        arguments: [
            ("1 / (extract.rows - 12) > 0", "division by zero"), ("region::integer > 0", "eu"),
            ("extract.rows * 9223372036854775807 > 0", ""),
        ])
    func whatCannotBeAnsweredIsAnError(_ text: String, _ words: String) throws {
        let condition = try condition(text)
        let error = #expect(throws: DaymillError.self) { try Self.facts.holds(condition) }
        #expect(error?.code == .evaluation && error?.message.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
    }

    /// So a condition can guard itself against a division by zero.
    @Test func whatACaseDoesNotReachIsNotComputed() throws {
        let text = "CASE WHEN extract.rows = 12 THEN true ELSE 1 / (extract.rows - 12) > 0 END"
        #expect(try Self.facts.holds(condition(text)))
    }
}
