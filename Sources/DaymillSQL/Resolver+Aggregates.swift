import DaymillCore

/// What stands between an aggregate's brackets, and after WITHIN GROUP.
struct AggregateArguments {
    /// nil: count(*).
    var expression: Expression?
    var by: Expression?
    var fraction: Double?
    var descending = false
}

extension Resolver {
    /// An aggregate: noted once, however often it is written.
    mutating func aggregate(
        _ function: AggregateFunction, _ name: String, _ body: SyntaxNode, at offset: Int
    ) -> Operand? {
        guard mayAggregate(name, at: offset), !hasUnsupportedParts(function, body, name, at: offset) else { return nil }
        let outer = (scope, columnUses)
        scope = .aggregate("\(name)()")
        defer { (scope, columnUses) = outer }
        let arguments = aggregateArguments(function, name, body, at: offset)
        let filter = body["agg_filter"].isPresent ? condition(body["agg_filter"], of: "FILTER") : nil
        guard let arguments, filter != nil || !body["agg_filter"].isPresent else { return nil }
        let isDistinct = body["agg_distinct"].isTrue && !function.ignoresRepetitions
        if isDistinct, !function.takesDistinct {
            let hint = "count(DISTINCT x), sum(DISTINCT x) and avg(DISTINCT x) are there; or leave DISTINCT out"
            return fail(.unsupported(offset, "\(name)() takes no DISTINCT", hint))
        }
        return noted(function, arguments, isDistinct, filter, at: offset)
    }

    private mutating func mayAggregate(_ name: String, at offset: Int) -> Bool {
        switch scope {
        case .groups: return true
        case .rows(let clause): problems.append(.misplacedAggregate(name, in: clause, at: offset))
        case .aggregate(let outer): problems.append(.misplacedAggregate(name, in: outer, at: offset))
        }
        return false
    }

    private mutating func hasUnsupportedParts(
        _ function: AggregateFunction, _ body: SyntaxNode, _ name: String, at offset: Int
    ) -> Bool {
        if isOrdered(function, name), body["agg_within_group"].isTrue { return false }
        if isOrdered(function, name) {
            let example = function == .mode ? "mode()" : "\(name)(0.9)"
            problems.append(
                SQLProblem(
                    offset: offset, message: "\(name)() needs WITHIN GROUP",
                    hint: "write \(example) WITHIN GROUP (ORDER BY x)"))
            return true
        }
        guard body["agg_order"].isPresent || body["agg_within_group"].isPresent || body["func_variadic"].isPresent
        else { return false }
        problems.append(
            .unsupported(
                offset, "\(name)() takes no ORDER BY, WITHIN GROUP or VARIADIC",
                "its result does not depend on an order; leave it out"))
        return true
    }

    /// Whether the values stand after WITHIN GROUP.
    private func isOrdered(_ function: AggregateFunction, _ name: String) -> Bool {
        (function == .percentileCont && name != "median") || function == .percentileDisc || function == .mode
    }

    private mutating func noted(
        _ function: AggregateFunction, _ arguments: AggregateArguments, _ isDistinct: Bool, _ filter: Expression?,
        at offset: Int
    ) -> Operand? {
        let type = function.result(of: arguments.expression?.type)
        let isAlwaysTrue = filter == .literal(.boolean(true), .boolean)
        let aggregate = Rollup.Aggregate(
            function, arguments.expression, by: arguments.by, fraction: arguments.fraction,
            descending: arguments.descending, distinct: isDistinct, filter: isAlwaysTrue ? nil : filter, type: type)
        let identity = Identity(columns: columns).text(aggregate)
        let known = aggregates.firstIndex { Identity(columns: columns).text($0) == identity }
        if known == nil { aggregates.append(aggregate) }
        return Operand(.aggregate(known ?? aggregates.count - 1, type), at: offset)
    }
}

/// Arguments.
extension Resolver {
    /// The arguments, or nil after a problem.
    private mutating func aggregateArguments(
        _ function: AggregateFunction, _ name: String, _ body: SyntaxNode, at offset: Int
    ) -> AggregateArguments? {
        let nodes = body["args"].elements
        if body["agg_star"].isTrue {
            if function == .count { return AggregateArguments() }
            return fail(
                SQLProblem(offset: offset, message: "\(name)(*) does not exist", hint: "name a column: \(name)(x)"))
        }
        if isOrdered(function, name) { return orderedArguments(function, name, body, at: offset) }
        switch function {
        case .minBy, .maxBy: return pairArguments(function, name, nodes, at: offset)
        case .approxPercentile: return percentileArguments(function, name, nodes, at: offset)
        default: break
        }
        guard nodes.count == 1, nodes[0].kind != "RowExpr" || !body["agg_distinct"].isTrue else {
            return wrongArguments(function, name, nodes, body, at: offset)
        }
        guard let operand = operand(nodes[0]),
            let argument = aggregateArgument(function, name, operand, isDistinct: body["agg_distinct"].isTrue)
        else { return nil }
        return AggregateArguments(expression: argument.expression, fraction: name == "median" ? 0.5 : nil)
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

    /// min_by(x, y)
    private mutating func pairArguments(
        _ function: AggregateFunction, _ name: String, _ nodes: [SyntaxNode], at offset: Int
    ) -> AggregateArguments? {
        guard nodes.count == 2 else {
            let hint = "write \(name)(x, y): the x where y is \(function == .minBy ? "least" : "greatest")"
            return fail(
                SQLProblem(offset: offset, message: "\(name)() takes two arguments, not \(nodes.count)", hint: hint))
        }
        guard let operands = operands(nodes) else { return nil }
        let values = operands.map { anyValue($0, name) }
        guard let x = values[0], let y = values[1] else { return nil }
        return AggregateArguments(expression: x, by: y)
    }

    /// approx_percentile(x, fraction)
    private mutating func percentileArguments(
        _ function: AggregateFunction, _ name: String, _ nodes: [SyntaxNode], at offset: Int
    ) -> AggregateArguments? {
        guard nodes.count == 2 else {
            let message = "\(name)() takes two arguments, not \(nodes.count)"
            return fail(SQLProblem(offset: offset, message: message, hint: "write for example \(name)(x, 0.9)"))
        }
        let operand = operand(nodes[0])
        let fraction = fraction(nodes[1], of: name)
        guard let operand, let number = numberArgument(operand, of: name),
            let value = cast(number, to: .double, at: operand.offset), let fraction
        else { return nil }
        return AggregateArguments(expression: value, fraction: fraction)
    }

    /// percentile_cont(fraction) WITHIN GROUP (ORDER BY x), and mode().
    private mutating func orderedArguments(
        _ function: AggregateFunction, _ name: String, _ body: SyntaxNode, at offset: Int
    ) -> AggregateArguments? {
        let nodes = body["args"].elements, terms = body["agg_order"].elements
        let wanted = function == .mode ? 0 : 1
        guard nodes.count == wanted, terms.count == 1 else {
            let example = function == .mode ? "mode()" : "\(name)(0.9)"
            return fail(
                SQLProblem(
                    offset: offset,
                    message: "\(name)() takes \(wanted == 0 ? "no argument" : "one fraction"), and one ORDER BY term",
                    hint: "write \(example) WITHIN GROUP (ORDER BY x)"))
        }
        guard terms[0].body["sortby_dir"].string != "SORTBY_USING" else {
            return fail(.unsupported(offset, "ORDER BY takes no USING", "write ASC or DESC"))
        }
        var arguments = AggregateArguments()
        if let node = nodes.first { arguments.fraction = fraction(node, of: name) }
        guard let operand = operand(terms[0].body["node"]), let value = orderedArgument(function, name, operand),
            nodes.isEmpty || arguments.fraction != nil
        else { return nil }
        arguments.expression = value
        arguments.descending = terms[0].body["sortby_dir"].string == "SORTBY_DESC"
        return arguments
    }

    private mutating func orderedArgument(
        _ function: AggregateFunction, _ name: String, _ operand: Operand
    ) -> Expression? {
        guard function == .percentileCont else { return anyValue(operand, name) }
        if operand.type.isTime {
            let message = "\(name)() would have to make up times between times"
            let hint = "write percentile_disc(...), which gives one that is there"
            return fail(.unsupported(operand.offset, message, hint))
        }
        return numberArgument(operand, of: name)
    }

    /// A constant from 0 to 1.
    private mutating func fraction(_ node: SyntaxNode, of name: String) -> Double? {
        if node.kind == "A_ArrayExpr" {
            let hint = "write an output for each: \(name)(0.5), \(name)(0.9)"
            return fail(.unsupported(node.location, "\(name)() takes one fraction, not an array", hint))
        }
        guard let operand = operand(node), let number = number(operand, of: "\(name)()"),
            let value = cast(number, to: .double, at: operand.offset)
        else { return nil }
        guard case .literal(.double(let fraction), _) = value, fraction >= 0, fraction <= 1 else {
            return fail(
                SQLProblem(
                    offset: operand.offset, message: "the fraction of \(name)() must be a constant from 0 to 1",
                    hint: "write for example 0.9"))
        }
        return fraction + 0
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
        case .boolAnd, .boolOr:
            return condition(operand, of: "the operand of \(name)()").map { ($0, ()) }
        case .sum, .avg, .stddevSamp, .stddevPop, .varSamp, .varPop, .approxPercentile:
            return numberArgument(operand, of: name).map { ($0, ()) }
        case .percentileCont:
            return orderedArgument(function, name, operand).map { ($0, ()) }
        case .min, .max, .minBy, .maxBy, .percentileDisc, .mode, .approxCountDistinct:
            return anyValue(operand, name).map { ($0, ()) }
        }
    }

    private mutating func numberArgument(_ operand: Operand, of name: String) -> Expression? {
        if operand.type == .interval { return intervalArgument(name, at: operand.offset) }
        if operand.type == .boolean {
            let hint = "write count(*) FILTER (WHERE condition) to count, or cast it with ::integer"
            return fail(
                .wrongType("the operand of \(name)()", wants: "a number", got: .boolean, at: operand.offset, hint: hint)
            )
        }
        return number(operand, of: "\(name)()")
    }

    private mutating func anyValue(_ operand: Operand, _ name: String) -> Expression? {
        operand.type == .interval ? intervalArgument(name, at: operand.offset) : closed(operand)
    }

    private mutating func intervalArgument<Argument>(_ name: String, at offset: Int) -> Argument? {
        fail(.unsupported(offset, "\(name)() takes no interval", "use seconds: \(name)(extract(epoch FROM ...))"))
    }
}

extension AggregateFunction {
    /// The same whether a value comes once or often.
    var ignoresRepetitions: Bool { [.min, .max, .boolAnd, .boolOr].contains(self) }

    var takesDistinct: Bool { [.count, .sum, .avg].contains(self) }

    /// The type of the result over values of a type.
    func result(of argument: SQLType?) -> SQLType {
        switch self {
        case .count, .approxCountDistinct: .integer
        case .sum: argument == .integer ? .decimal(scale: 0) : argument ?? .double
        case .avg, .stddevSamp, .stddevPop, .varSamp, .varPop, .percentileCont, .approxPercentile: .double
        case .min, .max, .minBy, .maxBy, .percentileDisc, .mode: argument ?? .text
        case .boolAnd, .boolOr: .boolean
        }
    }
}
