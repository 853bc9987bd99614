import CKernels
import Glibc

/// Turns the key columns of a batch into key bytes, and back.
///
/// One text column is its own key: no byte is copied, NULL is length -1. Everything else is encoded so that byte order is
/// key order, NULL last, and so that a prefix of columns can be decoded from a longer key:
///
///     NULL     02
///     others   01, then:  bool 1 byte · int64 8 bytes, big-endian, sign flipped · int128 the same in 16 ·
///                         double its ordered bits · text: 00 becomes 00 FF, ended by 00 00
package final class KeyCodec {
    package let forms: [Vector.Form]
    /// The key is the bare text.
    package let isBareText: Bool
    private let arena = TextArena()
    /// The bytes of encoded keys.
    private var buffer = RawMemory(capacity: 0)

    package init(_ forms: [Vector.Form], allowsBareText: Bool = true) {
        self.forms = forms
        isBareText = allowsBareText && forms == [.text]
    }

    /// Fills `keys` from the columns, hashes included unless nobody needs them. The keys stay valid until the next call.
    package func encode(_ columns: [Vector], count: Int, into keys: KeyBatch, hashing: Bool = true) {
        precondition(columns.count == forms.count && count <= keys.capacity)
        keys.count = count
        if isBareText { bareText(columns[0], into: keys) } else { encoded(columns, into: keys) }
        if hashing { keys.hashAll() }
    }

    /// Encodes rows as texts, which sort as the columns do; a row with a NULL is NULL. They stay valid until the next call.
    package func encode(_ columns: [Vector], count: Int, asTexts texts: Vector) {
        precondition(texts.form == .text && count <= texts.capacity && columns.count == forms.count)
        arena.reset()
        texts.count = count
        texts.hasNulls = false
        for row in 0..<count {
            guard columns.allSatisfy({ !$0.hasNulls || $0.nulls[row] == 0 }) else {
                texts.setText(row, UnsafePointer(Vector.nothing), 0)
                texts.setNull(row, true)
                continue
            }
            let (start, length) = encoded(columns, row)
            texts.setText(row, start, length)
            if texts.hasNulls { texts.setNull(row, false) }
        }
    }

    /// Takes rows that were encoded as texts apart. NULL rows stay NULL.
    package func decode(texts: Vector, into columns: [Vector], arena: TextArena) {
        for column in columns {
            column.count = texts.count
            column.hasNulls = false
        }
        for row in 0..<texts.count {
            if texts.hasNulls && texts.nulls[row] != 0 {
                for column in columns {
                    column.setNull(row, true)
                    if column.form == .text { column.setText(row, UnsafePointer(Vector.nothing), 0) }
                }
                continue
            }
            var p = texts.pointers[row]
            for column in columns { KeyCodec.take(column, row, &p, arena) }
        }
    }

    private func bareText(_ column: Vector, into keys: KeyBatch) {
        let n = keys.count
        keys.pointers.update(from: column.pointers, count: n)
        keys.lengths.update(from: column.lengths, count: n)
        if column.hasNulls { for i in 0..<n where column.nulls[i] != 0 { keys.lengths[i] = -1 } }
    }

    private func encoded(_ columns: [Vector], into keys: KeyBatch) {
        let sources = columns.map(\.keyColumn)
        let bound = dm_keys_bound(sources, sources.count, keys.count)
        if buffer.capacity < bound { buffer = RawMemory(capacity: bound + bound / 4) }
        UnsafeMutableRawPointer(keys.pointers).withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: keys.count) {
            let out = buffer.base.assumingMemoryBound(to: UInt8.self)
            dm_encode_keys(sources, sources.count, keys.count, out, $0, keys.lengths)
        }
    }

    @inline(__always)
    private func encoded(_ columns: [Vector], _ row: Int) -> (start: UnsafePointer<UInt8>, length: Int) {
        var size = 0
        for column in columns { size += KeyCodec.sizeBound(column, row) }
        let start = arena.allocate(size)
        var p = start
        for column in columns { KeyCodec.append(column, row, &p) }
        return (UnsafePointer(start), p - start)
    }

    /// Bytes of the first columns of an encoded key.
    static func prefixLength(_ key: UnsafePointer<UInt8>, _ forms: [Vector.Form]) -> Int {
        var p = key
        for form in forms {
            let isNull = p[0] == 2
            p += 1
            if isNull { continue }
            if form == .text {
                while p[0] != 0 || p[1] == 0xff { p += p[0] == 0 ? 2 : 1 }
                p += 2
            } else {
                p += form.stride
            }
        }
        return p - key
    }

    private static func sizeBound(_ column: Vector, _ row: Int) -> Int {
        if column.hasNulls && column.nulls[row] != 0 { return 1 }
        return column.form == .text ? 3 + 2 * Int(column.lengths[row]) : 1 + column.form.stride
    }

    private static func append(_ column: Vector, _ row: Int, _ p: inout UnsafeMutablePointer<UInt8>) {
        if column.hasNulls && column.nulls[row] != 0 {
            p[0] = 2
            p += 1
            return
        }
        p[0] = 1
        p += 1
        switch column.form {
        case .bool:
            p[0] = column.bools[row]
            p += 1
        case .int64: appendWord(UInt64(bitPattern: column.int64s[row]) ^ 1 << 63, &p)
        case .double: appendWord(UInt64(bitPattern: orderedBits(column.doubles[row])) ^ 1 << 63, &p)
        case .int128:
            let value = column.int128s[row]
            appendWord(UInt64(truncatingIfNeeded: value >> 64) ^ 1 << 63, &p)
            appendWord(UInt64(truncatingIfNeeded: value), &p)
        case .text: appendText(column.bytes(row), &p)
        }
    }

    @inline(__always)
    private static func appendWord(_ word: UInt64, _ p: inout UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(p).storeBytes(of: word.bigEndian, as: UInt64.self)
        p += 8
    }

    private static func appendText(_ bytes: UnsafeBufferPointer<UInt8>, _ p: inout UnsafeMutablePointer<UInt8>) {
        if let base = bytes.baseAddress, memchr(base, 0, bytes.count) == nil {
            p.update(from: base, count: bytes.count)
            p += bytes.count
        } else {
            for byte in bytes {
                p[0] = byte
                p += 1
                if byte == 0 {
                    p[0] = 0xff
                    p += 1
                }
            }
        }
        p[0] = 0
        p[1] = 0
        p += 2
    }

    /// Takes keys apart again. Text without a zero byte is pointed to where it lies, else unescaped into `arena`.
    ///
    /// - Parameter into: one vector per form (or fewer, for a prefix of the columns); nil for a column that nobody wants.
    func decode(
        _ keys: UnsafePointer<UnsafePointer<UInt8>>, _ lengths: UnsafePointer<Int32>, count: Int,
        into columns: [Vector?],
        arena: TextArena
    ) {
        guard isBareText else { return decode(keys, count: count, into: columns, arena: arena) }
        guard let column = columns[0] else { return }
        column.count = count
        column.hasNulls = false
        decodeBareText(keys, lengths, count, column)
    }

    private func decodeBareText(
        _ keys: UnsafePointer<UnsafePointer<UInt8>>, _ lengths: UnsafePointer<Int32>, _ count: Int, _ column: Vector
    ) {
        column.pointers.update(from: keys, count: count)
        column.lengths.update(from: lengths, count: count)
        for row in 0..<count where lengths[row] < 0 {
            column.lengths[row] = 0
            column.setNull(row, true)
        }
    }

    static func take(_ column: Vector, _ row: Int, _ p: inout UnsafePointer<UInt8>, _ arena: TextArena) {
        let isNull = p[0] == 2
        p += 1
        column.setNull(row, isNull)
        if isNull {
            if column.form == .text { column.setText(row, UnsafePointer(Vector.nothing), 0) }
            return
        }
        switch column.form {
        case .bool:
            column.bools[row] = p[0]
            p += 1
        case .int64: column.int64s[row] = Int64(bitPattern: takeWord(&p) ^ 1 << 63)
        case .double: column.doubles[row] = doubleOfOrderedBits(Int64(bitPattern: takeWord(&p) ^ 1 << 63))
        case .int128:
            let high = Int64(bitPattern: takeWord(&p) ^ 1 << 63)
            column.int128s[row] = Int128(high) << 64 | Int128(takeWord(&p))
        case .text: takeText(column, row, &p, arena)
        }
    }

    @inline(__always)
    private static func takeWord(_ p: inout UnsafePointer<UInt8>) -> UInt64 {
        defer { p += 8 }
        return UInt64(bigEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    }

    private static func takeText(
        _ column: Vector, _ row: Int, _ p: inout UnsafePointer<UInt8>, _ arena: TextArena
    ) {
        let start = p
        var escapes = 0
        while p[0] != 0 || p[1] == 0xff {
            escapes += p[0] == 0 ? 1 : 0
            p += p[0] == 0 ? 2 : 1
        }
        let length = p - start
        p += 2
        guard escapes > 0 else { return column.setText(row, start, length) }
        let copy = arena.allocate(length)
        var n = 0, i = 0
        while i < length {
            copy[n] = start[i]
            i += start[i] == 0 ? 2 : 1
            n += 1
        }
        column.setText(row, UnsafePointer(copy), n)
    }
}
