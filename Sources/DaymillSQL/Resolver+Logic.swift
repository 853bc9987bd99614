import DaymillCore

extension Resolver {
    /// AND, OR, NOT. The grammar gives one node for `a AND b AND c`; calls have two arguments.
    mutating func logic(_ node: SyntaxNode) -> Operand? {
        let name = node.body["boolop"].string.split(separator: "_").first.map(String.init) ?? ""
        let resolved = node.body["args"].elements.map { operand($0) }
        let conditions = resolved.map { operand in operand.flatMap { condition($0, of: "the operand of \(name)") } }
        let present = conditions.compactMap { $0 }
        guard present.count == conditions.count, let first = present.first else { return nil }
        let at = node.location
        if name == "NOT" { return Operand(Self.negation(of: first), at: at) }
        let function: ScalarFunction = name == "AND" ? .and : .or
        return Operand(present.dropFirst().reduce(first) { .call(function, [$0, $1], .boolean) }, at: at)
    }

    /// NOT, pushed into what has an opposite, so that two spellings are one expression.
    static func negation(of condition: Expression) -> Expression {
        if case .literal(.boolean(let value), _) = condition { return .literal(.boolean(!value), .boolean) }
        guard case .call(let function, let arguments, _) = condition else { return .call(.not, [condition], .boolean) }
        if function == .not { return arguments[0] }
        if let opposite = opposites[function] { return .call(opposite, arguments, .boolean) }
        return .call(.not, [condition], .boolean)
    }

    private static let opposites: [ScalarFunction: ScalarFunction] = [
        .equal: .notEqual, .notEqual: .equal, .less: .greaterOrEqual, .greaterOrEqual: .less,
        .greater: .lessOrEqual, .lessOrEqual: .greater, .isNull: .isNotNull, .isNotNull: .isNull,
        .distinctFrom: .notDistinctFrom, .notDistinctFrom: .distinctFrom,
    ]

    /// IS NULL, IS NOT NULL.
    mutating func nullTest(_ node: SyntaxNode) -> Operand? {
        guard let inner = operand(node.body["arg"]), let expression = closed(inner) else { return nil }
        let isNull = node.body["nulltesttype"].string == "IS_NULL"
        return Operand(.call(isNull ? .isNull : .isNotNull, [expression], .boolean), at: node.location)
    }

    /// IS TRUE, IS NOT FALSE, IS UNKNOWN ...
    mutating func booleanTest(_ node: SyntaxNode) -> Operand? {
        let test = node.body["booltesttype"].string
        let words = test.split(separator: "_").joined(separator: " ")
        guard let inner = operand(node.body["arg"]), let value = condition(inner, of: "the operand of \(words)") else {
            return nil
        }
        let tested: Expression =
            switch test {
            case "IS_TRUE": .call(.isTrue, [value], .boolean)
            case "IS_NOT_TRUE": .call(.not, [.call(.isTrue, [value], .boolean)], .boolean)
            case "IS_FALSE": .call(.isFalse, [value], .boolean)
            case "IS_NOT_FALSE": .call(.not, [.call(.isFalse, [value], .boolean)], .boolean)
            case "IS_UNKNOWN": .call(.isNull, [value], .boolean)
            default: .call(.isNotNull, [value], .boolean)
            }
        return Operand(tested, at: node.location)
    }

    /// CASE WHEN condition THEN ..., and CASE x WHEN value THEN ...
    mutating func caseExpression(_ node: SyntaxNode) -> Operand? {
        let body = node.body
        let at = node.location
        let subject = body["arg"].isPresent ? operand(body["arg"]) : nil
        let whens = body["args"].elements
        let conditions = whens.map { whenCondition($0, subject, hasSubject: body["arg"].isPresent) }
        let otherwise = body["defresult"].isPresent ? operand(body["defresult"]) : Operand(nullAt: at)
        guard let values = operands(whens.map { $0.body["result"] }), let otherwise else { return nil }
        guard let (results, type) = unify(values + [otherwise], what: "CASE", at: at) else { return nil }
        let present = conditions.compactMap { $0 }
        guard present.count == whens.count else { return nil }
        let branches = zip(present, results).map { Expression.Branch(condition: $0, value: $1) }
        return Operand(.choose(branches, otherwise: results[results.count - 1], type), at: at)
    }

    private mutating func whenCondition(_ when: SyntaxNode, _ subject: Operand?, hasSubject: Bool) -> Expression? {
        guard hasSubject else { return condition(when.body["expr"], of: "the condition of WHEN") }
        guard let value = operand(when.body["expr"]), let subject else { return nil }
        return comparison(.equal, subject, value, at: value.offset)?.expression
    }

    /// COALESCE, GREATEST, LEAST, NULLIF: arguments of one type, which is the result's.
    mutating func alternatives(
        _ function: ScalarFunction, _ name: String, _ nodes: [SyntaxNode], at offset: Int
    ) -> Operand? {
        guard let all = operands(nodes), let (values, type) = unify(all, what: name, at: offset) else { return nil }
        if values.count == 1 { return Operand(values[0], at: offset) }
        return Operand(.call(function, values, type), at: offset)
    }
}
