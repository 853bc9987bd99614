/// Where a value stands in a JSON object: keys into nested objects and positions in arrays.
///
///     user.profile.id        items[0].price        "a.b".c
///
/// A key that holds `.`, `[`, `]`, `"` or spaces at its ends stands in quotes, in which two quotes mean one. Keys are
/// compared letter by letter, after escapes in the JSON were decoded.
public struct JSONPath: Hashable, Sendable {
    /// One step down.
    public enum Step: Hashable, Sendable {
        case key(String)
        /// Counted from 0.
        case element(Int)
    }

    /// At least one; the first is a key.
    public let steps: [Step]

    /// A key of the outermost object, whatever it is spelt with.
    public init(key: String) { steps = [.key(key)] }

    /// Reads a path.
    ///
    /// - Throws: what is wrong with it, and where.
    public static func parse(_ text: String) throws(TextProblem) -> JSONPath {
        var parser = JSONPathParser(text)
        return JSONPath(steps: try parser.steps())
    }

    private init(steps: [Step]) { self.steps = steps }
}

extension JSONPath: CustomStringConvertible {
    /// As a person would write it; parsing it gives the same path.
    public var description: String {
        steps.enumerated().map { i, step in
            switch step {
            case .key(let key): (i == 0 ? "" : ".") + JSONPath.spelt(key)
            case .element(let position): "[\(position)]"
            }
        }.joined()
    }

    private static func spelt(_ key: String) -> String {
        let isPlain =
            !key.isEmpty && !key.contains { ".[]\"".contains($0) } && key.first != " " && key.last != " "
        return isPlain ? key : "\"\(key.replacing("\"", with: "\"\""))\""
    }
}

/// Reads a path from left to right.
private struct JSONPathParser {
    private let text: [Character]
    private var next = 0

    private static let hint = "write keys with dots between them, as in user.profile.id, items[0].price or \"a.b\".c"

    init(_ text: String) { self.text = Array(text) }

    mutating func steps() throws(TextProblem) -> [JSONPath.Step] {
        var steps: [JSONPath.Step] = [.key(try key())]
        while next < text.count {
            if text[next] == "[" {
                steps.append(.element(try position()))
            } else if text[next] == "." {
                next += 1
                steps.append(.key(try key()))
            } else {
                throw problem("'\(text[next])' stands where a '.' or '[' is expected", at: next)
            }
        }
        guard steps.count < Limits.jsonDepthMax else {
            throw problem("it goes \(steps.count) levels deep; \(Limits.jsonDepthMax) is the most", at: 0)
        }
        return steps
    }

    private mutating func key() throws(TextProblem) -> String {
        if next < text.count, text[next] == "\"" { return try quotedKey() }
        let start = next
        while next < text.count, text[next] != ".", text[next] != "[" {
            if text[next] == "]" || text[next] == "\"" {
                throw problem("'\(text[next])' stands in a key; such a key needs quotes around it", at: next)
            }
            next += 1
        }
        guard next > start else { throw problem("a key is missing", at: start) }
        guard text[start] != " ", text[next - 1] != " " else {
            throw problem("a key begins or ends with a space; such a key needs quotes around it", at: start)
        }
        return String(text[start..<next])
    }

    private mutating func quotedKey() throws(TextProblem) -> String {
        let start = next
        var key = ""
        next += 1
        while next < text.count {
            if text[next] == "\"" {
                next += 1
                guard next < text.count, text[next] == "\"" else { return key }
            }
            key.append(text[next])
            next += 1
        }
        throw problem("a quote opens and never closes", at: start)
    }

    private mutating func position() throws(TextProblem) -> Int {
        let start = next
        next += 1
        let digits = text[next...].prefix { $0 >= "0" && $0 <= "9" }
        next += digits.count
        guard next < text.count, text[next] == "]", let position = Int(String(digits)), position < 1 << 31 else {
            throw problem("after '[' a position and ']' are expected", at: start)
        }
        next += 1
        return position
    }

    private func problem(_ what: String, at offset: Int) -> TextProblem {
        TextProblem("in the path '\(String(text))': \(what)", hint: Self.hint, offset: offset)
    }
}
