import DaymillCore
import Testing

@testable import DaymillSQL

/// Conditions over facts, params and the date.
@Suite struct ConditionTests {
    private static let names = [
        Column("date", .date), Column("region", .text), Column("least", .integer), Column("Big", .integer),
        Column("extract.rows", .integer), Column("extract.made", .boolean), Column("load-orders.rows", .integer),
        Column("check.rows", .integer), Column("2nd.rows", .integer), Column("wait.seconds", .double),
    ]

    private static func place(_ offset: Int) -> SourcePlace {
        SourcePlace(file: "job.yaml", line: 1, column: offset + 1)
    }

    private func parse(_ text: String) throws -> Condition {
        try Condition.parse(text, names: Self.names, place: Self.place)
    }

    /// The problems, or nothing.
    private func problems(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch let errors as DaymillErrors {
            return errors.all.map { "\($0.code.rawValue) \($0)" }
        } catch { return ["\(error)"] }
    }

    @Test(
        arguments: [
            ("extract.rows > 0", ["extract.rows"]), ("EXTRACT.Rows > 0", ["extract.rows"]),
            ("\"extract\".rows > 0", ["extract.rows"]), ("\"extract\".\"rows\" > 0", ["extract.rows"]),
            ("\"extract.rows\" > 0", ["extract.rows"]), ("extract . rows > 0", ["extract.rows"]),
            ("\"load-orders\".rows > 0", ["load-orders.rows"]), ("\"load-orders.rows\" > 0", ["load-orders.rows"]),
            ("\"check\".rows = 0", ["check.rows"]), ("\"2nd\".rows = 0", ["2nd.rows"]), ("big = 1", ["Big"]),
            ("\"Big\" = 1", ["Big"]), ("extract.made", ["extract.made"]), ("NOT extract.made", ["extract.made"]),
            ("region = 'eu' AND extract.rows > 1000000", ["region", "extract.rows"]),
            ("extract.rows > least OR extract.rows IS NULL", ["least", "extract.rows"]),
            ("date >= '2026-01-01'", ["date"]), ("region IN ('eu', 'us')", ["region"]), ("1 = 1", []), ("true", []),
            ("wait.seconds < 60", ["wait.seconds"]), ("extract.rows BETWEEN 1 AND 10", ["extract.rows"]),
            ("CASE WHEN region = 'eu' THEN extract.made ELSE false END", ["region", "extract.made"]),
            ("extract.rows\n  > 0 -- many", ["extract.rows"]), ("extract(dow FROM date) = 1", ["date"]),
        ])
    func whatAConditionAsksForIsKnown(_ text: String, _ used: [String]) throws {
        let condition = try parse(text)
        #expect(condition.text == text && condition.expression.type == .boolean)
        #expect(condition.used.map { condition.names[$0].name } == used)
        #expect(condition.used == condition.used.sorted())
    }

    @Test(
        arguments: [
            (
                "extract.row > 0",
                ["sql-invalid job.yaml:1:1: there is no value 'extract.row'; did you mean '\"extract.rows\"'?"]
            ),
            (
                "least > 0 AND regoin = 'eu'",
                ["sql-invalid job.yaml:1:15: there is no value 'regoin'; did you mean 'region'?"]
            ),
            (
                "xyzxyz > 0 AND regoin = 'eu'",
                [
                    "sql-invalid job.yaml:1:1: there is no value 'xyzxyz'; there are date, region, least, Big, "
                        + "extract.rows, extract.made, load-orders.rows, check.rows, 2nd.rows, wait.seconds",
                    "sql-invalid job.yaml:1:16: there is no value 'regoin'; did you mean 'region'?",
                ]
            ),
        ])
    func unknownNamesAreRefused(_ text: String, _ expected: [String]) {
        #expect(problems(text) == expected)
    }

    @Test(
        arguments: [
            ("least", "the condition must be boolean, but is integer; compare it, for example with <> 0"),
            ("region", "the condition must be boolean, but is text; compare it, for example with IS NOT NULL"),
            ("count(*) > 0", "aggregate count() cannot stand inside a condition"), ("now() > '2026-01-01'", "now()"),
            ("(SELECT 1) = 1", "a condition has no subqueries"),
            ("least > $1", "a condition has no parameters such as $1"),
            ("date > 5", ""), ("region > 5", ""), ("extract.rows.more > 0", "there is no value 'extract.rows.more'"),
            ("", ""), ("extract.rows >", ""), ("(least > 0", ""), ("least > 0)", ""), ("region = 'eu", ""), ("a b", ""),
            ("extract.*", "a condition cannot take all columns with *"), ("least > 0; SELECT 1", ""),
        ])
    func whatIsNoConditionIsRefused(_ text: String, _ message: String) throws {
        let found = problems(text)
        try #require(!found.isEmpty, "\(text) is taken")
        #expect(found[0].contains(message), "\(found)")
        // The place is in the text, or right behind it.
        let columns = found.compactMap { $0.firstMatch(of: #/job\.yaml:1:(\d+):/#).flatMap { Int($0.1) } }
        #expect(columns.count == found.count && columns.allSatisfy { 1...text.utf8.count + 1 ~= $0 }, "\(found)")
        #expect(!found.joined().contains("rollup") && !found.joined().contains("source 'facts'"), "\(found)")
    }

    @Test(
        arguments: [
            "true) ORDER BY (1", "true) GROUP BY (1", "true) GROUP BY (1) HAVING (true", "true) LIMIT (1",
            "true) OFFSET (1", "true) UNION SELECT (1", "true) UNION ALL (SELECT 1",
            "true) WINDOW w AS (ORDER BY date) ORDER BY (1", "true) FETCH FIRST (1) ROWS ONLY FOR UPDATE OF (x",
            "true); SELECT (1", "true) --", "true) /*", "true) FOR UPDATE --\n(",
        ])
    func clausesAreRefused(_ text: String) {
        #expect(!problems(text).isEmpty)
        #expect(problems(text).allSatisfy { $0.contains("job.yaml:1:") })
    }

    /// It holds where it stands alone; but its brackets are not its own.
    @Test(
        arguments: ["1 = 1) OR (2 = 2", "least > 0) AND (region = 'eu'", "true) IS NOT NULL AND (true"])
    func bracketsThatAreNotItsOwnAreRefused(_ text: String) {
        #expect(!problems(text).isEmpty)
    }

    /// A bracket in a text, a name or a comment is none.
    @Test(arguments: ["region = ') OR ('", "region = '((' -- ))", "region <> ')' /* ( */", "\"check\".rows = 0 -- )"])
    func bracketsInTextsAreNone(_ text: String) throws {
        #expect(problems(text).isEmpty)
    }

    @Test func namesThatDifferInLettersOnlyAreNotConfused() {
        let names = [Column("Total.n", .integer), Column("total.n", .text)]
        func type(_ text: String) -> SQLType? {
            guard
                case .call(_, let arguments, _)? = try? Condition.parse(text, names: names, place: Self.place)
                    .expression
            else { return nil }
            return arguments.first?.type
        }
        #expect(type("total.n = 'a'") == .text)
        #expect(type("\"Total\".n = 1") == .integer)
    }
}
