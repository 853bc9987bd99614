extension YAMLNode {
    /// As JSON, for what is sent elsewhere. Plain scalars that JSON knows are numbers, truth values and null; all others,
    /// and all in quotes, are texts. Keys keep their order.
    var json: String {
        switch content {
        case .scalar(let text, let style): style == .plain && YAMLNode.isJSON(text) ? text : YAMLNode.quoted(text)
        case .list(let nodes): "[" + nodes.map(\.json).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\(YAMLNode.quoted($0.key.text ?? "")): \($0.value.json)" }.joined(separator: ", ")
                + "}"
        }
    }

    private static func isJSON(_ text: String) -> Bool {
        ["true", "false", "null"].contains(text)
            || text.wholeMatch(of: #/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?/#) != nil
    }

    private static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\t": json += "\\t"
            case _ where scalar.value < 32:
                json += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
