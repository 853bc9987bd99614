import DaymillCore
import DaymillSQL

/// A step that has a name, though maybe not a right definition.
struct NamedStep {
    var name: String
    var place: SourcePlace
    var needs: [String]
    /// The path it writes, and where that stands.
    var to: (template: PathTemplate, place: SourcePlace)?
    /// Of a rollup; nil when something is wrong with it, and then a problem has been reported.
    var step: Step?
    /// Its keys.
    var fields: [String: FileReader.Field] = [:]
    /// The key that says what it does; nil when there is none, or several.
    var verb: String?
    /// What later steps may ask about it.
    var facts: [Fact] = []
    /// All of it; nil when something is wrong with it, and then a problem has been reported.
    var node: StepNode?
}

extension PipelineReader {
    mutating func readSteps(_ field: FileReader.Field?, sources: [NamedSource]) -> [NamedStep] {
        guard let field else {
            file.report("the pipeline has no 'steps'", hint: "add 'steps:' with what to compute", at: file.text.start)
            return []
        }
        let example = "a name, and below it 'window:', 'rollup:' and 'to:'"
        guard let entries = file.namedEntries(field, of: "steps", example: example) else { return [] }
        if entries.count > Limits.entriesPerPipelineMax {
            file.report(
                "the pipeline has \(entries.count) steps; \(Limits.entriesPerPipelineMax) is the most",
                hint: "split it", at: field.place, code: .limit)
            return []
        }
        let names = Set(entries.map(\.name))
        var steps = entries.map { readStep($0, sources: sources, names: names) }
        readGraph(&steps)
        checkCycles(steps)
        return steps
    }

    private mutating func readStep(
        _ field: FileReader.Field, sources: [NamedSource], names: Set<String>
    ) -> NamedStep {
        let owner = "step '\(FileReader.shortened(field.name))'"
        var named = NamedStep(name: field.name, place: field.place, needs: [], to: nil, step: nil)
        checkName(field, "step")
        if let source = sources.first(where: { $0.name == field.name }) {
            file.report(
                "\(owner) has the name of the source in line \(source.place.line ?? 0)",
                hint: "SQL reads both by name, so give one another name", at: field.place)
        }
        guard isMapping(field, owner, example: "'window:', 'rollup:' and 'to:'") else { return named }
        let fields = file.fields(of: field.value, .step, owner: owner)
        named.fields = fields
        named.needs = readNeeds(fields["needs"], of: field.name, names: names)
        named.verb = verb(of: field, fields, owner: owner)
        guard named.verb == nil && !hasSeveralVerbs(fields) || named.verb == "rollup" else { return named }
        let header = file.choice(fields["header"], OutputHeader.self) ?? .present
        let window = file.parsed(fields["window"], "a window such as 'last 7 days'", Window.parse)
        let to = readOutput(fields["to"], hasWindow: fields["window"] != nil, of: field, owner: owner)
        let format = readFormat(fields, to)
        if let to, let toField = fields["to"] { named.to = (to, toField.value.place) }
        guard let sql = readRollup(fields["rollup"], sources: sources) else { return named }
        checkWindow(fields["window"], of: field, owner: owner, source: sources.first { $0.name == sql.rollup.source })
        let split = file.choice(fields["split"], Split.self) ?? .none
        if split == .day {
            checkSplit(fields["split"], sources.first { $0.name == sql.rollup.source }?.source, owner: owner)
        }
        guard let to else { return named }
        named.step = Step(
            name: field.name, place: field.place, rollup: sql.rollup, sqlText: sql.text, sqlPlace: sql.place,
            window: window, to: to, format: format, header: header == .present && format == .csv, needs: named.needs,
            split: split)
        return named
    }

    private enum OutputHeader: String, CaseIterable {
        case present = "true"
        case absent = "false"
    }

    private func hasSeveralVerbs(_ fields: [String: FileReader.Field]) -> Bool {
        KeyScope.verbs.count { fields[$0] != nil } > 1
    }

    /// The one key that says what a step does.
    private mutating func verb(
        of field: FileReader.Field, _ fields: [String: FileReader.Field], owner: String
    ) -> String? {
        guard case .mapping(let entries) = field.value.content else { return nil }
        let verbs = KeyScope.verbs + KeyScope.laterVerbs.map(\.name)
        let given = entries.compactMap { entry in verbs.contains(entry.key.text ?? "") ? entry.key : nil }
        let names = given.compactMap(\.text)
        if names.isEmpty {
            file.report(
                "\(owner) does not say what to do",
                hint: "add 'rollup: |' and below it a SELECT with GROUP BY, or one of shell, call, wait and check",
                at: field.place)
        } else if Set(names).count > 1 {
            let list = names.map { "'\($0)'" }.joined(separator: " and ")
            file.report("\(owner) has several verbs: \(list)", hint: "make a step of each", at: given[1].place)
            return nil
        }
        return names.first
    }

    private mutating func checkWindow(
        _ window: FileReader.Field?, of field: FileReader.Field, owner: String, source: NamedSource?
    ) {
        guard let source = source?.source, !source.files.isEmpty else { return }
        if let window, !source.hasDays {
            file.report(
                "\(owner) has a window, but the rows of source '\(source.name)' have no days",
                hint:
                    "put {date} into its 'files', or name its 'event_time'; without a window a step covers everything",
                at: window.place)
        } else if window == nil, source.hasDays {
            file.report(
                "\(owner) does not say which days of source '\(source.name)' it covers",
                hint: "add 'window: last 7 days'",
                at: field.place)
        }
    }

    /// The SQL of a rollup, checked against all sources. Its problems are left out when they may only follow from a
    /// source whose columns are wrong.
    private mutating func readRollup(
        _ field: FileReader.Field?, sources: [NamedSource]
    ) -> (rollup: Rollup, text: String, place: SourcePlace)? {
        guard let field, let text = file.string(field, "a SELECT with GROUP BY") else { return nil }
        let map = ScalarMap(field.value)
        let columns = Dictionary(sources.map { ($0.name, $0.columns) }, uniquingKeysWith: { first, _ in first })
        do {
            let rollup = try Rollup.parse(text, sources: columns) { map.place(utf8Offset: $0) }
            return (rollup, text, map.place(utf8Offset: 0))
        } catch {
            let isDoubtful = sources.contains { $0.hasDoubtfulColumns && text.contains($0.name) }
            if !isDoubtful || file.problems.isEmpty { file.report(error, at: map.place(utf8Offset: 0)) }
            return nil
        }
    }
}

// MARK: - Output

extension PipelineReader {
    private mutating func readOutput(
        _ field: FileReader.Field?, hasWindow: Bool, of step: FileReader.Field, owner: String
    ) -> PathTemplate? {
        guard let field else {
            file.report(
                "\(owner) does not say where its result goes", hint: "add 'to: output/{date}.csv'", at: step.place)
            return nil
        }
        guard let template = file.parsed(field, "a path such as 'output/{date}.csv'", parsePath) else {
            return nil
        }
        checkOneFile(template, field)
        if hasWindow, !template.hasDate {
            file.report(
                "\(field.title) is '\(template)', the same file for every date",
                hint: "put {date} into it, as in 'output/{date}.csv'",
                at: field.value.place)
        }
        return template
    }

    /// The ending of the file says its format, or the key 'format' does.
    private mutating func readFormat(_ fields: [String: FileReader.Field], _ to: PathTemplate?) -> FileFormat {
        let given = file.choice(fields["format"], FileFormat.self, later: ["json", "parquet"])
        guard let to, let field = fields["to"] else { return given ?? .csv }
        let ending = Self.ending(of: to)
        let byEnding: FileFormat? = ending == "csv" ? .csv : ["jsonl", "ndjson"].contains(ending) ? .jsonl : nil
        if byEnding == nil { checkEnding(ending, to, field, isFormatGiven: fields["format"] != nil) }
        if let formatField = fields["format"], let given, let byEnding, given != byEnding {
            file.report(
                "\(formatField.title) is '\(given.rawValue)', and the file's ending says '\(byEnding.rawValue)'",
                hint: "let them agree, or remove 'format'", at: formatField.value.place)
        }
        let format = given ?? byEnding ?? .csv
        if format == .jsonl, let header = fields["header"] {
            file.report(
                "\(header.title) does not go with JSON Lines", hint: "remove it: keys name the values", at: header.place
            )
        }
        return format
    }

    /// Without its dot, in lower case; empty for a name without one.
    private static func ending(of template: PathTemplate) -> String {
        let name = template.text.split(separator: "/").last.map(String.init) ?? template.text
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.dropFirst().last.map { $0.lowercased() } ?? ""
    }

    /// An ending that says no format that can be written.
    private mutating func checkEnding(
        _ ending: String, _ to: PathTemplate, _ field: FileReader.Field, isFormatGiven: Bool
    ) {
        let later = ["gz", "zst", "parquet", "xlsx", "tsv", "html", "md"]
        let vague = ["json", "txt"]
        if later.contains(ending) || vague.contains(ending) && !isFormatGiven {
            file.report(
                "\(field.title) asks for a '.\(ending)' file, which is not there yet",
                hint: ending == "json" ? "write to a '.jsonl' file" : "write to a '.csv' or '.jsonl' file",
                at: field.value.place, code: .unsupported)
        } else if !isFormatGiven {
            file.report(
                "\(field.title) is '\(to)', whose ending does not say the format",
                hint: "let it end with '.csv' or '.jsonl', or add 'format'", at: field.value.place)
        }
    }

    /// No two steps write one file, and no step writes what a source reads.
    mutating func checkOutputs(_ steps: [NamedStep], sources: [Source]) {
        for (index, step) in steps.enumerated() {
            guard let to = step.to else { continue }
            if let other = steps[..<index].first(where: { $0.to?.template == to.template }) {
                file.report(
                    "steps '\(other.name)' and '\(step.name)' both write '\(to.template)'",
                    hint: "give each a file of its own",
                    at: to.place)
            }
            let path = to.template.isGlob ? nil : Day(year: 2024, month: 11, day: 28).map(to.template.render)
            guard let path, let source = sources.first(where: { $0.files.contains { $0.matches(path) } }) else {
                continue
            }
            file.report(
                "step '\(step.name)' writes '\(to.template)', which source '\(source.name)' reads",
                hint: "write into another folder, so that results never become input", at: to.place)
        }
    }
}

// MARK: - Order

extension PipelineReader {
    private mutating func readNeeds(_ field: FileReader.Field?, of step: String, names: Set<String>) -> [String] {
        guard let field, let nodes = file.items(field, of: "the name of a step or a list of names") else { return [] }
        var needs: [String] = []
        for node in nodes {
            guard let name = file.string(node, title: field.title, "the name of a step", emptyAt: field.place) else {
                continue
            }
            if name == step {
                file.report("step '\(step)' needs itself", hint: "remove '\(name)' from its 'needs'", at: node.place)
            } else if !names.contains(name) {
                let others = names.filter { $0 != step }.sorted()
                let hint =
                    nearestWord(to: name, in: others).map { "did you mean '\($0)'?" }
                    ?? (others.isEmpty
                        ? "it is the only step" : "the other steps are \(others.joined(separator: ", "))")
                file.report(
                    "step '\(step)' needs '\(FileReader.shortened(name))', but there is no such step", hint: hint,
                    at: node.place)
            } else if !needs.contains(name) {
                needs.append(name)
            }
        }
        return needs
    }

    private mutating func checkCycles(_ steps: [NamedStep]) {
        let order = StepOrder(Self.waits(steps))
        guard let first = order.cycle.first, let step = steps.first(where: { $0.name == first }) else { return }
        file.report(
            "these steps wait for each other: \((order.cycle + [first]).joined(separator: " needs "))",
            hint: "remove one of these 'needs'", at: step.place)
    }

    /// Each step after those it needs; else as in the file.
    func inOrder(_ steps: [NamedStep]) -> [NamedStep] {
        StepOrder(Self.waits(steps)).positions.map { steps[$0] }
    }

    /// Which steps each waits for: those it needs, and those that may take the place of these.
    private static func waits(_ steps: [NamedStep]) -> [(name: String, needs: [String])] {
        var fallbacks: [String: String] = [:]
        for step in steps { fallbacks[step.name] = step.node?.control.onFailure }
        return steps.map { step in
            guard step.node?.control.fallbackOf == nil else { return (step.name, step.needs) }
            var all = step.needs, place = 0
            while place < all.count {
                if let fallback = fallbacks[all[place]], fallback != step.name, !all.contains(fallback) {
                    all.append(fallback)
                }
                place += 1
            }
            return (step.name, all)
        }
    }
}
