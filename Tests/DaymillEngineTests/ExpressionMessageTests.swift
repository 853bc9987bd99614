import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// What people read when a row has no value.
@Suite struct ExpressionMessageTests {
    struct Case: CustomStringConvertible, Sendable {
        var expression: Expression
        var message: String
        var hint: String
        var description: String { message }

        init(_ expression: Expression, _ message: String, _ hint: String) {
            self.expression = expression
            self.message = message
            self.hint = hint
        }
    }

    private static let widen = "cast an operand to decimal or double"
    private static let fewer = "cast an operand to double, or to a decimal with fewer digits"
    private static let years = "years go from 1 to 9999"
    private static let guardText =
        ", or leave other rows out with CASE WHEN or a filter; nullif(x, '') makes empty text NULL"
    private static let nines: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
    private static let money = SQLType.decimal(scale: 2)

    private static let numbers = [
        Case(.call(.divide, .int(1), .int(0)), "division by zero", "divide by nullif(x, 0) to get NULL instead"),
        Case(
            .call(.modulo, .decimal(100, 2), .decimal(0, 2), type: money), "division by zero",
            "divide by nullif(x, 0) to get NULL instead"),
        Case(.call(.add, .int(.max), .int(1)), "integer out of range: 9223372036854775807 + 1", widen),
        Case(.call(.subtract, .int(.min), .int(1)), "integer out of range: -9223372036854775808 - 1", widen),
        Case(.call(.multiply, .int(.max), .int(2)), "integer out of range: 9223372036854775807 * 2", widen),
        Case(.call(.divide, .int(.min), .int(-1)), "integer out of range: -9223372036854775808 / -1", widen),
        Case(.call(.negate, .int(.min)), "integer out of range: -(-9223372036854775808)", widen),
        Case(.call(.abs, .int(.min)), "integer out of range: abs(-9223372036854775808)", widen),
        Case(
            .call(.add, .decimal(nines, 2), .decimal(1, 2), type: money),
            "decimal with more than 38 digits: 999999999999999999999999999999999999.99 + 0.01", fewer),
        Case(
            .call(.sqrt, .double(-2.5), type: .double), "no square root of a negative number: -2.5",
            "use sqrt(greatest(x, 0))"),
        Case(
            .call(.ln, .double(0), type: .double), "no logarithm of a number that is not positive: 0",
            "use nullif(x, 0)"),
        Case(
            .call(.power, .double(0), .double(-1), type: .double), "no such power: 0 ^ -1",
            "zero has no negative power, and a negative number only whole ones"),
    ]

    private static let casts = [
        Case(
            .cast(.text("abc"), .integer), "cannot read 'abc' as integer",
            "write numbers with digits and a point only" + guardText),
        Case(
            .cast(.text("2023-02-29"), .date), "cannot read '2023-02-29' as date",
            "write dates as 2024-09-15" + guardText),
        Case(
            .cast(.text(String(repeating: "x", count: 50)), .boolean),
            "cannot read '\(String(repeating: "x", count: 40))…' as boolean", "write true or false" + guardText),
        Case(.cast(.double(.nan), .integer), "integer out of range: NaN", "cast to decimal or double instead"),
        Case(
            .cast(.double(1e30), .decimal(scale: 10)), "decimal with more than 38 digits: 1e+30",
            "cast to a decimal with fewer digits, or to double"),
    ]

    private static let others = [
        Case(
            .call(.addDays, .literal(.date(2_932_896), .date), .int(1), type: .date),
            "date out of range: 9999-12-31 + 1", years),
        Case(
            .call(.addMonths, .literal(.timestamp(0), .timestamp), .int(-30_000), type: .timestamp),
            "timestamp out of range: 1970-01-01 00:00:00 + -30000 months", years),
        Case(
            .call(.makeDate, .int(2023), .int(2), .int(29), type: .date), "no such day: year 2023, month 2, day 29",
            years),
        Case(
            .call(.substring, .text("abc"), .int(1), .int(-1), type: .text), "substring with a negative length: -1",
            "use greatest(length, 0)"),
        Case(
            .call(.splitPart, .text("abc"), .text("b"), .int(0), type: .text), "split_part has no part 0",
            "parts count from 1, or from -1 at the end"),
        Case(
            .call(.like, .text("a"), .text("a\\"), type: .boolean), "the pattern of LIKE ends with its escape: 'a\\'",
            "write the escape twice to mean the character itself"),
        Case(
            .call(.ilike, .text("a"), .text("a"), .text("xy"), type: .boolean),
            "the escape of ILIKE is longer than one character: 'xy'", "escape with one character, or with '' for none"),
    ]

    @Test(arguments: numbers + casts + others)
    func saysWhatHappenedAndHowToMendIt(_ example: Case) {
        for variant in example.expression.variants {
            let row = variant.columns.map(\.1)
            let batch = ExpressionBatch(variant.columns.map(\.0), [row])
            let failure = #expect(throws: DaymillEngine.EvaluationFailure.self) {
                try batch.values(of: variant.expression)
            }
            #expect(failure?.error.code == .evaluation)
            #expect(failure?.error.message == example.message)
            #expect(failure?.error.hint == example.hint)
        }
    }
}
