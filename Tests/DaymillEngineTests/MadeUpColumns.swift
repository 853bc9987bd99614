import DaymillColumns
import DaymillTestKit

/// Made-up columns, a fifth NULL.
struct MadeUpColumns {
    let vectors: [Vector]
    let arena = TextArena()

    init(_ forms: [Vector.Form], _ rows: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let arena = arena
        vectors = forms.map { form in
            let vector = Vector(form, capacity: rows)
            vector.count = rows
            for row in 0..<rows {
                MadeUpColumns.set(vector, row, &random, arena)
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

    func values(_ row: Int) -> [MadeUpValue] { vectors.map { MadeUpValue($0, row) } }
}

/// One value, ordered as in keys: NULL last.
enum MadeUpValue: Comparable {
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

    static func < (a: MadeUpValue, b: MadeUpValue) -> Bool {
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
