import DaymillCore
import DaymillSQL

extension Pipeline {
    /// Reads and checks the text of a pipeline file.
    ///
    /// - Parameters:
    ///   - yaml: the whole file.
    ///   - file: its path as the user would type it; the pipeline's name is its last part without the ending.
    ///   - project: what holds where the pipeline says nothing.
    ///   - params: values that stand in the place of those in the file.
    /// - Throws: `DaymillErrors` with every problem in reading order; codes `.pipelineInvalid`, `.sqlInvalid`,
    ///   `.unsupported` and `.limit`.
    public static func parse(
        _ yaml: String, file: String, project: Project = Project(), params: [String: String] = [:]
    ) throws -> Pipeline {
        var reader = PipelineReader(YAMLText(yaml, file: file), project: project, params: params)
        reader.origin = Pipeline.Origin(yaml: yaml, project: project)
        return try reader.read()
    }
}

/// Reads one pipeline file. Sources and steps are read in files of their own.
struct PipelineReader {
    var file: FileReader
    let project: Project
    let name: String
    /// Given instead of what the file says.
    let givenParams: [String: String]
    /// What `{name}` in paths stands for.
    var params: [String: String] = [:]
    /// What their values are, by name; a text where nothing is said.
    var paramTypes: [String: SQLType] = [:]
    /// Those without a value.
    var missingParams: [String] = []
    /// What steps do that say nothing about trying again.
    var retry = RetryPolicy()
    /// Named numbers of places.
    var pools: [String: Int] = [:]
    /// Captures are read twice, and their problems are told once.
    var hasReadCaptures: Set<SourcePlace> = []
    var origin: Pipeline.Origin
    /// The zone in which the pipeline's days are days.
    var timezone: TimeZoneName

    init(_ text: YAMLText, project: Project, params: [String: String] = [:]) {
        givenParams = params
        origin = Pipeline.Origin(yaml: "", project: project)
        file = FileReader(text)
        self.project = project
        timezone = project.timezone
        name = Pipeline.name(ofFile: text.file)
    }

    mutating func read() throws -> Pipeline {
        let pipeline: Pipeline?
        do {
            pipeline = try YAMLDocument(file.text).root.flatMap { readRoot($0) } ?? reportEmpty()
        } catch {
            throw DaymillErrors([error as? DaymillError ?? DaymillError(.bug, at: file.text.start, "\(error)")])
        }
        let problems = file.sortedProblems()
        guard problems.isEmpty, let pipeline else { throw DaymillErrors(problems) }
        return pipeline
    }

    private mutating func reportEmpty() -> Pipeline? {
        if file.problems.isEmpty {
            file.report("the pipeline is empty", hint: "give it 'sources:' and 'steps:'", at: file.text.start)
        }
        return nil
    }

    private mutating func readRoot(_ root: YAMLNode) -> Pipeline? {
        if root.isEmpty { return nil }
        guard case .mapping = root.content else {
            file.report(
                "a pipeline is a mapping with 'sources:' and 'steps:', not \(root.kind)",
                hint: "start a line with 'sources:'", at: root.place)
            return nil
        }
        let fields = file.fields(of: root, .pipeline, owner: "the pipeline")
        let about = file.string(fields["about"])?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let zone = file.parsed(fields["timezone"], "a time zone", TimeZoneName.parse)
        let (schedule, scheduleZone) = readSchedule(fields["schedule"], zone: zone)
        timezone = zone ?? scheduleZone ?? project.timezone
        readParams(fields["params"])
        let limits = readLimits(fields)
        let sources =
            fields["sources"] != nil || readsRows(fields["steps"]) ? readSources(fields["sources"]) : []
        let steps = readSteps(fields["steps"], sources: sources)
        checkOutputs(steps, sources: sources.compactMap(\.source))
        let ordered = inOrder(steps)
        let rule = file.notices(fields["notify"], channels: project.channels.map(\.name))
        let triggers = readTriggers(fields["triggers"], steps)
        if let missing = missingParams.first, let place = (fields["schedule"] ?? fields["triggers"])?.place,
            schedule != nil || !triggers.outputs.isEmpty || !triggers.files.isEmpty
        {
            file.report(
                "the pipeline starts by itself, and its param '\(missing)' has no value", hint: "give it a 'default'",
                at: place)
        }
        let deadline = readDeadline(fields["deadline"], schedule)
        return Pipeline(
            name: name, file: file.text.file, about: about, schedule: schedule,
            timezone: timezone, params: params, paramTypes: paramTypes,
            missingParams: missingParams, origin: origin,
            sources: sources.compactMap(\.source), steps: ordered.compactMap(\.step), nodes: ordered.compactMap(\.node),
            limits: limits, triggers: triggers, notify: rule ?? project.notify, deadline: deadline)
    }

    /// `deadline: 07:30`, by the clock of the pipeline's zone.
    private mutating func readDeadline(_ field: FileReader.Field?, _ schedule: Schedule?) -> Int? {
        guard let field else { return nil }
        if schedule == nil {
            file.report("'deadline' says nothing without a schedule", hint: "add one, or remove it", at: field.place)
        }
        return file.parsed(field, "a time of day such as 07:30") { text throws(TextProblem) in
            let parts = text.split(separator: ":").map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], 0...23 ~= hour, 0...59 ~= minute else {
                throw TextProblem("'\(text)' is no time of day", hint: "write hours and minutes, as in \"07:30\"")
            }
            return hour * 60 + minute
        }
    }

    /// Whether a step computes something from rows, so that there have to be sources.
    private func readsRows(_ steps: FileReader.Field?) -> Bool {
        guard let steps, case .mapping(let entries) = steps.value.content, !entries.isEmpty else { return true }
        return entries.contains { entry in
            guard case .mapping(let keys) = entry.value.content else { return true }
            return !keys.contains { KeyScope.verbs.dropFirst().contains($0.key.text ?? "") }
        }
    }

    /// Names of sources and steps, which become names in SQL, in paths and on pages.
    mutating func checkName(_ field: FileReader.Field, _ what: String) {
        let isPlain = field.name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard !isPlain else { return }
        let plain = String(field.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" ? $0 : "_" })
        let example = plain.allSatisfy { $0 == "_" } ? "" : "; write '\(FileReader.shortened(plain))'"
        file.report(
            "'\(FileReader.shortened(field.name))' cannot be the name of a \(what)",
            hint: "names take the letters a to z, digits, '_' and '-'\(example)", at: field.place)
    }

    /// Whether the entry of a name has keys.
    mutating func isMapping(_ field: FileReader.Field, _ title: String, example: String) -> Bool {
        if case .mapping = field.value.content { return true }
        let what = field.value.isEmpty ? "empty" : "\(field.value.kind), not a mapping of keys"
        file.report(
            "\(title) is \(what)", hint: "write \(example) below it",
            at: field.value.isEmpty ? field.place : field.value.place)
        return false
    }
}
