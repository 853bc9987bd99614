import Glibc

/// New texts.
extension TextKernel {
    /// `||`: NULL if either is.
    package static func concatenate(
        _ a: Operand, _ b: Operand, count n: Int, active: Vector?, arena: TextArena, into out: Vector
    ) {
        guard NullKernel.merge([a, b], count: n, into: out) else { return }
        _ = RowLoop.live(out, active) { i in
            join(a.text(i), b.text(i), i, arena, out)
            return true
        }
    }

    /// concat: NULLs are passed over.
    package static func concat(
        _ parts: [Operand], count n: Int, active: Vector?, arena: TextArena, into out: Vector
    ) {
        out.count = n
        out.hasNulls = false
        NullKernel.clearTexts(out)
        for part in parts where !part.isNullConstant {
            _ = RowLoop.live(out, active) { i in
                if !part.isNullRow(i) {
                    join(TextBytes(out.pointers[i], Int(out.lengths[i])), part.text(i), i, arena, out)
                }
                return true
            }
        }
    }

    /// Both texts in a row; when one is empty the other one is pointed to.
    @inline(__always)
    private static func join(_ a: TextBytes, _ b: TextBytes, _ row: Int, _ arena: TextArena, _ out: Vector) {
        if a.n == 0 { return out.setText(row, b.p, b.n) }
        if b.n == 0 { return out.setText(row, a.p, a.n) }
        let place = arena.allocate(a.n &+ b.n)
        memcpy(place, a.p, a.n)
        memcpy(place + a.n, b.p, b.n)
        out.setText(row, place, a.n &+ b.n)
    }

    /// replace: every occurrence, from the left.
    package static func replace(
        _ a: Operand, _ from: Operand, _ to: Operand, count n: Int, active: Vector?, arena: TextArena, into out: Vector
    ) {
        guard NullKernel.merge([a, from, to], count: n, into: out) else { return }
        var scratch = ByteWriter(capacity: 256)
        _ = RowLoop.live(out, active) { i in
            let text = a.text(i)
            let old = from.text(i)
            if old.n == 0 || UnicodeBytes.find(old, in: text) < 0 {
                out.setText(i, text.p, text.n)
                return true
            }
            scratch.removeAll()
            replace(text, old, to.text(i), &scratch)
            out.setText(i, arena.copy(UnsafeBufferPointer(start: scratch.base, count: scratch.count)), scratch.count)
            return true
        }
    }

    private static func replace(_ text: TextBytes, _ old: TextBytes, _ new: TextBytes, _ to: inout ByteWriter) {
        var rest = text
        while case let at = UnicodeBytes.find(old, in: rest), at >= 0 {
            to.append(rest.p, at)
            to.append(new.p, new.n)
            rest = TextBytes(rest.p + at + old.n, rest.n &- at &- old.n)
        }
        to.append(rest.p, rest.n)
    }
}
