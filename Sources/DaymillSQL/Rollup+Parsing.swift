public import DaymillCore

extension Rollup {
    /// Reads a SELECT with GROUP BY or DISTINCT, in PostgreSQL's language, over one of the sources.
    ///
    /// - Parameters:
    ///   - sql: One SELECT statement.
    ///   - sources: The columns of every source that may stand after FROM.
    ///   - place: Where a byte of `sql` (UTF-8, from 0) stands in the file the user wrote.
    /// - Throws: `DaymillErrors` with every problem found, in reading order: `.sqlInvalid` for SQL that is wrong,
    ///   `.unsupported` for SQL that is right, but that Daymill does not do.
    public static func parse(
        _ sql: String, sources: [String: [Column]], place: (Int) -> SourcePlace
    ) throws -> Rollup {
        let text = SQLText(sql)
        do {
            return try SelectStatement.resolve(text, in: sql, sources: sources)
        } catch {
            let problems = Set(error.all).sorted { ($0.offset, $0.message) < ($1.offset, $1.message) }
            throw DaymillErrors(
                problems.map { DaymillError($0.code, at: place($0.offset), $0.message, hint: $0.hint) })
        }
    }
}

/// Problems on their way out.
struct SQLProblems: Error {
    /// At least one.
    var all: [SQLProblem]
}

/// From text to the one SELECT in it, and from its FROM to a resolver for the rest.
enum SelectStatement {
    static func resolve(
        _ text: SQLText, in sql: String, sources: [String: [Column]]
    ) throws(SQLProblems) -> Rollup {
        let select = try onlySelect(text, in: sql)
        let refusals = refusals(select, text)
        // UNION and VALUES have no clauses of their own to look at.
        if !select["targetList"].isPresent, !refusals.isEmpty { throw SQLProblems(all: refusals) }
        do throws(SQLProblems) {
            var resolver = try resolver(for: select, text, sources: sources)
            resolver.problems = refusals
            guard let rollup = resolver.rollup(select) else { throw SQLProblems(all: resolver.problems) }
            return rollup
        } catch {
            throw SQLProblems(all: error.all + refusals)
        }
    }

    /// The members of the one SELECT node.
    static func onlySelect(_ text: SQLText, in sql: String) throws(SQLProblems) -> SyntaxNode {
        if let zero = sql.utf8.enumerated().first(where: { $0.element == 0 })?.offset {
            throw one(SQLProblem(offset: zero, message: "SQL holds a zero byte", hint: "remove it"))
        }
        let statements = try statements(text, in: sql)
        guard let first = statements.first else {
            throw one(
                SQLProblem(offset: 0, message: "there is no SQL here", hint: "write SELECT ... FROM ... GROUP BY ..."))
        }
        guard statements.count == 1 else {
            let second = text.words(from: statements[1]["stmt_location"].integer ?? 0).first?.offset ?? 0
            throw one(
                .unsupported(second, "a rollup is one statement, and here a second one starts", "write a step for each")
            )
        }
        let statement = first["stmt"]
        guard statement.kind == "SelectStmt" else {
            let word = text.words.first?.text.uppercased() ?? "this"
            throw one(
                .unsupported(
                    text.words.first?.offset ?? 0, "a rollup is a SELECT, not \(word)",
                    "write SELECT ... FROM ... GROUP BY ..."))
        }
        return statement.body
    }

    private static func statements(_ text: SQLText, in sql: String) throws(SQLProblems) -> [SyntaxNode] {
        let json: String
        do {
            json = try PgQueryDoor.syntaxTree(of: sql)
        } catch {
            throw one(error.problem(in: text))
        }
        guard let tree = SyntaxTreeReader.read(json) else {
            throw one(
                SQLProblem(
                    code: .limit, offset: 0, message: "the SQL is nested too deeply",
                    hint: "write fewer brackets inside brackets"))
        }
        return tree["stmts"].elements
    }

    private static func one(_ problem: SQLProblem) -> SQLProblems { SQLProblems(all: [problem]) }

    // MARK: What a rollup does not have

    private static func refusals(_ select: SyntaxNode, _ text: SQLText) -> [SQLProblem] {
        clauses.compactMap { clause in
            guard select[clause.member].isPresent else { return nil }
            return .unsupported(offset(of: clause.keyword, in: text), clause.message, clause.hint)
        } + setOperation(select, text) + ties(select, text)
    }

    private struct Clause {
        var member: String
        var keyword: String
        var message: String
        var hint: String
    }

    private static let clauses = [
        Clause(
            member: "withClause", keyword: "with", message: "a rollup has no WITH",
            hint: "make it a step of its own, or write its expressions out"),
        Clause(
            member: "intoClause", keyword: "into", message: "a rollup has no INTO",
            hint: "the step's 'to' says where the result goes"),
        Clause(
            member: "windowClause", keyword: "window", message: "a rollup has no window functions",
            hint: "leave WINDOW out"),
        Clause(
            member: "valuesLists", keyword: "values", message: "a rollup has no VALUES",
            hint: "write SELECT ... FROM a source"),
        Clause(
            member: "lockingClause", keyword: "for", message: "a rollup has no FOR UPDATE",
            hint: "files are not locked; leave it out"),
    ]

    private static func setOperation(_ select: SyntaxNode, _ text: SQLText) -> [SQLProblem] {
        let operation = select["op"].string.split(separator: "_").last.map(String.init) ?? "NONE"
        guard operation != "NONE" else { return [] }
        let message = "a rollup is one SELECT without \(operation)"
        let hint = "write a step for each, or one source whose files are both"
        return [.unsupported(offset(of: operation.lowercased(), in: text), message, hint)]
    }

    private static func ties(_ select: SyntaxNode, _ text: SQLText) -> [SQLProblem] {
        guard select["limitOption"].string == "LIMIT_OPTION_WITH_TIES" else { return [] }
        return [.unsupported(offset(of: "ties", in: text), "a rollup has no WITH TIES", "write LIMIT, with ORDER BY")]
    }

    private static func offset(of keyword: String, in text: SQLText) -> Int {
        text.words.first { $0.isKeyword(keyword) }?.offset ?? 0
    }

    // MARK: FROM

    private static func resolver(
        for select: SyntaxNode, _ text: SQLText, sources: [String: [Column]]
    ) throws(SQLProblems) -> Resolver {
        let names = sources.keys.sorted()
        let from = select["fromClause"].elements
        guard let table = from.first else {
            let hint = "write FROM and one of the sources: \(names.map(SQLProblem.identifier).joined(separator: ", "))"
            throw one(SQLProblem(offset: 0, message: "the SELECT has no FROM", hint: hint))
        }
        guard from.count == 1, table.kind == "RangeVar" else { throw one(notOneSource(from, text)) }
        let name = try sourceName(table, text, names)
        let alias = table.body["alias"]
        if alias["colnames"].isPresent {
            throw one(.unsupported(table.location, "a rollup cannot rename columns in FROM", "name outputs with AS"))
        }
        let qualifier = alias.isPresent ? alias["aliasname"].string : name
        return Resolver(sql: text, source: name, columns: sources[name] ?? [], qualifier: qualifier)
    }

    private static func notOneSource(_ from: [SyntaxNode], _ text: SQLText) -> SQLProblem {
        let hint = "group each source in a step of its own, or bring the column into the source's files"
        if from.count > 1 {
            return .unsupported(from[1].location, "a rollup reads one source, and here is a second one", hint)
        }
        switch from[0].kind {
        case "JoinExpr":
            return .unsupported(offset(of: "join", in: text), "a rollup has no joins", hint)
        case "RangeSubselect":
            let at = text.words.first { $0.isKeyword("from") }?.offset ?? 0
            let hint = "name a source after FROM, and make the inner SELECT a step of its own"
            return .unsupported(at, "a rollup has no subqueries", hint)
        default:
            let at = text.words.first { $0.isKeyword("from") }?.offset ?? 0
            return .unsupported(at, "a rollup reads a source, not a function or a sample", "name a source after FROM")
        }
    }

    private static func sourceName(
        _ table: SyntaxNode, _ text: SQLText, _ names: [String]
    ) throws(SQLProblems) -> String {
        let at = table.location
        let name = table.body["relname"].string
        guard !table.body["schemaname"].isPresent else {
            throw one(
                .unsupported(at, "a source has no schema before its name", "write FROM \(SQLProblem.identifier(name))"))
        }
        switch NameMatch(name, isQuoted: text.isQuoted(at: at), in: names) {
        case .found(let name): return name
        case .ambiguous(let matches):
            let quoted = matches.map { "\"\($0)\"" }.joined(separator: " or ")
            throw one(
                SQLProblem(
                    offset: at, message: "source '\(name)' is ambiguous", hint: "write \(quoted), with the quotes"))
        case .none: throw one(.unknownSource(name, sources: names, at: at))
        }
    }
}
