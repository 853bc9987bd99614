import DaymillCore

/// A node of a YAML file, with its place. Scalars are texts, whatever YAML would make of them: `2024-01-01`, `NULL` and
/// `yes` mean what the key that holds them says.
struct YAMLNode {
    indirect enum Content {
        case scalar(String, ScalarStyle)
        case list([YAMLNode])
        case mapping([Entry])
    }

    enum ScalarStyle {
        case plain, singleQuoted, doubleQuoted, block
    }

    struct Entry {
        var key: YAMLNode
        var value: YAMLNode
    }

    var content: Content
    /// The position of the node's first character in the file's scalars.
    var start: Int
    var place: SourcePlace

    /// The text of a scalar.
    var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// Nothing stands there: `key:` with no value.
    var isEmpty: Bool { if case .scalar("", .plain) = content { true } else { false } }

    /// For messages: `a list`.
    var kind: String {
        switch content {
        case .scalar: isEmpty ? "nothing" : "a single value"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
