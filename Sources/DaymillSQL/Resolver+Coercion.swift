import DaymillCore

extension Resolver {
    /// An operand as a value of a type: quoted literals are read as one, numbers and dates are widened. `what` names
    /// the place that wants the type, for the message when the operand is of another kind.
    mutating func coerce(_ operand: Operand, to type: SQLType, what: String = "this") -> Expression? {
        guard operand.months == 0 else { return fail(.openInterval(at: operand.offset)) }
        if operand.isOpen { return literal(operand, as: type) }
        if operand.type == type { return operand.expression }
        guard operand.type.widens(to: type) else {
            let hint = SQLProblem.bridge(from: operand.type, to: type)
            return fail(.wrongType(what, wants: "\(type)", got: operand.type, at: operand.offset, hint: hint))
        }
        return cast(operand.expression, to: type, at: operand.offset)
    }

    /// A quoted literal read as a value of a type.
    private mutating func literal(_ operand: Operand, as type: SQLType) -> Expression? {
        guard case .text(let text) = operand.value else { return .literal(.null, type) }
        if type.isTime, ClockWord.isOne(text) { return fail(.clock("'\(text)'", at: operand.offset)) }
        if type == .interval, let parts = ValueText.interval(text), parts.months != 0 {
            return fail(.openInterval(at: operand.offset))
        }
        guard let value = ValueText.value(text, as: type) else {
            return fail(.badLiteral(text, as: type, at: operand.offset))
        }
        return .literal(value, type)
    }

    /// A cast that the types allow, done at once for constants.
    mutating func cast(_ expression: Expression, to type: SQLType, at offset: Int) -> Expression? {
        if expression.type == type { return expression }
        guard case .literal(let value, _) = expression else { return .cast(expression, type) }
        switch LiteralCast(value, to: type) {
        case .value(let value): return .literal(value, type)
        case .atRunTime: return .cast(expression, type)
        case .impossible: return fail(.badLiteral(ValueText.text(value) ?? "", as: type, at: offset))
        }
    }

    /// Operands as values of the one type they meet in; quoted literals alone are text. `what` names who combines them.
    mutating func unify(
        _ operands: [Operand], what: String, at offset: Int
    ) -> (expressions: [Expression], type: SQLType)? {
        var type: SQLType?
        for operand in operands where !operand.isOpen {
            guard let soFar = type else {
                type = operand.type
                continue
            }
            guard let common = soFar.common(with: operand.type) else {
                return fail(.incomparable(soFar, operand.type, what: what, at: offset))
            }
            type = common
        }
        let common = type ?? .text
        let expressions = operands.map { coerce($0, to: common) }
        let present = expressions.compactMap { $0 }
        return present.count == operands.count ? (present, common) : nil
    }
}

/// Words that PostgreSQL reads as dates, and that mean another day tomorrow.
enum ClockWord {
    static func isOne(_ text: String) -> Bool {
        ["now", "today", "tomorrow", "yesterday", "allballs"].contains(text.lowercased())
    }
}

extension SQLType {
    /// date or timestamp.
    var isTime: Bool { self == .date || self == .timestamp }
}
