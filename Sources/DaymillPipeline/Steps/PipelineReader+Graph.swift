import DaymillCore
import DaymillSQL

/// Steps are read in two goes, since any of them may ask for facts about any other: first what each lets others know, then
/// all the rest.
extension PipelineReader {
    mutating func readGraph(_ steps: inout [NamedStep]) {
        for i in steps.indices { steps[i].facts = readFacts(steps[i]) }
        let scope = FactScope(steps, params: params, types: paramTypes)
        for i in steps.indices {
            guard let verb = steps[i].verb else { continue }
            steps[i].node = readNode(steps[i], verb, scope)
            if let node = steps[i].node { steps[i].needs = node.needs }
        }
        linkFallbacks(&steps)
        checkControls(steps)
    }

    /// What a step of a pipeline may ask for.
    struct FactScope {
        /// The date, params, and facts with the names of their steps before them.
        var names: [Column]
        /// Rollups by name, for SQL over what they put out.
        var outputs: [String: [Column]]
        var steps: Set<String>

        init(_ steps: [NamedStep], params: [String: String], types: [String: SQLType]) {
            let plain = [Column("date", .date)] + params.keys.sorted().map { Column($0, types[$0] ?? .text) }
            names = plain + steps.flatMap { step in step.facts.map { Column("\(step.name).\($0.name)", $0.type) } }
            let rollups = steps.compactMap { step in
                step.step.map { rollup in
                    // Intervals are written in words, which nothing reads back.
                    (
                        step.name,
                        rollup.rollup.outputs.map { Column($0.name, $0.expression.type) }.filter {
                            $0.type != .interval
                        }
                    )
                }
            }
            outputs = Dictionary(rollups, uniquingKeysWith: { first, _ in first })
            self.steps = Set(steps.map(\.name))
        }

        /// The step of a fact's name.
        func step(of name: String) -> String? {
            guard let dot = name.lastIndex(of: ".") else { return nil }
            return String(name[..<dot])
        }
    }

    /// What a step lets others know: what all of its kind do, and what it declares.
    private mutating func readFacts(_ named: NamedStep) -> [Fact] {
        let items = named.fields["for_each"] == nil ? [] : [Fact("items", .integer)]
        switch named.verb {
        case "rollup": return named.step.map { StepWork.rollup($0).facts } ?? []
        case "shell": return StepWork.shellFacts + readDeclaredFacts(named.fields["facts"]) + items
        case "call": return StepWork.callFacts + readCaptures(named.fields["call"]).map(\.fact) + items
        case "wait": return StepWork.waitFacts
        case "check": return StepWork.checkFacts
        default: return []
        }
    }

    /// `facts: { total: integer }`: what a shell writes into the file `$DAYMILL_FACTS`.
    mutating func readDeclaredFacts(_ field: FileReader.Field?) -> [Fact] {
        guard let field, let entries = file.namedEntries(field, of: "types", example: "for example { total: integer }")
        else { return [] }
        return entries.compactMap { entry in
            checkFactName(entry)
            guard let text = file.string(entry.value, title: entry.title, "a type", emptyAt: entry.place) else {
                return nil
            }
            return parseType(text, column: entry, title: entry.title).map { Fact(entry.name, $0) }
        }
    }

    mutating func checkFactName(_ field: FileReader.Field) {
        guard !field.name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }) else { return }
        file.report(
            "'\(FileReader.shortened(field.name))' cannot be the name of a fact",
            hint: "names take the letters a to z, digits and '_'", at: field.place)
    }

    private mutating func readNode(_ named: NamedStep, _ verb: String, _ scope: FactScope) -> StepNode? {
        guard KeyScope.verbs.contains(verb) else { return nil }
        let before = file.problems.count
        var needs = named.needs
        let control = readControl(named, scope, &needs)
        var inner = scope
        if control.forEach != nil { inner.names.append(Column("item", .text)) }
        let work: StepWork? =
            switch verb {
            case "rollup": named.step.map(StepWork.rollup)
            case "shell": readShell(named, inner, &needs).map(StepWork.shell)
            case "call": readCall(named.fields["call"], of: named.name, inner, &needs).map(StepWork.call)
            case "wait": readWait(named.fields["wait"], of: named, inner, &needs).map(StepWork.wait)
            case "check": readCheck(named.fields["check"], of: named, inner, &needs).map(StepWork.check)
            default: nil
            }
        checkKeys(named, verb)
        guard file.problems.count == before, let work else { return nil }
        let known = Set(work.facts.map(\.name))
        return StepNode(
            name: named.name, place: named.place, work: work, needs: needs, control: control,
            facts: named.facts.filter { !known.contains($0.name) })
    }

    /// Keys that say something about another kind of step.
    private mutating func checkKeys(_ named: NamedStep, _ verb: String) {
        let own: [String: [String]] = [
            "window": ["rollup"], "to": ["rollup"], "format": ["rollup"], "header": ["rollup"], "split": ["rollup"],
            "program": ["shell"], "env": ["shell"], "folder": ["shell"], "facts": ["shell"],
            "for_each": ["shell", "call"],
        ]
        for (key, verbs) in own.sorted(by: { $0.key < $1.key }) {
            guard let field = named.fields[key], !verbs.contains(verb) else { continue }
            file.report(
                "\(field.title) does not go with '\(verb)'",
                hint: "it is for steps with \(FileReader.alternatives(verbs))", at: field.place)
        }
    }

    /// Adds what a step needs because it asks for facts about it.
    mutating func need(
        _ names: [String], _ scope: FactScope, of step: String, _ needs: inout [String], at place: SourcePlace
    ) {
        for other in names.compactMap(scope.step(of:)) where scope.steps.contains(other) {
            if other == step {
                file.report(
                    "step '\(step)' asks for a fact about itself", hint: "it is known when it has ended", at: place)
            } else if !needs.contains(other) {
                needs.append(other)
            }
        }
    }

    /// A text with names in braces.
    mutating func template(
        _ node: YAMLNode, title: String, _ scope: FactScope, of step: String, _ needs: inout [String],
        emptyAt place: SourcePlace
    ) -> TextTemplate? {
        guard let text = file.string(node, title: title, "a text", emptyAt: place) else { return nil }
        let known = scope.names.map(\.name).filter { $0 != "date" }
        let template = file.parsed(text, in: node) { text throws(TextProblem) in
            try TextTemplate.parse(text, known: known)
        }
        if let template { need(template.names, scope, of: step, &needs, at: node.place) }
        return template
    }

    /// A condition over facts.
    mutating func condition(
        _ node: YAMLNode, title: String, _ scope: FactScope, of step: String, _ needs: inout [String],
        emptyAt place: SourcePlace
    ) -> Condition? {
        guard let text = file.string(node, title: title, "a condition such as 'extract.rows > 0'", emptyAt: place)
        else { return nil }
        let map = ScalarMap(node)
        do {
            let condition = try Condition.parse(text, names: scope.names) { map.place(utf8Offset: $0) }
            need(condition.used.map { scope.names[$0].name }, scope, of: step, &needs, at: node.place)
            return condition
        } catch {
            file.report(error, at: node.place)
            return nil
        }
    }

    // MARK: Across steps

    /// Lets each fallback know whose place it takes.
    private mutating func linkFallbacks(_ steps: inout [NamedStep]) {
        let places = Dictionary(steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for i in steps.indices {
            guard let name = steps[i].node?.control.onFailure, let field = steps[i].fields["on_failure"],
                let place = places[name], steps[place].node != nil
            else { continue }
            if let other = steps[place].node?.control.fallbackOf {
                file.report(
                    "step '\(name)' cannot take the place of '\(steps[i].name)', since it takes that of '\(other)'",
                    hint: "make a step of its own for each", at: field.value.place)
                continue
            }
            let replaced = steps[i].name
            steps[place].node?.control.fallbackOf = replaced
            if !steps[place].needs.contains(replaced) {
                steps[place].node?.needs.append(replaced)
                steps[place].needs.append(replaced)
            }
        }
    }

    private mutating func checkControls(_ steps: [NamedStep]) {
        for step in steps {
            guard let node = step.node else { continue }
            if node.control.fallbackOf != nil, let field = step.fields["run_if"] {
                file.report(
                    "\(field.title) does not go with taking the place of another step",
                    hint: "remove it: a fallback starts when that step has failed", at: field.place)
            } else if node.control.runIf != .allSucceeded, node.needs.isEmpty, let field = step.fields["run_if"] {
                file.report("\(field.title) says nothing, since it needs no step", hint: "add 'needs'", at: field.place)
            }
        }
    }
}

extension StepWork {
    static let shellFacts = [Fact("exit", .integer)]
    static let callFacts = [Fact("status", .integer), Fact("bytes", .integer)]
    static let waitFacts = [Fact("seconds", .double), Fact("path", .text), Fact("bytes", .integer)]
    static let checkFacts = [Fact("rows", .integer)]
}
