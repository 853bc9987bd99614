import DaymillSQL
import DaymillTestKit
import Testing

/// The naive engine and DuckDB have nothing in common but the question.
@Suite(
    .enabled(if: !DuckDBOracle.isMissing || DuckDBOracle.isRequired, "DAYMILL_DUCKDB does not name DuckDB's program"))
struct DifferentialNaiveVsDuckDB {
    private static let seedsPerProgram: UInt64 = 50

    @Test(arguments: 0..<UInt64(8))
    func agreeOnGeneratedRollups(_ batch: UInt64) throws {
        let seeds = (batch * Self.seedsPerProgram)..<((batch + 1) * Self.seedsPerProgram)
        // Dates may leave the years there are, even in a query made to be portable; DuckDB has more years.
        let cases = try seeds.map { try DifferentialCase(seed: $0, .portable) }.filter {
            (try? $0.naiveResult()) != nil
        }
        #expect(cases.count > Int(Self.seedsPerProgram) * 9 / 10)
        let oracle = try DuckDBOracle()
        defer { try? oracle.close() }
        let (answers, complaints) = try oracle.ask(cases.map { .init($0.table, $0.rollup) })
        for (example, answer) in zip(cases, answers) {
            let naive = try example.naiveResult().rows
            guard let answer else {
                Issue.record("DuckDB refused\n\(example)\n\(complaints)")
                continue
            }
            if let difference = DuckDBOracle.difference(example.rollup, naive, answer) {
                Issue.record("\(difference)\n\(example)\n\(example.rollup.duckDBText(from: "t"))")
            }
        }
    }
}
