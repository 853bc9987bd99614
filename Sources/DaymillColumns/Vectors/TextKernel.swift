import Glibc

/// Functions of text. Positions and lengths count Unicode scalars, from 1. Results that are part of an argument point into
/// it; new bytes go to the arena.
package enum TextKernel {
    /// lower
    package static func lower(_ a: Operand, count n: Int, active: Vector?, arena: TextArena, into out: Vector) {
        change(.lower, a, n, active, arena, out)
    }

    /// upper
    package static func upper(_ a: Operand, count n: Int, active: Vector?, arena: TextArena, into out: Vector) {
        change(.upper, a, n, active, arena, out)
    }

    private static func change(
        _ letters: LetterCase, _ a: Operand, _ n: Int, _ active: Vector?, _ arena: TextArena, _ out: Vector
    ) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        var scratch = ByteWriter(capacity: 256)
        _ = RowLoop.live(out, active) { i in
            let text = a.text(i)
            if !UnicodeBytes.isASCII(text) {
                scratch.removeAll()
                letters.write(text, &scratch)
                out.setText(
                    i, arena.copy(UnsafeBufferPointer(start: scratch.base, count: scratch.count)), scratch.count)
            } else if letters.changesAnything(text) {
                let place = arena.allocate(text.n &+ 8)
                letters.write(text, place)
                out.setText(i, place, text.n)
            } else {
                out.setText(i, text.p, text.n)
            }
            return true
        }
    }

    /// length, in scalars.
    package static func length(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        for i in 0..<n { out.int64s[i] = Int64(UnicodeBytes.count(a.text(i))) }
    }

    /// octet_length, in bytes.
    package static func octetLength(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        for i in 0..<n { out.int64s[i] = Int64(a.text(i).n) }
    }

    /// position: of the first occurrence, 0 when there is none.
    package static func position(_ a: Operand, _ needle: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a, needle], count: n, into: out) else { return }
        for i in 0..<n {
            let text = a.text(i)
            let at = UnicodeBytes.find(needle.text(i), in: text)
            out.int64s[i] = at < 0 ? 0 : Int64(UnicodeBytes.count(TextBytes(text.p, at)) &+ 1)
        }
    }

    /// starts_with
    package static func startsWith(_ a: Operand, _ prefix: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a, prefix], count: n, into: out) else { return }
        for i in 0..<n {
            let (text, start) = (a.text(i), prefix.text(i))
            out.bools[i] = start.n <= text.n && memcmp(text.p, start.p, start.n) == 0 ? 1 : 0
        }
    }
}

/// Parts of a text.
extension TextKernel {
    /// substring: `from` counts from 1 and may lie before the text; a negative length fails.
    package static func substring(
        _ a: Operand, from: Operand, length: Operand?, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        guard NullKernel.merge([a, from] + (length.map { [$0] } ?? []), count: n, into: out) else { return nil }
        let (starts, startStep) = (from.values(Int64.self), from.step)
        let (lengths, lengthStep) = (length?.values(Int64.self), length?.step ?? 0)
        return RowLoop.live(out, active) { i in
            let text = a.text(i)
            let start = starts[i &* startStep]
            let skipped = Int(clamping: max(start, 1) &- 1)
            guard let lengths else {
                let at = UnicodeBytes.offset(text, after: skipped)
                out.setText(i, text.p + at, text.n &- at)
                return true
            }
            let wanted = lengths[i &* lengthStep]
            if wanted < 0 { return false }
            let (end, isBeyond) = start.addingReportingOverflow(wanted)
            let kept = isBeyond ? Int.max : end > max(start, 1) ? Int(end) &- 1 &- skipped : 0
            let at = UnicodeBytes.offset(text, after: skipped)
            let rest = TextBytes(text.p + at, text.n &- at)
            out.setText(i, rest.p, kept == 0 ? 0 : UnicodeBytes.offset(rest, after: kept))
            return true
        }
    }

    /// left: a negative count leaves out as many at the end.
    package static func left(_ a: Operand, _ k: Operand, count n: Int, active: Vector?, into out: Vector) {
        cut(a, k, n, active, out) { text, k in
            let kept = k >= 0 ? Int(clamping: k) : max(0, UnicodeBytes.count(text) &- Int(clamping: k.magnitude))
            return TextBytes(text.p, UnicodeBytes.offset(text, after: kept))
        }
    }

    /// right: a negative count leaves out as many at the start.
    package static func right(_ a: Operand, _ k: Operand, count n: Int, active: Vector?, into out: Vector) {
        cut(a, k, n, active, out) { text, k in
            let skipped = k < 0 ? Int(clamping: k.magnitude) : max(0, UnicodeBytes.count(text) &- Int(clamping: k))
            let at = UnicodeBytes.offset(text, after: skipped)
            return TextBytes(text.p + at, text.n &- at)
        }
    }

    @inline(__always)
    private static func cut(
        _ a: Operand, _ k: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ body: (TextBytes, Int64) -> TextBytes
    ) {
        guard NullKernel.merge([a, k], count: n, into: out) else { return }
        let (counts, step) = (k.values(Int64.self), k.step)
        _ = RowLoop.live(out, active) { i in
            let part = body(a.text(i), counts[i &* step])
            out.setText(i, part.p, part.n)
            return true
        }
    }

    /// split_part: the part number `k`, from the end when negative, empty when there is none; 0 fails.
    package static func splitPart(
        _ a: Operand, _ delimiter: Operand, _ k: Operand, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        guard NullKernel.merge([a, delimiter, k], count: n, into: out) else { return nil }
        let (counts, step) = (k.values(Int64.self), k.step)
        return RowLoop.live(out, active) { i in
            let text = a.text(i)
            let mark = delimiter.text(i)
            var k = counts[i &* step]
            if k == 0 { return false }
            if k < 0 { k &+= partCount(text, mark) &+ 1 }
            let part = k <= 0 ? TextBytes(text.p, 0) : self.part(text, mark, k)
            out.setText(i, part.p, part.n)
            return true
        }
    }

    private static func partCount(_ text: TextBytes, _ mark: TextBytes) -> Int64 {
        var count: Int64 = 1
        var rest = text
        while mark.n > 0, case let at = UnicodeBytes.find(mark, in: rest), at >= 0 {
            rest = TextBytes(rest.p + at + mark.n, rest.n &- at &- mark.n)
            count &+= 1
        }
        return count
    }

    private static func part(_ text: TextBytes, _ mark: TextBytes, _ k: Int64) -> TextBytes {
        var rest = text
        var left = k
        while true {
            let at = mark.n == 0 ? -1 : UnicodeBytes.find(mark, in: rest)
            left &-= 1
            if left == 0 { return TextBytes(rest.p, at < 0 ? rest.n : at) }
            if at < 0 { return TextBytes(rest.p, 0) }
            rest = TextBytes(rest.p + at + mark.n, rest.n &- at &- mark.n)
        }
    }

    /// trim: takes the characters of a set off the start, the end, or both.
    package static func trim(
        _ a: Operand, _ set: Operand, start: Bool, end: Bool, count n: Int, active: Vector?, into out: Vector
    ) {
        guard NullKernel.merge([a, set], count: n, into: out) else { return }
        _ = RowLoop.live(out, active) { i in
            var text = a.text(i)
            let characters = set.text(i)
            while start, text.n > 0, case let k = UnicodeBytes.length(text.p[0]), holds(characters, text.p, k) {
                text = TextBytes(text.p + k, text.n &- k)
            }
            while end, text.n > 0, case let k = lastLength(text), holds(characters, text.p + text.n - k, k) {
                text.n &-= k
            }
            out.setText(i, text.p, text.n)
            return true
        }
    }

    /// The length of the last scalar.
    @inline(__always)
    private static func lastLength(_ text: TextBytes) -> Int {
        var k = 1
        while k < text.n, text.p[text.n &- k] & 0xC0 == 0x80 { k &+= 1 }
        return k
    }

    /// Whether the scalar of `k` bytes at `p` is one of a set.
    @inline(__always)
    private static func holds(_ set: TextBytes, _ p: UnsafePointer<UInt8>, _ k: Int) -> Bool {
        var i = 0
        while i < set.n {
            let length = UnicodeBytes.length(set.p[i])
            if length == k && memcmp(set.p + i, p, k) == 0 { return true }
            i &+= length
        }
        return false
    }
}
