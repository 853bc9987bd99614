/// Ugly JSON Lines: escapes, surrogates, nesting, odd spacing, huge numbers, keys twice and in another order, and lines
/// that are damaged.
package struct GeneratedJSON {
    private var random: SeededGenerator
    /// Of so many lines one is damaged; 0: none.
    private let damage: Int
    /// Spacing and escapes that mean nothing.
    private let isOdd: Bool

    package init(seed: UInt64, damage: Int = 4) {
        random = SeededGenerator(seed: seed)
        self.damage = damage
        isOdd = random.once(in: 2)
    }

    /// A file of about so many lines.
    package mutating func file(lines: Int) -> [UInt8] {
        var bytes: [UInt8] = random.once(in: 8) ? [0xEF, 0xBB, 0xBF] : []
        let plain = object(depth: 0)
        for i in 0..<lines {
            // Most lines look like the one before, as they do in logs.
            var line = Array((random.once(in: 3) ? object(depth: 0) : plain).utf8)
            if damage > 0, random.once(in: damage) { hurt(&line) }
            if random.once(in: 12) {
                line = Array(random.pick(["", " ", "\t\r", "[]", "1", "\"x\"", "{}", "{ }"]).utf8)
            }
            bytes += line
            if random.once(in: 10) { bytes.append(0x0D) }
            if i + 1 < lines || random.once(in: 2) { bytes.append(0x0A) }
        }
        return bytes
    }

    private mutating func space() -> String {
        isOdd && random.once(in: 3) ? random.pick([" ", "  ", "\t", " \r"]) : ""
    }

    private mutating func object(depth: Int) -> String {
        let keys = ["a", "b", "c", "d", "e", "f", "list", "x.y", "", "a", "c"]
        let count = random.below(depth == 0 ? 8 : 4)
        let members = (0..<count).map { _ in
            let key = random.pick(keys)
            return "\(space())\(spelt(key))\(space()):\(value(key, depth: depth + 1))"
        }
        return "\(space()){\(members.joined(separator: ","))\(space())}\(space())"
    }

    private mutating func array(depth: Int) -> String {
        let elements = (0..<random.below(4)).map { _ in value("", depth: depth + 1) }
        return "[\(elements.isEmpty ? space() : elements.joined(separator: ","))]"
    }

    private mutating func value(_ key: String, depth: Int) -> String {
        let kind = depth > 5 ? random.below(4) : random.below(10)
        let text =
            switch kind {
            case 0, 1: number()
            case 2, 3: string()
            case 4: random.pick(["true", "false", "null"])
            case 5: random.pick(["\"2024-02-29\"", "\"2024-09-15T03:11:30\"", "\" 12 \"", "\"true\"", "\"1.50\""])
            case 6: array(depth: depth)
            case 7, 8: key == "c" || random.once(in: 3) ? object(depth: depth) : string()
            default: key == "list" ? array(depth: depth) : number()
            }
        return "\(space())\(text)\(space())"
    }

    private mutating func number() -> String {
        random.pick([
            "0", "-0", "7", "-12", "42", "1234567", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808",
            "1.5", "-0.25", "12.50", "1e3", "1E-2", "2.5e+10", "1e400", "123456789012345678901234567890", "0.1",
        ])
    }

    private mutating func string() -> String {
        let pieces = [
            "x", "ab", "READ", "12", "é", "😀", "{", "}", "[", "]", ":", ",", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n",
            "\\r",
            "\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\\\\\\"", " ", "'", "\u{7f}",
            "a long piece without anything", String(repeating: "\\\\", count: random.below(70)),
        ]
        return "\"\((0..<random.below(5)).map { _ in random.pick(pieces) }.joined())\""
    }

    private mutating func spelt(_ key: String) -> String {
        guard isOdd, random.once(in: 6), let first = key.utf8.first else { return "\"\(key)\"" }
        return "\"\\u00\(String(first, radix: 16))\(key.dropFirst())\""
    }

    private mutating func hurt(_ line: inout [UInt8]) {
        guard !line.isEmpty else { return }
        let at = random.below(line.count)
        let marks = Array("{}[]:,\"\\ 0.e-ntu".utf8) + [0, 1, 0x1F, 0x7F, 0x80, 0xC3, 0xFF]
        switch random.below(7) {
        case 0: line.removeSubrange(at...)
        case 1: line.remove(at: at)
        case 2: line.insert(random.pick(marks), at: at)
        case 3: line[at] = random.pick(marks)
        case 4:
            line.insert(
                contentsOf: Array(random.pick(["\\ud83d", "\\udc00", "\\x", "\\u12", "01", "1."]).utf8), at: at)
        case 5: line.append(contentsOf: Array(random.pick(["{}", ",", "x", "\\", "\"", "}"]).utf8))
        default: line.swapAt(at, random.below(line.count))
        }
    }
}
