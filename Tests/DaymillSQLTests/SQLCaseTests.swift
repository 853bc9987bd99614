import DaymillCore
import DaymillSQL
import Foundation
import Testing

/// Text cases: each folder of `Tests/Cases/sql` holds `query.sql` and what is expected of it, `expected.txt`: the rollup,
/// or the error lines. `DAYMILL_REFILL=1 swift test --filter SQLCaseTests` writes the expectations anew, to be read as
/// a diff.
struct SQLCaseTests {
    @Test(arguments: try SQLCase.all())
    func queryGivesTheExpectedRollupOrErrors(_ testCase: SQLCase) throws {
        let actual = try testCase.actual()
        if ProcessInfo.processInfo.environment["DAYMILL_REFILL"] == "1" {
            try actual.write(to: testCase.expectedFile, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: testCase.expectedFile, encoding: .utf8)
        #expect(actual == expected)
    }

    @Test func thereAreCases() throws {
        #expect(try SQLCase.all().count >= 80)
    }
}

/// One folder of `Tests/Cases/sql`.
struct SQLCase: Sendable, CustomTestStringConvertible {
    var folder: URL

    var testDescription: String { folder.lastPathComponent }
    var expectedFile: URL { folder.appending(path: "expected.txt") }

    static func all() throws -> [SQLCase] {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Cases/sql")
        return try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
            .map(SQLCase.init).sorted { $0.testDescription < $1.testDescription }
    }

    /// The rollup of the query as text, or the errors of it.
    func actual() throws -> String {
        let sql = try String(contentsOf: folder.appending(path: "query.sql"), encoding: .utf8)
        do {
            return try RollupDump.text(Rollup.parse(sql, sources: .examples, place: { place(of: $0, in: sql) }))
        } catch let errors as DaymillErrors {
            return errors.all.map { "\($0.code.rawValue) \($0)\n" }.joined()
        }
    }

    private func place(of offset: Int, in sql: String) -> SourcePlace {
        let before = Array(sql.utf8.prefix(offset))
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column =
            String(decoding: before.split(separator: 10, omittingEmptySubsequences: false).last ?? [], as: UTF8.self)
            .count + 1
        return SourcePlace(file: "query.sql", line: line, column: column)
    }
}

extension [String: [Column]] {
    /// The sources of the tests.
    static let examples: Self = [
        "actions": [Column("email", .text), Column("action", .text), Column("dt", .timestamp)],
        "orders": [
            Column("id", .integer), Column("client", .text), Column("price", .decimal(scale: 2)),
            Column("weight", .double), Column("paid", .boolean), Column("day", .date), Column("created", .timestamp),
            Column("quantity", .integer), Column("discount", .decimal(scale: 4)),
        ],
        "impressions": [
            Column("IMPRESSION_ID", .text), Column("IMPRESSION_DATETIME", .timestamp), Column("CAMPAIGN_ID", .integer),
            Column("Price", .double), Column("PRICE", .double), Column("user", .text),
        ],
    ]
}

/// A rollup for people to read: expressions as in its identities.
enum RollupDump {
    static func text(_ rollup: Rollup) -> String {
        var lines = ["from \(rollup.source), columns used \(rollup.columnsUsed)"]
        let identity = parts(rollup)
        lines += identity
        lines.append("duckdb:\n" + rollup.duckDBText(from: rollup.source))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func parts(_ rollup: Rollup) -> [String] {
        var lines: [String] = []
        if let filter = rollup.filter { lines.append("where \(show(filter))") }
        lines += rollup.keys.map { "key \($0.type): \(show($0))" }
        lines += rollup.aggregates.map { aggregate in
            let distinct = aggregate.distinct ? " distinct" : ""
            let argument = aggregate.argument.map { " \(show($0))" } ?? ""
            let filter = aggregate.filter.map { " filter \(show($0))" } ?? ""
            let by = aggregate.by.map { " by \(show($0))" } ?? ""
            let fraction = aggregate.fraction.map { " at \($0)" } ?? ""
            let order = aggregate.descending ? " descending" : ""
            let name = aggregate.function.rawValue + distinct
            return "aggregate \(aggregate.type): \(name)\(argument)\(by)\(fraction)\(order)\(filter)"
        }
        if let having = rollup.having { lines.append("having \(show(having))") }
        lines += rollup.outputs.map { "output \($0.name) \($0.expression.type): \(show($0.expression))" }
        lines += rollup.order.map { term in
            "order \(show(term.expression)) \(term.descending ? "desc" : "asc") nulls \(term.nullsFirst ? "first" : "last")"
        }
        if let limit = rollup.limit { lines.append("limit \(limit)") }
        if rollup.offset > 0 { lines.append("offset \(rollup.offset)") }
        return lines
    }

    static func show(_ expression: DaymillSQL.Expression) -> String {
        switch expression {
        case .column(let index, _): "c\(index)"
        case .key(let index, _): "key\(index)"
        case .aggregate(let index, _): "agg\(index)"
        case .literal(.text(let text), _): "'\(text)'"
        case .literal(.null, let type): "null:\(type)"
        case .literal(.interval(let microseconds), _): "\(microseconds)us"
        case .literal(let value, let type): "\(ValueText.text(value) ?? ""):\(type)"
        case .call(let function, let arguments, _):
            "\(function.rawValue)(\(arguments.map(show).joined(separator: ", ")))"
        case .choose(let branches, let otherwise, _):
            "case(\(branches.map { "\(show($0.condition)) -> \(show($0.value))" }.joined(separator: ", ")), else \(show(otherwise)))"
        case .cast(let inner, let type): "cast(\(show(inner)), \(type))"
        }
    }
}
