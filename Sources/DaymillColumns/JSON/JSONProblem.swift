import DaymillCore

/// The first thing that is wrong with a line which the kernel refused, for a person: a second, slow look, value by value.
struct JSONProblem {
    /// Where it stands in the line.
    private(set) var offset = 0
    /// What is wrong, as a sentence without a full stop.
    private(set) var words = "the line is not a JSON object"

    init(in line: UnsafeBufferPointer<UInt8>) {
        var look = JSONLook(line)
        do throws(JSONLook.Stop) {
            try look.object()
        } catch {
            offset = error.at
            words = error.words
        }
    }
}

/// Reads a line from left to right until something is wrong.
private struct JSONLook {
    private let line: UnsafeBufferPointer<UInt8>
    private var next = 0

    struct Stop: Error {
        var at: Int
        var words: String
    }

    init(_ line: UnsafeBufferPointer<UInt8>) { self.line = line }

    mutating func object() throws(Stop) {
        skipSpace()
        guard peek == UInt8(ascii: "{") else {
            throw Stop(at: next, words: "a line holds one JSON object, and this one begins with \(found)")
        }
        try value()
        skipSpace()
        guard peek == nil else { throw Stop(at: next, words: "\(found) stands after the end of the object") }
    }

    /// Objects and arrays that are open, innermost last: true for an array.
    private mutating func value() throws(Stop) {
        var open: [Bool] = []
        repeat {
            skipSpace()
            var isEnd = true
            switch peek {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open.append(peek == UInt8(ascii: "["))
                guard open.count <= Limits.jsonDepthMax else {
                    throw Stop(at: next, words: "more than \(Limits.jsonDepthMax) objects and arrays inside each other")
                }
                next += 1
                skipSpace()
                isEnd = peek == closing(open.last!)
                if isEnd { next += 1 } else if !open.last! { try key() }
                if isEnd { open.removeLast() }
            case UInt8(ascii: "\""): try string()
            default: try word()
            }
            if isEnd { try afterValue(&open) }
        } while !open.isEmpty
    }

    /// Commas and closing brackets, up to where the next value begins.
    private mutating func afterValue(_ open: inout [Bool]) throws(Stop) {
        while let isArray = open.last {
            skipSpace()
            if peek == UInt8(ascii: ",") {
                next += 1
                if !isArray { try key() }
                return
            }
            guard peek == closing(isArray) else {
                throw Stop(at: next, words: "\(found) stands where ',' or '\(isArray ? "]" : "}")' is expected")
            }
            next += 1
            open.removeLast()
        }
    }

    private func closing(_ isArray: Bool) -> UInt8 { isArray ? UInt8(ascii: "]") : UInt8(ascii: "}") }

    private mutating func key() throws(Stop) {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else {
            throw Stop(at: next, words: "\(found) stands where a key in quotes is expected")
        }
        try string()
        skipSpace()
        guard peek == UInt8(ascii: ":") else {
            throw Stop(at: next, words: "\(found) stands where ':' is expected after a key")
        }
        next += 1
    }

    private mutating func string() throws(Stop) {
        let start = next
        next += 1
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Stop(at: next, words: "\(found) stands in a string and is not escaped") }
            if byte == UInt8(ascii: "\\") { try escape() } else { next += 1 }
        }
        guard peek != nil else { throw Stop(at: start, words: "a string begins here and never ends") }
        next += 1
    }

    private mutating func escape() throws(Stop) {
        let start = next
        guard let code = try escapedCode() else { return }
        guard code & 0xFC00 == 0xD800 else {
            guard code & 0xFC00 != 0xDC00 else { throw Stop(at: start, words: "half of a surrogate pair") }
            return
        }
        guard peek == UInt8(ascii: "\\"), let low = try escapedCode(), low & 0xFC00 == 0xDC00 else {
            throw Stop(at: start, words: "half of a surrogate pair")
        }
    }

    /// The number of `\uXXXX`; nil for another escape.
    private mutating func escapedCode() throws(Stop) -> UInt32? {
        let start = next
        next += 1
        guard let letter = peek else { return nil }
        next += 1
        if letter != UInt8(ascii: "u") {
            guard "\"\\/bfnrt".utf8.contains(letter) else {
                throw Stop(at: start, words: "an escape that JSON does not have")
            }
            return nil
        }
        let digits = String(decoding: line[next..<min(next + 4, line.count)], as: UTF8.self)
        guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let code = UInt32(digits, radix: 16) else {
            throw Stop(at: start, words: "an escape without its four hexadecimal digits")
        }
        next += 4
        return code
    }

    /// A number or a literal: whatever stands up to the next mark.
    private mutating func word() throws(Stop) {
        let start = next
        while let byte = peek, !" \t\r,:{}[]\"".utf8.contains(byte) { next += 1 }
        let word = String(decoding: line[start..<next], as: UTF8.self)
        if ["true", "false", "null"].contains(word) || isNumber(line[start..<next]) { return }
        guard !word.isEmpty else { throw Stop(at: start, words: "\(found) stands where a value is expected") }
        let shown = word.count > 40 ? word.prefix(40) + "..." : word[...]
        throw Stop(at: start, words: "'\(shown)' is not a JSON value")
    }

    private func isNumber(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var rest = bytes[...]
        func digits(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Int {
            let count = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        if rest.first == 0x30 { rest = rest.dropFirst() } else if digits(&rest) == 0 { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            if digits(&rest) == 0 { return false }
        }
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            if digits(&rest) == 0 { return false }
        }
        return rest.isEmpty
    }

    private var peek: UInt8? { next < line.count ? line[next] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0d { next += 1 }
    }

    /// What stands here, for messages.
    private var found: String {
        guard let byte = peek else { return "the end of the line" }
        if byte < 0x20 || byte == 0x7F { return "the control character \(byte)" }
        guard byte >= 0x80 else { return "'\(Character(Unicode.Scalar(byte)))'" }
        let character = String(decoding: line[next..<min(next + 16, line.count)], as: UTF8.self).prefix(1)
        return "'\(character)'"
    }
}
