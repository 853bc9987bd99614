import DaymillSQL
import Foundation

/// The approximate aggregates, as docs/spec/sql.md defines them.
enum NaiveSketch {
    // MARK: approx_count_distinct

    static func estimate(_ values: [Value]) -> Int64 {
        var registers = [Int](repeating: 0, count: 4096)
        for value in values {
            let hash = NaiveXXH3.hash(encoding(of: value))
            let place = Int(hash / (1 << 52))
            var rank = 1
            while rank < 53, hash & (1 << UInt64(52 - rank)) == 0 { rank += 1 }
            registers[place] = max(registers[place], rank)
        }
        let shares = (0...53).map { rank in Double(registers.count { $0 == rank }) }
        var z = 4096 * tau((4096 - shares[53]) / 4096)
        for rank in stride(from: 52, through: 1, by: -1) { z = (z + shares[rank]) / 2 }
        z += 4096 * sigma(shares[0] / 4096)
        let estimate = 4096 * 4096 / (2 * 0.6931471805599453 * z)
        return Int64((estimate).rounded(.toNearestOrAwayFromZero))
    }

    private static func sigma(_ start: Double) -> Double {
        if start == 1 { return .infinity }
        var (x, y, z, before) = (start, 1.0, start, -1.0)
        while z != before {
            before = z
            x = x * x
            z = z + x * y
            y = 2 * y
        }
        return z
    }

    private static func tau(_ start: Double) -> Double {
        if start == 0 || start == 1 { return 0 }
        var (x, y, z, before) = (start, 1.0, 1 - start, -1.0)
        while z != before {
            before = z
            x = x.squareRoot()
            y = y / 2
            z = z - (1 - x) * (1 - x) * y
        }
        return z / 3
    }

    /// The bytes of a value in keys: docs/spec/store.md.
    private static func encoding(of value: Value) -> [UInt8] {
        [1] + content(of: value)
    }

    private static func content(of value: Value) -> [UInt8] {
        switch value {
        case .null, .interval: []
        case .boolean(let truth): [truth ? 1 : 0]
        case .integer(let number), .timestamp(let number): bigEndian(UInt64(bitPattern: number) ^ 1 << 63)
        case .date(let days): bigEndian(UInt64(bitPattern: Int64(days)) ^ 1 << 63)
        case .decimal(let unscaled, _):
            bigEndian(UInt64(truncatingIfNeeded: unscaled >> 64) ^ 1 << 63)
                + bigEndian(UInt64(truncatingIfNeeded: unscaled))
        case .double(let number):
            // Positive numbers above all negative ones, and these turned round.
            bigEndian(number.isNaN ? 0xfff8 << 48 : number < 0 ? ~number.bitPattern : (number + 0).bitPattern | 1 << 63)
        case .text(let text): text.utf8.flatMap { $0 == 0 ? [0, 0xff] : [$0] } + [0, 0]
        }
    }

    private static func bigEndian(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }

    // MARK: approx_percentile

    /// percentile_disc of the values, each moved to the middle of its bucket.
    static func percentile(_ values: [Value], _ fraction: Double) throws -> Value {
        let moved = try values.map { Value.double(middle(of: try NaivePercentile.double($0))) }
        let sorted = try NaiveOrder.sorted(moved.map { [$0] }).map { $0[0] }
        return NaivePercentile.discrete(sorted, fraction)
    }

    /// Each power of two is cut into 64 equal parts; so is what is below the least normal number.
    private static func middle(of number: Double) -> Double {
        guard number.isFinite, number != 0 else { return number }
        let magnitude = number.magnitude
        let step = magnitude < 0x1p-1022 ? 0x1p-1028 : 1 / 64 * magnitude.binade
        let middle = (magnitude / step).rounded(.down) * step + step / 2
        return number < 0 ? -middle : middle
    }
}
