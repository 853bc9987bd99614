import DaymillCore

/// An item of the select list, resolved over columns and aggregates.
struct Target {
    var name: String?
    var node: SyntaxNode
    var offset: Int
    var expression: Expression?
    var uses: [Resolver.ColumnUse]
}

/// A term of ORDER BY, resolved over columns and aggregates.
private struct Term {
    var term: Rollup.OrderTerm
    var uses: [Resolver.ColumnUse]
    /// Where its expression stands, for messages: `ORDER BY`, or the select list it points into.
    var clause: String
}

extension Resolver {
    /// The rollup of the members of a SELECT node; nil when there were problems.
    mutating func rollup(_ select: SyntaxNode) -> Rollup? {
        scope = .rows("WHERE")
        let filter = select["whereClause"].isPresent ? condition(select["whereClause"], of: "WHERE") : nil
        let targets = select["targetList"].elements.map { target($0) }
        refuseRepeatedNames(targets)
        let isDistinct = select["distinctClause"].isPresent
        let keys = isDistinct ? distinctKeys(select, targets) : groupKeys(select["groupClause"].elements, targets)
        scope = .groups
        let having = havingClause(select["havingClause"])
        let order = select["sortClause"].elements.map { orderTerm($0, targets) }
        let limits = (count(select["limitCount"], "LIMIT"), count(select["limitOffset"], "OFFSET"))
        if isDistinct { refuseDistinctAggregates(select) } else { refuseUngrouped(select, targets) }
        guard problems.isEmpty, let keys else { return nil }

        let ground = Grounding(columns: columns, keys: keys, isDistinct: isDistinct)
        let outputs = targets.compactMap { target in
            target.expression.map {
                Rollup.Output(target.name ?? "", grounded($0, target.uses, "the select list", ground))
            }
        }
        let terms = order.compactMap { $0 }.map { term in
            Rollup.OrderTerm(
                grounded(term.term.expression, term.uses, term.clause, ground), descending: term.term.descending,
                nullsFirst: term.term.nullsFirst)
        }
        let groundedHaving = having.map { grounded($0.expression, $0.uses, "HAVING", ground) }
        guard problems.isEmpty else { return nil }
        return Rollup(
            source: source, columns: columns, filter: filter == .literal(.boolean(true), .boolean) ? nil : filter,
            keys: keys, aggregates: aggregates, having: groundedHaving, outputs: outputs, order: terms,
            limit: limits.0, offset: limits.1 ?? 0
        ).withSortedAggregates()
    }

    // MARK: The select list

    private mutating func target(_ node: SyntaxNode) -> Target {
        let value = node.body["val"]
        let at = node.location
        scope = .groups
        columnUses = []
        let expression = expression(value)
        if expression?.type == .interval {
            problems.append(
                .unsupported(
                    at, "an interval cannot be an output", "write extract(epoch FROM ...), which gives seconds"))
        }
        let name = node.body["name"].isPresent ? node.body["name"].string : defaultName(value)
        if name == nil, expression != nil {
            problems.append(
                SQLProblem(offset: at, message: "this output has no name", hint: "write AS and a name after it"))
        }
        return Target(name: name, node: value, offset: at, expression: expression, uses: columnUses)
    }

    /// The name PostgreSQL gives an output without AS; nil where it has none to give. A column keeps its own spelling.
    private func defaultName(_ node: SyntaxNode) -> String? {
        let body = node.body
        switch node.kind {
        case "ColumnRef":
            let last = body["fields"].elements.last
            let name = last?.body["sval"].string ?? ""
            return columns.first { $0.name == name }?.name
                ?? columns.first { $0.name.lowercased() == name }?.name ?? name
        case "FuncCall": return body["funcname"].names.last
        case "TypeCast": return defaultName(body["arg"]) ?? body["typeName"]["names"].names.last
        case "CaseExpr": return (body["defresult"].isPresent ? defaultName(body["defresult"]) : nil) ?? "case"
        case "CoalesceExpr": return "coalesce"
        case "MinMaxExpr": return body["op"].string == "IS_GREATEST" ? "greatest" : "least"
        case "A_Expr": return body["kind"].string == "AEXPR_NULLIF" ? "nullif" : nil
        default: return nil
        }
    }

    private mutating func refuseRepeatedNames(_ targets: [Target]) {
        var seen: Set<String> = []
        for target in targets {
            guard let name = target.name, !seen.insert(name).inserted else { continue }
            problems.append(
                SQLProblem(
                    offset: target.offset, message: "two outputs are called '\(name)'",
                    hint: "give one another name with AS"))
        }
    }

    private mutating func refuseUngrouped(_ select: SyntaxNode, _ targets: [Target]) {
        guard !select["groupClause"].isPresent, aggregates.isEmpty, problems.isEmpty else { return }
        let names = targets.compactMap { target -> String? in
            if case .column(let index, _) = target.expression {
                SQLProblem.identifier(columns[index].name)
            } else {
                nil
            }
        }
        let hint =
            names.isEmpty
            ? "add GROUP BY, or an aggregate such as count(*)" : "add GROUP BY \(names.joined(separator: ", "))"
        problems.append(
            .unsupported(
                targets.first?.offset ?? 0, "a rollup groups rows, and here is neither GROUP BY nor an aggregate", hint)
        )
    }

    // MARK: GROUP BY

    /// The keys, each once; nil when one could not be resolved.
    private mutating func groupKeys(_ nodes: [SyntaxNode], _ targets: [Target]) -> [Expression]? {
        let identity = Identity(columns: columns)
        var seen: Set<String> = []
        var keys: [Expression] = []
        var areAllThere = true
        for node in nodes {
            guard let key = groupKey(node, targets) else {
                areAllThere = false
                continue
            }
            if seen.insert(identity.text(key)).inserted { keys.append(key) }
        }
        return areAllThere ? keys : nil
    }

    private mutating func groupKey(_ node: SyntaxNode, _ targets: [Target]) -> Expression? {
        let at = node.location
        if node.kind == "GroupingSet" {
            return fail(
                .unsupported(
                    at, "a rollup has one grouping, without GROUPING SETS, ROLLUP, CUBE or ()",
                    "write a step for each grouping"))
        }
        scope = .rows("GROUP BY")
        guard let definition = definition(of: node, "GROUP BY", targets, columnsFirst: true) else { return nil }
        guard let key = expression(definition) else { return nil }
        guard !key.columns.isEmpty else {
            return fail(
                SQLProblem(
                    offset: at, message: "a constant is no key to group by", hint: "leave it out, or name a column"))
        }
        guard key.type != .interval else {
            return fail(
                .unsupported(
                    at, "an interval is no key to group by", "write extract(epoch FROM ...), which gives seconds"))
        }
        return key
    }

    /// What an item of GROUP BY or ORDER BY stands for: an ordinal and an output's name for that output. A name that is
    /// a column's too means the column in GROUP BY and the output in ORDER BY, as in PostgreSQL.
    private mutating func definition(
        of node: SyntaxNode, _ clause: String, _ targets: [Target], columnsFirst: Bool
    ) -> SyntaxNode? {
        switch node.kind {
        case "A_Const":
            guard node.body["ival"].isPresent else {
                return fail(
                    SQLProblem(
                        offset: node.location, message: "\(clause) takes names, expressions and the numbers of outputs",
                        hint: "write a name without quotes"))
            }
            let ordinal = Int(integer(node))
            guard 1...max(1, targets.count) ~= ordinal else {
                let message = "\(clause) \(ordinal) points at no output"
                return fail(
                    SQLProblem(offset: node.location, message: message, hint: "there are outputs 1 to \(targets.count)")
                )
            }
            return targets[ordinal - 1].node
        case "ColumnRef":
            let names = node.body["fields"].elements.map { $0.body["sval"].string }
            guard names.count == 1, let target = targets.first(where: { $0.name == names[0] }) else { return node }
            guard columnsFirst else { return target.node }
            let isQuoted = sql.isQuoted(at: node.location)
            if case .none = NameMatch(names[0], isQuoted: isQuoted, in: columns.map(\.name)) { return target.node }
            return node
        default: return node
        }
    }

    // MARK: HAVING, ORDER BY, LIMIT

    private mutating func havingClause(_ node: SyntaxNode) -> (expression: Expression, uses: [ColumnUse])? {
        guard node.isPresent else { return nil }
        columnUses = []
        return condition(node, of: "HAVING").map { ($0, columnUses) }
    }

    private mutating func orderTerm(_ node: SyntaxNode, _ targets: [Target]) -> Term? {
        let body = node.body
        columnUses = []
        guard body["sortby_dir"].string != "SORTBY_USING" else {
            return fail(.unsupported(node.location, "ORDER BY takes no USING", "write ASC or DESC"))
        }
        guard let definition = definition(of: body["node"], "ORDER BY", targets, columnsFirst: false),
            let resolved = expression(definition)
        else { return nil }
        let isDescending = body["sortby_dir"].string == "SORTBY_DESC"
        let nulls = body["sortby_nulls"].string
        let nullsFirst = nulls == "SORTBY_NULLS_FIRST" || (nulls != "SORTBY_NULLS_LAST" && isDescending)
        let term = Rollup.OrderTerm(resolved, descending: isDescending, nullsFirst: nullsFirst)
        return Term(term: term, uses: columnUses, clause: definition == body["node"] ? "ORDER BY" : "the select list")
    }

    /// LIMIT and OFFSET: a whole number, ALL or NULL.
    private mutating func count(_ node: SyntaxNode, _ clause: String) -> Int? {
        guard node.isPresent, !node.body["isnull"].isTrue else { return nil }
        scope = .rows(clause)
        defer { scope = .groups }
        guard let operand = operand(node) else { return nil }
        guard case .integer(let count) = operand.value, count >= 0 else {
            return fail(
                SQLProblem(
                    offset: node.location, message: "\(clause) must be a whole number that is not negative",
                    hint: "write for example \(clause) 100"))
        }
        return Int(count)
    }

    // MARK: Keys for columns

    /// The expression with its keys put in; columns that are left are problems.
    private mutating func grounded(
        _ expression: Expression, _ uses: [ColumnUse], _ clause: String, _ ground: Grounding
    ) -> Expression {
        let result = ground.expression(expression)
        for column in result.columns.sorted() {
            let at = uses.first { $0.column == column }?.offset ?? 0
            let name = columns[column].name
            problems.append(
                ground.isDistinct
                    ? .notSelected(name, clause: clause, at: at) : .notGrouped(name, clause: clause, at: at))
        }
        return result
    }
}

/// Replaces what is a key by the key. The largest expression that is a key wins, so that `GROUP BY a, a + b` is
/// understood. What is the opposite of a key counts as NOT of it, because NOT is pushed into comparisons when they are
/// read.
private struct Grounding {
    let identity: Identity
    let keys: [String: (index: Int, type: SQLType)]
    /// SELECT DISTINCT: the keys are the outputs.
    let isDistinct: Bool

    init(columns: [Column], keys: [Expression], isDistinct: Bool) {
        self.isDistinct = isDistinct
        let identity = Identity(columns: columns)
        self.identity = identity
        let entries = keys.enumerated().map { (identity.text($0.element), ($0.offset, $0.element.type)) }
        self.keys = Dictionary(uniqueKeysWithValues: entries)
    }

    func expression(_ expression: Expression) -> Expression {
        if let key = keys[identity.text(expression)] { return .key(key.index, key.type) }
        if expression.type == .boolean, let key = keys[identity.text(Resolver.negation(of: expression))] {
            return .call(.not, [.key(key.index, key.type)], .boolean)
        }
        return expression.mappingChildren(self.expression)
    }
}

extension Rollup {
    /// With the aggregates in the order of their identities, so that equal states have equal layouts.
    fileprivate func withSortedAggregates() -> Rollup {
        let identity = Identity(columns: columns)
        let order = aggregates.indices.sorted { identity.text(aggregates[$0]) < identity.text(aggregates[$1]) }
        var places = order
        for (new, old) in order.enumerated() { places[old] = new }
        var sorted = self
        sorted.aggregates = order.map { aggregates[$0] }
        sorted.having = having.map { $0.movingAggregates(to: places) }
        sorted.outputs = outputs.map { Output($0.name, $0.expression.movingAggregates(to: places)) }
        for index in sorted.order.indices {
            sorted.order[index].expression = sorted.order[index].expression.movingAggregates(to: places)
        }
        return sorted
    }
}

extension Expression {
    fileprivate func movingAggregates(to places: [Int]) -> Expression {
        if case .aggregate(let index, let type) = self { return .aggregate(places[index], type) }
        return mappingChildren { $0.movingAggregates(to: places) }
    }
}
