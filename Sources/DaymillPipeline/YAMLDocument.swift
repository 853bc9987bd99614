import DaymillCore
import Yams

/// A YAML file as a tree. The one door to the YAML library.
package struct YAMLDocument {
    package let text: YAMLText
    /// Nil when the file holds nothing but white space and comments.
    package let root: YAMLNode?

    /// - Throws: `DaymillError` with the code `.pipelineInvalid` when the text is not YAML.
    package init(_ text: YAMLText) throws {
        self.text = text
        var composer = Composer(text)
        let root = try composer.compose()
        self.root = try root.map { try composer.convert($0) }
    }
}

/// The library refuses a file with a key given twice, and tells of the first such key only. So that every problem can
/// be listed, one letter of that key is replaced by one that nobody uses and the file is read again: columns stay the
/// same, and the reader, which sees the key's own name twice, says so.
private struct Composer {
    private let text: YAMLText
    private var scalars: [Unicode.Scalar]
    /// The names of keys with a letter replaced.
    private var originals: [String: String] = [:]
    /// Aliases can make a small file huge.
    private var nodesLeft = 500_000

    init(_ text: YAMLText) {
        self.text = text
        scalars = text.scalars
    }

    mutating func compose() throws -> Node? {
        while true {
            do {
                // Types are not guessed here, so that no scalar has to be looked at for what it may be.
                return try Parser(yaml: YAMLText.string(scalars[...]), resolver: .basic, encoding: .utf8).singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                try rename(names.first ?? "", at: context.mark)
            } catch let error as YamlError {
                throw DaymillError.yaml(error.problem, in: text)
            }
        }
    }

    private mutating func rename(_ name: String, at mark: Mark) throws {
        var index = text.index(line: mark.line, column: mark.column)
        let isQuoted = index < scalars.count && (scalars[index] == "\"" || scalars[index] == "'")
        if isQuoted { index += 1 }
        let letters = Array(name.unicodeScalars)
        let substitute = Unicode.Scalar(0xE000 + UInt32(originals.count))
        guard let substitute, originals.count < Limits.problemsPerFileMax, !letters.isEmpty, index < scalars.count,
            scalars[index] == letters[0]
        else { throw DaymillError.pipelineDuplicateKey(name, at: text.place(at: index)) }
        scalars[index] = substitute
        originals[YAMLText.string([substitute] + letters[1...])] = name
    }

    mutating func convert(_ node: Node) throws -> YAMLNode {
        nodesLeft -= 1
        let start = node.mark.map { text.index(line: $0.line, column: $0.column) } ?? 0
        guard nodesLeft > 0 else { throw DaymillError.pipelineTooLarge(at: text.place(at: start)) }
        return YAMLNode(content: try content(of: node), start: start, file: text)
    }

    private mutating func content(of node: Node) throws -> YAMLNode.Content {
        switch node {
        case .scalar(let scalar):
            return .scalar(originals[scalar.string] ?? scalar.string, YAMLNode.ScalarStyle(scalar.style))
        case .sequence(let sequence):
            return .list(try sequence.map { try convert($0) })
        case .mapping(let mapping):
            return .mapping(
                try mapping.map { YAMLNode.Entry(key: try convert($0.key), value: try convert($0.value)) })
        case .alias:
            preconditionFailure("the parser resolves aliases")
        }
    }
}

extension YAMLNode.ScalarStyle {
    fileprivate init(_ style: Node.Scalar.Style) {
        switch style {
        case .any, .plain: self = .plain
        case .singleQuoted: self = .singleQuoted
        case .doubleQuoted: self = .doubleQuoted
        case .literal, .folded: self = .block
        }
    }
}

extension YamlError {
    /// What the library says, with its own words and marks.
    fileprivate var problem: YAMLProblem {
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            YAMLProblem(
                words: [context?.text, problem].compactMap { $0 }.joined(separator: " "), line: mark.line,
                column: mark.column, contextLine: context?.mark.line, contextColumn: context?.mark.column)
        case .reader(let problem, let offset, _, let yaml):
            YAMLProblem(words: problem, offset: offset.map { yaml.prefix($0).unicodeScalars.count })
        default:
            YAMLProblem(words: "\(self)")
        }
    }
}

/// A problem of YAML's syntax as the library tells it; lines and columns from 1, in scalars.
struct YAMLProblem {
    var words: String
    var line: Int?
    var column: Int?
    var contextLine: Int?
    var contextColumn: Int?
    /// Scalars from the start, where no line is known.
    var offset: Int?
}
