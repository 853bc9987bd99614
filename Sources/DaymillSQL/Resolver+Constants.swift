import DaymillCore

extension Resolver {
    /// A literal of the grammar: number, quoted text, true, false, NULL.
    mutating func constant(_ node: SyntaxNode) -> Operand? {
        let body = node.body
        let at = node.location
        if body["isnull"].isTrue { return Operand(nullAt: at) }
        if body["boolval"].isPresent {
            return Operand(.literal(.boolean(body["boolval"]["boolval"].isTrue), .boolean), at: at)
        }
        if body["sval"].isPresent { return Operand(open: body["sval"]["sval"].string, at: at) }
        if body["fval"].isPresent { return number(body["fval"]["fval"].string, at: at) }
        if body["ival"].isPresent { return Operand(.literal(.integer(integer(node)), .integer), at: at) }
        return fail(.unsupported(at, "a rollup has no bit strings", "write a number or text"))
    }

    /// The value of an integer literal. libpg_query leaves negative ones out of its JSON, just like zero, so these are
    /// read from the text: `-5` and `-(5)` start at their minus.
    func integer(_ node: SyntaxNode) -> Int64 {
        if let number = node.body["ival"]["ival"].integer { return Int64(number) }
        let words = sql.words(from: node.location).prefix { $0.text == "-" || $0.text == "(" || $0.kind == .number }
        guard let number = words.first(where: { $0.kind == .number }) else { return 0 }
        return -(Int64(number.text) ?? 0)
    }

    /// A number with a point or an exponent, or beyond 32 bits.
    private mutating func number(_ text: String, at offset: Int) -> Operand? {
        if let integer = Int64(text) { return Operand(.literal(.integer(integer), .integer), at: offset) }
        if text.contains("e") || text.contains("E") {
            guard let number = ValueText.double(text.utf8) else { return tooLarge(text, at: offset) }
            return Operand(.literal(.double(number), .double), at: offset)
        }
        let scale = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
        guard scale <= 38, let unscaled = ValueText.decimal(text.utf8, scale: scale) else {
            return tooLarge(text, at: offset)
        }
        return Operand(.literal(.decimal(unscaled, scale: scale), .decimal(scale: scale)), at: offset)
    }

    private mutating func tooLarge(_ text: String, at offset: Int) -> Operand? {
        let hint = "a decimal has at most 38 digits; write a double with an exponent, such as 1e50"
        return fail(
            SQLProblem(offset: offset, message: "the number \(SQLProblem.shortened(text)) is out of range", hint: hint))
    }

    /// `x::type`, `CAST(x AS type)` and `type 'literal'`.
    mutating func typeCast(_ node: SyntaxNode) -> Operand? {
        let at = node.location
        let typeName = node.body["typeName"]
        let inner = operand(node.body["arg"])
        if typeName["names"].names.last == "interval" { return inner.flatMap { interval($0, typeName, at: at) } }
        guard let target = castTarget(typeName, of: inner), let inner else { return nil }
        return explicitCast(inner, to: target.type, at: at).map { converted in
            guard let length = target.length else { return converted }
            let cut = Expression.call(.left, [converted.expression, .literal(.integer(length), .integer)], .text)
            return Operand(cut, at: at)
        }
    }

    /// A cast that somebody wrote; `date(x)` is one too.
    mutating func explicitCast(_ operand: Operand, to type: SQLType, at offset: Int) -> Operand? {
        if operand.isOpen || operand.months != 0 {
            return coerce(operand, to: type).map { Operand($0, at: offset) }
        }
        let expression = operand.expression
        switch (operand.type, type) {
        case (.boolean, .integer): return Operand(Self.number(of: expression), at: offset)
        case (.integer, .boolean):
            return Operand(.call(.notEqual, [expression, .literal(.integer(0), .integer)], .boolean), at: offset)
        case (let from, let to) where from == to || from.isCastable(to: to):
            return cast(expression, to: type, at: offset).map { Operand($0, at: offset) }
        default:
            let hint = SQLProblem.bridge(from: operand.type, to: type)
            return fail(SQLProblem(offset: offset, message: "\(operand.type) cannot be cast to \(type)", hint: hint))
        }
    }

    /// 1 for true, 0 for false, NULL for NULL.
    private static func number(of condition: Expression) -> Expression {
        let one = Expression.literal(.integer(1), .integer)
        let zero = Expression.literal(.integer(0), .integer)
        return .choose(
            [
                .init(condition: condition, value: one),
                .init(condition: .call(.isFalse, [condition], .boolean), value: zero),
            ], otherwise: .literal(.null, .integer), .integer)
    }

    /// The type a cast names; a length cuts text, as in PostgreSQL.
    private mutating func castTarget(_ typeName: SyntaxNode, of operand: Operand?) -> (type: SQLType, length: Int64?)? {
        let at = typeName.location
        let names = typeName["names"].names.filter { $0 != "pg_catalog" }
        let name = names.joined(separator: ".")
        let numbers = typeName["typmods"].elements.map { $0.body["ival"].isPresent ? integer($0) : nil }
        guard !typeName["arrayBounds"].isPresent else {
            return fail(.unsupported(at, "a rollup has no arrays", "write one column for each element"))
        }
        if name == "numeric" { return decimalTarget(numbers, of: operand, at: at).map { ($0, nil) } }
        if name == "varchar", let length = numbers.first { return (.text, length) }
        guard let type = SQLType.names[name], numbers.isEmpty else {
            return refusedType(name, hasLength: !numbers.isEmpty, at: at)
        }
        return (type, nil)
    }

    private mutating func decimalTarget(_ numbers: [Int64?], of operand: Operand?, at offset: Int) -> SQLType? {
        if let type = SQLType.decimal(numbers.map { $0.map { Int($0) } }) { return type }
        guard numbers.isEmpty else {
            return fail(
                SQLProblem(
                    offset: offset, message: "a decimal has 1 to 38 digits, of which 0 to all stand behind the point",
                    hint: "write for example decimal(18,2)"))
        }
        switch operand?.type {
        case .decimal(let scale): return .decimal(scale: scale)
        case .integer: return .decimal(scale: 0)
        case nil: return nil
        default:
            return fail(
                .unsupported(
                    offset, "a decimal needs its number of digits behind the point", "write for example decimal(18,2)"))
        }
    }

    private mutating func refusedType<Target>(_ name: String, hasLength: Bool, at offset: Int) -> Target? {
        let hint: String
        switch name {
        case "timestamptz", "timetz": hint = "times have no zone here; use timestamp"
        case "bpchar", "char": hint = "use text"
        case "float4", "real": hint = "use double precision"
        case "timestamp" where hasLength: hint = "use timestamp, or date_trunc('second', ...) to drop fractions"
        default:
            let near = nearestWord(to: name, in: SQLType.names.keys.sorted()).map { "did you mean '\($0)'? " } ?? ""
            hint = near + "the types are \(SQLType.canonicalNames.joined(separator: ", "))"
        }
        let known = ["bpchar": "char", "float4": "real"]
        let shown = (known[name] ?? name) + (hasLength ? " with a length" : "")
        return fail(.unsupported(offset, "there is no type \(shown) in a rollup", hint))
    }

    /// `interval '1 day'` and `interval '1' day`.
    private mutating func interval(_ operand: Operand, _ typeName: SyntaxNode, at offset: Int) -> Operand? {
        if operand.type == .interval { return operand }
        guard operand.isOpen, case .text(let text) = operand.value else {
            return fail(
                .unsupported(
                    offset, "an interval must be a literal, or the difference of two timestamps",
                    "write interval '90 minutes'"))
        }
        let fields: [Int64: String] = [4: "year", 2: "month", 8: "day", 1024: "hour", 2048: "minute", 4096: "second"]
        let mask = typeName["typmods"].elements.first.map { integer($0) }
        let unit = mask.map { fields[$0] } ?? "second"
        guard let unit else {
            return fail(
                .unsupported(
                    offset, "an interval takes one unit", "write the units inside the quotes: interval '1 day 2 hours'")
            )
        }
        guard let parts = ValueText.interval(text, unit: unit) else {
            return fail(.badLiteral(text, as: .interval, at: operand.offset))
        }
        return Operand(parts, at: offset)
    }
}

extension SQLType {
    /// Whether `x::type` may be written for a value of this type (booleans and numbers are the resolver's own business).
    fileprivate func isCastable(to type: SQLType) -> Bool {
        switch (self, type) {
        case (.interval, _), (_, .interval): false
        case (.text, _), (_, .text): true
        case (let from, let to) where from.isNumeric && to.isNumeric: true
        case (.date, .timestamp), (.timestamp, .date): true
        default: false
        }
    }
}
