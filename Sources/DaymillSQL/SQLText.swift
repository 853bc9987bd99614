/// SQL text cut into words, as far as messages need it: to see whether a name was quoted, what stands before an error.
struct SQLText {
    /// One word, with where it starts.
    struct Word: Hashable {
        enum Kind { case name, quotedName, text, number, symbol }
        var kind: Kind
        /// As written, quotes included.
        var text: String
        var offset: Int

        /// Whether it is this keyword.
        func isKeyword(_ keyword: String) -> Bool { kind == .name && text.lowercased() == keyword }
    }

    let bytes: [UInt8]
    let words: [Word]

    init(_ sql: String) {
        bytes = Array(sql.utf8)
        var cutter = WordCutter(bytes: bytes)
        words = cutter.all()
    }

    /// Whether a double quote stands at this byte.
    func isQuoted(at offset: Int) -> Bool { offset < bytes.count && bytes[offset] == UInt8(ascii: "\"") }

    /// The words from this byte on.
    func words(from offset: Int) -> ArraySlice<Word> {
        words[(words.firstIndex { $0.offset >= offset } ?? words.endIndex)...]
    }

    /// The last word before this byte.
    func word(before offset: Int) -> Word? { words.last { $0.offset < offset } }

    /// The byte at which a character (Unicode scalar, from 1) starts.
    func offset(ofCharacter character: Int) -> Int {
        var seen = 0
        for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            seen += 1
            if seen == character { return offset }
        }
        return bytes.count
    }

    /// Words that PostgreSQL does not take as a column's name.
    static let reservedWords: Set<String> = [
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "both", "case", "cast", "check", "collate",
        "column", "constraint", "create", "current_date", "current_time", "current_timestamp", "current_user",
        "default",
        "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant", "group",
        "having", "in", "initially", "intersect", "into", "lateral", "leading", "limit", "localtime", "localtimestamp",
        "not", "null", "offset", "on", "only", "or", "order", "placing", "primary", "references", "returning", "select",
        "session_user", "some", "symmetric", "table", "then", "to", "trailing", "true", "union", "unique", "user",
        "using", "variadic", "when", "where", "window", "with",
    ]
}

/// Cuts SQL text at white space and symbols; comments are passed over.
private struct WordCutter {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func all() -> [SQLText.Word] {
        var words: [SQLText.Word] = []
        while let word = next() { words.append(word) }
        return words
    }

    private mutating func next() -> SQLText.Word? {
        skipSpaceAndComments()
        guard let byte = peek() else { return nil }
        switch byte {
        case UInt8(ascii: "'"): return quoted(by: byte, .text)
        case UInt8(ascii: "\""): return quoted(by: byte, .quotedName)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return run(.number) { Self.isNameByte($0) || $0 == 46 }
        case _ where Self.isNameByte(byte): return run(.name, while: Self.isNameByte)
        case _ where Self.isOperatorByte(byte): return run(.symbol, while: Self.isOperatorByte)
        default: return word(.symbol, to: position + 1)
        }
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    private mutating func skipSpaceAndComments() {
        while let byte = peek() {
            if byte <= 32 {
                position += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                while let next = peek(), next != 10 { position += 1 }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                skipBlockComment()
            } else {
                return
            }
        }
    }

    /// PostgreSQL's block comments nest.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if peek() == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
    }

    private mutating func quoted(by quote: UInt8, _ kind: SQLText.Word.Kind) -> SQLText.Word {
        var end = position + 1
        while end < bytes.count {
            if bytes[end] == quote {
                guard end + 1 < bytes.count, bytes[end + 1] == quote else { break }
                end += 1
            }
            end += 1
        }
        return word(kind, to: min(end + 1, bytes.count))
    }

    private mutating func run(_ kind: SQLText.Word.Kind, while accepts: (UInt8) -> Bool) -> SQLText.Word {
        var end = position + 1
        while end < bytes.count, accepts(bytes[end]) { end += 1 }
        return word(kind, to: end)
    }

    private mutating func word(_ kind: SQLText.Word.Kind, to end: Int) -> SQLText.Word {
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        defer { position = end }
        return SQLText.Word(kind: kind, text: text, offset: position)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let isLetter = byte | 32 >= UInt8(ascii: "a") && byte | 32 <= UInt8(ascii: "z")
        let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        return isLetter || isDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
    }

    private static func isOperatorByte(_ byte: UInt8) -> Bool {
        "<>=!~|&^%#@?".utf8.contains(byte)
    }
}
