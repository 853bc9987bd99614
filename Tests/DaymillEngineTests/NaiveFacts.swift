import DaymillSQL
import DaymillTestKit

/// An expression, the same as PostgreSQL writes it, and what it is there.
struct Fact: CustomStringConvertible, Sendable {
    var sql: String
    var expression: Expression
    /// nil: NULL.
    var answer: String?

    init(_ sql: String, _ expression: Expression, _ answer: String?) {
        self.sql = sql
        self.expression = expression
        self.answer = answer
    }

    var description: String { sql }
}

/// An expression that has no value, and why.
struct Failure: CustomStringConvertible, Sendable {
    var sql: String
    var expression: Expression

    init(_ sql: String, _ expression: Expression) {
        self.sql = sql
        self.expression = expression
    }

    var description: String { sql }
}

/// What PostgreSQL 15 answers, checked by hand against a server.
enum NaiveFacts {
    static let logic: [Fact] = [
        Fact("NULL AND false", .call(.and, .null(.boolean), .bool(false)), "false"),
        Fact("NULL AND true", .call(.and, .null(.boolean), .bool(true)), nil),
        Fact("NULL OR true", .call(.or, .null(.boolean), .bool(true)), "true"),
        Fact("NULL OR false", .call(.or, .null(.boolean), .bool(false)), nil),
        Fact("NOT NULL::boolean", .call(.not, .null(.boolean)), nil),
        Fact("1 IN (2, NULL)", .call(.inList, .int(1), .int(2), .null(.integer)), nil),
        Fact("1 IN (1, NULL)", .call(.inList, .int(1), .int(1), .null(.integer)), "true"),
        Fact("1 IN (2, 3)", .call(.inList, .int(1), .int(2), .int(3)), "false"),
        Fact("NULL::boolean IS TRUE", .call(.isTrue, .null(.boolean)), "false"),
        Fact("false IS FALSE", .call(.isFalse, .bool(false)), "true"),
        Fact("NULL::int IS NULL", .call(.isNull, .null(.integer)), "true"),
        Fact("NULL::int IS DISTINCT FROM 1", .call(.distinctFrom, .null(.integer), .int(1)), "true"),
        Fact(
            "NULL::int IS NOT DISTINCT FROM NULL::int", .call(.notDistinctFrom, .null(.integer), .null(.integer)),
            "true"),
        Fact("'NaN'::float8 = 'NaN'::float8", .call(.equal, .double(.nan), .double(.nan)), "true"),
        Fact("'NaN'::float8 > 'Infinity'::float8", .call(.greater, .double(.nan), .double(.infinity)), "true"),
        Fact("'-0'::float8 = 0::float8", .call(.equal, .double(-0.0), .double(0)), "true"),
        Fact("'Z' < 'a' COLLATE \"C\"", .call(.less, .text("Z"), .text("a")), "true"),
        Fact("'é' > 'z' COLLATE \"C\"", .call(.greater, .text("é"), .text("z")), "true"),
        Fact(
            "coalesce(NULL, 2, 1 / 0)", .call(.coalesce, .null(.integer), .int(2), .call(.divide, .int(1), .int(0))),
            "2"),
        Fact("nullif(1, 1)", .call(.nullIf, .int(1), .int(1)), nil),
        Fact("nullif(1, NULL)", .call(.nullIf, .int(1), .null(.integer)), "1"),
        Fact("greatest(1, NULL, 3)", .call(.greatest, .int(1), .null(.integer), .int(3)), "3"),
        Fact("least(NULL::int, NULL::int)", .call(.least, .null(.integer), .null(.integer)), nil),
        Fact("CASE WHEN NULL THEN 1 ELSE 2 END", choice(.null(.boolean), .int(1), .int(2)), "2"),
        Fact("CASE WHEN true THEN 1 ELSE 2 END", choice(.bool(true), .int(1), .int(2)), "1"),
    ]

    private static func choice(_ condition: Expression, _ value: Expression, _ otherwise: Expression) -> Expression {
        .choose([.init(condition: condition, value: value)], otherwise: otherwise, value.type)
    }

    static let numbers: [Fact] = [
        Fact("-7 / 2", .call(.divide, .int(-7), .int(2)), "-3"),
        Fact("-7 % 2", .call(.modulo, .int(-7), .int(2)), "-1"),
        Fact("(-9223372036854775808) % (-1)::int8", .call(.modulo, .int(.min), .int(-1)), "0"),
        Fact("1 + NULL", .call(.add, .int(1), .null(.integer)), nil),
        Fact("1.25 * -1.5", .call(.multiply, .decimal(125, 2), .decimal(-15, 1), type: .decimal(scale: 3)), "-1.875"),
        Fact("-5.5 % 2.0", .call(.modulo, .decimal(-55, 1), .decimal(20, 1), type: .decimal(scale: 1)), "-1.5"),
        Fact("round(2.5::float8)", .call(.round, .double(2.5), type: .double), "2"),
        Fact("round(3.5::float8)", .call(.round, .double(3.5), type: .double), "4"),
        Fact("round(-2.5)::numeric(5,1)", .call(.round, .decimal(-25, 1), type: .decimal(scale: 1)), "-3.0"),
        Fact("round(1.005, 2)", .call(.roundTo, .decimal(1005, 3), .int(2), type: .decimal(scale: 2)), "1.01"),
        Fact("round(-1.005, 2)", .call(.roundTo, .decimal(-1005, 3), .int(2), type: .decimal(scale: 2)), "-1.01"),
        Fact("round(1250, -2)", .call(.roundTo, .decimal(1250, 0), .int(-2), type: .decimal(scale: 0)), "1300"),
        Fact("floor(-1.5)::numeric(5,1)", .call(.floor, .decimal(-15, 1), type: .decimal(scale: 1)), "-2.0"),
        Fact("ceil(-1.5)::numeric(5,1)", .call(.ceiling, .decimal(-15, 1), type: .decimal(scale: 1)), "-1.0"),
        Fact("ceil(1.2::float8)", .call(.ceiling, .double(1.2), type: .double), "2"),
        Fact("abs(-3)", .call(.abs, .int(-3)), "3"),
        Fact("-(-3)", .call(.negate, .int(-3)), "3"),
        Fact(
            "power(2::float8, 0.5::float8)", .call(.power, .double(2), .double(0.5), type: .double),
            "1.4142135623730951"),
        Fact("'NaN'::float8 + 1", .call(.add, .double(.nan), .double(1), type: .double), "NaN"),
        Fact(
            "0.1::float8 + 0.2::float8", .call(.add, .double(0.1), .double(0.2), type: .double), "0.30000000000000004"),
    ]

    static let casts: [Fact] = [
        Fact("2.5::float8::int8", .cast(.double(2.5), .integer), "2"),
        Fact("3.5::float8::int8", .cast(.double(3.5), .integer), "4"),
        Fact("2.5::numeric::int8", .cast(.decimal(25, 1), .integer), "3"),
        Fact("-2.5::numeric::int8", .cast(.decimal(-25, 1), .integer), "-3"),
        Fact("1.255::numeric(10,2)", .cast(.decimal(1255, 3), .decimal(scale: 2)), "1.26"),
        Fact("7::numeric(10,2)", .cast(.int(7), .decimal(scale: 2)), "7.00"),
        Fact("2.675::float8::numeric(10,2)", .cast(.double(2.675), .decimal(scale: 2)), "2.68"),
        Fact("1e-300::float8::numeric(10,2)", .cast(.double(1e-300), .decimal(scale: 2)), "0.00"),
        Fact(
            "123456789.987654321::float8::numeric(20,6)", .cast(.double(123456789.987654321), .decimal(scale: 6)),
            "123456789.987654"),
        Fact("0.1::numeric::float8", .cast(.decimal(1, 1), .double), "0.1"),
        Fact("' 12 '::int8", .cast(.text(" 12 "), .integer), "12"),
        Fact("'1.256'::numeric(10,2)", .cast(.text("1.256"), .decimal(scale: 2)), "1.26"),
        Fact("'-1.255'::numeric(10,2)", .cast(.text("-1.255"), .decimal(scale: 2)), "-1.26"),
        Fact("'-inf'::float8", .cast(.text("-inf"), .double), "-Infinity"),
        Fact("E' \\n-0.1255e1\\t'::numeric(10,3)", .cast(.text(" \n-0.1255e1\t"), .decimal(scale: 3)), "-1.255"),
        Fact("'125e-1'::numeric(10,0)", .cast(.text("125e-1"), .decimal(scale: 0)), "13"),
        Fact("'tr'::boolean::text", .cast(.text("tr"), .boolean), "true"),
        Fact("'of'::boolean::text", .cast(.text("of"), .boolean), "false"),
        Fact("'2024-01-01 10:20'::timestamp", .time("2024-01-01 10:20"), "2024-01-01 10:20:00"),
        Fact("'2024-12-31 23:59:59.9999995'::timestamp", .time("2024-12-31 23:59:59.9999995"), "2025-01-01 00:00:00"),
        Fact(
            "'2024-01-01 00:00:00.0000025'::timestamp", .time("2024-01-01 00:00:00.0000025"),
            "2024-01-01 00:00:00.000002"),
        Fact("1e15::float8", .double(1e15), "1e+15"),
        Fact("(-3333333333333333.5)::float8", .double(-3_333_333_333_333_333.5), "-3.3333333333333335e+15"),
        Fact("(-1234567890123456)::float8", .double(-1_234_567_890_123_456), "-1.234567890123456e+15"),
        Fact("123456789012345::float8", .double(123_456_789_012_345), "123456789012345"),
        Fact("0.0001::float8", .double(0.0001), "0.0001"),
        Fact("0.00001::float8", .double(0.00001), "1e-05"),
        Fact("1.5e300::float8", .double(1.5e300), "1.5e+300"),
        Fact("' YES '::boolean::text", .cast(.text(" YES "), .boolean), "true"),
        Fact("true::int", .cast(.bool(true), .integer), "1"),
        Fact("(-2)::int::boolean::text", .cast(.int(-2), .boolean), "true"),
        Fact("(1.50)::text", .cast(.decimal(150, 2), .text), "1.50"),
        Fact("(-0.05)::text", .cast(.decimal(-5, 2), .text), "-0.05"),
        Fact("'2024-02-29T23:59:59.120'::timestamp", .time("2024-02-29T23:59:59.120"), "2024-02-29 23:59:59.12"),
        Fact("'1969-12-31 23:59:59.5'::timestamp::date", .cast(.time("1969-12-31 23:59:59.5"), .date), "1969-12-31"),
        Fact("'2024-02-29'::date::timestamp", .cast(.date("2024-02-29"), .timestamp), "2024-02-29 00:00:00"),
        Fact("'0001-01-01'::date", .date("0001-01-01"), "0001-01-01"),
        Fact("'9999-12-31'::date", .date("9999-12-31"), "9999-12-31"),
    ]

    static let text: [Fact] = [
        Fact("length('año😀')", .call(.length, .text("año😀")), "4"),
        Fact("octet_length('año😀')", .call(.octetLength, .text("año😀")), "8"),
        Fact("length(E'e\\u0301')", .call(.length, .text("e\u{301}")), "2"),
        Fact("substr('abcdef', 2, 3)", .call(.substring, .text("abcdef"), .int(2), .int(3), type: .text), "bcd"),
        Fact("substr('abcdef', 0, 2)", .call(.substring, .text("abcdef"), .int(0), .int(2), type: .text), "a"),
        Fact("substr('abcdef', -5)", .call(.substring, .text("abcdef"), .int(-5), type: .text), "abcdef"),
        Fact("substr('abcdef', 5, 100)", .call(.substring, .text("abcdef"), .int(5), .int(100), type: .text), "ef"),
        Fact("substr('abcdef', 9)", .call(.substring, .text("abcdef"), .int(9), type: .text), ""),
        Fact("left('abc', -1)", .call(.left, .text("abc"), .int(-1), type: .text), "ab"),
        Fact("left('abc', 2)", .call(.left, .text("abc"), .int(2), type: .text), "ab"),
        Fact("right('abc', -1)", .call(.right, .text("abc"), .int(-1), type: .text), "bc"),
        Fact("right('abc', 9)", .call(.right, .text("abc"), .int(9), type: .text), "abc"),
        Fact("split_part('a,b,c', ',', 2)", .call(.splitPart, .text("a,b,c"), .text(","), .int(2), type: .text), "b"),
        Fact("split_part('a,b,c', ',', -1)", .call(.splitPart, .text("a,b,c"), .text(","), .int(-1), type: .text), "c"),
        Fact("split_part('a,b,c', ',', 4)", .call(.splitPart, .text("a,b,c"), .text(","), .int(4), type: .text), ""),
        Fact("split_part('abc', '', 1)", .call(.splitPart, .text("abc"), .text(""), .int(1), type: .text), "abc"),
        Fact("split_part('abc', '', 2)", .call(.splitPart, .text("abc"), .text(""), .int(2), type: .text), ""),
        Fact("split_part('a,,b', ',,', -2)", .call(.splitPart, .text("a,,b"), .text(",,"), .int(-2), type: .text), "a"),
        Fact("split_part('aaa', 'aa', -1)", .call(.splitPart, .text("aaa"), .text("aa"), .int(-1), type: .text), "a"),
        Fact("'a' || NULL", .call(.concatenate, .text("a"), .null(.text), type: .text), nil),
        Fact("concat('a', NULL, 'b')", .call(.concat, .text("a"), .null(.text), .text("b"), type: .text), "ab"),
        Fact("replace('aaaa', 'aa', 'b')", .call(.replace, .text("aaaa"), .text("aa"), .text("b"), type: .text), "bb"),
        Fact("replace('abc', '', 'x')", .call(.replace, .text("abc"), .text(""), .text("x"), type: .text), "abc"),
        Fact("btrim('  a b ')", .call(.trim, .text("  a b "), type: .text), "a b"),
        Fact("btrim(E'\\ta ')", .call(.trim, .text("\ta "), type: .text), "\ta"),
        Fact("ltrim('xyxa', 'xy')", .call(.trimLeft, .text("xyxa"), .text("xy"), type: .text), "a"),
        Fact("rtrim('axyx', 'xy')", .call(.trimRight, .text("axyx"), .text("xy"), type: .text), "a"),
        Fact("strpos('año', 'o')", .call(.position, .text("año"), .text("o")), "3"),
        Fact("strpos('abc', '')", .call(.position, .text("abc"), .text("")), "1"),
        Fact("strpos('abc', 'd')", .call(.position, .text("abc"), .text("d")), "0"),
        Fact("starts_with('abc', 'ab')", .call(.startsWith, .text("abc"), .text("ab")), "true"),
        Fact("'a_c' LIKE 'a\\_c'", .call(.like, .text("a_c"), .text("a\\_c")), "true"),
        Fact("'abc' LIKE 'a\\_c'", .call(.like, .text("abc"), .text("a\\_c")), "false"),
        Fact("'a😀c' LIKE 'a_c'", .call(.like, .text("a😀c"), .text("a_c")), "true"),
        Fact("'abcabc' LIKE '%bc'", .call(.like, .text("abcabc"), .text("%bc")), "true"),
        Fact("'' LIKE '%'", .call(.like, .text(""), .text("%")), "true"),
        Fact("'a%' LIKE 'a!%' ESCAPE '!'", .call(.like, .text("a%"), .text("a!%"), .text("!")), "true"),
        Fact("'a\\b' LIKE 'a\\b' ESCAPE ''", .call(.like, .text("a\\b"), .text("a\\b"), .text("")), "true"),
        Fact("'ABC' ILIKE 'a_c'", .call(.ilike, .text("ABC"), .text("a_c")), "true"),
        Fact("upper('aé')", .call(.upper, .text("aé"), type: .text), "AÉ"),
        Fact("lower('AÉ')", .call(.lower, .text("AÉ"), type: .text), "aé"),
    ]

    private static let leapMonth = Expression.time("2024-01-31 10:00:00")
    private static let moment = Expression.time("2020-12-31 23:59:58.765432")

    static let times: [Fact] = [
        Fact("'2024-02-28'::date + 2", .call(.addDays, .date("2024-02-28"), .int(2), type: .date), "2024-03-01"),
        Fact(
            "'2024-03-01'::date - '2023-03-01'::date", .call(.daysBetween, .date("2024-03-01"), .date("2023-03-01")),
            "366"),
        Fact(
            "'2024-01-31 10:00:00'::timestamp + interval '1 month'",
            .call(.addMonths, leapMonth, .int(1), type: .timestamp), "2024-02-29 10:00:00"),
        Fact(
            "'2024-01-31 10:00:00'::timestamp - interval '11 months'",
            .call(.addMonths, leapMonth, .int(-11), type: .timestamp), "2023-02-28 10:00:00"),
        Fact(
            "'2024-01-31 10:00:00'::timestamp + interval '36 hours'",
            .call(.addInterval, leapMonth, .span(seconds: 129_600), type: .timestamp), "2024-02-01 22:00:00"),
        Fact(
            "extract(epoch FROM '2024-01-31 10:00:00'::timestamp - '2024-01-31'::timestamp)::float8",
            .call(.extract, .text("epoch"), .call(.timeBetween, leapMonth, .time("2024-01-31"), type: .interval)),
            "36000"),
        Fact(
            "('2024-01-31 10:00:00'::timestamp - '2024-01-29'::timestamp)::text",
            .cast(.call(.timeBetween, leapMonth, .time("2024-01-29"), type: .interval), .text), "2 days 10:00:00"),
        Fact("make_date(2024, 2, 29)", .call(.makeDate, .int(2024), .int(2), .int(29), type: .date), "2024-02-29"),
    ]

    static let truncated: [Fact] = [
        ("microseconds", "2020-12-31 23:59:58.765432"), ("milliseconds", "2020-12-31 23:59:58.765"),
        ("second", "2020-12-31 23:59:58"), ("minute", "2020-12-31 23:59:00"), ("hour", "2020-12-31 23:00:00"),
        ("day", "2020-12-31 00:00:00"), ("week", "2020-12-28 00:00:00"), ("month", "2020-12-01 00:00:00"),
        ("quarter", "2020-10-01 00:00:00"), ("year", "2020-01-01 00:00:00"), ("decade", "2020-01-01 00:00:00"),
        ("century", "2001-01-01 00:00:00"), ("millennium", "2001-01-01 00:00:00"),
    ].map { unit, answer in
        Fact(
            "date_trunc('\(unit)', '2020-12-31 23:59:58.765432'::timestamp)",
            .call(.dateTrunc, .text(unit), moment, type: .timestamp), answer)
    }

    static let extracted: [Fact] = [
        ("year", "2020"), ("month", "12"), ("day", "31"), ("hour", "23"), ("minute", "59"), ("second", "58.765432"),
        ("dow", "4"), ("isodow", "4"), ("doy", "366"), ("isoyear", "2020"), ("week", "53"), ("quarter", "4"),
        ("decade", "202"), ("century", "21"), ("millennium", "3"), ("microseconds", "58765432"),
        ("epoch", "1609459198.765432"),
    ].map { field, answer in
        Fact(
            "extract(\(field) FROM '2020-12-31 23:59:58.765432'::timestamp)",
            .call(.extract, .text(field), moment), answer)
    }

    static let failures: [Failure] = [
        Failure("1 / 0", .call(.divide, .int(1), .int(0))),
        Failure("1 % 0", .call(.modulo, .int(1), .int(0))),
        Failure("1::float8 / 0::float8", .call(.divide, .double(1), .double(0), type: .double)),
        Failure("9223372036854775807 + 1", .call(.add, .int(.max), .int(1))),
        Failure("(-9223372036854775808) / (-1)::int8", .call(.divide, .int(.min), .int(-1))),
        Failure("-((-9223372036854775808)::int8)", .call(.negate, .int(.min))),
        Failure("abs((-9223372036854775808)::int8)", .call(.abs, .int(.min))),
        Failure("1e19::float8::int8", .cast(.double(1e19), .integer)),
        Failure("'NaN'::float8::int8", .cast(.double(.nan), .integer)),
        Failure("99999999999999999999::numeric::int8", .cast(.decimal(99_999_999_999_999_999_999, 0), .integer)),
        Failure("'x'::int8", .cast(.text("x"), .integer)),
        Failure("''::int8", .cast(.text(""), .integer)),
        Failure("'9223372036854775808'::int8", .cast(.text("9223372036854775808"), .integer)),
        Failure("'1e400'::float8", .cast(.text("1e400"), .double)),
        Failure("'1e-400'::float8", .cast(.text("1e-400"), .double)),
        Failure("'2023-02-29'::date", .date("2023-02-29")),
        Failure("'maybe'::boolean", .cast(.text("maybe"), .boolean)),
        Failure("substr('abc', 1, -1)", .call(.substring, .text("abc"), .int(1), .int(-1), type: .text)),
        Failure("split_part('abc', 'b', 0)", .call(.splitPart, .text("abc"), .text("b"), .int(0), type: .text)),
        Failure("'a\\' LIKE 'a\\'", .call(.like, .text("a\\"), .text("a\\"))),
        Failure("'a' LIKE 'a' ESCAPE 'xy'", .call(.like, .text("a"), .text("a"), .text("xy"))),
        Failure("sqrt((-1)::float8)", .call(.sqrt, .double(-1), type: .double)),
        Failure("ln(0::float8)", .call(.ln, .double(0), type: .double)),
        Failure("power(0::float8, -1)", .call(.power, .double(0), .double(-1), type: .double)),
        Failure("power((-8)::float8, 0.5)", .call(.power, .double(-8), .double(0.5), type: .double)),
        Failure("make_date(2023, 2, 29)", .call(.makeDate, .int(2023), .int(2), .int(29), type: .date)),
    ]
}
