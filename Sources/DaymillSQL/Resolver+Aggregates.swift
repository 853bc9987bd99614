import DaymillCore

extension Resolver {
    /// An aggregate: noted once, however often it is written.
    mutating func aggregate(
        _ function: AggregateFunction, _ name: String, _ body: SyntaxNode, at offset: Int
    ) -> Operand? {
        guard mayAggregate(name, at: offset), !hasUnsupportedParts(body, name, at: offset) else { return nil }
        let outer = (scope, columnUses)
        scope = .aggregate("\(name)()")
        defer { (scope, columnUses) = outer }
        let argument = aggregateArgument(function, name, body, at: offset)
        let filter = body["agg_filter"].isPresent ? condition(body["agg_filter"], of: "FILTER") : nil
        guard let argument, filter != nil || !body["agg_filter"].isPresent else { return nil }
        let isDistinct = body["agg_distinct"].isTrue && function != .min && function != .max && !function.isOfBooleans
        if isDistinct, function != .count {
            let message = "\(name)(DISTINCT ...) cannot be merged over days"
            return fail(
                .unsupported(
                    offset, message,
                    "count(DISTINCT x) can; or group by x in a step of its own and aggregate its result"))
        }
        return noted(function, argument.expression, isDistinct, filter, name, at: offset)
    }

    private mutating func mayAggregate(_ name: String, at offset: Int) -> Bool {
        switch scope {
        case .groups: return true
        case .rows(let clause): problems.append(.misplacedAggregate(name, in: clause, at: offset))
        case .aggregate(let outer): problems.append(.misplacedAggregate(name, in: outer, at: offset))
        }
        return false
    }

    private mutating func hasUnsupportedParts(_ body: SyntaxNode, _ name: String, at offset: Int) -> Bool {
        guard body["agg_order"].isPresent || body["agg_within_group"].isPresent || body["func_variadic"].isPresent
        else {
            return false
        }
        problems.append(
            .unsupported(
                offset, "\(name)() takes no ORDER BY, WITHIN GROUP or VARIADIC",
                "its result does not depend on an order; leave it out"))
        return true
    }

    /// The argument's expression, nil inside for count(*); nil outside after a problem.
    private mutating func aggregateArgument(
        _ function: AggregateFunction, _ name: String, _ body: SyntaxNode, at offset: Int
    ) -> (expression: Expression?, Void)? {
        let nodes = body["args"].elements
        if body["agg_star"].isTrue {
            if function == .count { return (nil, ()) }
            return fail(
                SQLProblem(offset: offset, message: "\(name)(*) does not exist", hint: "name a column: \(name)(x)"))
        }
        guard nodes.count == 1 else { return wrongArguments(function, name, nodes, body, at: offset) }
        if nodes[0].kind == "RowExpr", body["agg_distinct"].isTrue {
            return wrongArguments(function, name, nodes, body, at: offset)
        }
        guard let operand = operand(nodes[0]) else { return nil }
        return aggregateArgument(function, name, operand, isDistinct: body["agg_distinct"].isTrue)
    }

    private mutating func wrongArguments<Argument>(
        _ function: AggregateFunction, _ name: String, _ nodes: [SyntaxNode], _ body: SyntaxNode, at offset: Int
    ) -> Argument? {
        if function == .count, body["agg_distinct"].isTrue {
            let hint = "make them one text: count(DISTINCT concat(a, '|', b))"
            return fail(.unsupported(offset, "count(DISTINCT ...) takes one expression", hint))
        }
        let hint = nodes.isEmpty && function == .count ? "write count(*) to count rows" : "write \(name)(x)"
        return fail(SQLProblem(offset: offset, message: "\(name)() takes one argument, not \(nodes.count)", hint: hint))
    }

    private mutating func aggregateArgument(
        _ function: AggregateFunction, _ name: String, _ operand: Operand, isDistinct: Bool
    ) -> (expression: Expression?, Void)? {
        switch function {
        case .count:
            if operand.type == .interval, isDistinct { return intervalArgument(name, at: operand.offset) }
            // A constant is there in every row; so counting it is counting rows.
            if !isDistinct, let value = operand.value, value != .null { return (nil, ()) }
            return closed(operand).map { ($0, ()) }
        case .sum, .avg:
            if operand.type == .interval { return intervalArgument(name, at: operand.offset) }
            if operand.type == .boolean {
                let hint = "write count(*) FILTER (WHERE condition) to count, or cast it with ::integer"
                return fail(
                    .wrongType(
                        "the operand of \(name)()", wants: "a number", got: .boolean, at: operand.offset, hint: hint))
            }
            return number(operand, of: "\(name)()").map { ($0, ()) }
        case .min, .max:
            if operand.type == .interval { return intervalArgument(name, at: operand.offset) }
            return closed(operand).map { ($0, ()) }
        case .boolAnd, .boolOr:
            return condition(operand, of: "the operand of \(name)()").map { ($0, ()) }
        }
    }

    private mutating func intervalArgument<Argument>(_ name: String, at offset: Int) -> Argument? {
        fail(.unsupported(offset, "\(name)() takes no interval", "use seconds: \(name)(extract(epoch FROM ...))"))
    }

    private mutating func noted(
        _ function: AggregateFunction, _ argument: Expression?, _ isDistinct: Bool, _ filter: Expression?,
        _ name: String,
        at offset: Int
    ) -> Operand? {
        let type = function.result(of: argument?.type)
        let isAlwaysTrue = filter == .literal(.boolean(true), .boolean)
        let aggregate = Rollup.Aggregate(
            function, argument, distinct: isDistinct, filter: isAlwaysTrue ? nil : filter, type: type)
        let identity = Identity(columns: columns).text(aggregate)
        let known = aggregates.firstIndex { Identity(columns: columns).text($0) == identity }
        if known == nil { aggregates.append(aggregate) }
        return Operand(.aggregate(known ?? aggregates.count - 1, type), at: offset)
    }
}

extension AggregateFunction {
    var isOfBooleans: Bool { self == .boolAnd || self == .boolOr }

    /// The type of the result over values of a type.
    func result(of argument: SQLType?) -> SQLType {
        switch self {
        case .count: .integer
        case .sum: argument == .integer ? .decimal(scale: 0) : argument ?? .double
        case .avg: .double
        case .min, .max: argument ?? .text
        case .boolAnd, .boolOr: .boolean
        }
    }
}
