import DaymillCore

extension YAMLNode {
    /// As JSON, for what is sent elsewhere. Plain scalars that JSON knows are numbers, truth values and null; all others,
    /// and all in quotes, are texts. Keys keep their order.
    var json: String {
        switch content {
        case .scalar(let text, let style): style == .plain && YAMLNode.isJSON(text) ? text : JSONText.quoted(text)
        case .list(let nodes): "[" + nodes.map(\.json).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\(JSONText.quoted($0.key.text ?? "")): \($0.value.json)" }.joined(separator: ", ")
                + "}"
        }
    }

    private static func isJSON(_ text: String) -> Bool {
        ["true", "false", "null"].contains(text)
            || text.wholeMatch(of: #/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?/#) != nil
    }
}
