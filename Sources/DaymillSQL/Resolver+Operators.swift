import DaymillCore

extension Resolver {
    /// Operators, and the predicates that the grammar writes as operators (IN, BETWEEN, LIKE ...).
    mutating func operatorExpression(_ node: SyntaxNode) -> Operand? {
        let body = node.body
        let at = body["location"].integer ?? node.location
        let symbol = body["name"].names.last ?? ""
        switch body["kind"].string {
        case "AEXPR_OP":
            return body["lexpr"].isPresent ? infix(symbol, body, at: at) : prefix(symbol, body["rexpr"], at: at)
        case "AEXPR_DISTINCT": return comparison(.distinctFrom, body, at: at)
        case "AEXPR_NOT_DISTINCT": return comparison(.notDistinctFrom, body, at: at)
        case "AEXPR_NULLIF":
            return alternatives(.nullIf, "NULLIF", [body["lexpr"], body["rexpr"]], at: at)
        case "AEXPR_IN": return membership(body, isNegated: symbol == "<>", at: at)
        case "AEXPR_LIKE", "AEXPR_ILIKE": return like(symbol, body, at: at)
        case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
            return between(body, at: at)
        case "AEXPR_SIMILAR":
            return fail(
                .unsupported(at, "a rollup has no SIMILAR TO", "use LIKE, with % for any text and _ for one character"))
        default:
            return fail(.unsupported(at, "a rollup has no ANY or ALL over arrays", "write a list after IN or NOT IN"))
        }
    }

    private mutating func infix(_ symbol: String, _ body: SyntaxNode, at offset: Int) -> Operand? {
        if let function = Self.comparisons[symbol] { return comparison(function, body, at: offset) }
        if symbol.hasSuffix("~~") || symbol.hasSuffix("~~*") { return like(symbol, body, at: offset) }
        guard ["+", "-", "*", "/", "%", "^", "||"].contains(symbol) else {
            return unknownOperator(symbol, operands: [body["lexpr"], body["rexpr"]], at: offset)
        }
        guard let pair = operands([body["lexpr"], body["rexpr"]]) else { return nil }
        if symbol == "||" { return concatenation(pair[0], pair[1], at: offset) }
        if pair.contains(where: { $0.type.isTime || $0.type == .interval }) {
            return timeArithmetic(symbol, pair[0], pair[1], at: offset)
        }
        return arithmetic(symbol, pair[0], pair[1], at: offset)
    }

    private static let comparisons: [String: ScalarFunction] = [
        "=": .equal, "<>": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual,
    ]

    private mutating func unknownOperator(_ symbol: String, operands nodes: [SyntaxNode], at offset: Int) -> Operand? {
        _ = operands(nodes)
        let hint =
            switch symbol {
            case "==": "write = to compare"
            case "&&": "write AND"
            case "!": "write NOT"
            case "<=>": "write IS NOT DISTINCT FROM"
            case "**": "write ^ or power(x, y)"
            case "//": "write /, which truncates between integers"
            case "~", "!~", "~*", "!~*":
                "regular expressions are left out; LIKE, split_part, starts_with and position may do"
            case "->", "->>", "#>", "#>>", "@>", "?": "JSON is left out; make the values columns of the source"
            case "`": "names are quoted with double quotes"
            default: "the operators are = <> < <= > >= + - * / % ^ || and the words of SQL"
            }
        return fail(.unsupported(offset, "there is no operator \(symbol)", hint))
    }

    private mutating func prefix(_ symbol: String, _ node: SyntaxNode, at offset: Int) -> Operand? {
        guard ["-", "+", "@"].contains(symbol) else { return unknownOperator(symbol, operands: [node], at: offset) }
        guard let operand = operand(node) else { return nil }
        if operand.type == .interval { return symbol == "-" ? negated(interval: operand, at: offset) : operand }
        guard let number = number(operand, of: "operator \(symbol)") else { return nil }
        switch symbol {
        case "+": return Operand(number, at: offset)
        case "-": return Operand(Self.negated(number), at: offset)
        default: return Operand(.call(.abs, [number], number.type), at: offset)
        }
    }

    private static func negated(_ number: Expression) -> Expression {
        switch number {
        case .literal(.integer(let value), let type) where value != .min: .literal(.integer(-value), type)
        case .literal(.decimal(let value, let scale), let type): .literal(.decimal(-value, scale: scale), type)
        case .literal(.double(let value), let type): .literal(.double(value == 0 ? 0 : -value), type)
        case .literal(.null, let type): .literal(.null, type)
        default: .call(.negate, [number], number.type)
        }
    }

    /// An operand as a number; a quoted literal is read as a double.
    mutating func number(_ operand: Operand, of what: String) -> Expression? {
        if operand.isOpen { return coerce(operand, to: .double) }
        if operand.type.isNumeric { return operand.expression }
        let hint = SQLProblem.numberHint(operand.type, beside: .text)
        return fail(
            .wrongType("the operand of \(what)", wants: "a number", got: operand.type, at: operand.offset, hint: hint))
    }

    // MARK: Comparison

    private mutating func comparison(_ function: ScalarFunction, _ body: SyntaxNode, at offset: Int) -> Operand? {
        guard let pair = operands([body["lexpr"], body["rexpr"]]) else { return nil }
        return comparison(function, pair[0], pair[1], at: offset)
    }

    mutating func comparison(_ function: ScalarFunction, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        guard let (sides, _) = unify([a, b], what: "a comparison", at: offset) else { return nil }
        return Operand(.call(function, sides, .boolean), at: offset)
    }

    private mutating func membership(_ body: SyntaxNode, isNegated: Bool, at offset: Int) -> Operand? {
        let nodes = [body["lexpr"]] + body["rexpr"].body["items"].elements
        guard let all = operands(nodes), let (sides, _) = unify(all, what: "IN", at: offset) else { return nil }
        if sides.count == 2 {
            return Operand(.call(isNegated ? .notEqual : .equal, sides, .boolean), at: offset)
        }
        let found = Expression.call(.inList, sides, .boolean)
        return Operand(isNegated ? .call(.not, [found], .boolean) : found, at: offset)
    }

    private mutating func between(_ body: SyntaxNode, at offset: Int) -> Operand? {
        let bounds = body["rexpr"].body["items"].elements
        guard let all = operands([body["lexpr"]] + bounds), let (sides, _) = unify(all, what: "BETWEEN", at: offset)
        else { return nil }
        let kind = body["kind"].string
        var isIn = Self.within(sides[0], sides[1], sides[2])
        if kind.hasSuffix("_SYM") {
            isIn = .call(.or, [isIn, Self.within(sides[0], sides[2], sides[1])], .boolean)
        }
        return Operand(kind.contains("NOT") ? Self.negation(of: isIn) : isIn, at: offset)
    }

    private static func within(_ value: Expression, _ low: Expression, _ high: Expression) -> Expression {
        let isAbove = Expression.call(.greaterOrEqual, [value, low], .boolean)
        return .call(.and, [isAbove, .call(.lessOrEqual, [value, high], .boolean)], .boolean)
    }

    // MARK: Text

    private mutating func concatenation(_ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        if a.type == .boolean, b.type == .boolean {
            return fail(SQLProblem(offset: offset, message: "|| joins text, not booleans", hint: "write OR"))
        }
        guard a.type == .text || b.type == .text else {
            let message = "|| needs text on one side, but joins \(a.type) with \(b.type)"
            return fail(SQLProblem(offset: offset, message: message, hint: "cast one side with ::text"))
        }
        guard let left = asText(a), let right = asText(b) else { return nil }
        return Operand(.call(.concatenate, [left, right], .text), at: offset)
    }

    /// A value of any type printed as text.
    mutating func asText(_ operand: Operand) -> Expression? {
        if operand.isOpen { return coerce(operand, to: .text) }
        guard operand.type != .interval else {
            return fail(
                .unsupported(operand.offset, "an interval cannot become text", "use extract(epoch FROM ...)::text"))
        }
        return cast(operand.expression, to: .text, at: operand.offset)
    }

    private mutating func like(_ symbol: String, _ body: SyntaxNode, at offset: Int) -> Operand? {
        var pattern = body["rexpr"]
        var nodes = [body["lexpr"]]
        if pattern.kind == "FuncCall", pattern.body["funcname"].names.last == "like_escape" {
            nodes += pattern.body["args"].elements
            pattern = .nothing
        } else {
            nodes.append(pattern)
        }
        guard let all = operands(nodes) else { return nil }
        let isInsensitive = symbol.hasSuffix("*")
        let name = isInsensitive ? "ILIKE" : "LIKE"
        let texts = all.map { text($0, of: name) }.compactMap { $0 }
        guard texts.count == all.count else { return nil }
        let matches = Expression.call(isInsensitive ? .ilike : .like, texts, .boolean)
        return Operand(symbol.hasPrefix("!") ? .call(.not, [matches], .boolean) : matches, at: offset)
    }

    /// An operand that must be text.
    mutating func text(_ operand: Operand, of what: String) -> Expression? {
        if operand.isOpen || operand.type == .text { return coerce(operand, to: .text) }
        let hint = operand.type == .interval ? "use extract(epoch FROM ...)::text" : "cast it with ::text"
        return fail(
            .wrongType("the operand of \(what)", wants: "text", got: operand.type, at: operand.offset, hint: hint))
    }
}
