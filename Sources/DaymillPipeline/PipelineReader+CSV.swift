import DaymillCore

/// The bytes that shape a CSV file.
extension PipelineReader {
    mutating func readDelimiter(_ field: FileReader.Field?) -> UInt8? {
        let words: [String: UInt8] = [
            "tab": 9, "\\t": 9, "comma": UInt8(ascii: ","), "semicolon": UInt8(ascii: ";"), "pipe": UInt8(ascii: "|"),
        ]
        let hint = "write one character in quotes, or comma, tab, semicolon or pipe"
        guard let field, let byte = readByte(field, words: words, hint: hint) else { return nil }
        let isTaken = byte == 10 || byte == 13 || byte == UInt8(ascii: "\"") || byte == 0
        if isTaken {
            file.report("\(field.title) cannot be a quote, a line break or NUL", hint: hint, at: field.value.place)
        }
        return isTaken ? nil : byte
    }

    mutating func readQuote(_ field: FileReader.Field?, delimiter: UInt8) -> UInt8? {
        let standard = UInt8(ascii: "\"")
        guard let field else { return standard }
        if field.value.text == "none" { return nil }
        let hint = "write one character in quotes, as in '\"', or none"
        guard let byte = readByte(field, words: [:], hint: hint) else { return standard }
        if byte == 10 || byte == 13 || byte == 0 {
            file.report("\(field.title) cannot be a line break or NUL", hint: hint, at: field.value.place)
        } else if byte == delimiter {
            file.report("\(field.title) is the same character as the delimiter", hint: hint, at: field.value.place)
        }
        return byte
    }

    private mutating func readByte(_ field: FileReader.Field, words: [String: UInt8], hint: String) -> UInt8? {
        guard let text = field.value.text, !text.isEmpty else {
            let kind = field.value.text == nil ? "\(field.value.kind)" : "empty"
            file.report(
                "\(field.title) is \(kind)", hint: hint, at: field.value.isEmpty ? field.place : field.value.place)
            return nil
        }
        if let byte = words[text.lowercased()] { return byte }
        if text.utf8.count == 1, let byte = text.utf8.first { return byte }
        let what = text.count == 1 ? "which takes more than one byte" : "which is more than one character"
        let near = nearestWord(to: text, in: words.keys.sorted()).map { "did you mean '\($0)'?" }
        file.report(
            "\(field.title) is '\(FileReader.shortened(text))', \(what)", hint: near ?? hint, at: field.value.place)
        return nil
    }

    /// Keys that say how CSV is laid out have no meaning for JSON Lines.
    mutating func refuseCSVKeys(_ fields: [String: FileReader.Field]) {
        let reasons = [
            "delimiter": "each line is an object", "quote": "JSON has quotes of its own",
            "header": "keys name the values", "extra_columns": "keys that are not declared are passed over",
        ]
        for (key, reason) in reasons {
            guard let field = fields[key] else { continue }
            file.report("\(field.title) does not go with JSON Lines", hint: "remove it: \(reason)", at: field.place)
        }
    }

    /// Texts are taken as they stand: `NULL` is the word NULL.
    mutating func readNullWords(_ field: FileReader.Field?, otherwise usual: [String]) -> [String] {
        guard let field else { return usual }
        let nodes: [YAMLNode]
        switch field.value.content {
        case .list(let list): nodes = list
        case .scalar: nodes = [field.value]
        case .mapping:
            file.report(
                "\(field.title) takes a list of words, not a mapping", hint: "write [\"\", NULL]", at: field.value.place
            )
            return usual
        }
        return nodes.compactMap { readNullWord($0, field) }
    }

    private mutating func readNullWord(_ node: YAMLNode, _ field: FileReader.Field) -> String? {
        guard let text = node.text else {
            file.report("a word in \(field.title) is \(node.kind)", hint: "write a text", at: node.place)
            return nil
        }
        if node.isEmpty {
            file.report(
                "a word in \(field.title) is left out", hint: "write \"\" for the empty field, [] for no such words",
                at: node.place)
            return nil
        }
        return text
    }
}
