import DaymillCore
import DaymillSQL

/// Steps that let something else do the work: a shell, or an address.
extension PipelineReader {
    mutating func readShell(_ named: NamedStep, _ scope: FactScope, _ needs: inout [String]) -> ShellWork? {
        guard let field = named.fields["shell"], let script = file.string(field, "lines for a shell") else {
            return nil
        }
        let program = file.string(named.fields["program"], "a shell such as bash") ?? "/bin/sh"
        var work = ShellWork(script: script, program: program)
        work.folder = file.string(named.fields["folder"], "a folder")
        guard let env = named.fields["env"],
            let entries = file.namedEntries(env, of: "texts", example: "for example { REGION: eu }")
        else { return work }
        for entry in entries {
            guard checkVariable(entry) else { continue }
            guard
                let value = template(
                    entry.value, title: entry.title, scope, of: named.name, &needs, emptyAt: entry.place)
            else { continue }
            work.environment.append(.init(name: entry.name, value: value))
        }
        return work
    }

    private mutating func checkVariable(_ field: FileReader.Field) -> Bool {
        let isPlain = field.name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]*/#) != nil
        if isPlain, !field.name.hasPrefix("DAYMILL_") { return true }
        file.report(
            "'\(FileReader.shortened(field.name))' cannot be the name of a variable",
            hint: isPlain
                ? "names that start with DAYMILL_ are given by Daymill"
                : "names take letters, digits and '_', and start with no digit", at: field.place)
        return false
    }

    /// `call: https://...`, or a mapping with `url`.
    mutating func readCall(
        _ field: FileReader.Field?, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> CallWork? {
        guard let field else { return nil }
        guard case .mapping = field.value.content else {
            guard let url = readURL(field, of: step, scope, &needs) else { return nil }
            return CallWork(url: url, method: "GET", expected: [200...299])
        }
        let fields = file.fields(of: field.value, .call, owner: field.title)
        let body = readBody(fields["body"], of: step, scope, &needs)
        let method = file.choice(fields["method"], CallMethod.self)?.rawValue ?? (body == nil ? "GET" : "POST")
        let connection = readConnection(fields["connection"])
        guard let url = readPlace(fields, field, of: step, scope, &needs) else { return nil }
        var work = CallWork(
            url: url, connection: connection, method: method, body: body,
            expected: readExpected(fields["expect"]) ?? [200...299], timeout: readLength(fields["timeout"]))
        work.captures = readCaptures(field)
        work.headers = readHeaders(fields["headers"], of: step, scope, &needs)
        work.isJSON = body != nil && fields["body"]?.value.text == nil
        if work.isJSON, !work.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            work.headers.append(.init(name: "Content-Type", value: .plain("application/json")))
        }
        return work
    }

    /// `url`, or with a connection `path`.
    private mutating func readPlace(
        _ fields: [String: FileReader.Field], _ call: FileReader.Field, of step: String, _ scope: FactScope,
        _ needs: inout [String]
    ) -> TextTemplate? {
        guard fields["connection"] != nil else {
            if let path = fields["path"] {
                file.report(
                    "\(path.title) does not say of which server",
                    hint: "add 'connection:', or write all of it as 'url'",
                    at: path.place)
            } else if fields["url"] == nil {
                file.report("\(call.title) has no 'url'", hint: "add 'url: https://...'", at: call.place)
            }
            return readURL(fields["url"], of: step, scope, &needs)
        }
        if let url = fields["url"] {
            file.report(
                "\(url.title) does not go with 'connection', which has an address",
                hint: "write what follows that as 'path: /...'", at: url.place)
        }
        guard let path = fields["path"] else { return .plain("") }
        guard let text = template(path.value, title: path.title, scope, of: step, &needs, emptyAt: path.place) else {
            return nil
        }
        return file.parsed(text.text, in: path.value, FileReader.path).map { _ in text }
    }

    /// The name of a connection for calls.
    private mutating func readConnection(_ field: FileReader.Field?) -> String? {
        guard let field, let name = file.string(field, "the name of a connection") else { return nil }
        let names = project.connections.map(\.name)
        if names.contains(name) { return name }
        let hint =
            nearestWord(to: name, in: names).map { "did you mean '\($0)'?" }
            ?? (names.isEmpty
                ? "add it to 'connections' of daymill.yaml"
                : "the connections of daymill.yaml are \(names.joined(separator: ", "))")
        file.report("there is no connection '\(FileReader.shortened(name))'", hint: hint, at: field.value.place)
        return nil
    }

    private mutating func readURL(
        _ field: FileReader.Field?, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> TextTemplate? {
        guard let field,
            let url = template(field.value, title: field.title, scope, of: step, &needs, emptyAt: field.place)
        else { return nil }
        if url.text.hasPrefix("http://") || url.text.hasPrefix("https://") || url.text.hasPrefix("{") { return url }
        file.report(
            "\(field.title) is '\(FileReader.shortened(url.text))', which is no address",
            hint: "write it with http:// or https://", at: field.value.place)
        return nil
    }

    private mutating func readHeaders(
        _ field: FileReader.Field?, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> [CallWork.Header] {
        guard let field,
            let entries = file.namedEntries(field, of: "texts", example: "for example { Accept: application/json }")
        else { return [] }
        return entries.compactMap { entry in
            if entry.name.wholeMatch(of: #/[A-Za-z0-9!#$%&'*+.^_`|~\-]+/#) == nil {
                file.report("'\(FileReader.shortened(entry.name))' is no name of a header", at: entry.place)
            }
            return template(entry.value, title: entry.title, scope, of: step, &needs, emptyAt: entry.place).map {
                .init(name: entry.name, value: $0)
            }
        }
    }

    /// A text as it is, or a mapping or list that is sent as JSON.
    private mutating func readBody(
        _ field: FileReader.Field?, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> TextTemplate? {
        guard let field else { return nil }
        if field.value.text != nil {
            return template(field.value, title: field.title, scope, of: step, &needs, emptyAt: field.place)
        }
        let known = scope.names.map(\.name).filter { $0 != "date" }
        do {
            let template = try TextTemplate.parse(field.value.json, known: known)
            need(template.names, scope, of: step, &needs, at: field.value.place)
            return template
        } catch {
            file.report(
                DaymillError(.pipelineInvalid, at: field.value.place, error.message, hint: error.hint), at: field.place)
            return nil
        }
    }

    /// `200`, `[200, 404]`, `2xx`, `200-299`.
    private mutating func readExpected(_ field: FileReader.Field?) -> [ClosedRange<Int>]? {
        guard let field, let nodes = file.items(field, of: "status codes such as 200 or 2xx") else { return nil }
        return nodes.compactMap { node in
            let text = node.text ?? ""
            if let code = Int(text), 100...599 ~= code { return code...code }
            if let match = text.wholeMatch(of: #/([1-5])xx/#), let first = Int(match.1) {
                return first * 100...first * 100 + 99
            }
            if let match = text.wholeMatch(of: #/(\d{3})\s*-\s*(\d{3})/#), let a = Int(match.1), let b = Int(match.2),
                a <= b
            {
                return a...b
            }
            file.report(
                "\(field.title) cannot be '\(FileReader.shortened(text))'", hint: "write 200, 2xx or 200-204",
                at: node.place)
            return nil
        }
    }

    /// `capture: { total: order.total }`, or `{ total: { path: order.total, type: integer } }`.
    mutating func readCaptures(_ call: FileReader.Field?) -> [CallWork.Capture] {
        guard let call, case .mapping(let entries) = call.value.content,
            let entry = entries.last(where: { $0.key.text == "capture" })
        else { return [] }
        let field = FileReader.Field(name: "capture", owner: call.title, key: entry.key, value: entry.value)
        // It is read twice: first for its facts, then with the call. Its problems are told once.
        let before = file
        defer {
            if hasReadCaptures.contains(entry.key.place) {
                file = before
            } else {
                hasReadCaptures.insert(entry.key.place)
            }
        }
        let example = "for example { total: order.total }"
        return (file.namedEntries(field, of: "paths", example: example) ?? []).compactMap { readCapture($0) }
    }

    private mutating func readCapture(_ field: FileReader.Field) -> CallWork.Capture? {
        checkFactName(field)
        if StepWork.callFacts.contains(where: { $0.name == field.name }) {
            file.report("every call has a fact '\(field.name)'", hint: "take another name", at: field.place)
        }
        guard case .mapping = field.value.content else {
            let path = file.parsed(field, "a path such as order.total", JSONPath.parse)
            return path.map { .init(fact: Fact(field.name, .text), path: $0) }
        }
        let fields = file.fields(of: field.value, .capture, owner: field.title)
        let type = fields["type"].flatMap { type in
            file.string(type, "a type").flatMap { parseType($0, column: type, title: type.title) }
        }
        guard let pathField = fields["path"] else {
            file.report("\(field.title) has no 'path'", hint: "add 'path: order.total'", at: field.place)
            return nil
        }
        let path = file.parsed(pathField, "a path such as order.total", JSONPath.parse)
        return path.map { .init(fact: Fact(field.name, type ?? .text), path: $0) }
    }
}

/// How an address is called.
public enum CallMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case head = "HEAD"
}
