import DaymillCore

/// Gives the nodes of a syntax tree names and types. Every problem is noted and resolving goes on, so that one look
/// finds them all; what cannot be resolved is nil, and whoever gets nil keeps quiet about it.
///
/// Above the GROUP BY, expressions are first resolved over columns and aggregates; `Resolver+Select` then replaces what
/// is a group key, and notes the columns that are left.
struct Resolver {
    /// Where an expression stands, which decides whether it may hold aggregates.
    enum Scope {
        /// WHERE, GROUP BY: over single rows. The name is for messages.
        case rows(String)
        /// The select list, HAVING, ORDER BY: over groups.
        case groups
        /// Below an aggregate of this name.
        case aggregate(String)
    }

    /// A place where a column is named outside of aggregates.
    struct ColumnUse {
        var column: Int
        var offset: Int
    }

    let sql: SQLText
    let source: String
    let columns: [Column]
    /// What may stand before a column's dot: the alias, or else the source's name.
    let qualifier: String
    /// Whether columns have names with a dot, `extract.rows`, as the facts of a run have.
    var hasDottedNames = false

    var problems: [SQLProblem] = []
    var aggregates: [Rollup.Aggregate] = []
    var scope = Scope.rows("WHERE")
    var columnUses: [ColumnUse] = []

    init(sql: SQLText, source: String, columns: [Column], qualifier: String) {
        self.sql = sql
        self.source = source
        self.columns = columns
        self.qualifier = qualifier
    }

    /// Notes a problem; returns nil for the caller to pass on.
    mutating func fail<Resolved>(_ problem: SQLProblem) -> Resolved? {
        problems.append(problem)
        return nil
    }

    /// The typed expression of a node whose own type is right whatever it is; a quoted literal is text.
    mutating func expression(_ node: SyntaxNode) -> Expression? {
        guard let operand = operand(node) else { return nil }
        return closed(operand)
    }

    /// The expression of a condition.
    mutating func condition(_ node: SyntaxNode, of what: String) -> Expression? {
        guard let operand = operand(node) else { return nil }
        return condition(operand, of: what)
    }

    mutating func condition(_ operand: Operand, of what: String) -> Expression? {
        if operand.isOpen || operand.type == .boolean { return coerce(operand, to: .boolean) }
        let hint =
            operand.type.isNumeric ? "compare it, for example with <> 0" : "compare it, for example with IS NOT NULL"
        return fail(.wrongType(what, wants: "boolean", got: operand.type, at: operand.offset, hint: hint))
    }

    /// An operand as it is, its type being settled.
    mutating func closed(_ operand: Operand) -> Expression? {
        operand.months == 0 ? operand.expression : fail(.openInterval(at: operand.offset))
    }

    /// An expression of any kind of node.
    mutating func operand(_ node: SyntaxNode) -> Operand? {
        let body = node.body
        switch node.kind {
        case "ColumnRef": return column(node)
        case "A_Const": return constant(node)
        case "TypeCast": return typeCast(node)
        case "A_Expr": return operatorExpression(node)
        case "BoolExpr": return logic(node)
        case "NullTest": return nullTest(node)
        case "BooleanTest": return booleanTest(node)
        case "CaseExpr": return caseExpression(node)
        case "CoalesceExpr": return alternatives(.coalesce, "COALESCE", body["args"].elements, at: node.location)
        case "MinMaxExpr":
            let isGreatest = body["op"].string == "IS_GREATEST"
            return alternatives(
                isGreatest ? .greatest : .least, isGreatest ? "GREATEST" : "LEAST", body["args"].elements,
                at: node.location)
        case "FuncCall": return call(node)
        default: return refused(node)
        }
    }

    /// All operands, or nil when one is missing; each is looked at for its problems.
    mutating func operands(_ nodes: [SyntaxNode]) -> [Operand]? {
        let resolved = nodes.map { operand($0) }
        let present = resolved.compactMap { $0 }
        return present.count == nodes.count ? present : nil
    }

    private mutating func refused(_ node: SyntaxNode) -> Operand? {
        let at = node.location
        switch node.kind {
        case "SubLink":
            let hint = "compute it in a step of its own; a list of values may stand after IN"
            return fail(.unsupported(at, "a rollup has no subqueries", hint))
        case "SQLValueFunction":
            let name = sql.words(from: at).first?.text.lowercased() ?? "the clock"
            if case .found(let column) = NameMatch(name, isQuoted: false, in: columns.map(\.name)) {
                return fail(.wordAsColumn(name, column: column, at: at))
            }
            return fail(.clock(name, at: at))
        case "ParamRef":
            return fail(.unsupported(at, "a rollup has no parameters such as $1", "write the value itself"))
        case "RowExpr":
            let hint = "write the columns one by one, joined with AND, or make them one text with ||"
            return fail(.unsupported(at, "a rollup has no row values such as (a, b)", hint))
        case "A_ArrayExpr", "A_Indirection":
            return fail(
                .unsupported(at, "a rollup has no arrays", "write a list after IN, or one column for each element"))
        case "CollateClause":
            return fail(.unsupported(at, "text is always compared by its bytes", "leave COLLATE out"))
        case "GroupingFunc":
            return fail(.unsupported(at, "a rollup has no GROUPING()", "write a step for each grouping"))
        case "XmlExpr", "XmlSerialize", "JsonIsPredicate":
            return fail(.unsupported(at, "a rollup has no XML or JSON functions", "extract the values before"))
        default:
            return fail(.unsupported(at, "a rollup has no \(node.kind)", "write it with operators and functions"))
        }
    }
}
