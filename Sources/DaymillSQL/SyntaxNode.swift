/// A piece of the syntax tree that PostgreSQL's grammar makes, as plain values.
///
/// A node of the grammar is an object with one member, its kind: `{"ColumnRef": {"fields": [...], "location": 7}}`.
/// Members with a zero value are left out, so a missing member reads as `.nothing` and never fails.
indirect enum SyntaxNode: Equatable {
    case object([String: SyntaxNode])
    case list([SyntaxNode])
    case text(String)
    case number(Int)
    case flag(Bool)
    case nothing

    /// A member of an object.
    subscript(name: String) -> SyntaxNode {
        if case .object(let members) = self { members[name] ?? .nothing } else { .nothing }
    }

    /// What kind of node of the grammar this is; empty when it is none.
    var kind: String {
        if case .object(let members) = self, members.count == 1, let kind = members.keys.first { kind } else { "" }
    }

    /// The members of a node of the grammar.
    var body: SyntaxNode {
        if case .object(let members) = self, members.count == 1, let body = members.values.first { body } else { self }
    }

    var isPresent: Bool { self != .nothing }

    /// The elements of a list; none when it is not there.
    var elements: [SyntaxNode] {
        if case .list(let elements) = self { elements } else { [] }
    }

    /// A text member; empty when it is not there.
    var string: String {
        if case .text(let text) = self { text } else { "" }
    }

    var integer: Int? {
        if case .number(let number) = self { number } else { nil }
    }

    /// A Boolean member; false when it is not there.
    var isTrue: Bool { self == .flag(true) }

    /// Where the node stands in the SQL text, in bytes, or the nearest inner node that knows; 0 when none does.
    var location: Int {
        let own = body
        if let at = own["location"].integer, at >= 0 { return at }
        for inner in ["typeName", "arg", "val", "node", "lexpr"] {
            let node = own[inner]
            if node.isPresent, node.location > 0 { return node.location }
        }
        return own.elements.first?.location ?? own["items"].elements.first?.location ?? 0
    }

    /// The words of a list of names: `pg_catalog.substring` is `["pg_catalog", "substring"]`.
    var names: [String] { elements.map { $0.body["sval"].string } }
}

/// Reads the JSON that libpg_query writes. Iterates bytes once and knows just as much JSON as that needs; the text comes
/// from the library, so a mistake in it is a bug and not the user's.
struct SyntaxTreeReader {
    /// Deeper trees are refused, so that no recursion over a tree can use up the stack.
    static let depthMax = 700

    private var bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// The tree, or nil when it is nested more deeply than `depthMax`.
    static func read(_ json: String) -> SyntaxNode? {
        var reader = SyntaxTreeReader(bytes: Array(json.utf8))
        return try? reader.value()
    }

    private struct TooDeep: Error {}

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func value() throws(TooDeep) -> SyntaxNode {
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .text(string())
        case UInt8(ascii: "t"): return word("true", .flag(true))
        case UInt8(ascii: "f"): return word("false", .flag(false))
        case UInt8(ascii: "n"): return word("null", .nothing)
        default: return .number(number())
        }
    }

    private mutating func object() throws(TooDeep) -> SyntaxNode {
        var members: [String: SyntaxNode] = [:]
        try enter()
        while !closes(UInt8(ascii: "}")) {
            let name = string()
            position += 1
            members[name] = try value()
        }
        return .object(members)
    }

    private mutating func list() throws(TooDeep) -> SyntaxNode {
        var elements: [SyntaxNode] = []
        try enter()
        while !closes(UInt8(ascii: "]")) { elements.append(try value()) }
        return .list(elements)
    }

    private mutating func enter() throws(TooDeep) {
        position += 1
        depth += 1
        if depth > Self.depthMax { throw TooDeep() }
    }

    /// Passes over a comma; true, and past it, at the closing bracket.
    private mutating func closes(_ bracket: UInt8) -> Bool {
        if bytes[position] == UInt8(ascii: ",") { position += 1 }
        guard bytes[position] == bracket else { return false }
        position += 1
        depth -= 1
        return true
    }

    private mutating func word(_ text: String, _ node: SyntaxNode) -> SyntaxNode {
        position += text.utf8.count
        return node
    }

    private mutating func number() -> Int {
        let start = position
        while position < bytes.count, isNumberByte(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Int(text) else { preconditionFailure("libpg_query wrote the number '\(text)'") }
        return number
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    private mutating func string() -> String {
        position += 1
        var text: [UInt8] = []
        while bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                appendEscape(to: &text)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func appendEscape(to text: inout [UInt8]) {
        let letter = bytes[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(hexadecimalScalar()).utf8))
        default: text.append(letter)
        }
    }

    /// The library escapes single ASCII characters this way, never halves of a surrogate pair.
    private mutating func hexadecimalScalar() -> Unicode.Scalar {
        let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        position += 4
        return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
    }
}
