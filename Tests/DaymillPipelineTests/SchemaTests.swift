import DaymillCore
import DaymillPipeline
import Foundation
import Testing

/// The JSON Schema and the documentation are held against the reader's own table of keys.
@Suite struct SchemaTests {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    static func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    }

    static func schema(_ name: String = "pipeline") throws -> SchemaCheck {
        let data = Data(try text("docs/spec/\(name).schema.json").utf8)
        let object = try JSONSerialization.jsonObject(with: data)
        return SchemaCheck(root: try #require(object as? [String: Any]))
    }

    static let scopes: [KeyScope] = [
        .pipeline, .param, .schedule, .source, .settle, .column, .step, .retry, .call, .capture, .wait, .check,
        .forEach, .notify, .triggers, .httpTrigger,
    ]

    /// The page, and the schema, of what stands in `daymill.yaml` are others.
    static func page(of scope: KeyScope) -> String { scopes.contains(scope) ? "pipeline" : "project" }

    @Test(arguments: KeyScope.allCases)
    func theSchemaHasExactlyTheReadersKeys(scope: KeyScope) throws {
        let properties = try #require(try Self.schema(Self.page(of: scope)).properties(of: scope))
        #expect(Set(properties.keys) == Set(scope.keys.filter { !$0.isLater }.map(\.name)))
    }

    @Test(arguments: KeyScope.allCases)
    func everyKeyIsDescribedAndHasTheReadersChoices(scope: KeyScope) throws {
        let schema = try Self.schema(Self.page(of: scope))
        let properties = try #require(schema.properties(of: scope))
        for key in scope.keys where !key.isLater {
            let property = try #require(properties[key.name] as? [String: Any])
            #expect(schema.description(of: property) != nil, "\(key.name) is not described")
            let choices = schema.choices(of: property).map(SchemaCheck.word)
            #expect(Set(choices) == Set(key.choices), "\(key.name)")
        }
    }

    @Test(arguments: KeyScope.allCases)
    func theDocumentationExplainsEveryKey(scope: KeyScope) throws {
        let page = try Self.text("docs/spec/\(Self.page(of: scope))-file.md")
        for key in scope.keys {
            #expect(page.contains(key.isLater ? "`\(key.name)`" : "| `\(key.name)` |"), "\(key.name)")
            for choice in key.choices { #expect(page.contains("`\(choice)`"), "\(key.name): \(choice)") }
        }
    }

    @Test func keysAreDeclaredOnce() {
        for scope in KeyScope.allCases {
            let words = scope.keys.map(\.name) + scope.keys.flatMap(\.aliases)
            #expect(Set(words).count == words.count, "\(scope)")
        }
    }

    /// The other way round is not asked for: SQL, paths and what fits together are beyond a schema.
    @Test(arguments: PipelineCaseTests.names)
    func whatTheReaderTakesTheSchemaTakes(name: String) throws {
        let yaml = try Self.text("Tests/Cases/pipeline/\(name)/pipeline.yaml")
        guard (try? Pipeline.parse(yaml, file: "pipeline.yaml")) != nil,
            let node = try YAMLDocument(YAMLText(yaml, file: "pipeline.yaml")).root
        else { return }
        #expect(try Self.schema().problems(of: node) == [])
    }

    @Test(arguments: ProjectCaseTests.names)
    func whatTheReaderTakesOfAProjectTheSchemaTakes(name: String) throws {
        let yaml = try ProjectCaseTests.yaml(name)
        guard (try? Project.parse(yaml)) != nil, let node = try YAMLDocument(YAMLText(yaml, file: "daymill.yaml")).root
        else { return }
        #expect(try Self.schema("project").problems(of: node) == [])
    }

    @Test(arguments: [
        ("http-wrong", "tiemout"), ("auth-wrong", "digest"), ("limits-no-mapping", "limits"), ("channels-wrong", "sms"),
        ("connections-wrong", "type is not a choice"), ("notify-wrong", "on is not a choice"),
    ])
    func whatIsPlainlyWrongInAProjectTheSchemaRefuses(name: String, problem: String) throws {
        let node = try #require(try YAMLDocument(YAMLText(try ProjectCaseTests.yaml(name), file: "daymill.yaml")).root)
        let found = try Self.schema("project").problems(of: node)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }

    @Test func theProjectOfTheDocumentationIsRight() throws {
        let page = try Self.text("docs/spec/project-file.md")
        for yaml in page.split(separator: "```yaml\n").dropFirst().compactMap({ $0.split(separator: "```").first }) {
            _ = try Project.parse(String(yaml))
            let node = try #require(try YAMLDocument(YAMLText(String(yaml), file: "daymill.yaml")).root)
            let problems = try Self.schema("project").problems(of: node)
            #expect(problems.isEmpty, "\(problems)")
        }
    }

    @Test(arguments: [
        ("unknown-keys", "abuot"), ("choices", "header"), ("empty-sections", "sources"), ("windows", "window"),
        ("names", "my actions"),
    ])
    func whatIsPlainlyWrongTheSchemaRefuses(name: String, problem: String) throws {
        let yaml = try Self.text("Tests/Cases/pipeline/\(name)/pipeline.yaml")
        let node = try #require(try YAMLDocument(YAMLText(yaml, file: "pipeline.yaml")).root)
        #expect(try Self.schema().problems(of: node).contains { $0.contains(problem) })
    }

    static let examples =
        (try? FileManager.default.subpathsOfDirectory(
            atPath: repository.appendingPathComponent("Examples").path))?
        .filter { $0.hasSuffix(".yaml") && $0.contains("pipelines/") }.sorted() ?? []

    @Test(arguments: examples)
    func everyExampleIsRightForReaderAndSchema(file: String) throws {
        let yaml = try Self.text("Examples/\(file)")
        let folder = Self.repository.appendingPathComponent("Examples/\(file)").deletingLastPathComponent()
        let project = try Project.load(root: folder.deletingLastPathComponent().path)
        #expect(try !Pipeline.parse(yaml, file: file, project: project).steps.isEmpty)
        let root = try #require(try YAMLDocument(YAMLText(yaml, file: file)).root)
        #expect(try Self.schema().problems(of: root) == [])
    }

    @Test func thePipelineOfTheDocumentationIsRight() throws {
        let page = try Self.text("docs/spec/pipeline-file.md")
        let yaml = try #require(page.split(separator: "```yaml\n").dropFirst().first?.split(separator: "```").first)
        let pipeline = try Pipeline.parse(String(yaml), file: "user-actions.yaml")
        #expect(pipeline.step("weekly")?.window == .last(days: 7))
    }
}

/// As much of JSON Schema as our schema uses.
struct SchemaCheck {
    let root: [String: Any]

    func properties(of scope: KeyScope) -> [String: Any]? {
        let definition = scope == .pipeline || scope == .project ? root : definitions?["\(scope)"] as? [String: Any]
        return definition?["properties"] as? [String: Any]
    }

    private var definitions: [String: Any]? { root["$defs"] as? [String: Any] }

    /// Its own, or that of what it refers to.
    func description(of schema: [String: Any]) -> String? {
        schema["description"] as? String ?? referred(schema).flatMap(description)
    }

    /// The words that it takes, itself or as one of a list; none where it takes other values, too.
    func choices(of schema: [String: Any]) -> [Any] {
        if let words = schema["enum"] as? [Any] { return words }
        if let inner = referred(schema) ?? schema["items"] as? [String: Any] { return choices(of: inner) }
        let all = (schema["anyOf"] as? [[String: Any]] ?? []).map(choices)
        return all.contains { $0.isEmpty } ? [] : all.first ?? []
    }

    private func referred(_ schema: [String: Any]) -> [String: Any]? {
        (schema["$ref"] as? String)?.split(separator: "/").last.flatMap { definitions?[String($0)] as? [String: Any] }
    }

    /// A value of an enum as it is written in YAML.
    static func word(_ value: Any) -> String {
        if value is NSNull { return "null" }
        if let text = value as? String { return text }
        return (value as? Bool) == true ? "true" : "false"
    }

    func problems(of node: YAMLNode) -> [String] { problems(of: node, root, "file") }

    private func problems(of node: YAMLNode, _ schema: [String: Any], _ path: String) -> [String] {
        var found = referred(schema).map { problems(of: node, $0, path) } ?? []
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let all = choices.map { problems(of: node, $0, path) }
            if !all.contains([]) { found += all.flatMap { $0 } }
        }
        if let words = schema["enum"] as? [Any], !words.map(Self.word).contains(node.text ?? "") {
            found.append("\(path) is not a choice")
        }
        let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] }
        if let types, Set(types).isDisjoint(with: Self.types(of: node)) { found.append("\(path) is no \(types)") }
        if let pattern = schema["pattern"] as? String, let text = node.text, let regex = try? Regex(pattern) {
            if text.firstMatch(of: regex) == nil { found.append("\(path) does not match \(pattern)") }
        }
        if let least = schema["minLength"] as? Int, let text = node.text, text.count < least {
            found.append("\(path) is too short")
        }
        switch node.content {
        case .scalar: return found
        case .list(let nodes): return found + listProblems(nodes, schema, path)
        case .mapping(let entries): return found + mappingProblems(entries, schema, path)
        }
    }

    private func listProblems(_ nodes: [YAMLNode], _ schema: [String: Any], _ path: String) -> [String] {
        let few = nodes.count < schema["minItems"] as? Int ?? 0 ? ["\(path) has too few items"] : []
        guard let items = schema["items"] as? [String: Any] else { return few }
        return few + nodes.flatMap { problems(of: $0, items, path) }
    }

    private func mappingProblems(_ entries: [YAMLNode.Entry], _ schema: [String: Any], _ path: String) -> [String] {
        let names = entries.map { $0.key.text ?? "" }
        let missing = (schema["required"] as? [String] ?? []).filter { !names.contains($0) }
        var found = missing.map { "\(path) lacks \($0)" }
        if names.count < schema["minProperties"] as? Int ?? 0 { found.append("\(path) has too few keys") }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for (name, entry) in zip(names, entries) {
            if let rule = schema["propertyNames"] as? [String: Any] {
                found += problems(of: entry.key, rule, "\(path)/\(name)")
            }
            if let property = properties[name] as? [String: Any] ?? schema["additionalProperties"] as? [String: Any] {
                found += problems(of: entry.value, property, "\(path)/\(name)")
            } else if (schema["additionalProperties"] as? Bool) == false {
                found.append("\(path) has no key \(name)")
            }
        }
        return found
    }

    /// What a YAML 1.2 editor takes a node for.
    private static func types(of node: YAMLNode) -> Set<String> {
        switch node.content {
        case .list: return ["array"]
        case .mapping: return ["object"]
        case .scalar(let text, let style):
            guard style == .plain else { return ["string"] }
            if ["", "~", "null", "NULL", "Null"].contains(text) { return ["null"] }
            if ["true", "false"].contains(text) { return ["boolean"] }
            return Double(text) == nil ? ["string"] : ["number"]
        }
    }
}
