import DaymillCore
import DaymillSQL

/// Steps that wait for something, and steps that look whether something is as it should be.
extension PipelineReader {
    /// `wait: { file: in/{date}.csv, settle: 30s, at_most: 2h }`, or with `output`, `call` or `time`.
    mutating func readWait(
        _ field: FileReader.Field?, of named: NamedStep, _ scope: FactScope, _ needs: inout [String]
    ) -> WaitWork? {
        guard let field else { return nil }
        guard case .mapping = field.value.content else {
            file.report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                hint: "write wait: { file: input/{date}.csv, at_most: 2h }")
            return nil
        }
        let fields = file.fields(of: field.value, .wait, owner: field.title)
        let kinds = ["file", "output", "call", "time"].filter { fields[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first.flatMap({ fields[$0] }) else {
            file.report(
                kinds.isEmpty
                    ? "\(field.title) does not say for what" : "\(field.title) says several things to wait for",
                hint: "give it one of file, output, call and time", at: field.place)
            return nil
        }
        if fields["settle"] != nil, kind.name != "file" {
            file.report("'settle' is for files", hint: "remove it", at: field.place)
        }
        let atMost = readLength(fields["at_most"]), every = readLength(fields["every"])
        if kind.name != "time", fields["at_most"] == nil {
            file.report("\(field.title) has no end", hint: "add 'at_most: 2h'", at: field.place)
        }
        if let every, every < .milliseconds(10), let place = fields["every"]?.value.place {
            file.report("it would look again without a pause", hint: "write 1s or more", at: place)
        }
        if case "time" = kind.name, let atMost, let length = readLength(kind), length > atMost {
            file.report("\(field.title) waits longer than 'at_most'", hint: "remove 'at_most'", at: kind.place)
        }
        guard let target = readTarget(kind, fields, of: named.name, scope, &needs) else { return nil }
        return WaitWork(
            target: target, atMost: atMost ?? .seconds(366 * 86_400),
            every: every ?? .seconds(kind.name == "file" ? 1 : 10))
    }

    private mutating func readTarget(
        _ field: FileReader.Field, _ fields: [String: FileReader.Field], of step: String, _ scope: FactScope,
        _ needs: inout [String]
    ) -> WaitWork.Target? {
        switch field.name {
        case "file":
            guard let path = template(field.value, title: field.title, scope, of: step, &needs, emptyAt: field.place)
            else { return nil }
            return .file(path, settle: readLength(fields["settle"]) ?? .seconds(2))
        case "call": return readCall(field, of: step, scope, &needs).map(WaitWork.Target.answer)
        case "time": return readLength(field).map(WaitWork.Target.time)
        default:
            guard let text = file.string(field, "a pipeline, or a pipeline and a step as in 'sales.daily'") else {
                return nil
            }
            let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
            return .output(pipeline: parts[0], step: parts.count > 1 ? parts[1] : nil)
        }
    }

    // MARK: check

    /// A condition, a mapping, or a list of both.
    mutating func readCheck(
        _ field: FileReader.Field?, of named: NamedStep, _ scope: FactScope, _ needs: inout [String]
    ) -> CheckWork? {
        guard let field else { return nil }
        let nodes: [YAMLNode]
        if case .list(let items) = field.value.content, !items.isEmpty { nodes = items } else { nodes = [field.value] }
        if field.value.isEmpty {
            file.report("\(field.title) is empty", hint: "write a condition such as 'weekly.rows > 0'", at: field.place)
            return nil
        }
        var assertions: [CheckWork.Assertion] = []
        for node in nodes {
            if node.text != nil {
                let found = condition(node, title: field.title, scope, of: named.name, &needs, emptyAt: field.place)
                if let found { assertions.append(.init(kind: .condition(found), text: found.text, place: node.place)) }
            } else {
                assertions += readAssertions(node, field, of: named.name, scope, &needs)
            }
        }
        return CheckWork(assertions: assertions)
    }

    private mutating func readAssertions(
        _ node: YAMLNode, _ field: FileReader.Field, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> [CheckWork.Assertion] {
        let fields = file.fields(of: node, .check, owner: field.title)
        var found: [CheckWork.Assertion] = []
        if let that = fields["that"],
            let kind = condition(that.value, title: that.title, scope, of: step, &needs, emptyAt: that.place)
        {
            found.append(.init(kind: .condition(kind), text: kind.text, place: that.value.place))
        }
        if let query = fields["no_rows"], let kind = readQuery(query.value, title: query.title, of: step, scope, &needs)
        {
            found.append(
                .init(kind: .query(kind), text: "no rows of \(query.value.text ?? "")", place: query.value.place))
        }
        let ready = ["rows", "unique", "not_null", "change"].compactMap { fields[$0] }
        guard !ready.isEmpty else {
            if found.isEmpty {
                file.report(
                    "\(field.title) has an entry that says nothing",
                    hint: "give it one of that, no_rows, rows, unique, not_null and change", at: node.place)
            }
            return found
        }
        guard let of = readChecked(fields["of"], field, node, scope) else { return found }
        need(["\(of).rows"], scope, of: step, &needs, at: node.place)
        return found + ready.compactMap { readReady($0, fields, of, step, scope, &needs) }
    }

    /// The step whose output is looked at; where there is one rollup it need not be named.
    private mutating func readChecked(
        _ field: FileReader.Field?, _ check: FileReader.Field, _ node: YAMLNode, _ scope: FactScope
    ) -> String? {
        if let field {
            guard let name = file.string(field, "the name of a step") else { return nil }
            if scope.outputs[name] != nil { return name }
            let hint =
                nearestWord(to: name, in: scope.outputs.keys.sorted()).map { "did you mean '\($0)'?" }
                ?? "steps with a rollup have outputs"
            file.report(
                "there is no output of a step '\(FileReader.shortened(name))'", hint: hint, at: field.value.place)
            return nil
        }
        if scope.outputs.count == 1 { return scope.outputs.keys.first }
        file.report(
            "\(check.title) does not say which output", hint: "add 'of:' and the name of a step", at: node.place)
        return nil
    }

    private mutating func readReady(
        _ field: FileReader.Field, _ fields: [String: FileReader.Field], _ of: String, _ step: String,
        _ scope: FactScope, _ needs: inout [String]
    ) -> CheckWork.Assertion? {
        let place = field.value.place
        switch field.name {
        case "rows": return readBetween(field, of)
        case "change":
            let runs = readCount(fields["runs"], 1...1000) ?? 7
            guard let most = readPart(field) else { return nil }
            return .init(
                kind: .change(fact: "\(of).rows", most: most, runs: runs),
                text: "\(of).rows within \(Int((most * 100).rounded())) % of the last \(runs) runs", place: place)
        default:
            guard let nodes = file.items(field, of: "names of columns") else { return nil }
            let columns = nodes.compactMap { node in column(node, field, of, scope) }
            guard columns.count == nodes.count else { return nil }
            let isUnique = field.name == "unique"
            let quoted = columns.map { "\"\($0.replacing("\"", with: "\"\""))\"" }
            let table = "\"\(of.replacing("\"", with: "\"\""))\""
            let sql =
                isUnique
                ? "SELECT \(quoted.joined(separator: ", ")), count(*) AS times FROM \(table) "
                    + "GROUP BY \(quoted.joined(separator: ", ")) HAVING count(*) > 1"
                : "SELECT count(*) AS rows FROM \(table) WHERE "
                    + quoted.map { "\($0) IS NULL" }.joined(separator: " OR ") + " HAVING count(*) > 0"
            guard let rollup = try? Rollup.parse(sql, sources: scope.outputs, place: { _ in place }) else {
                file.report("\(field.title) cannot be asked", hint: "name each column once", at: place)
                return nil
            }
            let names = columns.joined(separator: ", ")
            return .init(
                kind: .query(.init(step: of, rollup: rollup, sql: sql)),
                text: isUnique ? "\(names) of \(of) unique" : "\(names) of \(of) never NULL", place: place)
        }
    }

    private mutating func column(
        _ node: YAMLNode, _ field: FileReader.Field, _ of: String, _ scope: FactScope
    ) -> String? {
        guard let name = file.string(node, title: field.title, "a column", emptyAt: field.place) else { return nil }
        let known = scope.outputs[of]?.map(\.name) ?? []
        if known.contains(name) { return name }
        file.report(
            "the output of '\(of)' has no column '\(FileReader.shortened(name))'",
            hint: nearestWord(to: name, in: known).map { "did you mean '\($0)'?" }
                ?? "its columns are \(known.joined(separator: ", "))", at: node.place)
        return nil
    }

    /// `rows: 100`, `rows: [1, 1000000]`, `rows: [1, any]`.
    private mutating func readBetween(_ field: FileReader.Field, _ of: String) -> CheckWork.Assertion? {
        let place = field.value.place
        guard let nodes = file.items(field, of: "a number, or the least and the most") else { return nil }
        let numbers = nodes.map { Int64($0.text ?? "").map(Double.init) }
        let isRight = nodes.count <= 2 && zip(nodes, numbers).allSatisfy { $1 != nil || $0.text == "any" }
        let low = numbers[0], high = nodes.count == 2 ? numbers[1] : numbers[0]
        guard isRight, (low ?? 0) <= (high ?? .infinity), low != nil || high != nil else {
            file.report(
                "\(field.title) takes the least and the most", hint: "write whole numbers: [1, 1000000] or [1, any]",
                at: place)
            return nil
        }
        let texts = nodes.map { $0.text ?? "" }
        return .init(
            kind: .between(fact: "\(of).rows", low: low, high: high),
            text: "\(of).rows of \(texts[0]) to \(texts[texts.count - 1])", place: place)
    }

    /// `0.5` or `50%`.
    private mutating func readPart(_ field: FileReader.Field) -> Double? {
        guard let text = file.string(field, "a part such as 50%") else { return nil }
        let part = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
        if let part, part > 0, part <= 1000 { return part }
        file.report(
            "\(field.title) cannot be '\(FileReader.shortened(text))'", hint: "write a part such as 50%",
            at: field.value.place)
        return nil
    }
}
