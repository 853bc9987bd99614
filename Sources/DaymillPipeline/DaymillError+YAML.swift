import DaymillCore

/// The wording of everything that is wrong with a file before it is a pipeline.
extension DaymillError {
    static func yaml(_ problem: YAMLProblem, in text: YAMLText) -> DaymillError {
        if let line = problem.line, let tab = text.tabIndent(near: line) {
            return DaymillError(
                .pipelineInvalid, at: text.place(at: tab), "a tab indents this line, which YAML does not allow",
                hint: "indent with spaces")
        }
        let place = place(of: problem, in: text)
        guard let known = knownProblems.first(where: { problem.words.contains($0.words) }) else {
            return DaymillError(.pipelineInvalid, at: place, "this is not YAML: \(problem.words)")
        }
        return DaymillError(.pipelineInvalid, at: place, known.message, hint: known.hint)
    }

    private static func place(of problem: YAMLProblem, in text: YAMLText) -> SourcePlace {
        let unclosed = ["quoted scalar", "flow sequence", "flow mapping", "simple key"]
        if unclosed.contains(where: problem.words.contains), let line = problem.contextLine {
            return text.place(at: text.index(line: line, column: problem.contextColumn ?? 1))
        }
        if let line = problem.line { return text.place(at: text.index(line: line, column: problem.column ?? 1)) }
        return problem.offset.map { text.place(at: $0) } ?? text.start
    }

    /// What the YAML library says, and how we say it; the first that fits counts.
    private static let knownProblems: [(words: String, message: String, hint: String)] = [
        ("quoted scalar found unexpected end of stream", "this quote is never closed", "add the closing quote"),
        ("quoted scalar", "this quoted text is not right", "close it, and double the backslashes in it"),
        (
            "flow node", "a value is missing here, or a '[' or '{' is not closed",
            "close it, and remove a ',' that is too many"
        ),
        (
            "flow sequence", "this '[' is not closed right",
            "close it with ']', separate with ',', and put quotes around texts with braces"
        ),
        (
            "flow mapping", "this '{' is not closed right",
            "close it with '}', separate with ',', and put quotes around texts with braces"
        ),
        (
            "mapping values are not allowed", "a ':' cannot stand here",
            "put quotes around a text that holds ': ', and indent the keys of a mapping alike"
        ),
        ("simple key", "a ':' is missing after this key", "write 'key: value'"),
        (
            "did not find expected key", "this line does not fit the lines above",
            "indent it like the other keys of its mapping, and put quotes around a text that starts with a quote"
        ),
        (
            "did not find expected '-'", "this line does not fit the list above",
            "start each entry of a list with '- ', indented alike"
        ),
        (
            "block sequence entries are not allowed", "a list cannot start here",
            "put it on its own lines below the key"
        ),
        (
            "found character that cannot start any token", "no text can start with this character",
            "put the text in quotes"
        ),
        ("undefined alias", "this alias names no anchor", "a text that starts with '*' needs quotes"),
        (
            "did not find expected alphabetic", "no name follows this character",
            "a text that starts with it needs quotes"
        ),
        ("another document", "the file holds a second document", "keep one pipeline per file and remove this '---'"),
        ("nesting level", "the file is nested too deeply", "this cannot be a pipeline"),
        (
            "did not find expected comment or line break", "nothing may follow '|' or '>' on its line",
            "start the text on the next line"
        ),
        ("control characters are not allowed", "the file holds a control character", "remove it"),
    ]

    static func pipelineDuplicateKey(_ name: String, at place: SourcePlace) -> DaymillError {
        DaymillError(.pipelineInvalid, at: place, "the key '\(name)' is given twice", hint: "keep one of them")
    }

    static func pipelineTooLarge(at place: SourcePlace) -> DaymillError {
        DaymillError(
            .limit, at: place, "the file has too many entries, counted with its aliases",
            hint: "split the pipeline, or use fewer aliases")
    }
}
