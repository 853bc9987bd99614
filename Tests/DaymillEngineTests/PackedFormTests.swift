import DaymillTestKit
import Foundation
import Testing

@testable import DaymillColumns

/// Rows of fixed width: values to bytes and back.
@Suite struct PackedFormTests {
    private static let rows = 300
    private let arena = TextArena()

    private func texts(_ texts: [[UInt8]?]) -> Vector {
        let vector = Vector(.text, capacity: texts.count)
        vector.count = texts.count
        for (row, text) in texts.enumerated() {
            vector.set(row, text: text ?? [], in: arena)
            if text == nil { vector.setNull(row, true) }
        }
        return vector
    }

    private func texts(_ words: [String]) -> Vector { texts(words.map { Array($0.utf8) }) }

    private func integers(_ values: [Int64]) -> Vector {
        let vector = Vector(.int64, capacity: values.count)
        vector.count = values.count
        for (row, value) in values.enumerated() { vector.set(row, int64: value) }
        return vector
    }

    /// Packed rows and what did not fit: bit 0 of the key, bit 1 of the rest.
    private func pack(
        _ form: PackedForm, _ columns: [Vector], level: Int32 = 3
    ) -> (rows: Buffer<UInt8>, misfits: [UInt8]) {
        let count = columns[0].count
        let rows = Buffer<UInt8>(capacity: count * form.rowBytes + 8), misfits = Buffer<UInt8>(capacity: count)
        form.pack(columns, count: count, into: rows, misfits: misfits, level: KernelLevel(atMost: level))
        return (rows, (0..<count).map { misfits[$0] })
    }

    private func unpack(_ form: PackedForm, _ rows: Buffer<UInt8>, like columns: [Vector]) -> [Vector] {
        let found = columns.map { Vector($0.form, capacity: $0.count) }
        form.unpack(rows.pointer, count: columns[0].count, into: found, arena: arena)
        return found
    }

    /// For each row whether it fits a form made of a model, having made sure that those that fit come back.
    private func fits(_ column: Vector, like model: Vector, level: Int32 = 3) throws -> [Bool] {
        let form = try #require(PackedForm(like: [model], keys: 1, count: model.count))
        let (rows, misfits) = pack(form, [column], level: level)
        let found = unpack(form, rows, like: [column])[0]
        for row in 0..<column.count where misfits[row] == 0 {
            #expect(MadeUpValue(found, row) == MadeUpValue(column, row), "row \(row)")
        }
        return misfits.map { $0 == 0 }
    }

    // MARK: Identifiers

    private static let uuid = "0f9a1c55-6b1d-4a3e-9c07-5d2e8f10ab34"

    /// Every byte at every place.
    @Test(arguments: 0...3 as ClosedRange<Int32>)
    func onlyLowerCaseIdentifiersFit(_ level: Int32) throws {
        let good = Array(Self.uuid.utf8)
        var all: [[UInt8]] = [], wanted: [Bool] = []
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = good
                bytes[place] = byte
                all.append(bytes)
                let isDash = [8, 13, 18, 23].contains(place)
                wanted.append(isDash ? byte == 0x2d : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte))
            }
        }
        #expect(try fits(texts(all), like: texts([Self.uuid]), level: level) == wanted)
    }

    @Test(arguments: 0...3 as ClosedRange<Int32>)
    func whatOnlyLooksLikeOneDoesNotFit(_ level: Int32) throws {
        let near = [
            "", "-", Self.uuid.uppercased(), Self.uuid + "0", String(Self.uuid.dropLast()), " " + Self.uuid,
            "{\(Self.uuid)}", Self.uuid.replacingOccurrences(of: "-", with: ""), "0f9a1c55-6b1d-4a3e-9c07-5d2e8f10ab3G",
            "0f9a1c556-b1d-4a3e-9c07-5d2e8f10ab34", "------------------------------------",
            "0f9a1c55-6b1d-4a3e-9c07-5d2e8f10abé",
        ]
        #expect(try fits(texts(near), like: texts([Self.uuid]), level: level) == near.map { _ in false })
        let extremes = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
        #expect(try fits(texts(extremes), like: texts([Self.uuid]), level: level) == [true, true])
        #expect(try fits(texts([nil, Array(Self.uuid.utf8)]), like: texts([Self.uuid])) == [false, true])
    }

    @Test func differentIdentifiersAreDifferentBytes() throws {
        var random = SeededGenerator(seed: 5)
        let words = (0..<200).map { _ in MadeUpText.uuid(&random) }
        let form = try #require(PackedForm(like: [texts(words)], keys: 1, count: 200))
        #expect(form.rowBytes == 16)
        let (rows, _) = pack(form, [texts(words)])
        let bytes = Set((0..<200).map { row in (0..<16).map { rows[16 * row + $0] } })
        #expect(bytes.count == Set(words).count)
    }

    // MARK: Other texts

    @Test func shortTextsFitByTheirLength() throws {
        let model = texts(["1234567"])
        let all: [[UInt8]] = [[], [0], [0, 0], [0x61], [0x61, 0], [7], Array(repeating: 0xff, count: 7)]
        #expect(try fits(texts(all), like: model) == all.map { _ in true })
        let long = [8, 70].map { Array(repeating: UInt8(1), count: $0) }
        #expect(try fits(texts(long), like: model) == [false, false])
        let form = try #require(PackedForm(like: [model], keys: 1, count: 1))
        let (rows, _) = pack(form, [texts(all)])
        #expect(Set(all.indices.map { row in (0..<8).map { rows[8 * row + $0] } }).count == all.count)
    }

    @Test func longRowsAreNotPacked() {
        let long = texts([String(repeating: "x", count: 40)])
        #expect(PackedForm(like: [long], keys: 1, count: 1) == nil)
        let some = texts([String(repeating: "x", count: 39)])
        #expect(PackedForm(like: [some, some], keys: 1, count: 1) != nil)
        #expect(PackedForm(like: [some, some, some], keys: 2, count: 1) == nil)
    }

    // MARK: Numbers

    /// The number that bytes of zeros stand for.
    private func base(_ form: PackedForm) -> Int64 {
        let rows = Buffer<UInt8>(capacity: form.rowBytes + 8)
        return unpack(form, rows, like: [integers([0])])[0].int64(0)
    }

    @Test(arguments: [1, 1000, 1_000_000] as [Int64])
    func timesFitByTheirUnit(_ unit: Int64) throws {
        let first: Int64 = 1_726_358_400_000_000
        let model = integers([first, first + 7 * unit])
        let form = try #require(PackedForm(like: [model], keys: 1, count: 2))
        #expect(form.rowBytes == 4)
        let base = base(form), most = Int64(UInt32.max) - 1
        let all = [
            first, first + 1, first - unit, first + unit / 2, base, base - unit, base + most * unit,
            base + (most + 1) * unit, base + most * unit - 1, base + most * unit + 1, 0, -1, .min, .max,
        ]
        let wanted = all.map { value in
            let distance = Int128(value) - Int128(base)
            return 0...Int128(most * unit) ~= distance && distance % Int128(unit) == 0
        }
        #expect(try fits(integers(all), like: model) == wanted)
        #expect(Set(wanted).count == 2)
    }

    @Test func everyOffsetComesBack() throws {
        var random = SeededGenerator(seed: 9)
        let model = integers([1_726_358_400_000_000])
        let base = base(try #require(PackedForm(like: [model], keys: 1, count: 1)))
        let all = (0..<5000).map { _ in base + Int64(random.next() % 4_294_967_295) * 1_000_000 }
        #expect(try fits(integers(all), like: model).allSatisfy { $0 })
    }

    @Test func numbersFarFromEachOtherTakeAWord() throws {
        for model in [[Int64.min, .max], [0, 1 << 40], [.min], [.max]] as [[Int64]] {
            let all: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
            let fits = try fits(integers(all), like: integers(model))
            if model.count == 2 { #expect(fits.allSatisfy { $0 }) }
        }
    }

    // MARK: The rest

    private static let forms: [[Vector.Form]] = [
        [.int64], [.double], [.bool], [.int128], [.bool, .int64], [.double, .int128, .bool],
    ]

    /// All that fits comes back and orders as the values do; all that has a place in 64 bits fits, but for the greatest,
    /// which stands for NULL.
    @Test(arguments: forms, [0, 2] as [UInt64])
    func theRestOrdersAsValues(_ forms: [Vector.Form], _ seed: UInt64) throws {
        let columns = MadeUpColumns(forms, Self.rows, seed: seed)
        let key = integers((0..<Int64(Self.rows)).map { $0 % 3 })
        let all = [key] + columns.vectors
        let form = try #require(PackedForm(like: all, keys: 1, count: Self.rows))
        let (rows, misfits) = pack(form, all)
        let found = unpack(form, rows, like: all)
        func rest(_ row: Int) -> [UInt8] { (form.keyBytes..<form.rowBytes).map { rows[row * form.rowBytes + $0] } }
        let fitting = (0..<Self.rows).filter { misfits[$0] == 0 }
        #expect(fitting.count > Self.rows / 3)
        for row in 0..<Self.rows {
            #expect(misfits[row] == 0 || misfits[row] == 2)
            #expect((misfits[row] == 0) == columns.values(row).allSatisfy(Self.hasRoom), "row \(row)")
        }
        for (at, row) in fitting.enumerated() {
            for (vector, wanted) in zip(found, all) { #expect(MadeUpValue(vector, row) == MadeUpValue(wanted, row)) }
            let other = fitting[(at + 1) % fitting.count]
            let isLess = columns.values(row).lexicographicallyPrecedes(columns.values(other))
            #expect(isLess == rest(row).lexicographicallyPrecedes(rest(other)), "rows \(row) and \(other)")
        }
    }

    private static func hasRoom(_ value: MadeUpValue) -> Bool {
        if case .integer(let number) = value { Int128(Int64.min)..<Int128(Int64.max) ~= number } else { true }
    }

    @Test func textsInTheRestOrderAsValues() throws {
        let all: [[UInt8]?] = [nil, [], [0], [0, 0], [0x61], [0x61, 0], [0x61, 0x62], [0xff], [0xff, 0xff], [0x62]]
        let columns = [integers(all.map { _ in 1 }), texts(all)]
        let form = try #require(PackedForm(like: columns, keys: 1, count: all.count))
        let (rows, misfits) = pack(form, columns)
        #expect(misfits == all.map { _ in 0 })
        let found = unpack(form, rows, like: columns)
        for a in all.indices {
            #expect(MadeUpValue(found[1], a) == MadeUpValue(columns[1], a))
            for b in all.indices {
                let isLess = MadeUpValue(columns[1], a) < MadeUpValue(columns[1], b)
                let bytes = [a, b].map { row in (4..<form.rowBytes).map { rows[row * form.rowBytes + $0] } }
                #expect(isLess == bytes[0].lexicographicallyPrecedes(bytes[1]), "\(a) and \(b)")
            }
        }
    }

    /// All ones are NULL, and no identifier.
    @Test func theGreatestIdentifierIsNotNull() throws {
        let all: [[UInt8]?] = [Array(Self.uuid.utf8), nil, Array("ffffffff-ffff-ffff-ffff-ffffffffffff".utf8)]
        let columns = [integers([1, 1, 1]), texts(all)]
        let form = try #require(PackedForm(like: [columns[0], texts([Self.uuid])], keys: 1, count: 1))
        let (rows, misfits) = pack(form, columns)
        #expect(misfits == [0, 0, 2])
        let found = unpack(form, rows, like: columns)[1]
        #expect(found.text(0) == Self.uuid && found.isNull(1))
    }
}

/// Texts for rows.
enum MadeUpText {
    /// An identifier in lower case.
    static func uuid(_ random: inout SeededGenerator) -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<36).map { [8, 13, 18, 23].contains($0) ? "-" : random.pick(digits) })
    }
}
