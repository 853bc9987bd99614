import DaymillCore

/// Reads values of keys out of a YAML file and keeps every problem it meets. A value that is wrong is reported once and
/// then given as nil, so that reading goes on.
struct FileReader {
    let text: YAMLText
    private(set) var problems: [DaymillError] = []

    init(_ text: YAMLText) {
        self.text = text
    }

    /// A key with its value, as it stands in the file.
    struct Field {
        var name: String
        /// What has the key: `source 'actions'`.
        var owner: String
        var key: YAMLNode
        var value: YAMLNode

        var place: SourcePlace { key.place }

        /// For messages: `'columns' of source 'actions'`.
        var title: String { "'\(name)' of \(owner)" }
    }

    mutating func report(
        _ message: String, hint: String = "", at place: SourcePlace, code: ErrorCode = .pipelineInvalid
    ) {
        problems.append(DaymillError(code, at: place, message, hint: hint))
    }

    /// Keeps errors of another parser, which know their places.
    mutating func report(_ error: any Error, at place: SourcePlace) {
        switch error {
        case let errors as DaymillErrors: problems.append(contentsOf: errors.all.map(Self.inOneLine))
        case let error as DaymillError: problems.append(Self.inOneLine(error))
        case let problem as TextProblem: problems.append(problem.error(.pipelineInvalid, at: place))
        default: problems.append(DaymillError(.bug, at: place, "\(error)", cause: error))
        }
    }

    /// A message that quotes several lines of the user's text keeps the first of them.
    private static func inOneLine(_ error: DaymillError) -> DaymillError {
        guard let lineEnd = error.message.firstIndex(where: \.isNewline) else { return error }
        var error = error
        error.message = error.message[..<lineEnd] + "…"
        return error
    }

    /// All problems in reading order, cut where nobody reads on.
    func sortedProblems() -> [DaymillError] {
        let sorted = problems.enumerated().sorted { a, b in
            guard let first = a.element.place, let second = b.element.place, first != second else {
                return a.offset < b.offset
            }
            return first < second
        }.map(\.element)
        guard sorted.count > Limits.problemsPerFileMax else { return sorted }
        let rest = sorted.count - Limits.problemsPerFileMax
        let last = DaymillError(.pipelineInvalid, at: SourcePlace(file: text.file), "there are \(rest) more problems")
        return sorted.prefix(Limits.problemsPerFileMax) + [last]
    }
}

// MARK: - Mappings and lists

extension FileReader {
    /// The keys of a mapping that are known and there now. Reports unknown keys, later keys and keys given twice. A
    /// misspelt key is taken for the one it means, so that it is told once and its value is checked too.
    mutating func fields(of node: YAMLNode, _ scope: KeyScope, owner: String) -> [String: Field] {
        var fields: [String: Field] = [:]
        var mistaken: [String: Field] = [:]
        for field in entries(of: node, owner: owner) {
            if let key = scope.keys.first(where: { $0.name == field.name }) {
                if key.isLater { report(later: field, scope) } else { fields[field.name] = field }
            } else {
                let meant = key(meantBy: field, scope)
                report(unknown: field, meant: meant, scope)
                if let meant, !meant.isLater { mistaken[meant.name] = field }
            }
        }
        return fields.merging(mistaken) { right, _ in right }
    }

    private func key(meantBy field: Field, _ scope: KeyScope) -> PipelineKey? {
        let word = field.name.lowercased().replacing("-", with: "_")
        if word == "name" { return nil }
        let near = nearestWord(to: word, in: scope.keys.map(\.name))
        return scope.keys.first { $0.aliases.contains(word) } ?? scope.keys.first { $0.name == near }
    }

    /// The entries of a mapping in the file's order. Of those given twice the last counts.
    mutating func entries(of node: YAMLNode, owner: String) -> [Field] {
        guard case .mapping(let entries) = node.content else { return [] }
        var fields: [Field] = []
        var positions: [String: Int] = [:]
        for entry in entries {
            guard let name = entry.key.text, !name.isEmpty else {
                report("a key of \(owner) is \(entry.key.kind)", hint: "write a word", at: entry.key.place)
                continue
            }
            let field = Field(name: name, owner: owner, key: entry.key, value: entry.value)
            guard let first = positions[name] else {
                positions[name] = fields.count
                fields.append(field)
                continue
            }
            report(
                "'\(Self.shortened(name))' is given twice in \(owner); the first is in line "
                    + "\(fields[first].place.line ?? 0)", hint: "keep one of them", at: entry.key.place)
            fields[first] = field
        }
        return fields
    }

    /// A mapping that holds at least one entry.
    mutating func namedEntries(_ field: Field, of what: String, example: String) -> [Field]? {
        guard case .mapping(let entries) = field.value.content else {
            report(
                wrong: field, "\(field.title) takes a mapping of names to \(what), not \(field.value.kind)",
                hint: "write \(example)")
            return nil
        }
        guard !entries.isEmpty else {
            report("\(field.title) is empty", hint: "write \(example)", at: field.value.place)
            return nil
        }
        return self.entries(of: field.value, owner: field.title)
    }

    /// A list, or a single value that stands for a list of one.
    mutating func items(_ field: Field, of what: String) -> [YAMLNode]? {
        switch field.value.content {
        case .list(let nodes) where !nodes.isEmpty: return nodes
        case .scalar where !field.value.isEmpty: return [field.value]
        case .list:
            report("\(field.title) is empty", hint: "give \(what)", at: field.value.place)
        default:
            report(wrong: field, "\(field.title) takes \(what), not \(field.value.kind)", hint: "give \(what)")
        }
        return nil
    }

    /// Something else stands where a key wants its value, or nothing at all.
    mutating func report(wrong field: Field, _ message: String, hint: String) {
        if field.value.isEmpty {
            report("\(field.title) is empty", hint: hint, at: field.place)
        } else {
            report(message, hint: hint, at: field.value.place)
        }
    }

    private mutating func report(unknown field: Field, meant: PipelineKey?, _ scope: KeyScope) {
        let known = scope.keys.filter { !$0.isLater }.map(\.name)
        let hint = meant.map { "did you mean '\($0.name)'?" } ?? "its keys are \(known.joined(separator: ", "))"
        if field.name == "<<" {
            report("merge keys ('<<') are not part of pipeline files", hint: "repeat the keys", at: field.place)
        } else if field.name == "name" {
            let hint =
                scope == .pipeline || scope == .project ? "its file's name is its name" : "the key above it is its name"
            report("\(field.owner) has no key 'name'", hint: "remove it: \(hint)", at: field.place)
        } else {
            report("\(field.owner) has no key '\(field.name)'", hint: hint, at: field.place)
        }
    }

    private mutating func report(later field: Field, _ scope: KeyScope) {
        if scope == .step, KeyScope.laterVerbs.contains(where: { $0.name == field.name }) {
            report(
                "the verb '\(field.name)' of \(field.owner) is not there yet",
                hint: "the verbs so far are \(KeyScope.verbs.joined(separator: ", "))",
                at: field.place, code: .unsupported)
        } else {
            report("\(field.title) is not there yet", hint: "remove it for now", at: field.place, code: .unsupported)
        }
    }
}

// MARK: - Single values

extension FileReader {
    /// A text that is not empty.
    mutating func string(_ field: Field?, _ what: String = "a text") -> String? {
        guard let field else { return nil }
        return string(field.value, title: field.title, what, emptyAt: field.place)
    }

    mutating func string(_ node: YAMLNode, title: String, _ what: String, emptyAt place: SourcePlace) -> String? {
        guard let text = node.text else {
            report("\(title) takes \(what), not \(node.kind)", at: node.place)
            return nil
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            report("\(title) is empty", hint: "write \(what), or remove the key", at: node.isEmpty ? place : node.place)
            return nil
        }
        return text
    }

    /// A text that another parser reads; its problems are placed in the file.
    mutating func parsed<Value>(
        _ field: Field?, _ what: String, _ parse: (String) throws(TextProblem) -> Value
    ) -> Value? {
        guard let field, let text = string(field, what) else { return nil }
        return parsed(text, in: field.value, parse)
    }

    mutating func parsed<Value>(
        _ text: String, in node: YAMLNode, _ parse: (String) throws(TextProblem) -> Value
    ) -> Value? {
        do throws(TextProblem) {
            return try parse(text)
        } catch {
            report(error, at: ScalarMap(node).place(character: error.offset))
            return nil
        }
    }

    /// A whole number of a range.
    mutating func count(_ field: Field?, _ range: ClosedRange<Int>) -> Int? {
        guard let field, let text = string(field, "a whole number") else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        report(
            "\(field.title) cannot be '\(Self.shortened(text))'",
            hint: "write a whole number of \(range.lowerBound) to \(range.upperBound)", at: field.value.place)
        return nil
    }

    /// One word of a fixed list.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ field: Field?, _ type: Choice.Type, later: [String] = []
    ) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        guard let field, let text = string(field, "one of \(words.joined(separator: ", "))") else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        if later.contains(text) {
            report(
                "\(field.title) is '\(text)', which is not there yet",
                hint: "so far it can be \(Self.alternatives(words))",
                at: field.value.place, code: .unsupported)
        } else {
            let others = ["yes": "true", "on": "true", "no": "false", "off": "false", "gz": "gzip", "zst": "zstd"]
            let meant = others[text.lowercased()].flatMap(Choice.init)?.rawValue ?? nearestWord(to: text, in: words)
            let hint = meant.map { "did you mean '\($0)'?" } ?? "it can be \(Self.alternatives(words))"
            report("\(field.title) cannot be '\(Self.shortened(text))'", hint: hint, at: field.value.place)
        }
        return nil
    }

    /// `a, b or c`.
    static func alternatives(_ words: [String]) -> String {
        words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }

    /// A text for a message: its first line, and not much of it.
    static func shortened(_ text: String) -> String {
        let line = text.prefix { !$0.isNewline }
        return line.count <= 40 && line.count == text.count ? text : "\(line.prefix(40))…"
    }
}
