import DaymillCore

extension Resolver {
    /// A function or an aggregate.
    mutating func call(_ node: SyntaxNode) -> Operand? {
        let body = node.body
        let at = node.location
        let names = body["funcname"].names.filter { $0 != "pg_catalog" }
        let name = names.joined(separator: ".")
        if body["over"].isPresent {
            let hint =
                "leave OVER out; ORDER BY with LIMIT gives the first rows, and totals go into a step of their own"
            return fail(.unsupported(at, "a rollup has no window functions", hint))
        }
        if FunctionTable.clocks.contains(name) { return fail(.clock("\(name)()", at: at)) }
        if let function = FunctionTable.aggregates[name] { return aggregate(function, name, body, at: at) }
        guard isPlainCall(body, name, at: at) else { return nil }
        guard FunctionTable.signatures[name] != nil || FunctionTable.special.contains(name) else {
            return unknownFunction(name, body, at: at)
        }
        guard let arguments = operands(body["args"].elements) else { return nil }
        if let signature = FunctionTable.signatures[name] { return simple(name, signature, arguments, at: at) }
        return special(name, arguments, at: at)
    }

    /// DISTINCT, FILTER and * belong to aggregates.
    private mutating func isPlainCall(_ body: SyntaxNode, _ name: String, at offset: Int) -> Bool {
        let isAggregateCall =
            ["agg_distinct", "agg_filter", "agg_star", "agg_order", "agg_within_group"].contains { body[$0].isPresent }
        guard isAggregateCall, FunctionTable.signatures[name] != nil || FunctionTable.special.contains(name) else {
            return true
        }
        let message = "\(name)() is no aggregate and takes no DISTINCT, FILTER, ORDER BY or *"
        problems.append(SQLProblem(offset: offset, message: message, hint: "write \(name)(...) inside an aggregate"))
        return false
    }

    private mutating func unknownFunction(_ name: String, _ body: SyntaxNode, at offset: Int) -> Operand? {
        _ = operands(body["args"].elements)
        if name == "timezone" {
            return fail(
                .unsupported(
                    offset, "times have no zone here", "leave AT TIME ZONE out; add an interval to shift a time"))
        }
        if let substitute = FunctionTable.substitutes[name] {
            return fail(.unsupported(offset, "a rollup has no function \(name)", substitute))
        }
        let near = nearestWord(to: name, in: FunctionTable.allNames).map { "did you mean '\($0)'?" }
        let hint = near ?? "docs/spec/sql.md lists the functions"
        return fail(.unsupported(offset, "a rollup has no function \(name)", hint))
    }

    /// A call whose parameters have fixed types.
    private mutating func simple(
        _ name: String, _ signature: FunctionTable.Signature, _ arguments: [Operand], at offset: Int
    ) -> Operand? {
        guard signature.required...signature.parameters.count ~= arguments.count else {
            return wrongCount(name, "takes \(signature.shown)", at: offset)
        }
        let values = zip(arguments, signature.parameters).map { argument($0, as: $1, of: name) }
        let present = values.compactMap { $0 }
        guard present.count == arguments.count else { return nil }
        return Operand(.call(signature.function, present, signature.result), at: offset)
    }

    private mutating func argument(_ operand: Operand, as type: SQLType, of name: String) -> Expression? {
        if type == .text { return text(operand, of: "\(name)()") }
        if type == .double {
            return number(operand, of: "\(name)()").flatMap { cast($0, to: .double, at: operand.offset) }
        }
        if operand.isOpen || operand.type == .integer { return coerce(operand, to: type) }
        let hint = operand.type.isNumeric || operand.type == .text ? "cast it with ::integer" : "give it an integer"
        return fail(
            .wrongType("the operand of \(name)()", wants: "integer", got: operand.type, at: operand.offset, hint: hint))
    }

    private mutating func wrongCount(_ name: String, _ takes: String, at offset: Int) -> Operand? {
        fail(SQLProblem(offset: offset, message: "\(name)() has the wrong number of arguments", hint: "it \(takes)"))
    }

    private mutating func special(_ name: String, _ arguments: [Operand], at offset: Int) -> Operand? {
        switch (name, arguments.count) {
        case ("concat", 1...): return concat(arguments, at: offset)
        case ("date_trunc", 2): return dateTrunc(arguments, at: offset)
        case ("extract", 2), ("date_part", 2): return extract(arguments, at: offset)
        case ("date", 1): return explicitCast(arguments[0], to: .date, at: offset)
        case ("mod", 2): return arithmetic("%", arguments[0], arguments[1], at: offset)
        case ("round", 2): return round(arguments[0], to: arguments[1], at: offset)
        case ("abs", 1), ("round", 1), ("floor", 1), ("ceil", 1), ("ceiling", 1), ("trunc", 1):
            guard let number = number(arguments[0], of: "\(name)()") else { return nil }
            return Operand(Self.rounded(name, number), at: offset)
        default: return wrongCount(name, Self.parameters[name] ?? "takes one number", at: offset)
        }
    }

    private static let parameters = [
        "concat": "takes one or more values", "date_trunc": "takes a unit and a time: date_trunc('hour', dt)",
        "extract": "is written extract(hour FROM dt)", "date_part": "takes a field and a time: date_part('hour', dt)",
        "mod": "takes two numbers", "round": "takes a number, and how many digits to keep behind the point",
        "date": "takes one value",
    ]

    private mutating func concat(_ arguments: [Operand], at offset: Int) -> Operand? {
        let texts = arguments.map { asText($0) }
        let present = texts.compactMap { $0 }
        return present.count == texts.count ? Operand(.call(.concat, present, .text), at: offset) : nil
    }

    /// abs, round, floor, ceil, trunc of one number; integers are whole already.
    private static func rounded(_ name: String, _ number: Expression) -> Expression {
        let type = number.type
        if name == "abs" { return .call(.abs, [number], type) }
        if type == .integer { return number }
        switch name {
        case "round": return .call(.round, [number], type)
        case "floor": return .call(.floor, [number], type)
        case "trunc": return truncated(number)
        default: return .call(.ceiling, [number], type)
        }
    }

    /// Towards zero.
    private static func truncated(_ number: Expression) -> Expression {
        let type = number.type
        let zero: Value = type == .double ? .double(0) : .decimal(0, scale: type.scale)
        let isNegative = Expression.call(.less, [number, .literal(zero, type)], .boolean)
        let branch = Expression.Branch(condition: isNegative, value: .call(.ceiling, [number], type))
        return .choose([branch], otherwise: .call(.floor, [number], type), type)
    }

    /// round(x, n): a decimal with n digits behind the point. Doubles and integers become decimals by a cast.
    private mutating func round(_ operand: Operand, to digits: Operand, at offset: Int) -> Operand? {
        guard case .integer(let count) = digits.value, 0...38 ~= count else {
            return fail(
                .unsupported(
                    digits.offset, "the second argument of round() must be a whole number from 0 to 38",
                    "write it as a literal: round(x, 2)"))
        }
        guard let number = number(operand, of: "round()") else { return nil }
        let type = SQLType.decimal(scale: Int(count))
        guard case .decimal = number.type else {
            return cast(number, to: type, at: offset).map { Operand($0, at: offset) }
        }
        return Operand(.call(.roundTo, [number, digits.expression], type), at: offset)
    }
}
