import DaymillColumns
import DaymillTestKit
import Testing

/// Keys: columns to bytes that order as the columns do, and back.
@Suite struct KeyCodecTests {
    private static let forms: [[Vector.Form]] = [
        [.int64], [.double], [.bool, .int64], [.int128], [.text, .int64], [.int64, .text, .text], [.bool, .bool],
        [.text, .double, .int128, .bool, .text],
    ]
    private static let rows = 300

    @Test(arguments: forms)
    func columnsComeBack(_ forms: [Vector.Form]) {
        let columns = Columns(forms, Self.rows, seed: 1)
        let keys = KeyBatch(capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, into: keys)
        let texts = Vector(.text, capacity: Self.rows)
        keys.copyTexts(to: texts)
        let found = forms.map { Vector($0, capacity: Self.rows) }
        codec.decode(texts, count: Self.rows, into: found, arena: columns.arena)
        for (vector, wanted) in zip(found, columns.vectors) {
            for row in 0..<Self.rows { #expect(Value(vector, row) == Value(wanted, row), "row \(row)") }
        }
    }

    @Test(arguments: forms)
    func columnsThatNobodyWantsArePassedOver(_ forms: [Vector.Form]) {
        let columns = Columns(forms, Self.rows, seed: 2)
        let keys = KeyBatch(capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, into: keys)
        let texts = Vector(.text, capacity: Self.rows)
        keys.copyTexts(to: texts)
        let last = Vector(forms.last!, capacity: Self.rows)
        let found: [Vector?] = forms.dropLast().map { _ in nil } + [last]
        codec.decode(texts, count: Self.rows, into: found, arena: columns.arena)
        for row in 0..<Self.rows { #expect(Value(last, row) == Value(columns.vectors.last!, row), "row \(row)") }
    }

    @Test(arguments: forms)
    func bytesOrderAsValues(_ forms: [Vector.Form]) {
        let columns = Columns(forms, Self.rows, seed: 3)
        let keys = KeyBatch(capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, into: keys)
        let texts = Vector(.text, capacity: Self.rows)
        keys.copyTexts(to: texts)
        // The keys lie in the codec's memory.
        let bytes = withExtendedLifetime(codec) { (0..<Self.rows).map { texts.bytes(of: $0) } }
        for row in 1..<Self.rows {
            let isLess = columns.values(row - 1).lexicographicallyPrecedes(columns.values(row))
            #expect(isLess == bytes[row - 1].lexicographicallyPrecedes(bytes[row]), "rows \(row - 1) and \(row)")
        }
    }

    @Test(arguments: [[Vector.Form.int64], [.double], [.bool, .int64], [.bool, .bool], [.bool]])
    func shortKeysArePackedInOrder(_ forms: [Vector.Form]) {
        #expect(KeyCodec.packs(forms))
        let columns = Columns(forms, Self.rows, seed: 4)
        let scratch = KeyBatch(capacity: Self.rows), packed = Vector(.int128, capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, packed: packed, scratch: scratch)
        let found = forms.map { Vector($0, capacity: Self.rows) }
        codec.decode(packed: packed, into: found, scratch: scratch, arena: columns.arena)
        for (vector, wanted) in zip(found, columns.vectors) {
            for row in 0..<Self.rows { #expect(Value(vector, row) == Value(wanted, row), "row \(row)") }
        }
        for row in 1..<Self.rows {
            let isLess = columns.values(row - 1).lexicographicallyPrecedes(columns.values(row))
            #expect(isLess == (packed.int128(row - 1) < packed.int128(row)), "rows \(row - 1) and \(row)")
        }
    }

    @Test func longOrTextualKeysAreNotPacked() {
        #expect(!KeyCodec.packs([.text]))
        #expect(!KeyCodec.packs([.int128]))
        #expect(!KeyCodec.packs([.int64, .int64]))
    }
}

/// Made-up columns, a fifth NULL.
private struct Columns {
    let vectors: [Vector]
    let arena = TextArena()

    init(_ forms: [Vector.Form], _ rows: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let arena = arena
        vectors = forms.map { form in
            let vector = Vector(form, capacity: rows)
            vector.count = rows
            for row in 0..<rows {
                Columns.set(vector, row, &random, arena)
                if Int.random(in: 0..<5, using: &random) == 0 {
                    if form == .text { vector.set(row, text: [], in: arena) }
                    vector.setNull(row, true)
                }
            }
            return vector
        }
    }

    private static func set(_ vector: Vector, _ row: Int, _ random: inout SeededGenerator, _ arena: TextArena) {
        let integers: [Int64] = [.min, -1, 0, 1, .max, Int64.random(in: -9...9, using: &random)]
        let integer = integers.randomElement(using: &random)!
        switch vector.form {
        case .bool: vector.set(row, bool: .random(using: &random))
        case .int64: vector.set(row, int64: integer)
        case .int128: vector.set(row, int128: Int128(integer) * Int128(Int64.random(in: 0...(.max), using: &random)))
        case .double:
            let doubles = [-Double.infinity, -1.5, 0, 1e-300, 2, .infinity, .nan]
            vector.set(row, double: doubles.randomElement(using: &random)!)
        case .text:
            // Lengths around those that are compared at once; few letters, zero among them.
            let length = [0, 1, 2, 15, 16, 17, 31, 32, 33, 70].randomElement(using: &random)!
            let letters: [UInt8] = Int.random(in: 0..<3, using: &random) == 0 ? [0, 1, 0xff, 0x61] : [1, 0x61, 0xff]
            vector.set(row, text: (0..<length).map { _ in letters.randomElement(using: &random)! }, in: arena)
        }
    }

    func values(_ row: Int) -> [Value] { vectors.map { Value($0, row) } }
}

/// One value, ordered as in keys: NULL last.
private enum Value: Comparable {
    case bool(Int), integer(Int128), number(Double), notANumber, text([UInt8]), null

    init(_ vector: Vector, _ row: Int) {
        if vector.isNull(row) {
            self = .null
            return
        }
        switch vector.form {
        case .bool: self = .bool(vector.bool(row) ? 1 : 0)
        case .int64: self = .integer(Int128(vector.int64(row)))
        case .int128: self = .integer(vector.int128(row))
        case .double: self = vector.double(row).isNaN ? .notANumber : .number(vector.double(row))
        case .text: self = .text(vector.bytes(of: row))
        }
    }

    static func < (a: Value, b: Value) -> Bool {
        switch (a, b) {
        case (.bool(let x), .bool(let y)): x < y
        case (.integer(let x), .integer(let y)): x < y
        case (.number(let x), .number(let y)): x < y
        case (.text(let x), .text(let y)): x.lexicographicallyPrecedes(y)
        default: a.rank < b.rank
        }
    }

    private var rank: Int {
        switch self {
        case .notANumber: 1
        case .null: 2
        default: 0
        }
    }
}
