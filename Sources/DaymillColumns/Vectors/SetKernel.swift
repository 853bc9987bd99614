import CKernels

/// IN with a list of text constants, prepared once.
///
/// Few short constants are compared as words, eight bytes each; more of them go to a hash table:
///
///     slot = hash of the text, masked ──▶ position of a constant + 1, or 0; collisions go to the next slot
package final class TextSet {
    private let constants: Vector
    private var words: [UInt64] = []
    private var wordLengths: [Int32] = []
    private var slots: [Int32] = []
    private let hashes: Buffer<UInt64>

    private static let wordsMax = 16

    /// - Parameter constants: the list, none of it NULL; kept.
    package init(_ constants: Vector, batchCapacity: Int) {
        precondition(constants.form == .text && !constants.hasNulls)
        self.constants = constants
        let isShort = (0..<constants.count).allSatisfy { constants.lengths[$0] <= 8 }
        if isShort && constants.count <= TextSet.wordsMax {
            hashes = Buffer(capacity: 0)
            for i in 0..<constants.count { addWord(i) }
        } else {
            hashes = Buffer(capacity: max(batchCapacity, constants.count))
            fillSlots()
        }
    }

    private func addWord(_ i: Int) {
        let n = Int(constants.lengths[i])
        let word = n == 0 ? 0 : TextParsing.load(constants.pointers[i]) & (n == 8 ? ~0 : UnicodeBytes.tailMask(n))
        words.append(word.littleEndian)
        wordLengths.append(Int32(n))
    }

    private func fillSlots() {
        var size = 16
        while size < constants.count * 2 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        TextSet.hash(constants, constants.count, hashes)
        for i in 0..<constants.count {
            var slot = Int(truncatingIfNeeded: hashes.pointer[i]) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(i + 1)
        }
    }

    private static func hash(_ texts: Vector, _ n: Int, _ out: Buffer<UInt64>) {
        texts.pointers.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: n) {
            dm_hash_texts($0, texts.lengths, n, out.pointer)
        }
    }

    /// 1 where a text of `rows` is in the list; NULL where it is NULL.
    package func contains(_ rows: Vector, count n: Int, into out: Vector) {
        guard NullKernel.merge([Operand(rows: rows)], count: n, into: out) else { return }
        if words.isEmpty { probe(rows, n, out.bools) } else { compareWords(rows, n, out.bools) }
    }

    private func compareWords(_ rows: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt8>) {
        let count = UInt8(truncatingIfNeeded: words.count)
        rows.pointers.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: n) {
            dm_text_code($0, rows.lengths, n, words, wordLengths, words.count, out)
        }
        for i in 0..<n { out[i] = out[i] < count ? 1 : 0 }
    }

    private func probe(_ rows: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt8>) {
        TextSet.hash(rows, n, hashes)
        let hashes = hashes.pointer
        let mask = slots.count - 1
        slots.withUnsafeBufferPointer { slots in
            for i in 0..<n {
                let text = TextBytes(rows.pointers[i], Int(rows.lengths[i]))
                var slot = Int(truncatingIfNeeded: hashes[i]) & mask
                var found: UInt8 = 0
                while case let entry = Int(slots[slot]), entry != 0 {
                    let constant = TextBytes(constants.pointers[entry &- 1], Int(constants.lengths[entry &- 1]))
                    if CompareKernel.isEqual(text, constant) {
                        found = 1
                        break
                    }
                    slot = (slot &+ 1) & mask
                }
                out[i] = found
            }
        }
    }
}

/// IN with a list of constants of 64 bits, prepared once: a few are compared one by one, more by halving.
package final class IntegerSet {
    private let sorted: [Int64]

    private static let linearMax = 8

    /// - Parameter constants: the list, none of it NULL.
    package init(_ constants: Vector) {
        precondition(constants.form == .int64 && !constants.hasNulls)
        sorted = Set((0..<constants.count).map { constants.int64s[$0] }).sorted()
    }

    /// 1 where a value of `rows` is in the list; NULL where it is NULL.
    package func contains(_ rows: Vector, count n: Int, into out: Vector) {
        guard NullKernel.merge([Operand(rows: rows)], count: n, into: out) else { return }
        let (values, flags) = (rows.int64s, out.bools)
        if sorted.count <= IntegerSet.linearMax {
            flags.update(repeating: 0, count: n)
            for constant in sorted {
                for i in 0..<n { flags[i] |= values[i] == constant ? 1 : 0 }
            }
        } else {
            sorted.withUnsafeBufferPointer { list in
                for i in 0..<n { flags[i] = IntegerSet.holds(list, values[i]) ? 1 : 0 }
            }
        }
    }

    @inline(__always)
    private static func holds(_ list: UnsafeBufferPointer<Int64>, _ value: Int64) -> Bool {
        var base = 0
        var length = list.count
        while length > 1 {
            let half = length &>> 1
            base = list[base &+ half] <= value ? base &+ half : base
            length &-= half
        }
        return list[base] == value
    }
}
