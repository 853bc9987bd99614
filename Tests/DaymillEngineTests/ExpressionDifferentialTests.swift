import DaymillColumns
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// The vectorised evaluator against the naive one, which walks the expression for each row.
@Suite struct ExpressionDifferentialTests {
    private static let columns: [SQLType] = ExpressionRandom.types + [.text, .integer, .double]

    /// One answer per row: a value, or nil where the naive evaluator fails.
    private func answers(_ expression: Expression, _ rows: [[Value]]) -> [Value?] {
        rows.map { try? NaiveEvaluator(columns: $0).value(of: expression) }
    }

    private func isSame(_ a: Value, _ b: Value) -> Bool {
        if a == .null || b == .null { return a == b }
        return (try? NaiveOrder.compare(a, b)) == 0
    }

    private func rows(_ count: Int, _ random: inout ExpressionRandom) -> [[Value]] {
        let nulls = Self.columns.map { _ in random.pick([0, 0, 3, 10]) }
        return (0..<count).map { _ in zip(Self.columns, nulls).map { random.value($0, nullOnceIn: $1) } }
    }

    /// Without a mask the lowest row that fails is reported. Under a mask of rows that do not fail, and perhaps not all
    /// of these, nothing fails and every wanted row is right.
    private func check(_ expression: Expression, _ rows: [[Value]], _ random: inout ExpressionRandom, _ seed: UInt64) {
        let expected = answers(expression, rows)
        let batch = ExpressionBatch(Self.columns, rows)
        let firstFailure = expected.firstIndex { $0 == nil }
        do {
            let values = try batch.values(of: expression)
            let wrong = zip(values, expected).enumerated().first { !isSame($1.0, $1.1 ?? .null) }
            #expect(firstFailure == nil && wrong == nil, "seed \(seed): \(expression) \(String(describing: wrong))")
        } catch let failure as DaymillEngine.EvaluationFailure {
            #expect(failure.row == firstFailure, "seed \(seed): \(expression) \(failure)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        let wanted = expected.map { $0 != nil && random.below(5) > 0 }
        checkMasked(expression, batch, wanted, expected, seed)
    }

    private func checkMasked(
        _ expression: Expression, _ batch: ExpressionBatch, _ wanted: [Bool], _ expected: [Value?], _ seed: UInt64
    ) {
        do {
            let values = try batch.values(of: expression, active: ExpressionBatch.mask(wanted))
            let wrong = values.indices.first { wanted[$0] && !isSame(values[$0], expected[$0] ?? .null) }
            let what = wrong.map { "row \($0): \(values[$0]), not \(String(describing: expected[$0]))" } ?? ""
            #expect(wrong == nil, "seed \(seed): \(expression) \(what)")
        } catch {
            Issue.record("seed \(seed): \(expression) failed under a mask of rows without failures: \(error)")
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func agreesWithTheNaiveEvaluator(_ seed: UInt64) {
        var random = ExpressionRandom(seed: seed, columns: Self.columns)
        let table = rows(random.pick([1, 2, 7, 33]), &random)
        for _ in 0..<25 {
            let expression = random.expression(random.pick(ExpressionRandom.types), depth: 1 + random.below(4))
            check(expression, table, &random, seed)
        }
    }

    @Test(arguments: [0, 1, 2047, 2048])
    func batchesOfAnySizeAgree(_ count: Int) {
        let seed = UInt64(1000 + count)
        var random = ExpressionRandom(seed: seed, columns: Self.columns)
        let table = rows(count, &random)
        for type in ExpressionRandom.types {
            check(random.expression(type, depth: 3), table, &random, seed)
        }
    }

    /// Many expressions in one program share their parts, under masks that differ from call to call.
    @Test(arguments: 2000..<2015 as Range<UInt64>)
    func aProgramOfManyExpressionsAgrees(_ seed: UInt64) throws {
        var random = ExpressionRandom(seed: seed, columns: Self.columns)
        let expressions = (0..<8).map { _ in random.expression(random.pick(ExpressionRandom.types), depth: 3) }
        let joined = expressions + [.call(.coalesce, [expressions[0], expressions[0]], expressions[0].type)]
        let program = ExpressionProgram(joined, batchCapacity: 20)
        for _ in 0..<4 {
            let table = rows(random.below(21), &random)
            let batch = ExpressionBatch(Self.columns, table)
            let expected = joined.map { answers($0, table) }
            program.begin(batch.input)
            for _ in 0..<20 {
                let chosen = random.below(joined.count)
                let wanted = expected[chosen].map { $0 != nil && random.below(2) > 0 }
                let mask = ExpressionBatch.mask(wanted)
                let vector = try program.evaluate(chosen, active: mask)
                let values = ExpressionBatch.values(vector, joined[chosen].type)
                for row in values.indices where wanted[row] {
                    #expect(isSame(values[row], expected[chosen][row]!), "seed \(seed): \(joined[chosen])")
                }
            }
        }
    }
}
