import DaymillCore
import DaymillSQL

/// Params: words that paths take by name, `{initials}`.
extension PipelineReader {
    /// Reads `params: { initials: ab, most: { type: integer, default: 5 } }`, and puts what was given in their place.
    mutating func readParams(_ field: FileReader.Field?) {
        params = [:]
        let entries =
            field.flatMap { file.namedEntries($0, of: "texts", example: "for example { initials: ab }") } ?? []
        for entry in entries {
            checkParamName(entry)
            if case .mapping = entry.value.content {
                params[entry.name] = readTypedParam(entry)
            } else {
                params[entry.name] = file.string(entry.value, title: entry.title, "a text", emptyAt: entry.place) ?? "?"
            }
        }
        params.merge(givenParams.filter { params[$0.key] != nil }) { _, given in given }
    }

    private mutating func readTypedParam(_ field: FileReader.Field) -> String {
        let fields = file.fields(of: field.value, .param, owner: field.title)
        let type = fields["type"].flatMap { entry in
            file.string(entry, "a type").flatMap { parseType($0, column: entry, title: entry.title) }
        }
        paramTypes[field.name] = type
        if let given = givenParams[field.name] {
            checkValue(given, type, title: "the param '\(field.name)'", at: field.place)
        }
        guard let value = fields["default"] else {
            if givenParams[field.name] == nil { missingParams.append(field.name) }
            return givenParams[field.name] ?? "?"
        }
        guard let text = file.string(value, "a value") else { return "?" }
        checkValue(text, type, title: value.title, at: value.value.place)
        return text
    }

    private mutating func checkValue(_ text: String, _ type: SQLType?, title: String, at place: SourcePlace) {
        guard let type, ValueText.value(text, as: type) == nil else { return }
        file.report("\(title) is '\(FileReader.shortened(text))', which is no \(type)", at: place)
    }

    private mutating func checkParamName(_ field: FileReader.Field) {
        let isPlain = field.name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_")
        }
        let name = FileReader.shortened(field.name)
        if !isPlain || !(field.name.utf8.first.map { $0 > UInt8(ascii: "9") } ?? false) {
            file.report(
                "'\(name)' cannot be the name of a param",
                hint: "names take the letters a to z, digits and '_', and start with a letter", at: field.place)
        } else if ["date", "item"].contains(field.name) {
            let what = field.name == "date" ? "the day in every path" : "the item of a step with 'for_each'"
            file.report(
                "'\(field.name)' cannot be the name of a param",
                hint: "{\(field.name)} is \(what); take another name", at: field.place)
        }
    }

    /// A path in which names of params stand for what they say.
    var parsePath: (String) throws(TextProblem) -> PathTemplate {
        { [params] text throws(TextProblem) in try PathTemplate.parse(text, params: params) }
    }

    /// `split: day` gives each row to the file of its day, so rows have days of their own, and a run is told by the days
    /// in paths what is new.
    mutating func checkSplit(_ field: FileReader.Field?, _ source: Source?, owner: String) {
        guard let field, let source, !source.files.isEmpty else { return }
        if source.eventTime == nil {
            file.report(
                "\(owner) has 'split: day', but source '\(source.name)' does not say which day a row belongs to",
                hint: "name its 'event_time'", at: field.place)
        }
        if let plain = source.files.first(where: { !$0.hasDate }) {
            file.report(
                "\(owner) has 'split: day', and its window is of the days in paths, but '\(plain)' of source "
                    + "'\(source.name)' has no day",
                hint: "put {date} into it", at: field.place)
        }
    }
}

extension Pipeline {
    /// The same pipeline with other values of params, checked anew.
    ///
    /// - Parameter given: by name; values are single parts of a path.
    /// - Throws: `DaymillError` with the code `.usage` for names that the pipeline does not have and for values that
    ///   would lead elsewhere; `DaymillErrors` when the pipeline is wrong with them, as when two steps then write one
    ///   file.
    public func applying(_ given: [String: String]) throws -> Pipeline {
        guard !given.isEmpty else { return self }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard params[name] != nil else { throw unknownParam(name) }
            try Pipeline.checkGiven(value, of: name)
        }
        return try Pipeline.parse(
            origin.yaml, file: file, project: origin.project, params: params.merging(given) { $1 })
    }

    private func unknownParam(_ name: String) -> DaymillError {
        let known = params.keys.sorted()
        let hint =
            nearestWord(to: name, in: known).map { "did you mean '\($0)'?" }
            ?? (known.isEmpty ? "it has none" : "its params are \(known.joined(separator: ", "))")
        return DaymillError(.usage, "the pipeline '\(self.name)' has no param '\(name)'", hint: hint)
    }

    /// Whoever writes a pipeline file may name any folder in it; whoever only runs it cannot lead it out of there.
    private static func checkGiven(_ value: String, of name: String) throws {
        let shown = FileReader.shortened(value)
        if value.allSatisfy(\.isWhitespace) {
            throw DaymillError(.usage, "the param '\(name)' is empty", hint: "give it a value, as in \(name)=ab")
        }
        if value.contains("/") || value.allSatisfy({ $0 == "." }) {
            throw DaymillError(
                .usage, "the param '\(name)' cannot be '\(shown)', which leads to another folder",
                hint: "give one word; folders stand in the pipeline file")
        }
        if value.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            throw DaymillError(.usage, "the param '\(name)' holds a control character", hint: "remove it")
        }
    }

    /// Reads `name=value`, as people give params on a command line.
    ///
    /// - Throws: `DaymillError` with the code `.usage`, also for a name that is given twice.
    public static func params(_ texts: [String]) throws -> [String: String] {
        var params: [String: String] = [:]
        for text in texts {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw DaymillError(
                    .usage, "'\(FileReader.shortened(text))' is not a param", hint: "write --param name=value")
            }
            let name = String(text[..<equals])
            guard params.updateValue(String(text[text.index(after: equals)...]), forKey: name) == nil else {
                throw DaymillError(.usage, "the param '\(name)' is given twice", hint: "give it once")
            }
        }
        return params
    }
}
