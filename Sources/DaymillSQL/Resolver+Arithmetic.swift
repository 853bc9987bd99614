import DaymillCore

extension Resolver {
    /// `+ - * / % ^` between numbers.
    mutating func arithmetic(_ symbol: String, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        guard let (left, right) = numbers(a, b, of: symbol, at: offset) else { return nil }
        let type = left.type.common(with: right.type) ?? .double
        switch symbol {
        case "*": return product(left, right, type, at: offset)
        case "/": return quotient(left, right, type, at: offset)
        case "%": return remainder(left, right, type, at: offset)
        case "^": return binary(.power, left, right, .double, at: offset)
        default: return binary(symbol == "+" ? .add : .subtract, left, right, type, at: offset)
        }
    }

    /// Both operands as numbers; a quoted literal is read as the type of the other side.
    private mutating func numbers(
        _ a: Operand, _ b: Operand, of symbol: String, at offset: Int
    ) -> (Expression, Expression)? {
        guard !(a.isOpen && b.isOpen) else {
            let hint = "write numbers without quotes"
            return fail(
                SQLProblem(
                    offset: offset, message: "operator \(symbol) cannot tell the types of its operands", hint: hint))
        }
        guard a.isOpen || b.isOpen || (a.type.isNumeric && b.type.isNumeric) else {
            let hint = SQLProblem.numberHint(
                a.type.isNumeric ? b.type : a.type, beside: a.type.isNumeric ? a.type : b.type)
            return fail(SQLProblem(offset: offset, message: "there is no \(a.type) \(symbol) \(b.type)", hint: hint))
        }
        let left = number(a, beside: b, of: symbol)
        let right = number(b, beside: a, of: symbol)
        guard let left, let right else { return nil }
        return (left, right)
    }

    private mutating func number(_ operand: Operand, beside other: Operand, of symbol: String) -> Expression? {
        operand.isOpen && other.type.isNumeric
            ? coerce(operand, to: other.type) : number(operand, of: "operator \(symbol)")
    }

    /// A call of two arguments that are cast to one type, which is the result's too.
    private mutating func binary(
        _ function: ScalarFunction, _ a: Expression, _ b: Expression, _ type: SQLType, at offset: Int
    ) -> Operand? {
        guard let left = cast(a, to: type, at: offset), let right = cast(b, to: type, at: offset) else { return nil }
        if let folded = Self.folded(function, left, right) { return Operand(folded, at: offset) }
        return Operand(.call(function, [left, right], type), at: offset)
    }

    private mutating func product(_ a: Expression, _ b: Expression, _ type: SQLType, at offset: Int) -> Operand? {
        guard case .decimal = type else { return binary(.multiply, a, b, type, at: offset) }
        let (aScale, bScale) = (a.type.scale, b.type.scale)
        guard aScale + bScale <= 38 else {
            let message = "the product would have \(aScale + bScale) digits behind the point, and 38 is the most"
            return fail(SQLProblem(offset: offset, message: message, hint: "round one side first: round(x, 4)"))
        }
        guard let left = cast(a, to: .decimal(scale: aScale), at: offset),
            let right = cast(b, to: .decimal(scale: bScale), at: offset)
        else { return nil }
        return Operand(.call(.multiply, [left, right], .decimal(scale: aScale + bScale)), at: offset)
    }

    /// Decimals are divided as doubles.
    private mutating func quotient(_ a: Expression, _ b: Expression, _ type: SQLType, at offset: Int) -> Operand? {
        if b.isZero {
            return fail(SQLProblem(offset: offset, message: "this divides by zero", hint: "divide by another number"))
        }
        return binary(.divide, a, b, type == .integer ? .integer : .double, at: offset)
    }

    private mutating func remainder(_ a: Expression, _ b: Expression, _ type: SQLType, at offset: Int) -> Operand? {
        if b.isZero {
            return fail(SQLProblem(offset: offset, message: "this divides by zero", hint: "divide by another number"))
        }
        guard type != .double else {
            return fail(
                SQLProblem(
                    offset: offset, message: "% takes integers or decimals, not double",
                    hint: "cast with ::decimal(38,6) or ::integer"))
        }
        return binary(.modulo, a, b, type, at: offset)
    }

    /// The result for integer constants, when it is sure to exist.
    private static func folded(_ function: ScalarFunction, _ a: Expression, _ b: Expression) -> Expression? {
        guard case .literal(.integer(let left), _) = a, case .literal(.integer(let right), _) = b else { return nil }
        let (result, isTooLarge) =
            switch function {
            case .add: left.addingReportingOverflow(right)
            case .subtract: left.subtractingReportingOverflow(right)
            case .multiply: left.multipliedReportingOverflow(by: right)
            case .divide: left.dividedReportingOverflow(by: right)
            case .modulo: left.remainderReportingOverflow(dividingBy: right)
            default: (0, true)
            }
        return isTooLarge ? nil : .literal(.integer(result), .integer)
    }
}

extension SQLType {
    /// Digits behind the point of a decimal; 0 for the other types.
    var scale: Int {
        if case .decimal(let scale) = self { scale } else { 0 }
    }
}

extension Expression {
    /// Whether this is the constant 0.
    var isZero: Bool {
        switch self {
        case .literal(.integer(0), _), .literal(.decimal(0, _), _), .literal(.double(0), _): true
        default: false
        }
    }
}
