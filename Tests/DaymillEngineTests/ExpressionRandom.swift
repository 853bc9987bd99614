import DaymillSQL

/// Random typed expressions over columns, and values to put into these: ugly ones preferred.
struct ExpressionRandom {
    private var state: UInt64
    let columns: [SQLType]

    /// SplitMix64 from `seed`.
    init(seed: UInt64, columns: [SQLType]) {
        state = seed
        self.columns = columns
    }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

/// Values.
extension ExpressionRandom {
    /// - Parameter nullOnceIn: 0 for never.
    mutating func value(_ type: SQLType, nullOnceIn: Int = 5) -> Value {
        if nullOnceIn > 0, below(nullOnceIn) == 0 { return .null }
        return switch type {
        case .text: .text(pick(Self.texts))
        case .integer: .integer(below(3) == 0 ? pick(Self.integers) : Int64(below(21) - 10))
        case .decimal(let scale):
            .decimal(below(8) == 0 ? pick(Self.decimals) : Int128(below(4000) - 2000), scale: scale)
        case .double: .double(below(2) == 0 ? pick(Self.doubles) : Double(below(200) - 100) / 8)
        case .boolean: .boolean(below(2) == 0)
        case .date: .date(pick(Self.dates))
        case .timestamp: .timestamp(Int64(pick(Self.dates)) * 86_400_000_000 + pick(Self.clocks))
        case .interval: .interval(pick(Self.clocks) * Int64(below(5) - 2))
        }
    }

    private static let texts = [
        "", " ", "a", "ab", "abc", "abcabcabc", "A", "CREATE", "READ", "user1@example.com", "a,b,,c", "12", " -7 ",
        "1.5",
        "2.675", "1e3", "NaN", "true", "no", "2024-02-29", "2024-02-29 10:00:00.5", "2023-02-29", "é", "e\u{301}",
        "ÄÖÜß",
        "😀a😀", "İstanbul", "100%", "a_b", "a\\b", "\\", "%", "_", "exactly8", "exactly 9", "sixteen bytes ok",
        "a text that is longer than thirty-two bytes", "\u{0}", "a\u{0}", "Привет, мир", "zzzzzzzzzzzz", "x\ny",
        "\"q\"",
    ]
    private static let integers: [Int64] = [
        .min, .min + 1, .max, .max - 1, 1 << 31, -1 << 31, 1 << 53, (1 << 53) + 1, 999_999_999_999, 100_000,
    ]
    private static let decimals: [Int128] = [
        99_999_999_999_999_999_999_999_999_999_999_999_999, -99_999_999_999_999_999_999_999_999_999_999_999_999,
        9_223_372_036_854_775_807, 9_223_372_036_854_775_808, -9_223_372_036_854_775_809, 49, 50, -50, 150, 250,
        18_446_744_073_709_551_616, 900_719_925_474_099_300, 123_456_789_012_345_678_901_234,
    ]
    private static let doubles: [Double] = [
        0, 1, -1, 0.1, 0.5, 1.5, 2.5, -2.5, 1.0 / 3, 2.675, 1e-300, .leastNonzeroMagnitude, 1.7976931348623157e308,
        1e15, 1e18, 9.3e18,
        -9.223372036854775808e18, 123456789.987654321, .nan, .infinity, -.infinity, 4503599627370497.5,
    ]
    private static let dates: [Int32] = [
        0, -1, 19_782, 19_783, 19_753, 11_016, 18_627, 18_630, 20_000, -719_162, 2_932_896, -25_509, 19_723, -719_000,
    ]
    private static let clocks: [Int64] = [0, 1, 999_999, 86_399_999_999, 43_200_000_000, 36_061_000_001, 59_000_000]
}

/// Expressions.
extension ExpressionRandom {
    static let types: [SQLType] = [
        .text, .integer, .decimal(scale: 2), .decimal(scale: 0), .double, .boolean, .date, .timestamp,
    ]

    /// An expression of a type, at most `depth` calls deep.
    mutating func expression(_ type: SQLType, depth: Int) -> Expression {
        if depth == 0 || below(6) == 0 { return leaf(type) }
        if below(4) == 0 { return conditional(type, depth: depth - 1) }
        return switch type {
        case .text: text(depth - 1)
        case .integer: integer(depth - 1)
        case .decimal(let scale): decimal(scale, depth - 1)
        case .double: double(depth - 1)
        case .boolean: boolean(depth - 1)
        case .date: date(depth - 1)
        case .timestamp: timestamp(depth - 1)
        case .interval: call(.timeBetween, [.timestamp, .timestamp], .interval, depth - 1)
        }
    }

    private mutating func leaf(_ type: SQLType) -> Expression {
        let fitting = columns.indices.filter { columns[$0] == type }
        if fitting.isEmpty || below(3) == 0 { return .literal(value(type, nullOnceIn: 12), type) }
        return .column(pick(Array(fitting)), type)
    }

    private mutating func call(
        _ function: ScalarFunction, _ arguments: [SQLType], _ type: SQLType, _ depth: Int
    ) -> Expression {
        .call(function, arguments.map { expression($0, depth: depth) }, type)
    }

    private mutating func conditional(_ type: SQLType, depth: Int) -> Expression {
        switch below(6) {
        case 0: return call(.coalesce, Array(repeating: type, count: 1 + below(3)), type, depth)
        case 1 where type != .interval: return call(.nullIf, [type, type], type, depth)
        case 2: return call(.greatest, Array(repeating: type, count: 1 + below(3)), type, depth)
        case 3: return call(.least, Array(repeating: type, count: 1 + below(3)), type, depth)
        default:
            let branches = (0...below(3)).map { _ in
                Expression.Branch(
                    condition: expression(.boolean, depth: depth), value: expression(type, depth: depth))
            }
            return .choose(branches, otherwise: expression(type, depth: depth), type)
        }
    }

    private mutating func boolean(_ depth: Int) -> Expression {
        let type = pick(Self.types)
        switch below(12) {
        case 0, 1, 2:
            let comparisons: [ScalarFunction] = [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
            return call(pick(comparisons), [type, type], .boolean, depth)
        case 3: return call(pick([.distinctFrom, .notDistinctFrom]), [type, type], .boolean, depth)
        case 4, 5: return call(pick([.and, .or]), Array(repeating: .boolean, count: 2 + below(2)), .boolean, depth)
        case 6: return call(pick([.not, .isTrue, .isFalse]), [.boolean], .boolean, depth)
        case 7: return call(pick([.isNull, .isNotNull]), [type], .boolean, depth)
        case 8: return list(type, depth)
        case 9: return call(pick([.like, .ilike]), Array(repeating: .text, count: 2 + below(2)), .boolean, depth)
        case 10: return call(.startsWith, [.text, .text], .boolean, depth)
        default: return .cast(expression(pick([.text, .integer]), depth: depth), .boolean)
        }
    }

    /// A list of constants, short or long, or of anything.
    private mutating func list(_ type: SQLType, _ depth: Int) -> Expression {
        if below(2) == 0 { return call(.inList, Array(repeating: type, count: 2 + below(3)), .boolean, depth) }
        let count = pick([1, 3, 9, 20])
        let nulls = pick([0, 0, 6])
        let constants = (0..<count).map { _ in Expression.literal(value(type, nullOnceIn: nulls), type) }
        return .call(.inList, [expression(type, depth: depth)] + constants, .boolean)
    }

    private mutating func integer(_ depth: Int) -> Expression {
        let fields = [
            "year", "month", "day", "hour", "minute", "dow", "isodow", "doy", "isoyear", "week", "quarter", "century",
            "decade", "millennium", "milliseconds", "microseconds",
        ]
        switch below(12) {
        case 0, 1, 2: return call(pick([.add, .subtract, .multiply]), [.integer, .integer], .integer, depth)
        case 3, 4: return call(pick([.divide, .modulo]), [.integer, .integer], .integer, depth)
        case 5: return call(pick([.negate, .abs]), [.integer], .integer, depth)
        case 6: return call(pick([.length, .octetLength]), [.text], .integer, depth)
        case 7: return call(.position, [.text, .text], .integer, depth)
        case 8:
            let time = expression(pick([.date, .timestamp]), depth: depth)
            return .call(.extract, [.literal(.text(pick(fields)), .text), time], .integer)
        case 9: return call(.daysBetween, [.date, .date], .integer, depth)
        default:
            return .cast(expression(pick([.text, .decimal(scale: 2), .double, .boolean]), depth: depth), .integer)
        }
    }

    private mutating func decimal(_ scale: Int, _ depth: Int) -> Expression {
        let type = SQLType.decimal(scale: scale)
        switch below(8) {
        case 0, 1: return call(pick([.add, .subtract, .modulo]), [type, type], type, depth)
        case 2: return call(.multiply, [type, .decimal(scale: 0)], type, depth)
        case 3: return call(pick([.negate, .abs, .round]), [type], type, depth)
        case 4: return call(pick([.floor, .ceiling]), [type], type, depth)
        case 5:
            let digits = scale == 0 ? -below(4) : scale
            let inner = expression(.decimal(scale: 2), depth: depth)
            return .call(.roundTo, [inner, .literal(.integer(Int64(digits)), .integer)], type)
        default:
            let from = pick([.integer, .text, .double, .decimal(scale: 2 - scale)] as [SQLType])
            return .cast(expression(from, depth: depth), type)
        }
    }

    private mutating func double(_ depth: Int) -> Expression {
        switch below(8) {
        case 0, 1, 2: return call(pick([.add, .subtract, .multiply, .divide]), [.double, .double], .double, depth)
        case 3: return call(pick([.negate, .abs, .round, .floor, .ceiling]), [.double], .double, depth)
        case 4: return call(pick([.sqrt, .ln, .log10, .exp]), [.double], .double, depth)
        case 5: return call(.power, [.double, .double], .double, depth)
        case 6:
            let type = pick([.date, .timestamp, .interval] as [SQLType])
            let field = type == .interval ? "epoch" : pick(["epoch", "second"])
            return .call(.extract, [.literal(.text(field), .text), expression(type, depth: depth)], .double)
        default: return .cast(expression(pick([.text, .integer, .decimal(scale: 2)]), depth: depth), .double)
        }
    }

    private mutating func text(_ depth: Int) -> Expression {
        switch below(9) {
        case 0: return call(pick([.lower, .upper]), [.text], .text, depth)
        case 1: return call(.substring, pick([[.text, .integer], [.text, .integer, .integer]]), .text, depth)
        case 2: return call(pick([.left, .right]), [.text, .integer], .text, depth)
        case 3: return call(.splitPart, [.text, .text, .integer], .text, depth)
        case 4: return call(.concatenate, [.text, .text], .text, depth)
        case 5: return call(.concat, Array(repeating: .text, count: 1 + below(3)), .text, depth)
        case 6: return call(.replace, [.text, .text, .text], .text, depth)
        case 7: return call(pick([.trim, .trimLeft, .trimRight]), pick([[.text], [.text, .text]]), .text, depth)
        default: return .cast(expression(pick(Self.types + [.interval]), depth: depth), .text)
        }
    }

    private mutating func date(_ depth: Int) -> Expression {
        switch below(3) {
        case 0: call(.addDays, [.date, .integer], .date, depth)
        case 1: call(.makeDate, [.integer, .integer, .integer], .date, depth)
        default: .cast(expression(pick([.text, .timestamp]), depth: depth), .date)
        }
    }

    private mutating func timestamp(_ depth: Int) -> Expression {
        let units = [
            "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
            "decade",
            "century", "millennium",
        ]
        switch below(4) {
        case 0: return call(.addInterval, [.timestamp, .interval], .timestamp, depth)
        case 1: return call(.addMonths, [.timestamp, .integer], .timestamp, depth)
        case 2:
            let time = expression(.timestamp, depth: depth)
            return .call(.dateTrunc, [.literal(.text(pick(units)), .text), time], .timestamp)
        default: return .cast(expression(pick([.text, .date]), depth: depth), .timestamp)
        }
    }
}
