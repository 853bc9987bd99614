import DaymillCore

/// What starts a pipeline beside its schedule.
extension PipelineReader {
    /// `triggers: { output: sales.daily, file: in/{date}.csv, http: { token: ${SALES_TOKEN} } }`, or a list of such mappings.
    mutating func readTriggers(_ field: FileReader.Field?, _ steps: [NamedStep]) -> PipelineTriggers {
        var triggers = PipelineTriggers()
        guard let field else { return triggers }
        let nodes: [YAMLNode]
        if case .list(let items) = field.value.content, !items.isEmpty { nodes = items } else { nodes = [field.value] }
        for node in nodes {
            guard case .mapping = node.content else {
                let hint = "write { output: other-pipeline }, or { file: input/{date}.csv }"
                if node.isEmpty {
                    file.report("\(field.title) is empty", hint: hint, at: field.place)
                } else {
                    file.report("\(field.title) takes a mapping, not \(node.kind)", hint: hint, at: node.place)
                }
                continue
            }
            let fields = file.fields(of: node, .triggers, owner: field.title)
            if let output = fields["output"] { triggers.outputs += readOutputs(output) }
            triggers.files += readFileTriggers(fields, steps, known: triggers.files)
            guard let http = fields["http"] else { continue }
            if triggers.httpToken != nil {
                file.report("\(http.title) is given twice", hint: "keep one of them", at: http.place)
            }
            triggers.httpToken = readHTTPTrigger(http)
        }
        return triggers
    }

    private mutating func readOutputs(_ field: FileReader.Field) -> [PipelineTriggers.Output] {
        (file.items(field, of: "a pipeline, or a pipeline and a step as in 'sales.daily'") ?? []).compactMap { node in
            guard let text = file.string(node, title: field.title, "a pipeline", emptyAt: field.place) else {
                return nil
            }
            let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
            if parts[0] == name {
                file.report("\(field.title) is the pipeline itself", hint: "name another one", at: node.place)
            }
            return .init(pipeline: parts[0], step: parts.count > 1 ? parts[1] : nil, place: node.place)
        }
    }

    private mutating func readHTTPTrigger(_ field: FileReader.Field) -> SecretText? {
        guard case .mapping = field.value.content else {
            file.report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                hint: "write { token: ${TOKEN} }"
            )
            return nil
        }
        let keys = file.fields(of: field.value, .httpTrigger, owner: field.title)
        if keys["token"] == nil {
            file.report("\(field.title) has no 'token'", hint: "add 'token: ${TOKEN}'", at: field.place)
        }
        return file.parsed(keys["token"], "${TOKEN}", SecretText.parse)
    }

    // MARK: Files

    private mutating func readFileTriggers(
        _ fields: [String: FileReader.Field], _ steps: [NamedStep], known: [PipelineTriggers.File]
    ) -> [PipelineTriggers.File] {
        let settle = readSettleTime(fields["settle"])
        guard let field = fields["file"] else {
            if let settle = fields["settle"] {
                file.report("\(settle.title) says nothing without 'file'", hint: "remove it", at: settle.place)
            }
            return []
        }
        var found: [PipelineTriggers.File] = []
        for node in file.items(field, of: "a path or a list of paths") ?? [] {
            guard let text = file.string(node, title: field.title, "a path", emptyAt: field.place),
                let path = file.parsed(text, in: node, parsePath)
            else { continue }
            if (known + found).contains(where: { $0.path == path }) {
                file.report("\(field.title) has '\(text)' twice", hint: "remove one", at: node.place)
                continue
            }
            checkNoCircle(path, field, steps, at: node.place)
            found.append(.init(path: path, settle: settle ?? .seconds(2), place: node.place))
        }
        return found
    }

    /// At most a day, as for sources.
    private mutating func readSettleTime(_ field: FileReader.Field?) -> Duration? {
        guard let field, let time = file.parsed(field, "a length of time such as 30s", DurationText.parse) else {
            return nil
        }
        if time <= .seconds(86_400) { return time }
        file.report("\(field.title) is longer than a day", hint: "write 1d or less", at: field.value.place)
        return nil
    }

    /// What a run writes must not start the next one.
    private mutating func checkNoCircle(
        _ path: PathTemplate, _ field: FileReader.Field, _ steps: [NamedStep], at place: SourcePlace
    ) {
        for step in steps {
            guard let to = step.to?.template, !to.isGlob, let day = Day(year: 2024, month: 11, day: 28),
                path.matches(to.render(for: day))
            else { continue }
            file.report(
                "\(field.title) takes in '\(to)', which step '\(step.name)' writes: each run would start another one",
                hint: "name a folder that the pipeline only reads", at: place)
        }
        if path.reachesInto(folder: project.store) {
            file.report(
                "\(field.title) reaches into '\(project.store)', where Daymill itself writes: each run would start "
                    + "another one", hint: "name a folder of its own", at: place)
        }
    }
}
