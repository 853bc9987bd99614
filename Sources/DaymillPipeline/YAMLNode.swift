package import DaymillCore

/// A node of a YAML file, with its place. Scalars are texts, whatever YAML would make of them: `2024-01-01`, `NULL` and
/// `yes` mean what the key that holds them says.
package struct YAMLNode {
    package indirect enum Content {
        case scalar(String, ScalarStyle)
        case list([YAMLNode])
        case mapping([Entry])
    }

    package enum ScalarStyle {
        case plain, singleQuoted, doubleQuoted, block
    }

    package struct Entry {
        package var key: YAMLNode
        package var value: YAMLNode
    }

    package var content: Content
    /// The position of the node's first character in the file's scalars.
    package var start: Int
    /// The file it stands in.
    package var file: YAMLText

    package var place: SourcePlace { file.place(at: start) }

    /// The text of a scalar.
    package var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// The names of a mapping's entries.
    var keys: [String] {
        if case .mapping(let entries) = content { entries.compactMap(\.key.text) } else { [] }
    }

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
