import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// How a program is run: batches, masks, what is shared, and which rows may fail.
@Suite struct ExpressionProgramTests {
    private let x = Expression.column(0, .integer)
    private let y = Expression.column(1, .integer)
    private var quotient: Expression { .call(.divide, y, x) }

    private func less(_ a: Expression, _ b: Expression) -> Expression { .call(.less, a, b, type: .boolean) }

    /// Rows of `x` and `y`; nil is NULL.
    private func batch(_ rows: [(Int64?, Int64?)]) -> ExpressionBatch {
        ExpressionBatch(
            [.integer, .integer], rows.map { [$0.0.map(Value.integer) ?? .null, $0.1.map(Value.integer) ?? .null] })
    }

    private var mixed: ExpressionBatch { batch([(2, 10), (0, 10), (5, 10), (nil, 10), (0, nil), (-1, 7)]) }

    private func failure(_ expression: Expression, _ batch: ExpressionBatch) -> DaymillEngine.EvaluationFailure? {
        #expect(throws: DaymillEngine.EvaluationFailure.self) { try batch.values(of: expression) }
    }

    private func branch(_ condition: Expression, _ value: Expression) -> Expression.Branch {
        .init(condition: condition, value: value)
    }

    // MARK: - Which rows may fail

    @Test func theLowestFailingRowIsReported() {
        let product = Expression.call(.multiply, y, .int(.max))
        let first = failure(.call(.subtract, product, quotient), batch([(1, 1), (1, 0), (0, 1), (1, 1), (1, 2)]))
        #expect(first?.row == 2)
        #expect(first?.error.message == "division by zero")
        let second = failure(.call(.subtract, quotient, product), batch([(1, 1), (1, 2), (0, 1)]))
        #expect(second?.row == 1)
        #expect(second?.error.message == "integer out of range: 2 * 9223372036854775807")
    }

    @Test func nullsDoNotFail() throws {
        #expect(try batch([(0, nil), (nil, 5)]).values(of: quotient) == [.null, .null])
    }

    @Test func caseGuardsItsBranches() throws {
        let guarded = Expression.choose(
            [branch(.call(.equal, x, .int(0), type: .boolean), .int(-1))], otherwise: quotient, .integer)
        #expect(try mixed.values(of: guarded).map(text) == ["5", "-1", "2", nil, "-1", "-7"])
        let ordered = Expression.choose(
            [branch(.call(.isNull, y, type: .boolean), .int(0)), branch(less(quotient, .int(3)), .int(1))],
            otherwise: .int(2), .integer)
        #expect(failure(ordered, mixed)?.row == 1)
    }

    private func text(_ value: Value) -> String? { NaiveText.text(of: value) }

    @Test func andStopsAtFalseOrStopsAtTrue() throws {
        let isZero = Expression.call(.equal, x, .int(0), type: .boolean)
        let isSet = Expression.call(.not, isZero, type: .boolean)
        let both = Expression.call(.and, isSet, less(quotient, .int(3)), type: .boolean)
        #expect(try mixed.values(of: both).map(text) == ["false", "false", "true", nil, "false", "true"])
        let either = Expression.call(.or, isZero, less(quotient, .int(3)), type: .boolean)
        #expect(try mixed.values(of: either).map(text) == ["false", "true", "true", nil, "true", "true"])
        let reversed = Expression.call(.and, less(quotient, .int(3)), isSet, type: .boolean)
        #expect(failure(reversed, mixed)?.row == 1)
    }

    @Test func andGoesOnAfterNull() {
        let unknown = Expression.call(.and, .null(.boolean), less(quotient, .int(3)), type: .boolean)
        #expect(failure(unknown, batch([(1, 1), (0, 1)]))?.row == 1)
    }

    @Test func coalesceStopsAtTheFirstValue() throws {
        let rows = batch([(0, 1), (0, 2)])
        #expect(try rows.values(of: .call(.coalesce, x, quotient)) == [.integer(0), .integer(0)])
        #expect(failure(.call(.coalesce, .call(.nullIf, x, .int(0)), quotient), rows)?.row == 0)
    }

    @Test func inStopsAtTheFirstMatch() throws {
        let list = Expression.call(.inList, y, .int(1), quotient, type: .boolean)
        #expect(try batch([(0, 1), (1, 2), (nil, 3)]).values(of: list).map(text) == ["true", "true", nil])
        #expect(failure(list, batch([(0, 1), (0, 2)]))?.row == 1)
        #expect(try batch([(0, nil)]).values(of: list) == [.null])
    }

    @Test func nullifKeepsDivisionFromFailing() throws {
        let safe = Expression.call(.divide, y, .call(.nullIf, x, .int(0)))
        #expect(try mixed.values(of: safe).map(text) == ["5", nil, "2", nil, nil, "-7"])
    }

    // MARK: - Masks and sharing

    @Test func aResultForFewRowsIsNotTakenForMore() throws {
        let program = ExpressionProgram([quotient, .call(.add, quotient, .int(1))], batchCapacity: 8)
        let rows = mixed
        program.begin(rows.input)
        let some = ExpressionBatch.mask([true, false, false, false, false, false])
        let more = ExpressionBatch.mask([true, false, true, false, false, true])
        #expect(try program.evaluate(0, active: some).int64(0) == 5)
        #expect(try program.evaluate(1, active: some).int64(0) == 6)
        #expect(try program.evaluate(1, active: more).int64(2) == 3)
        #expect(try program.evaluate(0, active: more).int64(5) == -7)
        #expect(throws: DaymillEngine.EvaluationFailure.self) { try program.evaluate(1) }
        #expect(try program.evaluate(0, active: more).int64(2) == 2)
    }

    @Test func aMaskMayHaveNulls() throws {
        let rows = batch([(0, 1), (0, 2), (2, 4)])
        let mask = ExpressionBatch.vector(.boolean, [.null, .boolean(false), .boolean(true)], in: TextArena())
        #expect(try rows.values(of: quotient, active: mask)[2] == .integer(2))
    }

    @Test func equalExpressionsAreEvaluatedOnce() throws {
        let sum = Expression.call(.add, x, y)
        let program = ExpressionProgram([sum, .call(.negate, sum), sum], batchCapacity: 8)
        program.begin(mixed.input)
        #expect(try program.evaluate(0) === program.evaluate(2))
    }

    @Test func textsThatOnlyLookTheSameAreDifferent() throws {
        let rows = ExpressionBatch([.text], [[.text("\u{E9}")], [.text("e\u{301}")]])
        let one = Expression.call(.equal, .column(0, .text), .text("\u{E9}"), type: .boolean)
        let two = Expression.call(.equal, .column(0, .text), .text("e\u{301}"), type: .boolean)
        let program = ExpressionProgram([one, two], batchCapacity: 2)
        program.begin(rows.input)
        #expect(try ExpressionBatch.values(program.evaluate(0), .boolean) == [.boolean(true), .boolean(false)])
        #expect(try ExpressionBatch.values(program.evaluate(1), .boolean) == [.boolean(false), .boolean(true)])
    }

    @Test func batchesForgetTheOneBefore() throws {
        let program = ExpressionProgram([.call(.add, x, .int(1)), .int(7), .null(.text)], batchCapacity: 8)
        for count in [8, 0, 3] {
            let rows = batch((0..<count).map { (Int64($0), nil) })
            program.begin(rows.input)
            let sums = try ExpressionBatch.values(program.evaluate(0), .integer)
            #expect(sums == (0..<count).map { .integer(Int64($0) + 1) })
            #expect(
                try ExpressionBatch.values(program.evaluate(1), .integer) == Array(repeating: .integer(7), count: count)
            )
            #expect(try ExpressionBatch.values(program.evaluate(2), .text) == Array(repeating: .null, count: count))
        }
    }

    @Test func keysAndAggregatesAreRead() throws {
        let arena = TextArena()
        let key = ExpressionBatch.vector(.text, [.text("a"), .null], in: arena)
        let sum = ExpressionBatch.vector(
            .decimal(scale: 2), [.decimal(150, scale: 2), .decimal(5, scale: 2)], in: arena)
        let label = Expression.call(
            .concat, .key(0, .text), .text("="), .cast(.aggregate(0, .decimal(scale: 2)), .text), type: .text)
        let program = ExpressionProgram([label], batchCapacity: 2)
        program.begin(EvaluationInput(keys: [key], aggregates: [sum], count: 2))
        #expect(try ExpressionBatch.values(program.evaluate(0), .text) == [.text("a=1.50"), .text("=0.05")])
    }

    // MARK: - Long texts

    @Test(arguments: [1, 7, 8, 9, 63, 64, 65, 1000, 65_535, 65_536, 200_000])
    func longTextsAreKeptWhole(_ length: Int) throws {
        let text = String(repeating: "aB", count: length / 2) + (length % 2 == 1 ? "é" : "")
        let column = Expression.column(0, .text)
        let rows = ExpressionBatch([.text], [[.text(text)], [.text("")], [.text(text + "!")]])
        let twice = Expression.call(.concatenate, .call(.upper, column, type: .text), column, type: .text)
        let upper = text.uppercased()
        #expect(try rows.values(of: twice) == [.text(upper + text), .text(""), .text(upper + "!" + text + "!")])
        let cut = Expression.call(
            .right, .call(.replace, column, .text("a"), .text("xx"), type: .text), .int(2), type: .text)
        let whole = text.replacing("a", with: "xx")
        #expect(
            try rows.values(of: cut) == [
                .text(String(whole.suffix(2))), .text(""), .text(String((whole + "!").suffix(2))),
            ])
        let count = Int64(text.unicodeScalars.count)
        #expect(try rows.values(of: .call(.length, column)) == [.integer(count), .integer(0), .integer(count + 1)])
    }
}
