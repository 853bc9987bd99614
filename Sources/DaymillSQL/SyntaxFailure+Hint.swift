import DaymillCore

extension SyntaxFailure {
    /// The failure as a problem, with a hint where the slip is a common one.
    func problem(in sql: SQLText) -> SQLProblem {
        var offset = character > 0 ? sql.offset(ofCharacter: character) : 0
        if let last = sql.words.last, offset > last.offset + last.text.utf8.count {
            offset = last.offset + last.text.utf8.count
        }
        let slip = SyntaxSlip(sql: sql, offset: offset, message: message)
        if let tick = slip.backtick {
            return SQLProblem(
                offset: tick, message: "a name cannot stand in backticks",
                hint: "quote names with double quotes: \"name\"")
        }
        return SQLProblem(offset: offset, message: sentence, hint: slip.hint ?? "")
    }

    /// The message on one line and of bearable length; PostgreSQL quotes all that is left of an open literal.
    private var sentence: String {
        let line = message.split(separator: "\n", omittingEmptySubsequences: true).first.map(String.init) ?? ""
        return line == message ? SQLProblem.shortened(line, to: 80) : SQLProblem.shortened(line, to: 60) + "\""
    }
}

/// What stands around the place where the grammar gave up.
private struct SyntaxSlip {
    let sql: SQLText
    let offset: Int
    let message: String

    /// The word that the grammar did not expect; nil at the end of the text.
    private var word: SQLText.Word? { sql.words(from: offset).first }
    private var previous: SQLText.Word? { sql.word(before: offset) }

    var backtick: Int? {
        sql.words.first { $0.kind == .symbol && $0.text == "`" }?.offset
    }

    var hint: String? {
        if message.contains("LIMIT #,#") { return "write LIMIT count OFFSET start" }
        if message.contains("unterminated quoted string") { return "the text starting here needs a closing '" }
        if message.contains("unterminated quoted identifier") { return "the name starting here needs a closing \"" }
        if message.contains("unterminated /* comment") { return "the comment starting here needs a closing */" }
        if let first = sql.words.first, first.offset == offset { return firstWordHint(first) }
        return commaHint ?? clauseHint ?? wordHint ?? bracketHint
    }

    private func firstWordHint(_ first: SQLText.Word) -> String {
        nearestWord(to: first.text, in: ["select"]) == nil
            ? "a rollup is one SELECT statement" : "did you mean 'SELECT'?"
    }

    private var commaHint: String? {
        guard let previous, previous.text == "," else { return nil }
        guard let word else { return "remove the comma at the end" }
        guard word.kind == .name || word.text == ")" else { return nil }
        guard word.text == ")" || startsClause(word) else { return wordHint }
        return "remove the comma before \(word.text.uppercased())"
    }

    /// Whether a clause starts here; `order` and `group` may also be meant as names.
    private func startsClause(_ word: SQLText.Word) -> Bool {
        let keyword = word.text.lowercased()
        if keyword == "order" || keyword == "group" {
            return sql.words(from: word.offset).dropFirst().first?.isKeyword("by") == true
        }
        return ["from", "where", "having", "limit", "offset", "union"].contains(keyword)
    }

    private var clauseHint: String? {
        guard let word, word.kind == .name, let previous else { return nil }
        let keyword = word.text.lowercased()
        if previous.isKeyword("group") || previous.isKeyword("order"), keyword != "by" {
            return "write \(previous.text.uppercased()) BY"
        }
        if previous.isKeyword("filter"), keyword == "where" { return "write FILTER (WHERE ...)" }
        if ["where", "group", "having", "from"].contains(keyword) || keyword == "order" || keyword == "limit" {
            return bracketHint
                ?? "the order of clauses is SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, each at most once"
        }
        return nil
    }

    private var wordHint: String? {
        guard let previous else { return nil }
        guard let word else { return bracketHint ?? "something is missing after \(previous.text.uppercased())" }
        if word.kind == .name, SQLText.reservedWords.contains(word.text.lowercased()) {
            let isName =
                previous.text == "," || previous.text == "." || previous.isKeyword("select")
                || previous.isKeyword("as") || previous.isKeyword("by")
            return isName ? "'\(word.text)' is a word of SQL; as a name write \"\(word.text)\"" : bracketHint
        }
        if let keyword = misspeltKeyword(previous) ?? misspeltKeyword(word) { return "did you mean '\(keyword)'?" }
        if word.text == "(", let before = sql.word(before: previous.offset), before.kind == .name,
            previous.kind == .name, !SQLText.reservedWords.contains(before.text.lowercased())
        {
            return "is a comma or an operator missing before \(previous.text)?"
        }
        let ends = Set<SQLText.Word.Kind>([.name, .quotedName, .text, .number])
        if ends.contains(word.kind), ends.contains(previous.kind) || previous.text == ")" {
            return "is a comma or an operator missing before \(word.text)?"
        }
        return bracketHint
    }

    private func misspeltKeyword(_ word: SQLText.Word) -> String? {
        let keywords = ["from", "where", "group", "having", "order", "limit", "between", "select", "filter"]
        guard word.kind == .name, !keywords.contains(word.text.lowercased()) else { return nil }
        return nearestWord(to: word.text, in: keywords).flatMap { near in
            near.count >= 4 && word.text.count >= 4 ? near.uppercased() : nil
        }
    }

    /// Counts brackets up to here (all of them at the end of the text).
    private var bracketHint: String? {
        let before = sql.words.filter { $0.offset < offset && $0.kind == .symbol }
        let open = before.count { $0.text == "(" } - before.count { $0.text == ")" }
        if open > 0, word == nil || word?.text != ")" { return "a closing ) is missing" }
        if open <= 0, word?.text == ")" { return "there is no opening ( for this )" }
        return nil
    }
}
