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
        let columns = MadeUpColumns(forms, Self.rows, seed: 1)
        let keys = KeyBatch(capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, into: keys)
        let texts = Vector(.text, capacity: Self.rows)
        keys.copyTexts(to: texts)
        let found = forms.map { Vector($0, capacity: Self.rows) }
        codec.decode(texts, count: Self.rows, into: found, arena: columns.arena)
        for (vector, wanted) in zip(found, columns.vectors) {
            for row in 0..<Self.rows { #expect(MadeUpValue(vector, row) == MadeUpValue(wanted, row), "row \(row)") }
        }
    }

    @Test(arguments: forms)
    func columnsThatNobodyWantsArePassedOver(_ forms: [Vector.Form]) {
        let columns = MadeUpColumns(forms, Self.rows, seed: 2)
        let keys = KeyBatch(capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, into: keys)
        let texts = Vector(.text, capacity: Self.rows)
        keys.copyTexts(to: texts)
        let last = Vector(forms.last!, capacity: Self.rows)
        let found: [Vector?] = forms.dropLast().map { _ in nil } + [last]
        codec.decode(texts, count: Self.rows, into: found, arena: columns.arena)
        for row in 0..<Self.rows {
            #expect(MadeUpValue(last, row) == MadeUpValue(columns.vectors.last!, row), "row \(row)")
        }
    }

    @Test(arguments: forms)
    func bytesOrderAsValues(_ forms: [Vector.Form]) {
        let columns = MadeUpColumns(forms, Self.rows, seed: 3)
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
        let columns = MadeUpColumns(forms, Self.rows, seed: 4)
        let scratch = KeyBatch(capacity: Self.rows), packed = Vector(.int128, capacity: Self.rows)
        let codec = KeyCodec(forms, allowsBareText: false)
        codec.encode(columns.vectors, count: Self.rows, packed: packed, scratch: scratch)
        let found = forms.map { Vector($0, capacity: Self.rows) }
        codec.decode(packed: packed, into: found, scratch: scratch, arena: columns.arena)
        for (vector, wanted) in zip(found, columns.vectors) {
            for row in 0..<Self.rows { #expect(MadeUpValue(vector, row) == MadeUpValue(wanted, row), "row \(row)") }
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
