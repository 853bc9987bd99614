import DaymillCore
import DaymillSQL

/// A source that has a name, though maybe not a right definition.
struct NamedSource {
    var name: String
    var place: SourcePlace
    /// What is known of its columns, for checking SQL.
    var columns: [Column]
    /// Nil when something essential is wrong with it; then a problem has been reported.
    var source: Source?
    /// Whether `columns` may be wrong, so that problems of SQL over it may only follow from that.
    var hasDoubtfulColumns: Bool
}

extension PipelineReader {
    mutating func readSources(_ field: FileReader.Field?) -> [NamedSource] {
        guard let field else {
            file.report(
                "the pipeline has no 'sources'", hint: "add 'sources:' with the files to read", at: file.text.start)
            return []
        }
        let example = "a name, and below it 'files:' and 'columns:'"
        guard let entries = file.namedEntries(field, of: "sources", example: example) else { return [] }
        if entries.count > Limits.entriesPerPipelineMax {
            file.report(
                "the pipeline has \(entries.count) sources; \(Limits.entriesPerPipelineMax) is the most",
                hint: "split it", at: field.place, code: .limit)
            return []
        }
        return entries.map { readSource($0) }
    }

    private mutating func readSource(_ field: FileReader.Field) -> NamedSource {
        let owner = "source '\(FileReader.shortened(field.name))'"
        var named = NamedSource(
            name: field.name, place: field.place, columns: [], source: nil, hasDoubtfulColumns: true)
        checkName(field, "source")
        guard isMapping(field, owner, example: "'files:' and 'columns:'") else { return named }
        if reportLaterKind(of: field) { return named }
        let fields = file.fields(of: field.value, .source, owner: owner)
        let format = file.choice(fields["format"], FileFormat.self, later: ["json", "parquet"]) ?? .csv
        let columns = readColumns(fields["columns"], of: field, format, owner: owner)
        named.columns = columns?.list ?? []
        named.hasDoubtfulColumns = columns?.isDoubtful ?? true
        let files = readFiles(fields["files"], format)
        if fields["files"] == nil {
            file.report("\(owner) does not say which files", hint: "add 'files: input/{date}.csv'", at: field.place)
        }
        if format == .jsonl { refuseCSVKeys(fields) }
        named.source = source(
            field, fields, format, files: files ?? [], columns: columns?.list ?? [], paths: columns?.paths ?? [])
        return named
    }

    /// A source that is not files has keys of its own, so nothing else is said about it.
    private mutating func reportLaterKind(of field: FileReader.Field) -> Bool {
        guard case .mapping(let entries) = field.value.content else { return false }
        let kinds = KeyScope.source.keys.filter(\.isLater).map(\.name)
        guard let key = entries.lazy.map(\.key).first(where: { kinds.contains($0.text ?? "") }) else { return false }
        file.report(
            "source '\(field.name)' reads from '\(key.text ?? "")', which is not there yet",
            hint: "sources read 'files' so far", at: key.place, code: .unsupported)
        return true
    }

    private mutating func source(
        _ field: FileReader.Field, _ fields: [String: FileReader.Field], _ format: FileFormat, files: [PathTemplate],
        columns: [Column], paths: [JSONPath]
    ) -> Source {
        let delimiter = readDelimiter(fields["delimiter"]) ?? UInt8(ascii: ",")
        let onBadRow = file.choice(fields["on_bad_row"], BadRowPolicy.self) ?? .fail
        var source = Source(
            name: field.name, place: field.place, files: files, format: format,
            compression: file.choice(fields["compression"], Compression.self) ?? .auto, columns: columns, paths: paths,
            header: file.choice(fields["header"], HeaderPolicy.self) ?? .auto, delimiter: delimiter,
            quote: readQuote(fields["quote"], delimiter: delimiter),
            nullWords: readNullWords(fields["null_words"], otherwise: format == .csv ? [""] : []),
            onBadRow: onBadRow, quarantineTo: readQuarantine(fields, onBadRow, source: field.name),
            eventTime: readEventTime(fields["event_time"], columns),
            distinctOn: readDistinctOn(fields["distinct_on"], columns),
            missing: file.choice(fields["missing"], MissingPolicy.self) ?? .fail, start: readStart(fields["start"]),
            extraColumns: file.choice(fields["extra_columns"], ExtraColumns.self) ?? .fail,
            missingColumns: file.choice(fields["missing_columns"], MissingColumns.self)
                ?? (format == .csv ? .fail : .null))
        source.settle = readSettle(fields["settle"])
        checkDays(of: source, fields["files"])
        readClocks(of: &source, fields)
        return source
    }

    /// Files with a day and files without one cannot stand side by side: nobody could say which days the latter are of.
    private mutating func checkDays(of source: Source, _ field: FileReader.Field?) {
        guard let field, source.eventTime == nil, source.hasDays, let plain = source.files.first(where: { !$0.hasDate })
        else { return }
        file.report(
            "\(field.title) has paths with a date and, with '\(plain)', without one",
            hint: "give every path a {date}, or say with 'event_time' which column has the day", at: field.value.place)
    }

    mutating func readStart(_ field: FileReader.Field?) -> Day? {
        file.parsed(field, "a day such as 2024-09-16") { text throws(TextProblem) in try Day.parse(text) }
    }
}

// MARK: - Files

extension PipelineReader {
    private mutating func readFiles(
        _ field: FileReader.Field?, _ format: FileFormat
    ) -> [PathTemplate]? {
        guard let field, let nodes = file.items(field, of: "a path or a list of paths") else { return nil }
        var templates: [PathTemplate] = []
        for node in nodes {
            guard let text = file.string(node, title: field.title, "a path", emptyAt: field.place),
                let template = file.parsed(text, in: node, parsePath)
            else { continue }
            if templates.contains(template) {
                file.report("\(field.title) has '\(text)' twice", hint: "remove one", at: node.place)
            } else {
                checkEnding(text, field, format, at: node.place)
                templates.append(template)
            }
        }
        return templates
    }

    /// Endings that say that the bytes are something else, or something that cannot be read yet.
    private mutating func checkEnding(
        _ path: String, _ field: FileReader.Field, _ format: FileFormat, at place: SourcePlace
    ) {
        var name = path.lowercased()
        for packed in [".gz", ".zst"] where name.hasSuffix(packed) { name.removeLast(packed.count) }
        if ["jsonl", "ndjson"].contains(where: { name.hasSuffix(".\($0)") }) {
            guard format == .csv else { return }
            return file.report(
                "\(field.title) names JSON Lines, and the source's format is csv", hint: "add 'format: jsonl'",
                at: place)
        }
        let endings: [(ending: String, what: String)] = [
            ("parquet", "Parquet files"), ("json", "JSON files"), ("xlsx", "spreadsheets"), ("orc", "ORC files"),
            ("avro", "Avro files"), ("bz2", "bzip2 files"), ("xz", "xz files"), ("zip", "zip archives"),
            ("lz4", "lz4 files"), ("tar", "tar archives"),
        ]
        guard let found = endings.first(where: { name.hasSuffix(".\($0.ending)") }) else { return }
        if found.ending == "json", format == .jsonl { return }
        file.report(
            "\(field.title) names \(found.what), which are not there yet",
            hint: found.ending == "json"
                ? "if each of their lines is an object, add 'format: jsonl'"
                : "give CSV files or JSON Lines, plain, .gz or .zst",
            at: place, code: .unsupported)
    }

    /// Bad rows go below the store, unless the source says where.
    private mutating func readQuarantine(
        _ fields: [String: FileReader.Field], _ policy: BadRowPolicy, source: String
    ) -> PathTemplate {
        let fallback = "\(project.store)/quarantine/\(name)/\(source)/{date}.csv".replacing("{date}", with: "\u{0}")
            .replacing("{", with: "{{").replacing("}", with: "}}").replacing("\u{0}", with: "{date}")
        let standard = try? PathTemplate.parse(fallback)
        let given = file.parsed(fields["quarantine_to"], "a path such as 'bad/{date}.csv'", parsePath)
        if let field = fields["quarantine_to"], policy != .quarantine {
            file.report(
                "\(field.title) has no effect, because bad rows are not quarantined",
                hint: "add 'on_bad_row: quarantine', or remove it", at: field.place)
        }
        if let field = fields["quarantine_to"], let given { checkOneFile(given, field) }
        return given ?? standard ?? PathTemplate.quarantine
    }

    /// A path to write to names exactly one file.
    mutating func checkOneFile(_ template: PathTemplate, _ field: FileReader.Field) {
        if template.hasHours {
            file.report(
                "\(field.title) is '\(template)', and nothing is written by the hour",
                hint: "write {date} in its place", at: field.value.place)
            return
        }
        guard template.isGlob else { return }
        file.report(
            "\(field.title) is '\(template)', which stands for many files",
            hint: "name one file, without '*', '?' and '[ ]'",
            at: field.value.place)
    }
}

extension PathTemplate {
    /// Where bad rows go when nobody can say better.
    fileprivate static var quarantine: PathTemplate {
        guard let template = try? PathTemplate.parse(".daymill/quarantine/{date}.csv") else {
            preconditionFailure("a constant that parses")
        }
        return template
    }
}

// MARK: - Columns

extension PipelineReader {
    private mutating func readColumns(
        _ field: FileReader.Field?, of source: FileReader.Field, _ format: FileFormat, owner: String
    ) -> (list: [Column], paths: [JSONPath], isDoubtful: Bool)? {
        guard let field else {
            file.report(
                "\(owner) has no 'columns'",
                hint: "add their names and types in the file's order, as in { email: text, dt: timestamp }",
                at: source.place)
            return nil
        }
        let problemsBefore = file.problems.count
        guard let entries = file.namedEntries(field, of: "types", example: "for example { email: text, dt: timestamp }")
        else { return nil }
        if entries.count > Limits.columnsMax {
            file.report(
                "\(owner) has \(entries.count) columns; \(Limits.columnsMax) is the most",
                hint: "leave out what is not needed",
                at: field.place, code: .limit)
            return nil
        }
        let columns = entries.map { readColumn($0, format, owner: owner) }
        return (columns.map(\.column), columns.map(\.path), file.problems.count > problemsBefore)
    }

    /// A type, or a mapping of type and path.
    private mutating func readColumn(
        _ field: FileReader.Field, _ format: FileFormat, owner: String
    ) -> (column: Column, path: JSONPath) {
        let name = "column '\(FileReader.shortened(field.name))' of \(owner)"
        let byName = JSONPath(key: field.name)
        guard case .mapping = field.value.content else {
            return (Column(field.name, readType(field, title: "the type of \(name)") ?? .text), byName)
        }
        let fields = file.fields(of: field.value, .column, owner: name)
        let type = fields["type"].map { readType($0, title: "the type of \(name)") }
        if type == nil { file.report("\(name) has no type", hint: "add 'type: text' or another", at: field.place) }
        let path = file.parsed(fields["path"], "a path such as user.profile.id", JSONPath.parse)
        if let given = fields["path"], format == .csv {
            file.report(
                "\(name) has a path, and fields of CSV stand where the order of 'columns' says",
                hint: "remove it, or set 'format: jsonl'", at: given.place)
        }
        return (Column(field.name, (type ?? nil) ?? .text), path ?? byName)
    }

    private mutating func readType(_ field: FileReader.Field, title: String) -> SQLType? {
        guard let text = file.string(field.value, title: title, "a type such as text or integer", emptyAt: field.place)
        else { return nil }
        return parseType(text, column: field, title: title)
    }

    private mutating func readEventTime(_ field: FileReader.Field?, _ columns: [Column]) -> Int? {
        guard let field, let name = file.string(field, "the name of a column"),
            let index = column(name, columns, field, at: field.value.place)
        else { return nil }
        if columns[index].type == .date || columns[index].type == .timestamp { return index }
        file.report(
            "\(field.title) is column '\(name)' of type \(columns[index].type), which holds no day",
            hint: "declare the column as 'timestamp' or 'date', or name another", at: field.value.place)
        return nil
    }

    private mutating func readDistinctOn(_ field: FileReader.Field?, _ columns: [Column]) -> [Int] {
        guard let field, let nodes = file.items(field, of: "a column or a list of columns") else { return [] }
        var indexes: [Int] = []
        for node in nodes {
            guard let name = file.string(node, title: field.title, "the name of a column", emptyAt: field.place),
                let index = column(name, columns, field, at: node.place)
            else { continue }
            if indexes.contains(index) {
                file.report("\(field.title) has '\(name)' twice", hint: "remove one", at: node.place)
            } else {
                indexes.append(index)
            }
        }
        return indexes
    }

    private mutating func column(
        _ name: String, _ columns: [Column], _ field: FileReader.Field, at place: SourcePlace
    ) -> Int? {
        if let index = columns.firstIndex(where: { $0.name == name }) { return index }
        guard !columns.isEmpty else { return nil }
        let names = columns.map(\.name)
        let hint =
            nearestWord(to: name, in: names).map { "did you mean '\($0)'?" }
            ?? "its columns are \(names.prefix(12).joined(separator: ", "))\(names.count > 12 ? ", …" : "")"
        file.report(
            "\(field.title) names the column '\(FileReader.shortened(name))', which the source does not have",
            hint: hint, at: place)
        return nil
    }
}
