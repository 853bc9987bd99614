import Glibc

/// A pattern of LIKE, read once.
///
/// `%` is any text, `_` any scalar. Texts are matched from the left; after a `%`, what follows is tried at every later
/// place, and a later `%` makes earlier ones final, so that matching never takes more than length x pattern steps.
package final class LikePattern {
    private enum Token { case one, any, byte(UInt8) }

    private var tokens: [Token] = []
    /// The bytes of the pattern when it has no wildcard but perhaps a `%` at either end; padded.
    private var plain: [UInt8] = []
    private var shape = Shape.tokens
    private let ignoresCase: Bool

    private enum Shape { case tokens, exact, prefix, suffix, contains }

    /// - Returns: nil when the escape has more than one character, or the pattern ends with it.
    package init?(_ pattern: some Sequence<UInt8>, escape: some Sequence<UInt8>, ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        let escapes = Array(String(decoding: Array(escape), as: UTF8.self).unicodeScalars)
        guard escapes.count <= 1 else { return nil }
        var isEscaped = false
        for scalar in String(decoding: Array(pattern), as: UTF8.self).unicodeScalars {
            if !isEscaped, scalar == escapes.first {
                isEscaped = true
            } else if !isEscaped, scalar == "%" {
                tokens.append(.any)
            } else if !isEscaped, scalar == "_" {
                tokens.append(.one)
            } else {
                let literal = ignoresCase ? scalar.properties.lowercaseMapping : String(scalar)
                tokens += literal.utf8.map(Token.byte)
                isEscaped = false
            }
        }
        if isEscaped { return nil }
        findShape()
    }

    /// `abc`, `abc%`, `%abc` and `%abc%` need no token by token matching.
    private func findShape() {
        var middle = tokens[...]
        var startsOpen = false
        var endsOpen = false
        while case .any = middle.first {
            startsOpen = true
            middle.removeFirst()
        }
        while case .any = middle.last {
            endsOpen = true
            middle.removeLast()
        }
        for token in middle {
            guard case .byte(let byte) = token else { return }
            plain.append(byte)
        }
        shape = startsOpen ? (endsOpen ? .contains : .suffix) : (endsOpen ? .prefix : .exact)
    }

    /// Whether a text is like the pattern; the scratch is for changing its letters to lower case.
    @inline(__always)
    func matches(_ text: TextBytes, _ scratch: inout ByteWriter) -> Bool {
        guard ignoresCase else { return matches(text) }
        scratch.removeAll()
        if UnicodeBytes.isASCII(text) {
            LetterCase.lower.write(text, scratch.place(text.n &+ 8))
            return matches(TextBytes(scratch.base, text.n))
        }
        LetterCase.lower.write(text, &scratch)
        return matches(TextBytes(scratch.base, scratch.count))
    }

    private func matches(_ text: TextBytes) -> Bool {
        if case .tokens = shape { return matchesTokens(text) }
        return plain.withUnsafeBufferPointer { bytes in
            let n = bytes.count
            guard n <= text.n else { return false }
            guard let p = bytes.baseAddress, n > 0 else { return shape != .exact || text.n == 0 }
            switch shape {
            case .exact: return n == text.n && memcmp(text.p, p, n) == 0
            case .prefix: return memcmp(text.p, p, n) == 0
            case .suffix: return memcmp(text.p + text.n - n, p, n) == 0
            default: return UnicodeBytes.find(TextBytes(p, n), in: text) >= 0
            }
        }
    }

    private func matchesTokens(_ text: TextBytes) -> Bool {
        var i = 0
        var t = 0
        var lastAny = -1
        var anyEnd = 0
        while true {
            if t < tokens.count {
                switch tokens[t] {
                case .any:
                    lastAny = t
                    anyEnd = i
                    t += 1
                    continue
                case .one where i < text.n:
                    i += UnicodeBytes.length(text.p[i])
                    t += 1
                    continue
                case .byte(let byte) where i < text.n && text.p[i] == byte:
                    i += 1
                    t += 1
                    continue
                default: break
                }
            } else if i == text.n {
                return true
            }
            guard lastAny >= 0, anyEnd < text.n else { return false }
            anyEnd += UnicodeBytes.length(text.p[anyEnd])
            i = anyEnd
            t = lastAny + 1
        }
    }
}

extension TextKernel {
    /// LIKE and ILIKE with one pattern for all rows.
    package static func like(_ a: Operand, _ pattern: LikePattern, count n: Int, active: Vector?, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        var scratch = ByteWriter(capacity: 256)
        _ = RowLoop.live(out, active) { i in
            out.bools[i] = pattern.matches(a.text(i), &scratch) ? 1 : 0
            return true
        }
    }

    /// With a pattern per row; fails where `LikePattern` gives nil.
    package static func like(
        _ a: Operand, _ pattern: Operand, escape: Operand?, ignoresCase: Bool, count n: Int, active: Vector?,
        into out: Vector
    ) -> Int? {
        guard NullKernel.merge([a, pattern] + (escape.map { [$0] } ?? []), count: n, into: out) else { return nil }
        var scratch = ByteWriter(capacity: 256)
        let backslash: [UInt8] = [0x5C]
        return RowLoop.live(out, active) { i in
            let bytes = UnsafeBufferPointer(start: pattern.text(i).p, count: pattern.text(i).n)
            let mark = escape.map { Array(UnsafeBufferPointer(start: $0.text(i).p, count: $0.text(i).n)) } ?? backslash
            guard let row = LikePattern(bytes, escape: mark, ignoresCase: ignoresCase) else { return false }
            out.bools[i] = row.matches(a.text(i), &scratch) ? 1 : 0
            return true
        }
    }
}
