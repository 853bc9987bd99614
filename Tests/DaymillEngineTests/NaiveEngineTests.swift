import DaymillCore
import DaymillSQL
import DaymillTestKit
import Testing

@Suite struct NaiveEngineTests {
    private let columns = [Column("k", .text), Column("x", .double), Column("n", .integer)]
    private let k = Expression.column(0, .text)
    private let x = Expression.column(1, .double)
    private let n = Expression.column(2, .integer)

    private func run(_ text: String, _ rollup: Rollup) throws -> String {
        let dialect = TestDialect(columns: columns, header: .no)
        let result = try NaiveEngine(dialect: dialect, rollup: rollup).run([TestFile("t.csv", text)])
        return String(decoding: result.csv, as: UTF8.self)
    }

    private func rollup(
        _ aggregates: [Rollup.Aggregate], keyed: Bool = false, order: [Rollup.OrderTerm] = [], having: Expression? = nil
    ) -> Rollup {
        let keys = keyed ? [Rollup.Output("k", .key(0, .text))] : []
        let values = aggregates.enumerated().map { Rollup.Output("a\($0)", .aggregate($0, $1.type)) }
        return Rollup(
            source: "t", columns: columns, keys: keyed ? [k] : [], aggregates: aggregates, having: having,
            outputs: keys + values, order: order)
    }

    @Test func aGlobalAggregateHasARowWithoutRows() throws {
        let all = [
            Rollup.Aggregate(.count, nil, type: .integer), .init(.sum, n, type: .decimal(scale: 0)),
            .init(.max, k, type: .text),
        ]
        #expect(try run("", rollup(all)) == "a0,a1,a2\n0,,\n")
        #expect(try run("", rollup(all, keyed: true)) == "k,a0,a1,a2\n")
    }

    @Test func sumsOfDoublesAreExactWhateverTheOrder() throws {
        let sum = [Rollup.Aggregate(.sum, x, type: .double), .init(.avg, x, type: .double)]
        #expect(try run("a,1e300,1\na,1,1\na,-1e300,1\n", rollup(sum)) == "a0,a1\n1,0.3333333333333333\n")
        #expect(try run("a,0.1,1\na,0.2,1\na,0.3,1\n", rollup(sum)) == "a0,a1\n0.6,0.2\n")
        #expect(try run("a,5e-324,1\na,5e-324,1\na,5e-324,1\n", rollup(sum)) == "a0,a1\n1.5e-323,5e-324\n")
        #expect(try run("a,inf,1\na,-inf,1\n", rollup(sum)) == "a0,a1\nNaN,NaN\n")
        #expect(try run("a,1e308,1\na,1e308,1\n", rollup(sum)) == "a0,a1\nInfinity,1e+308\n")
    }

    @Test func averagesOfIntegersAreRoundedOnce() throws {
        let average = [Rollup.Aggregate(.avg, n, type: .double), .init(.sum, n, type: .decimal(scale: 0))]
        let text = "a,1,9223372036854775807\na,1,9223372036854775807\na,1,\n"
        #expect(try run(text, rollup(average)) == "a0,a1\n9.223372036854776e+18,18446744073709551614\n")
    }

    @Test func groupsFollowTheBytesOfTheirKeysWithNullLast() throws {
        let count = [Rollup.Aggregate(.count, nil, type: .integer)]
        let text = "b,1,1\n,1,1\nB,1,1\n\"\",1,1\nb,1,1\n\"x,\"\"y\",1,1\n"
        #expect(try run(text, rollup(count, keyed: true)) == "k,a0\n\"\",1\nB,1\nb,2\n\"x,\"\"y\",1\n,1\n")
    }

    @Test func orderPutsNullsWhereItSays() throws {
        let largest = [Rollup.Aggregate(.max, x, type: .double)]
        let text = "a,1,1\nb,nan,1\nc,,1\nd,2,1\n"
        func order(_ descending: Bool, _ nullsFirst: Bool) throws -> String {
            let term = Rollup.OrderTerm(.aggregate(0, .double), descending: descending, nullsFirst: nullsFirst)
            let csv = try run(text, rollup(largest, keyed: true, order: [term]))
            return String(csv.split(separator: "\n").dropFirst().compactMap(\.first))
        }
        #expect(try order(false, false) == "adbc")
        #expect(try order(true, true) == "cbda")
        #expect(try order(true, false) == "bdac")
    }

    @Test func filtersApplyBeforeArgumentsAreEvaluated() throws {
        let inverse = Expression.call(.divide, .int(10), n)
        let positive = Expression.call(.greater, n, .int(0), type: .boolean)
        let sum = Rollup.Aggregate(.sum, inverse, filter: positive, type: .decimal(scale: 0))
        #expect(try run("a,1,0\na,1,5\n", rollup([sum])) == "a0\n2\n")
    }

    @Test func distinctCountsValuesNotTexts() throws {
        let distinct = Rollup.Aggregate(.count, x, distinct: true, type: .integer)
        #expect(try run("a,1,1\na,1.0,1\na,-0,1\na,0,1\na,nan,1\na,NaN,1\na,,1\n", rollup([distinct])) == "a0\n3\n")
    }

    @Test func windowsChooseFilesOrRows() throws {
        let count = Rollup(
            source: "t", columns: [Column("d", .date)], keys: [], aggregates: [.init(.count, nil, type: .integer)],
            outputs: [.init("n", .aggregate(0, .integer))])
        let files = [
            TestFile("1", "1970-01-02\n", day: Day(daysSinceEpoch: 0)),
            TestFile("2", "1970-01-02\n1970-01-03\n", day: Day(daysSinceEpoch: 1)),
        ]
        func counted(_ eventTime: String?) throws -> [[Value]] {
            let day = Day(daysSinceEpoch: 1)
            let dialect = TestDialect(columns: count.columns, header: .no, eventTime: eventTime)
            return try NaiveEngine(dialect: dialect, rollup: count, window: day...day).run(files).rows
        }
        #expect(try counted(nil) == [[.integer(2)]])
        #expect(try counted("d") == [[.integer(2)]])
    }
}
