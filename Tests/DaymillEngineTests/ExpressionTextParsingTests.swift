import DaymillColumns
import Testing

/// Reading values out of bytes: what CSV fields and casts from text may say.
@Suite struct ExpressionTextParsingTests {
    /// Calls `body` with the text's bytes and misleading bytes after them.
    private func withText<R>(_ text: String, _ body: (UnsafePointer<UInt8>, Int) -> R) -> R {
        var bytes = Array(text.utf8)
        let count = bytes.count
        bytes += [UInt8](repeating: UInt8(ascii: "7"), count: 64)
        return bytes.withUnsafeBufferPointer { body($0.baseAddress!, count) }
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), (" 12 ", 12), ("\t12\t", 12),
            ("12345678", 12_345_678),
            ("123456789", 123_456_789), ("1234567890123456", 1_234_567_890_123_456),
            ("12345678901234567", 12_345_678_901_234_567), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("0000000000000000000000000012", 12), ("-0", 0),
        ] as [(String, Int64)])
    func integersAreRead(_ text: String, _ value: Int64) {
        #expect(withText(text, TextParsing.parseInteger) == value)
    }

    @Test(arguments: [
        "", " ", "-", "+", "1a", "a1", "12345678a", "a23456789", "1 2", "1.0", "--1", "9223372036854775808",
        "-9223372036854775809", "99999999999999999999", "1:", "1/", "é", "\u{0}1", "\n1",
    ])
    func otherTextsAreNoIntegers(_ text: String) {
        #expect(withText(text, TextParsing.parseInteger) == nil)
    }

    @Test func everyLengthOfIntegerIsRead() {
        var value: Int64 = 0
        for length in 1...18 {
            value = value * 10 + Int64(length % 10)
            #expect(withText(String(value), TextParsing.parseInteger) == value)
            #expect(withText(String(-value), TextParsing.parseInteger) == -value)
        }
    }

    @Test(
        arguments: [
            ("0", 2, 0), ("12", 2, 1200), ("12.", 2, 1200), (".5", 2, 50), ("-12.50", 2, -1250), ("12.500", 2, 1250),
            ("+1.25", 2, 125), ("1", 0, 1), ("1.000", 0, 1), (" 1.5 ", 1, 15), ("-.5", 1, -5), ("-0.0", 1, 0),
            ("123456789012345678.12", 2, 12_345_678_901_234_567_812),
            ("99999999999999999999999999999999999999", 0, 99_999_999_999_999_999_999_999_999_999_999_999_999),
            ("-9.9999999999999999999999999999999999999", 37, -99_999_999_999_999_999_999_999_999_999_999_999_999),
            ("0.1234567890123456789", 19, 1_234_567_890_123_456_789),
        ] as [(String, Int, Int128)])
    func decimalsAreRead(_ text: String, _ scale: Int, _ value: Int128) {
        #expect(withText(text) { TextParsing.parseDecimal($0, $1, scale) } == value)
        #expect(withText(text) { TextParsing.parseDecimal($0, $1, scale, rounding: true) } == value)
    }

    @Test(arguments: [
        ("", 2), (".", 2), ("-.", 2), ("1.2.3", 2), ("1,5", 2), ("1e3", 2), ("abc", 2), ("1.25x", 2), ("1.259", 2),
        ("999999999999999999999999999999999999999", 0), ("99999999999999999999999999999999999999", 1), ("1.2a", 0),
    ])
    func otherTextsAreNoDecimals(_ text: String, _ scale: Int) {
        #expect(withText(text) { TextParsing.parseDecimal($0, $1, scale) } == nil)
    }

    @Test(
        arguments: [
            ("1.245", 2, 125), ("1.244999", 2, 124), ("-1.245", 2, -125), (".5", 0, 1), ("-0.5", 0, -1),
            ("0.4999", 0, 0),
            ("9.99", 1, 100),
        ] as [(String, Int, Int128)])
    func roundingIsHalfAwayFromZero(_ text: String, _ scale: Int, _ value: Int128) {
        #expect(withText(text) { TextParsing.parseDecimal($0, $1, scale, rounding: true) } == value)
    }

    @Test(arguments: [
        "0", "1", "-1", "1.5", ".5", "5.", "0.1", "0.3", "123456789.123", "1e22", "1e23", "-1e-22", "1E5", "1e+5",
        "9007199254740993", "9007199254740992", "0.30000000000000004", "1.7976931348623157e308", "5e-324",
        "2.2250738585072011e-308", "123456789012345678901234567890", "0.000000000000000000000000000001234",
        "1e0000000000000001", "00000000000000000000000001.5", "8.5e-20", "3.14159265358979323846",
    ])
    func doublesAreRoundedAsTheStandardLibraryDoes(_ text: String) {
        let expected = Double(text.hasSuffix(".") ? text + "0" : text)!
        #expect(withText(text, TextParsing.parseDouble) == expected)
        if !text.hasPrefix("-") { #expect(withText(" -\(text) ", TextParsing.parseDouble) == -expected) }
    }

    @Test func namesOfDoublesAreRead() {
        for text in ["inf", "Infinity", "+INF", "INFINITY"] {
            #expect(withText(text, TextParsing.parseDouble) == .infinity)
        }
        #expect(withText("-inf", TextParsing.parseDouble) == -.infinity)
        for text in ["nan", "NaN", "NAN"] { #expect(withText(text, TextParsing.parseDouble)?.isNaN == true) }
        #expect(withText("-0.0", TextParsing.parseDouble)?.sign == .plus)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "1e5x", "1.2.3", "abc", "-nan", "infin", "1e400", "-1e400", "1e-400", "0x10",
        "1 2", "--1", "1e5.0",
    ])
    func otherTextsAreNoDoubles(_ text: String) {
        #expect(withText(text, TextParsing.parseDouble) == nil)
    }

    @Test(
        arguments: [
            ("true", true), ("TRUE", true), ("t", true), ("T", true), ("yes", true), ("y", true), ("on", true),
            ("1", true),
            ("false", false), ("f", false), ("no", false), ("N", false), ("Off", false), ("0", false), (" true ", true),
            ("", nil), ("tru", nil), ("2", nil), ("\u{11}", nil), ("truee", nil), ("o", nil), ("10", nil),
        ] as [(String, Bool?)])
    func booleansAreRead(_ text: String, _ value: Bool?) {
        #expect(withText(text, TextParsing.parseBoolean) == value)
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("1969-12-31", -1), ("2024-02-29", 19782), (" 2024-09-15 ", 19981),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896), ("2023-02-29", nil), ("2024-13-01", nil), ("2024-00-10", nil),
            ("2024-04-31", nil),
            ("0000-01-01", nil), ("2024-1-01", nil), ("2024/01/01", nil), ("2024-01-0a", nil), ("", nil),
            ("2024-01-011", nil), ("2024-01-00", nil), ("20a4-01-01", nil), ("2024-01:01", nil), ("2024.01-01", nil),
        ] as [(String, Int32?)])
    func datesAreRead(_ text: String, _ days: Int32?) {
        #expect(withText(text, TextParsing.parseDate) == days)
    }

    @Test(
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1970-01-01", 0), ("1970-01-01T00:00:01", 1_000_000),
            ("2024-09-15 03:11:30", 1_726_369_890_000_000), ("1969-12-31 23:59:59.5", -500_000),
            ("1970-01-01 00:00:00.000001", 1), ("1970-01-01 00:00:00.12", 120_000), (" 1970-01-01 00:00:00 ", 0),
            ("1970-01-01 24:00:00", nil), ("1970-01-01 00:60:00", nil), ("1970-01-01 00:00:60", nil),
            ("1970-01-01 00:00", nil), ("1970-01-01 00:00:00.", nil), ("1970-01-01 00:00:00.1234567", nil),
            ("1970-01-01t00:00:00", nil), ("1970-01-01  00:00:00", nil), ("1970-01-01 00:00:0x", nil),
            ("1970-01-01 00:00:00Z", nil), ("2023-02-29 00:00:00", nil), ("1970-01-01 00-00-00", nil), ("", nil),
        ] as [(String, Int64?)])
    func timestampsAreRead(_ text: String, _ microseconds: Int64?) {
        #expect(withText(text, TextParsing.parseTimestamp) == microseconds)
    }

    @Test func wellFormedTextIsValid() {
        for text in ["", "a", "abcdefgh", "привет", "a€b", "😀", String(repeating: "é", count: 100), "aaaaaaa😀bbbbbbb"] {
            #expect(withText(text, TextParsing.isValidUTF8))
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x98],
            [0xE2, 0x28, 0xA1], [0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0xFE],
        ] as [[UInt8]])
    func malformedTextIsRefused(_ bytes: [UInt8]) {
        let padded = bytes + [UInt8](repeating: 0x80, count: 64)
        #expect(!padded.withUnsafeBufferPointer { TextParsing.isValidUTF8($0.baseAddress!, bytes.count) })
    }
}
