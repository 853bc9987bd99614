import DaymillSQL

/// Where the values of one column come from.
struct GeneratedValues {
    private let type: SQLType
    private let flavour: GeneratedTable.Flavour
    /// One row in so many is NULL; 0: none.
    private let nullOnceIn: Int
    private var choices: [Value] = []

    static func pools(
        _ columns: [Column], _ flavours: [GeneratedTable.Flavour], using random: inout SeededGenerator
    ) -> [GeneratedValues] {
        zip(columns, flavours).map { GeneratedValues($0.type, $1, using: &random) }
    }

    private init(_ type: SQLType, _ flavour: GeneratedTable.Flavour, using random: inout SeededGenerator) {
        self.type = type
        self.flavour = flavour
        nullOnceIn = random.pick([0, 0, 2, 5, 20])
        let count = flavour == .constant ? 1 : flavour == .few ? random.number(2...6) : 0
        choices = (0..<count).map { _ in fresh(using: &random) }
    }

    mutating func next(using random: inout SeededGenerator) -> Value {
        if nullOnceIn > 0, random.once(in: nullOnceIn) { return .null }
        return choices.isEmpty ? fresh(using: &random) : random.pick(choices)
    }

    private func fresh(using random: inout SeededGenerator) -> Value {
        let isUgly = flavour == .ugly
        return switch type {
        case .text: .text(Self.text(isUgly, using: &random))
        case .integer: .integer(isUgly ? random.pick(Self.uglyIntegers) : Int64(random.number(-1000...1000)))
        case .decimal(let scale): .decimal(Self.decimal(isUgly, using: &random), scale: scale)
        case .double: .double(isUgly ? random.pick(Self.uglyDoubles) : Double(random.number(-4000...4000)) / 8)
        case .boolean: .boolean(random.once(in: 2))
        case .date: .date(Self.date(isUgly, using: &random))
        case .timestamp: .timestamp(Self.timestamp(isUgly, using: &random))
        case .interval: .null
        }
    }

    private static func text(_ isUgly: Bool, using random: inout SeededGenerator) -> String {
        if isUgly { return random.once(in: 60) ? longText(using: &random) : random.pick(uglyTexts) }
        return switch random.below(4) {
        case 0: "user\(random.below(40))@example.com"
        case 1: random.pick(["CREATE", "READ", "UPDATE", "DELETE"])
        case 2: String(random.number(-50...50))
        default: String((0..<random.below(6)).map { _ in random.pick(Array("abcAB _-é")) })
        }
    }

    private static func longText(using random: inout SeededGenerator) -> String {
        let part = random.pick(["x", "long, ", "\"", "ж", "😀\n"])
        return String(repeating: part, count: random.pick([63, 64, 65, 300, 5000]))
    }

    private static func decimal(_ isUgly: Bool, using random: inout SeededGenerator) -> Int128 {
        if !isUgly { return Int128(random.number(-100_000...100_000)) }
        let large = NaiveDecimal.power(24)
        return random.pick([0, 1, -1, 5, -5, 49, 50, -50, 99, 100, 12345, large, -large, large - 1])
    }

    private static func date(_ isUgly: Bool, using random: inout SeededGenerator) -> Int32 {
        let ugly = [
            (1, 1, 1), (9999, 12, 31), (1970, 1, 1), (1969, 12, 31), (1900, 2, 28), (2000, 2, 29), (1582, 10, 10),
            (2023, 12, 31), (2024, 1, 1), (2024, 2, 29), (2020, 12, 31), (2021, 1, 3), (2038, 1, 19),
        ]
        let (year, month, day) = random.pick(ugly)
        return isUgly ? NaiveCalendar.days(year: year, month: month, day: day)! : Int32(random.number(19_710...19_790))
    }

    private static func timestamp(_ isUgly: Bool, using random: inout SeededGenerator) -> Int64 {
        let midnight = Int64(date(isUgly, using: &random)) * NaiveCalendar.microsecondsPerDay
        let second: Int64 = 1_000_000
        return switch random.below(5) {
        case 0: midnight
        case 1: midnight + NaiveCalendar.microsecondsPerDay - 1
        case 2: midnight + Int64(random.below(86_400_000)) * 1000
        default: midnight + Int64(random.below(86_400)) * second
        }
    }

    private static let uglyIntegers: [Int64] = [
        .min, .min + 1, .max, .max - 1, 0, 1, -1, 9, 10, 99, -100, 1 << 31, -1 << 31, 1 << 53, (1 << 53) + 1,
        999_999_999_999, -1_000_000_000_000_000_000,
    ]

    private static let uglyDoubles: [Double] = [
        0, -0.0, 1, -1, 0.1, 0.2, 0.30000000000000004, 1.0 / 3, 1e-300, -1e-300, .leastNonzeroMagnitude,
        2.2250738585072014e-308,
        1.7976931348623157e308, -1.7976931348623157e308, 1e15, 1e16, 123456789.125, 1e22, 1e-5, .nan, .infinity,
        -.infinity, 0.5, 1.5, 2.5, -2.5, 9_007_199_254_740_992,
    ]

    static let uglyTexts = [
        "", " ", "  ", "a,b", "a;b", "a|b", "a\tb", "line\nbreak", "cr\r\nlf", "\r", "\n", "lone\rreturn", "quote\"d",
        "\"", "\"\"", "\"quoted\"", "NULL", "null", "\\N", "-", "naïve", "e\u{301}", "é", "E\u{301}", "😀", "👩‍👩‍👧",
        "日本語", "\u{FEFF}mark", "100%", "a_b", "a\\b", "\\", "'single'", "it's", "true", "12", "-7", "1e5", "nan",
        " padded ",
        "Z", "z", "A", "a", "aa", "ab", "b", "\u{10FFFF}", "\u{7F}", "\u{1}", "straightforward words", "x,y\"z\r\n",
    ]
}
