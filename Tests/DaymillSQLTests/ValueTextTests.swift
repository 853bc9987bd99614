import DaymillSQL
import Testing

/// Values as text and back, as PostgreSQL has it.
struct ValueTextTests {
    @Test(arguments: [
        ("2024-09-15", 19981), ("1970-01-01", 0), ("1969-12-31", -1), ("2024-02-29", 19782), ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896),
    ])
    func datesAreReadAndWritten(_ text: String, _ days: Int32) {
        #expect(ValueText.date(text.utf8) == days)
        #expect(ValueText.text(ofDate: days) == text)
    }

    @Test(arguments: [
        "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "2024-1-1", "24-01-01", "2024-01-01 ", "", "2024/01/01",
        "0000-01-01", "2024-01-01T", "+2024-01-1",
    ])
    func whatIsNoDateIsRefused(_ text: String) {
        #expect(ValueText.date(text.utf8) == nil)
    }

    @Test(arguments: [
        ("2024-09-15 03:11:30", "2024-09-15 03:11:30"), ("2024-09-15T03:11:30", "2024-09-15 03:11:30"),
        ("2024-09-15 03:11", "2024-09-15 03:11:00"), ("2024-09-15", "2024-09-15 00:00:00"),
        ("1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
        ("2024-09-15 03:11:30.250", "2024-09-15 03:11:30.25"),
        ("2024-09-15 03:11:30.1234565", "2024-09-15 03:11:30.123456"),
        ("2024-09-15 23:59:59.9999996", "2024-09-16 00:00:00"), ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
    ])
    func timestampsAreReadAndWritten(_ text: String, _ canonical: String) {
        #expect(ValueText.timestamp(text.utf8).map(ValueText.text(ofTimestamp:)) == canonical)
    }

    @Test(arguments: [
        "2024-09-15 24:00:00", "2024-09-15 03:60:00", "2024-09-15 03:11:60", "2024-09-15 3:11:30",
        "2024-09-15  03:11:30",
        "2024-09-15 03:11:30.", "2024-09-15 03:11:30Z", "2024-09-15 03:11:30+03", "2024-09-15 03:11:30.1234567891",
        "now",
    ])
    func whatIsNoTimestampIsRefused(_ text: String) {
        #expect(ValueText.timestamp(text.utf8) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("+7", 7), ("007", 7), ("-12", -12), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min),
    ])
    func integersAreRead(_ text: String, _ value: Int64) {
        #expect(ValueText.integer(text.utf8) == value)
    }

    @Test(arguments: ["", "-", "+", "1.0", "1e3", "9223372036854775808", "0x10", "1 2", " 1", "١"])
    func whatIsNoIntegerIsRefused(_ text: String) {
        #expect(ValueText.integer(text.utf8) == nil)
    }

    @Test(arguments: [
        ("12.50", 2, 1250), ("-0.5", 2, -50), (".5", 1, 5), ("5.", 1, 50), ("1.005", 2, 101), ("-1.005", 2, -101),
        ("1.0049999", 2, 100), ("1e3", 0, 1000), ("1.5e-3", 4, 15), ("0.004", 2, 0), ("0.005", 2, 1), ("0.0005", 2, 0),
        ("0", 38, 0), ("1e-50", 2, 0),
        ("99999999999999999999999999999999999999", 0, Int128("99999999999999999999999999999999999999")!),
    ])
    func decimalsAreReadAndRounded(_ text: String, _ scale: Int, _ unscaled: Int128) {
        #expect(ValueText.decimal(text.utf8, scale: scale) == unscaled)
    }

    @Test(arguments: [
        "", ".", "-.", "1.2.3", "NaN", "1e", "1e400000", "1e40", "1,5", "999999999999999999999999999999999999999999",
    ])
    func whatIsNoDecimalIsRefused(_ text: String) {
        #expect(ValueText.decimal(text.utf8, scale: 2) == nil)
    }

    @Test(arguments: [
        (0.1, "0.1"), (1, "1"), (-1.5, "-1.5"), (1e14, "100000000000000"), (1e15, "1e+15"),
        (123_456_789_012_345, "123456789012345"),
        (1.2345678901234568e17, "1.2345678901234568e+17"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e-10, "1.5e-10"),
        (1e100, "1e+100"), (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0, "0"), (-0.0, "0"),
        (100, "100"), (1234.5678, "1234.5678"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN"),
        (999_999_999_999_999, "999999999999999"), (9_007_199_254_740_992, "9.007199254740992e+15"),
        (0.00012345, "0.00012345"),
    ])
    func doublesAreWrittenAsPostgreSQLDoes(_ value: Double, _ text: String) {
        #expect(ValueText.text(ofDouble: value) == text)
    }

    @Test(arguments: [
        ("1e3", 1000), ("-.5", -0.5), ("inf", .infinity), ("-Infinity", -.infinity), ("5.", 5), ("+1", 1),
    ])
    func doublesAreRead(_ text: String, _ value: Double) {
        #expect(ValueText.double(text.utf8) == value)
    }

    @Test(arguments: ["", "abc", "0x1p3", "1e400", "infx", "1 2", "e5", "--1", "nan1"])
    func whatIsNoDoubleIsRefused(_ text: String) {
        #expect(ValueText.double(text.utf8) == nil)
    }

    @Test(
        arguments: [
            ("t", true), ("TRUE", true), ("yes", true), ("on", true), ("1", true), ("f", false), ("no", false),
            ("off", false),
            ("0", false), ("fal", false), ("o", nil), ("", nil), ("2", nil), ("truey", nil),
        ] as [(String, Bool?)])
    func booleansAreRead(_ text: String, _ value: Bool?) {
        #expect(ValueText.boolean(text.utf8) == value)
    }

    @Test(arguments: [
        ("90 minutes", 0, 5400), ("1 day 02:30:15", 0, 95415), ("1 year -2 months", 10, 0), ("1.5 hours", 0, 5400),
        ("3 days ago", 0, -259_200), ("2 weeks", 0, 1_209_600), ("1h30m", 0, 5400), ("-01:30", 0, -5400), ("90", 0, 90),
        ("1 mon 1 day", 1, 86400), ("@ 2 hours", 0, 7200), ("1 century", 1200, 0), ("1 day -2 hours", 0, 79200),
    ])
    func intervalsAreRead(_ text: String, _ months: Int64, _ seconds: Int64) {
        #expect(ValueText.interval(text) == .init(months: months, microseconds: seconds * 1_000_000))
    }

    @Test(arguments: [
        "", "1 banana", "day", "1.5 months", "1 day day", "01:60", "1:2:3:4", "ago", "99999999999999999999 days",
    ])
    func whatIsNoIntervalIsRefused(_ text: String) {
        #expect(ValueText.interval(text) == nil)
    }

    @Test(arguments: [
        (" 12 ", SQLType.integer, Value.integer(12)), ("\t2024-01-01\n", .date, .date(19723)),
        (" x ", .text, .text(" x ")),
        (" 1.5 ", .decimal(scale: 1), .decimal(15, scale: 1)), (" t ", .boolean, .boolean(true)),
    ])
    func castsPassOverSpaceAroundValues(_ text: String, _ type: SQLType, _ value: Value) {
        #expect(ValueText.value(text, as: type) == value)
    }

    @Test(arguments: [
        (0, 0, "0"), (5, 2, "0.05"), (-5, 2, "-0.05"), (1250, 2, "12.50"), (-1, 0, "-1"), (0, 3, "0.000"),
        (Int128.min, 0, "-170141183460469231731687303715884105728"),
    ])
    func decimalsAreWrittenWithAllDigits(_ unscaled: Int128, _ scale: Int, _ text: String) {
        #expect(ValueText.text(ofDecimal: unscaled, scale: scale) == text)
    }
}
