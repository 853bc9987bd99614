import DaymillSQL
import DaymillTestKit
import Testing

/// The driver must find what it is there to find.
@Suite struct DifferentialDriverTests {
    private struct Twin: EngineUnderTest {
        func run(files: [TestFile], dialect: TestDialect, rollup: Rollup) throws -> [UInt8] {
            try NaiveEngine(dialect: dialect, rollup: rollup).run(files).csv
        }
    }

    /// Loses the rows of groups whose first output is NULL.
    private struct Forgetful: EngineUnderTest {
        func run(files: [TestFile], dialect: TestDialect, rollup: Rollup) throws -> [UInt8] {
            var result = try NaiveEngine(dialect: dialect, rollup: rollup).run(files)
            result.rows.removeAll { $0.first == .null }
            return result.csv
        }
    }

    @Test(arguments: [GeneratedQuery.Family.safe, .portable, .failing])
    func anEngineEqualsItself(_ family: GeneratedQuery.Family) throws {
        try assertNativeMatchesNaive(Twin(), seeds: 0..<30, family)
    }

    @Test func aDifferenceIsFoundAndCutDown() throws {
        let found = try (0..<UInt64(60)).compactMap { try DifferentialDriver(Forgetful()).difference(seed: $0, .safe) }
        #expect(!found.isEmpty)
        for difference in found {
            #expect(difference.smallest.files.count == 1)
            #expect(difference.smallest.rollup.outputs.count == 1)
            #expect(difference.description.contains("seed \(difference.smallest.seed)"))
        }
    }

    @Test func safeQueriesDoNotFail() throws {
        for seed in 0..<UInt64(150) {
            let example = try DifferentialCase(seed: seed, .safe)
            #expect(throws: Never.self, "\(example)") { try example.naiveResult() }
        }
    }

    @Test func manyFailingQueriesFail() throws {
        let failures = try (0..<UInt64(150)).filter { seed in
            let example = try DifferentialCase(seed: seed, .failing)
            return (try? example.naiveResult()) == nil
        }
        #expect(failures.count > 20 && failures.count < 130)
    }

    /// What was read back from the files is what the table holds.
    @Test func filesHoldTheTable() throws {
        for seed in 0..<UInt64(300) {
            var random = SeededGenerator(seed: seed)
            let table = GeneratedTable(using: &random)
            let all = Set(table.columns.indices)
            let written = GeneratedFiles(table, used: all, using: &random)
            let rows = try written.files.flatMap { try NaiveTable($0, dialect: written.dialect, used: all).rows }
            let read = Set(rows.map { NaiveOrder.identity(of: $0) })
            #expect(rows.count == written.table.rows.count, "seed \(seed)")
            #expect(read == Set(written.table.rows.map { NaiveOrder.identity(of: $0) }), "seed \(seed)")
        }
    }

    @Test func seedsGiveTheSameCaseEverywhere() throws {
        #expect(try "\(DifferentialCase(seed: 7, .safe))" == "\(DifferentialCase(seed: 7, .safe))")
        var random = SeededGenerator(seed: 1)
        #expect([random.next(), random.next()] == [10_451_216_379_200_822_465, 13_757_245_211_066_428_519])
    }
}
