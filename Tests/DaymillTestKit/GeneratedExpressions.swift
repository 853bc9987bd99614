import DaymillSQL

/// Random scalar expressions over the columns of a row, or over the keys and aggregates of a group.
struct GeneratedExpressions {
    private let leaves: [GeneratedQuery.Leaf]
    private let family: GeneratedQuery.Family

    init(_ leaves: [GeneratedQuery.Leaf], _ family: GeneratedQuery.Family) {
        self.leaves = leaves
        self.family = family
    }

    func anyType(using random: inout SeededGenerator) -> SQLType {
        if !leaves.isEmpty, !random.once(in: 4) { return column(using: &random).type }
        return random.pick([.text, .text, .integer, .decimal(scale: 2), .double, .boolean, .date, .timestamp])
    }

    /// Any leaf.
    func column(using random: inout SeededGenerator) -> GeneratedQuery.Leaf { random.pick(leaves) }

    func mentionsLeaf(_ sql: String) -> Bool { leaves.contains { sql.contains($0.sql) } }

    /// An expression of a type; decimals may have any scale.
    func expression(_ type: SQLType, depth: Int, using random: inout SeededGenerator) -> String {
        if depth == 0 || random.once(in: 4) { return leaf(type, calm: false, using: &random) }
        if random.once(in: 5) { return conditional(type, depth: depth - 1, using: &random) }
        return switch type {
        case .text: text(depth: depth - 1, using: &random)
        case .boolean: boolean(depth: depth - 1, using: &random)
        case .date: date(depth: depth - 1, using: &random)
        case .timestamp: timestamp(depth: depth - 1, using: &random)
        default: calm(type, depth: depth, using: &random)
        }
    }

    /// A number, date or time of modest size.
    func calm(_ type: SQLType, depth: Int, using random: inout SeededGenerator) -> String {
        if depth == 0 || random.once(in: 4) { return leaf(type, calm: true, using: &random) }
        return switch type {
        case .integer: integer(depth: depth - 1, using: &random)
        case .decimal: decimal(depth: depth - 1, using: &random)
        case .double: double(depth: depth - 1, using: &random)
        default: leaf(type, calm: true, using: &random)
        }
    }

    // MARK: - Leaves

    private func leaf(_ type: SQLType, calm: Bool, using random: inout SeededGenerator) -> String {
        let fitting = leaves.filter { isSameKind($0.type, type) && ($0.isCalm || !calm) }
        if random.once(in: 8) { return literal(type, using: &random) }
        if !fitting.isEmpty { return random.pick(fitting).sql }
        return derived(type, from: column(using: &random)) ?? literal(type, using: &random)
    }

    /// Something that is no constant, calm or not: a constant that fails is refused before anything runs.
    func variable(_ type: SQLType, using random: inout SeededGenerator) -> String {
        let fitting = leaves.filter { isSameKind($0.type, type) }
        if !fitting.isEmpty { return random.pick(fitting).sql }
        let text = "CAST(\(column(using: &random).sql) AS text)"
        return switch type {
        case .integer: "length(\(text))"
        case .double: "CAST(length(\(text)) AS double precision)"
        default: text
        }
    }

    /// A calm value of a type made from a leaf of another type, where that cannot fail.
    private func derived(_ type: SQLType, from leaf: GeneratedQuery.Leaf) -> String? {
        switch (type, leaf.type) {
        case (.text, .double): family == .portable ? nil : "CAST(\(leaf.sql) AS text)"
        case (.text, _): "CAST(\(leaf.sql) AS text)"
        case (.integer, .text): "length(\(leaf.sql))"
        case (.integer, .date), (.integer, .timestamp): "extract(day FROM \(leaf.sql))"
        case (.integer, .boolean): "CAST(\(leaf.sql) AS integer)"
        case (.decimal, .integer): leaf.isCalm ? "CAST(\(leaf.sql) AS numeric(20, 2))" : nil
        case (.decimal, .text): "CAST(length(\(leaf.sql)) AS numeric(20, 1))"
        case (.double, .integer), (.double, .decimal):
            leaf.isCalm ? "CAST(\(leaf.sql) AS double precision)" : nil
        case (.double, .text): "CAST(length(\(leaf.sql)) AS double precision)"
        case (.boolean, .text): "(\(leaf.sql) < 'b')"
        case (.boolean, .integer): "(\(leaf.sql) > 3)"
        case (.date, .timestamp): "CAST(\(leaf.sql) AS date)"
        case (.timestamp, .date): "CAST(\(leaf.sql) AS timestamp)"
        default: nil
        }
    }

    private func isSameKind(_ a: SQLType, _ b: SQLType) -> Bool {
        if case .decimal = a, case .decimal = b { return true }
        return a == b
    }

    func literal(_ type: SQLType, using random: inout SeededGenerator) -> String {
        switch type {
        case .text:
            let texts = ["", "CREATE", "READ", "a", "b", "user1@example.com", "é", "😀", "it's", "12", "a,b"]
            return "'\(random.pick(texts).replacing("'", with: "''"))'"
        case .integer: return "\(random.pick([0, 1, 2, 3, 7, 10, 100]))"
        case .decimal: return random.pick(["0.5", "1.25", "10.00", "2.0", "0.001"])
        case .double: return "CAST(\(random.pick(["0.5", "2", "1.25", "0", "8"])) AS double precision)"
        case .boolean: return random.pick(["true", "false", "CAST(NULL AS boolean)"])
        case .date: return "DATE '\(random.pick(["2024-01-01", "2024-02-29", "2023-12-31", "1970-01-01"]))'"
        default: return "TIMESTAMP '\(random.pick(["2024-01-15 12:30:00", "2024-02-01 00:00:00.5", "2023-12-31"]))'"
        }
    }

    // MARK: - Any type

    private func conditional(_ type: SQLType, depth: Int, using random: inout SeededGenerator) -> String {
        let a = expression(type, depth: depth, using: &random)
        let b = expression(type, depth: depth, using: &random)
        switch random.below(5) {
        case 0: return "coalesce(\(a), \(b))"
        case 1: return "nullif(\(a), \(b))"
        case 2: return "greatest(\(a), \(b))"
        case 3: return "least(\(a), \(b))"
        default:
            let condition = expression(.boolean, depth: depth, using: &random)
            return "CASE WHEN \(condition) THEN \(a) \(random.pick(["", "ELSE \(b) "]))END"
        }
    }

    // MARK: - Numbers

    private func integer(depth: Int, using random: inout SeededGenerator) -> String {
        let a = calm(.integer, depth: depth, using: &random)
        let b = calm(.integer, depth: depth, using: &random)
        let text = expression(.text, depth: depth, using: &random)
        let time = leaf(.timestamp, calm: false, using: &random)
        switch random.below(14) {
        case 0: return "(\(a) + \(b))"
        case 1: return "(\(a) - \(b))"
        case 2: return "(\(a) * \(random.number(-9...9)))"
        case 3: return "(\(a) / nullif(\(b), 0))"
        case 4: return "(\(a) % nullif(\(b), 0))"
        case 5: return "abs(\(a))"
        case 6: return "(- \(a))"
        case 7: return "length(\(text))"
        case 8: return "octet_length(\(text))"
        case 9: return "position(\(expression(.text, depth: 0, using: &random)) IN \(text))"
        case 10: return "extract(\(random.pick(Self.fields)) FROM \(time))"
        case 11: return "CAST(\(expression(.boolean, depth: depth, using: &random)) AS integer)"
        case 12: return "CAST(\(calm(.decimal(scale: 2), depth: depth, using: &random)) AS bigint)"
        default: return "(CAST(\(time) AS date) - \(leaf(.date, calm: true, using: &random)))"
        }
    }

    private static let fields = [
        "year", "month", "day", "hour", "minute", "dow", "isodow", "doy", "isoyear", "week", "quarter",
    ]

    private func decimal(depth: Int, using random: inout SeededGenerator) -> String {
        let a = calm(.decimal(scale: 2), depth: depth, using: &random)
        let b = calm(.decimal(scale: 2), depth: depth, using: &random)
        switch random.below(8) {
        case 0: return "(\(a) + \(b))"
        case 1: return "(\(a) - \(b))"
        case 2: return "(\(a) * \(random.pick(["2", "1.5", "-0.25"])))"
        case 3: return "abs(\(a))"
        case 4: return "round(\(a), \(random.below(3)))"
        case 5: return "\(random.pick(["floor", "ceil"]))(\(a))"
        case 6: return "CAST(\(calm(.integer, depth: depth, using: &random)) AS numeric(20, 2))"
        default: return "CAST(\(a) AS numeric(30, \(random.below(4))))"
        }
    }

    private func double(depth: Int, using random: inout SeededGenerator) -> String {
        let a = calm(.double, depth: depth, using: &random)
        let b = calm(.double, depth: depth, using: &random)
        switch random.below(family == .portable ? 9 : 12) {
        case 0: return "(\(a) + \(b))"
        case 1: return "(\(a) - \(b))"
        case 2: return "(\(a) * \(b))"
        case 3: return "(\(a) / nullif(\(b), 0))"
        case 4: return "\(random.pick(["round", "floor", "ceil", "abs"]))(\(a))"
        case 5: return "CAST(\(calm(.integer, depth: depth, using: &random)) AS double precision)"
        case 6: return "CAST(\(calm(.decimal(scale: 2), depth: depth, using: &random)) AS double precision)"
        case 7: return "sqrt(abs(\(a)))"
        case 8:
            return "extract(\(random.pick(["second", "epoch"])) FROM \(leaf(.timestamp, calm: true, using: &random)))"
        case 9: return "ln(abs(\(a)) + 1)"
        case 10: return "power(abs(\(a)), 0.5)"
        default: return "exp(\(a) / 1000)"
        }
    }

    // MARK: - Times

    private func date(depth: Int, using random: inout SeededGenerator) -> String {
        switch random.below(3) {
        case 0: "CAST(\(expression(.timestamp, depth: depth, using: &random)) AS date)"
        case 1: "(\(leaf(.date, calm: true, using: &random)) + \(random.number(-40...40)))"
        default: "CAST(CAST(\(leaf(.date, calm: false, using: &random)) AS text) AS date)"
        }
    }

    private func timestamp(depth: Int, using random: inout SeededGenerator) -> String {
        let calm = leaf(.timestamp, calm: true, using: &random)
        let any = expression(.timestamp, depth: depth, using: &random)
        let spans = ["90 minutes", "1 day", "2 months", "1 year", "36 hours", "1 second"]
        return switch random.below(4) {
        case 0: "date_trunc('\(random.pick(Self.units))', \(any))"
        case 1: "(\(calm) \(random.pick(["+", "-"])) interval '\(random.pick(spans))')"
        case 2: "CAST(\(expression(.date, depth: depth, using: &random)) AS timestamp)"
        default: "CAST(CAST(\(calm) AS text) AS timestamp)"
        }
    }

    private static let units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year", "century"]

    // MARK: - Text

    private func text(depth: Int, using random: inout SeededGenerator) -> String {
        let a = expression(.text, depth: depth, using: &random)
        let b = expression(.text, depth: depth, using: &random)
        switch random.below(12) {
        case 0: return "\(random.pick(["lower", "upper"]))(\(a))"
        case 1: return "substr(\(a), \(random.number(-1...4)), \(random.number(0...5)))"
        case 2: return "substring(\(a) FROM \(random.number(-1...4)))"
        case 3: return "\(random.pick(["left", "right"]))(\(a), \(random.number(-3...4)))"
        case 4: return "split_part(\(a), '\(random.pick([",", "@", " ", "a"]))', \(random.pick([-2, -1, 1, 2, 3])))"
        case 5: return "(\(a) || \(b))"
        case 6: return "concat(\(a), \(b))"
        case 7: return "replace(\(a), '\(random.pick(["a", "ab", "@", "é"]))', \(literal(.text, using: &random)))"
        case 8: return "\(random.pick(["trim", "ltrim", "rtrim"]))(\(a)\(random.pick(["", ", 'ab '"])))"
        case 9: return "CAST(\(expression(.boolean, depth: depth, using: &random)) AS text)"
        case 10: return "CAST(\(leaf(random.pick([.date, .timestamp, .integer]), calm: false, using: &random)) AS text)"
        default:
            let type: SQLType = family == .portable ? .decimal(scale: 2) : .double
            return "CAST(\(leaf(type, calm: false, using: &random)) AS text)"
        }
    }

    // MARK: - Conditions

    private func boolean(depth: Int, using random: inout SeededGenerator) -> String {
        let type = anyType(using: &random)
        switch random.below(9) {
        case 0, 1:
            let a = expression(type, depth: depth, using: &random)
            return
                "(\(a) \(random.pick(["=", "<>", "<", "<=", ">", ">="])) \(expression(type, depth: 0, using: &random)))"
        case 2: return membership(type, depth: depth, using: &random)
        case 3: return like(expression(.text, depth: depth, using: &random), using: &random)
        case 4: return "(\(expression(type, depth: depth, using: &random)) IS \(random.pick(["", "NOT "]))NULL)"
        case 5:
            let truth = random.pick(["TRUE", "NOT TRUE", "FALSE", "NOT FALSE"])
            return "(\(expression(.boolean, depth: depth, using: &random)) IS \(truth))"
        case 6:
            let a = expression(type, depth: depth, using: &random)
            return "(\(a) IS \(random.pick(["", "NOT "]))DISTINCT FROM \(expression(type, depth: 0, using: &random)))"
        case 7: return "(NOT \(expression(.boolean, depth: depth, using: &random)))"
        default:
            let a = expression(.boolean, depth: depth, using: &random)
            return "(\(a) \(random.pick(["AND", "OR"])) \(expression(.boolean, depth: depth, using: &random)))"
        }
    }

    private func membership(_ type: SQLType, depth: Int, using random: inout SeededGenerator) -> String {
        let a = expression(type, depth: depth, using: &random)
        let b = literal(type, using: &random)
        let c = leaf(type, calm: false, using: &random)
        if random.once(in: 2) { return "(\(a) \(random.pick(["", "NOT "]))BETWEEN \(b) AND \(c))" }
        return "(\(a) \(random.pick(["", "NOT "]))IN (\(b), \(c)\(random.pick(["", ", NULL"]))))"
    }

    private func like(_ text: String, using random: inout SeededGenerator) -> String {
        if random.once(in: 4) { return "starts_with(\(text), 'user')" }
        let pattern = random.pick(["%", "user%", "%@%", "_", "a_b", "%é%", "A%", "100\\%", "%a%b%", "", "%\n%"])
        let word = random.pick(["LIKE", "NOT LIKE", "ILIKE"])
        return "(\(text) \(word) '\(pattern)')"
    }
}
