public import DaymillCore

/// A condition over named values that are known when it is asked: the date of a run, its params, and facts about steps, such as
/// `extract.rows > 1000000 AND region = 'eu'`.
public struct Condition: Hashable, Sendable {
    /// As it stands in the file.
    public var text: String
    /// What may be named; `.column(i, _)` of `expression` points here.
    public var names: [Column]
    /// Of type boolean.
    public var expression: Expression
    /// The positions in `names` that it asks for, ascending.
    public var used: [Int]

    /// Reads a condition in PostgreSQL's language.
    ///
    /// - Parameters:
    ///   - names: what may be named, with types. A name may hold one dot; as in SQL, one with other characters than letters,
    ///     digits and `_` is written in quotes: `"load-orders".rows`.
    ///   - place: where a byte of `text` (UTF-8, from 0) stands in the file the user wrote.
    /// - Throws: `DaymillErrors` with every problem found: `.sqlInvalid`, `.unsupported`.
    public static func parse(_ text: String, names: [Column], place: (Int) -> SourcePlace) throws -> Condition {
        do { return try parse(text, names) } catch {
            throw DaymillErrors(
                error.all.map { problem in
                    let offset = max(0, min(problem.offset - start.utf8.count, text.utf8.count))
                    return DaymillError(
                        problem.code, at: place(offset), worded(problem.message), hint: worded(problem.hint))
                })
        }
    }

    private static func parse(_ text: String, _ names: [Column]) throws(SQLProblems) -> Condition {
        let sql = start + text + "\n)", words = SQLText(sql)
        // The brackets around it are ours.
        var depth = 0
        for word in SQLText(text).words {
            depth += word.text == "(" ? 1 : word.text == ")" ? -1 : 0
            guard depth >= 0 else {
                throw SQLProblems(all: [
                    SQLProblem(
                        offset: start.utf8.count + word.offset, message: "a bracket closes nothing", hint: "remove it")
                ])
            }
        }
        let select = try SelectStatement.onlySelect(words, in: sql)
        if clauses.contains(where: { select[$0].isPresent }) {
            throw SQLProblems(all: [
                SQLProblem(offset: start.utf8.count, message: "a condition has no clauses", hint: "close its brackets")
            ])
        }
        var resolver = Resolver(sql: words, source: "facts", columns: names, qualifier: "facts")
        resolver.hasDottedNames = true
        resolver.scope = .rows("a condition")
        let expression = resolver.condition(select["whereClause"], of: "the condition")
        let problems = Set(resolver.problems).sorted { ($0.offset, $0.message) < ($1.offset, $1.message) }
        guard problems.isEmpty, let expression else { throw SQLProblems(all: problems) }
        let used = Set(resolver.columnUses.map(\.column)).sorted()
        return Condition(text: text, names: names, expression: expression, used: used)
    }

    /// What is said of rollups and of their sources, said of conditions.
    private static func worded(_ text: String) -> String {
        text.replacing("a rollup", with: "a condition").replacing(
            "source 'facts' has no column", with: "there is no value"
        )
        .replacing("its columns are", with: "there are")
    }

    private static let clauses = [
        "withClause", "intoClause", "windowClause", "groupClause", "havingClause", "sortClause", "limitCount",
        "limitOffset", "lockingClause", "valuesLists", "larg",
    ]
    private static let start = "SELECT FROM facts WHERE (\n"
}
