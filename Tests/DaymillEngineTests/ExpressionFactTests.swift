import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// The engine's evaluator against PostgreSQL's answers: constants on every side, batches of every size.
@Suite struct ExpressionFactTests {
    private static let facts =
        NaiveFacts.logic + NaiveFacts.numbers + NaiveFacts.casts + NaiveFacts.text + NaiveFacts.times
        + NaiveFacts.truncated + NaiveFacts.extracted

    @Test(arguments: facts)
    func agreesWithPostgreSQL(_ fact: Fact) throws {
        for variant in fact.expression.typed.variants {
            for count in [0, 1, 9] {
                let row = variant.columns.map(\.1)
                let batch = ExpressionBatch(variant.columns.map(\.0), Array(repeating: row, count: count))
                let values = try batch.values(of: variant.expression)
                #expect(values.count == count)
                for value in values { #expect(NaiveText.text(of: value) == fact.answer, "\(variant.expression)") }
            }
        }
    }

    @Test(arguments: NaiveFacts.failures)
    func failsWherePostgreSQLFails(_ failure: Failure) throws {
        for variant in failure.expression.typed.variants {
            let row = variant.columns.map(\.1)
            let batch = ExpressionBatch(variant.columns.map(\.0), [row, row, row])
            let thrown = #expect(throws: DaymillEngine.EvaluationFailure.self) {
                try batch.values(of: variant.expression)
            }
            #expect(thrown?.row == 0)
            #expect(thrown?.error.code == .evaluation)
            _ = try batch.values(of: variant.expression, active: ExpressionBatch.mask([false, false, false]))
        }
    }

    @Test(arguments: NaiveFacts.failures)
    func onlyWantedRowsFail(_ failure: Failure) throws {
        let mask = ExpressionBatch.mask([false, false, true, true, false])
        for variant in failure.expression.typed.variants {
            let row = variant.columns.map(\.1)
            let batch = ExpressionBatch(variant.columns.map(\.0), Array(repeating: row, count: 5))
            let thrown = #expect(throws: DaymillEngine.EvaluationFailure.self) {
                try batch.values(of: variant.expression, active: mask)
            }
            #expect(thrown?.row == 2)
        }
    }

    /// A NULL among the arguments makes the answer NULL, whatever the others are, also where they would fail.
    @Test(arguments: facts.map(\.expression) + NaiveFacts.failures.map(\.expression))
    func nullGivesNull(_ expression: Expression) throws {
        guard case .call(let function, let arguments, let type) = expression.typed else { return }
        let lenient: Set<ScalarFunction> = [
            .and, .or, .isNull, .isNotNull, .isTrue, .isFalse, .inList, .distinctFrom, .notDistinctFrom, .greatest,
            .least, .coalesce, .nullIf, .concat,
        ]
        guard !lenient.contains(function) else { return }
        for place in arguments.indices {
            if [.dateTrunc, .extract].contains(function) && place == 0 || function == .roundTo && place == 1 {
                continue
            }
            var nulled = arguments
            nulled[place] = .null(arguments[place].type)
            for variant in Expression.call(function, nulled, type).variants {
                let row = variant.columns.map(\.1)
                let batch = ExpressionBatch(variant.columns.map(\.0), [row, row])
                #expect(try batch.values(of: variant.expression) == [.null, .null], "\(variant.expression)")
            }
        }
    }
}
