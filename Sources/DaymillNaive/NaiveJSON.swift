/// A JSON value as a simple parser sees it: bytes as they stand, nothing decoded.
indirect enum NaiveJSON {
    case null
    case boolean(Bool)
    case number([UInt8])
    /// Between its quotes, escapes and all.
    case string([UInt8])
    case array([NaiveJSON], raw: [UInt8])
    case object([(key: [UInt8], value: NaiveJSON)], raw: [UInt8])

    /// Something that is not JSON.
    struct Malformed: Error {
        var offset: Int
    }

    /// Parses one value with white space around it.
    ///
    /// - Parameter depthMax: arrays and objects inside each other.
    static func parse(_ bytes: [UInt8], depthMax: Int = 256) throws -> NaiveJSON {
        var parser = NaiveJSONParser(bytes: bytes, depthMax: depthMax)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.next == bytes.count else { throw Malformed(offset: parser.next) }
        return value
    }

    /// A string without its escapes; nil for an escape that does not exist and for half of a surrogate pair.
    static func decode(_ raw: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = raw[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let letter = rest.popFirst() else { return nil }
            if letter == UInt8(ascii: "u") {
                guard let scalar = scalar(&rest) else { return nil }
                result += Array(String(Character(scalar)).utf8)
            } else {
                let plain: [Character: UInt8] = [
                    "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
                ]
                guard let meaning = plain[Character(Unicode.Scalar(letter))] else { return nil }
                result.append(meaning)
            }
        }
        return result
    }

    /// What follows `\u`, with the second half of a pair.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = unit(&rest) else { return nil }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), rest.starts(with: Array("\\u".utf8)) else { return nil }
        rest = rest.dropFirst(2)
        guard let second = unit(&rest), UTF16.isTrailSurrogate(second) else { return nil }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        let digits = rest.prefix(4)
        let isHex = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
        guard digits.count == 4, isHex else { return nil }
        rest = rest.dropFirst(4)
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

/// One function for each rule of the grammar.
private struct NaiveJSONParser {
    let bytes: [UInt8]
    let depthMax: Int
    var next = 0

    init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    private var peek: Character? { next < bytes.count ? Character(Unicode.Scalar(bytes[next])) : nil }

    mutating func skipSpace() {
        while next < bytes.count, [0x20, 0x09, 0x0d].contains(bytes[next]) { next += 1 }
    }

    private mutating func take(_ character: Character) throws {
        guard peek == character else { throw NaiveJSON.Malformed(offset: next) }
        next += 1
    }

    mutating func value(depth: Int) throws -> NaiveJSON {
        skipSpace()
        let start = next
        switch peek {
        case "{":
            let members = try list("{", "}", depth: depth) { parser, depth in
                parser.skipSpace()
                let key = try parser.string()
                parser.skipSpace()
                try parser.take(":")
                return (key: key, value: try parser.value(depth: depth))
            }
            return .object(members, raw: Array(bytes[start..<next]))
        case "[":
            let elements = try list("[", "]", depth: depth) { try $0.value(depth: $1) }
            return .array(elements, raw: Array(bytes[start..<next]))
        case "\"": return .string(try string())
        case "t": return try word("true", .boolean(true))
        case "f": return try word("false", .boolean(false))
        case "n": return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func list<Item>(
        _ opening: Character, _ closing: Character, depth: Int,
        _ item: (inout NaiveJSONParser, Int) throws -> Item
    ) throws -> [Item] {
        guard depth < depthMax else { throw NaiveJSON.Malformed(offset: next) }
        try take(opening)
        skipSpace()
        var items: [Item] = []
        if peek == closing {
            next += 1
            return []
        }
        while true {
            items.append(try item(&self, depth + 1))
            skipSpace()
            if peek == closing {
                next += 1
                return items
            }
            try take(",")
        }
    }

    private mutating func word(_ text: String, _ value: NaiveJSON) throws -> NaiveJSON {
        for character in text { try take(character) }
        return value
    }

    /// Only what says where it ends is looked at.
    private mutating func string() throws -> [UInt8] {
        try take("\"")
        let start = next
        while peek != "\"" {
            guard next < bytes.count, bytes[next] >= 0x20 else { throw NaiveJSON.Malformed(offset: next) }
            next += peek == "\\" ? 2 : 1
            if next <= bytes.count, peek == nil { throw NaiveJSON.Malformed(offset: next) }
            if next > bytes.count || bytes[next - 1] < 0x20 { throw NaiveJSON.Malformed(offset: next) }
        }
        next += 1
        return Array(bytes[start..<next - 1])
    }

    private mutating func number() throws -> [UInt8] {
        let start = next
        if peek == "-" { next += 1 }
        if peek == "0" { next += 1 } else { try digits() }
        if peek == "." {
            next += 1
            try digits()
        }
        if peek == "e" || peek == "E" {
            next += 1
            if peek == "+" || peek == "-" { next += 1 }
            try digits()
        }
        return Array(bytes[start..<next])
    }

    private mutating func digits() throws {
        guard let first = peek, first >= "0", first <= "9" else { throw NaiveJSON.Malformed(offset: next) }
        while let digit = peek, digit >= "0", digit <= "9" { next += 1 }
    }
}
