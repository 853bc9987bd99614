extension Rollup {
    /// The canonical text of what identifies stored partials: names and types of the columns used, the filter, the keys
    /// in their order, and the aggregates. White space, comments, letter case, aliases, the order of outputs, HAVING,
    /// ORDER BY, LIMIT and the source's name change nothing here; another meaning always changes it.
    ///
    /// The text is written down in stored segments' identities: a change of its form makes every store compute anew, and
    /// needs a new number in its first word.
    public var stateIdentity: String {
        let identity = Identity(columns: columns)
        return identity.list([
            "state-1",
            identity.list(["columns"] + columnsUsed.map { columns[$0] }.map(identity.text).sorted()),
            identity.list(["where"] + (filter.map { [identity.text($0)] } ?? [])),
            identity.list(["keys"] + keys.map(identity.text)),
            identity.list(["aggregates"] + Set(aggregateStates).sorted()),
        ])
    }

    /// `stateIdentity`, and what makes the result of it: outputs with their names, HAVING, the order, LIMIT and OFFSET.
    public var resultIdentity: String {
        let identity = Identity(columns: columns, aggregates: aggregates)
        return identity.list([
            "result-1",
            stateIdentity,
            identity.list(["having"] + (having.map { [identity.text($0)] } ?? [])),
            identity.list(
                ["outputs"] + outputs.map { identity.list([identity.quoted($0.name), identity.text($0.expression)]) }),
            identity.list(["order"] + totalOrder.map(identity.text)),
            identity.list(["limit"] + (limit.map { [String($0)] } ?? [])),
            identity.list(["offset", String(offset)]),
        ])
    }

    /// The order of the result in full: ORDER BY without terms that an earlier one decides, then the keys that are left.
    public var totalOrder: [OrderTerm] {
        let identity = Identity(columns: columns, aggregates: aggregates)
        var seen: Set<String> = []
        let rest = keys.indices.map { OrderTerm(.key($0, keys[$0].type)) }
        return (order + rest).filter { seen.insert(identity.text($0.expression)).inserted }
    }
}

/// Writes expressions as S-expressions that depend on nothing but their meaning. Every word is written here and not by
/// the language's own descriptions, so that it stays the same from version to version. All of it is ASCII: Swift takes
/// texts for equal that differ in their bytes ("é" as one character or two), and SQL does not.
struct Identity {
    let columns: [Column]
    var aggregates: [Rollup.Aggregate] = []

    func text(_ expression: Expression) -> String {
        switch expression {
        case .column(let index, _): list(["column", quoted(columns[index].name)])
        case .key(let index, _): list(["key", String(index)])
        case .aggregate(let index, _):
            aggregates.isEmpty ? list(["aggregate", String(index)]) : text(aggregates[index])
        case .literal(let value, let type): literal(value, type)
        case .call(let function, let arguments, _): call(function, arguments)
        case .choose(let branches, let otherwise, _):
            list(["case"] + branches.map { list(["when", text($0.condition), text($0.value)]) } + [text(otherwise)])
        case .cast(let inner, let type): list(["cast", name(type), text(inner)])
        }
    }

    func text(_ aggregate: Rollup.Aggregate) -> String {
        var parts = [name(aggregate.function)]
        if aggregate.distinct { parts.append("distinct") }
        if let argument = aggregate.argument { parts.append(text(argument)) }
        if let by = aggregate.by { parts.append(list(["by", text(by)])) }
        if let fraction = aggregate.fraction { parts.append(list(["at", String(fraction.bitPattern, radix: 16)])) }
        if aggregate.descending { parts.append("desc") }
        if let filter = aggregate.filter { parts.append(list(["filter", text(filter)])) }
        return list(parts)
    }

    func text(_ column: Column) -> String { list([quoted(column.name), name(column.type)]) }

    func text(_ term: Rollup.OrderTerm) -> String {
        list([text(term.expression), term.descending ? "desc" : "asc", term.nullsFirst ? "nulls-first" : "nulls-last"])
    }

    func list(_ parts: [String]) -> String { "(" + parts.joined(separator: " ") + ")" }

    /// In double quotes; quotes, backslashes and all but printable ASCII are escaped.
    func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where !(32..<127 ~= scalar.value): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private func literal(_ value: Value, _ type: SQLType) -> String {
        switch value {
        case .null: list(["null", name(type)])
        case .text(let text): quoted(text)
        case .integer(let number): String(number)
        case .decimal(let unscaled, let scale): list(["decimal", String(unscaled), String(scale)])
        case .double(let number): list(["double", number.isNaN ? "nan" : String(number.bitPattern, radix: 16)])
        case .boolean(let flag): flag ? "true" : "false"
        case .date(let days): list(["date", String(days)])
        case .timestamp(let microseconds): list(["timestamp", String(microseconds)])
        case .interval(let microseconds): list(["interval", String(microseconds)])
        }
    }

    // MARK: Calls

    /// Operands of commutative functions are sorted, unless one of them can fail: then their order may decide whether
    /// an error is met, and is kept.
    private func call(_ function: ScalarFunction, _ arguments: [Expression]) -> String {
        switch function {
        case .and, .or:
            let operands = flattened(function, arguments)
            let texts = operands.map(text)
            return list([name(function)] + (operands.contains(where: \.canFail) ? texts : unique(texts.sorted())))
        case .equal, .notEqual, .distinctFrom, .notDistinctFrom, .add, .multiply:
            let texts = arguments.map(text)
            return list([name(function)] + (arguments.contains(where: \.canFail) ? texts : texts.sorted()))
        case .greater where !arguments.contains(where: \.canFail):
            return list([name(.less), text(arguments[1]), text(arguments[0])])
        case .greaterOrEqual where !arguments.contains(where: \.canFail):
            return list([name(.lessOrEqual), text(arguments[1]), text(arguments[0])])
        case .inList:
            let items = arguments.dropFirst().map(text)
            let areConstants = arguments.dropFirst().allSatisfy(\.isLiteral)
            return list([name(function), text(arguments[0])] + (areConstants ? unique(items.sorted()) : items))
        default:
            return list([name(function)] + arguments.map(text))
        }
    }

    private func flattened(_ function: ScalarFunction, _ arguments: [Expression]) -> [Expression] {
        arguments.flatMap { argument in
            if case .call(function, let inner, _) = argument { flattened(function, inner) } else { [argument] }
        }
    }

    /// Without repetitions, which are neighbours here.
    private func unique(_ sorted: [String]) -> [String] {
        sorted.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    // MARK: Words

    private func name(_ type: SQLType) -> String {
        switch type {
        case .text: "text"
        case .integer: "integer"
        case .decimal(let scale): "decimal-\(scale)"
        case .double: "double"
        case .boolean: "boolean"
        case .date: "date"
        case .timestamp: "timestamp"
        case .interval: "interval"
        }
    }

    /// The raw values are part of the identity: a renamed case keeps its old one.
    private func name(_ function: AggregateFunction) -> String { function.rawValue }

    private func name(_ function: ScalarFunction) -> String { function.rawValue }
}

extension Expression {
    var isLiteral: Bool {
        if case .literal = self { true } else { false }
    }
}

extension Rollup {
    /// For each aggregate the text that identifies what is kept for it: the same for aggregates that are computed from
    /// the same partials, as all percentiles of x are. Stored partials are laid out in the order of these texts.
    public var aggregateStates: [String] {
        let identity = Identity(columns: columns)
        return aggregates.map(identity.state)
    }
}

extension Identity {
    /// What is kept for an aggregate.
    func state(_ aggregate: Rollup.Aggregate) -> String {
        guard let word = Self.sharedState(aggregate) else { return text(aggregate) }
        let filter = aggregate.filter.map { [list(["filter", text($0)])] } ?? []
        return list([word] + (aggregate.argument.map { [text($0)] } ?? []) + filter)
    }

    /// The word for partials that serve several functions; no function is called so.
    private static func sharedState(_ aggregate: Rollup.Aggregate) -> String? {
        switch aggregate.function {
        case .stddevSamp, .stddevPop, .varSamp, .varPop: "moments"
        case .percentileCont, .percentileDisc, .mode: "values"
        case .sum where aggregate.distinct, .avg where aggregate.distinct: "distinct-values"
        case .approxPercentile: "buckets-1"
        case .approxCountDistinct: "registers-1"
        default: nil
        }
    }
}
