import DaymillCore

/// A name in SQL, against the names there are. PostgreSQL folds names to lower case unless they are quoted; a file's
/// header may be in any case, so an unquoted name also finds the one name that differs in letter case only.
enum NameMatch {
    case found(String)
    case ambiguous([String])
    case none

    init(_ name: String, isQuoted: Bool, in names: [String]) {
        if names.contains(name) {
            self = .found(name)
            return
        }
        let similar = isQuoted ? [] : names.filter { $0.lowercased() == name.lowercased() }.sorted()
        switch similar.count {
        case 0: self = .none
        case 1: self = .found(similar[0])
        default: self = .ambiguous(similar)
        }
    }
}

extension Resolver {
    /// `name` or `source.name`.
    mutating func column(_ node: SyntaxNode) -> Operand? {
        let at = node.location
        let fields = node.body["fields"].elements
        if fields.last?.kind == "A_Star" {
            return fail(.unsupported(at, "a rollup cannot take all columns with *", "name the columns: \(columnList)"))
        }
        let names = fields.map { $0.body["sval"].string }
        if hasDottedNames { return column(named: names.joined(separator: "."), isQuoted: false, at: at) }
        guard let name = names.last, names.count <= 2, isQualifier(names.dropLast().first, at: at) else {
            let known = "columns are named alone or as \(SQLProblem.identifier(qualifier)).column"
            return fail(
                SQLProblem(
                    offset: at, message: "there is no '\(names.dropLast().joined(separator: "."))' here", hint: known))
        }
        return column(named: name, isQuoted: isQuoted(lastOf: names.count, at: at), at: at)
    }

    private mutating func column(named name: String, isQuoted: Bool, at offset: Int) -> Operand? {
        switch NameMatch(name, isQuoted: isQuoted, in: columns.map(\.name)) {
        case .found(let name):
            guard let index = columns.firstIndex(where: { $0.name == name }) else { return nil }
            columnUses.append(ColumnUse(column: index, offset: offset))
            return Operand(.column(index, columns[index].type), at: offset)
        case .ambiguous(let names):
            return fail(.ambiguousColumn(name, matches: names, at: offset))
        case .none:
            return fail(
                .unknownColumn(
                    name, of: source, columns: columns.map(\.name), isQuoted: isQuoted, at: offset))
        }
    }

    private func isQualifier(_ name: String?, at offset: Int) -> Bool {
        guard let name else { return true }
        if case .found = NameMatch(name, isQuoted: sql.isQuoted(at: offset), in: [qualifier]) { return true }
        return false
    }

    /// Whether the last of some names with dots between them is quoted.
    private func isQuoted(lastOf count: Int, at offset: Int) -> Bool {
        let words = sql.words(from: offset).prefix(count * 2 - 1)
        return words.last?.kind == .quotedName
    }

    private var columnList: String {
        columns.map { SQLProblem.identifier($0.name) }.joined(separator: ", ")
    }
}
