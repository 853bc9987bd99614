import DaymillCore
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns

/// States of exact sums: whatever the order, the grouping and the way through segments, the same bytes; and the sum that
/// whole numbers give.
@Suite struct ExactSumTests {
    /// How far apart the exponents are.
    enum Spread: CaseIterable {
        case usual, nearTheWindow, wide, everything, tiny, huge

        func value(_ random: inout SeededGenerator) -> Double {
            let sign: Double = random.once(in: 2) ? 1 : -1
            let mantissa = Double(random.number(1...(1 << 53)))
            switch self {
            case .usual: return sign * Double(random.number(0...1_000_000)) / 64
            case .nearTheWindow: return sign * mantissa * power(random.number(-180...80))
            case .wide: return sign * mantissa * power(random.number(-300...300))
            case .everything:
                let any = Double(bitPattern: UInt64(truncatingIfNeeded: random.next()))
                return any.isFinite ? any : 0
            case .tiny: return sign * Double(random.number(0...9)) * .leastNonzeroMagnitude
            case .huge: return sign * .greatestFiniteMagnitude / Double(random.number(1...3))
            }
        }

        private func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent - 53, significand: 1) }
    }

    @Test(arguments: Spread.allCases)
    func orderAndGroupingChangeNothing(_ spread: Spread) throws {
        for seed in 0..<60 {
            var random = SeededGenerator(seed: UInt64(seed))
            let values = (0..<random.number(0...40)).map { _ in spread.value(&random) }
            for squares in [false, true] {
                let whole = State(values, squares: squares)
                let expected = whole.bytes
                #expect(State(values.reversed(), squares: squares).bytes == expected, "\(spread) \(seed)")
                let merged = State([], squares: squares)
                var rest = values[...]
                while !rest.isEmpty {
                    let part = State(Array(rest.prefix(random.number(1...9))), squares: squares)
                    rest = rest.dropFirst(part.count)
                    // Half of the parts go through their bytes, as partials of segments do.
                    if random.once(in: 2) { merged.merge(bytes: part.bytes) } else { merged.merge(part) }
                }
                #expect(merged.bytes == expected, "\(spread) \(seed) squares \(squares)")
                let copy = State([], squares: squares)
                copy.merge(bytes: expected)
                #expect(copy.bytes == expected)
                if !squares { #expect(whole.value.bitPattern == naiveSum(values).bitPattern, "\(spread) \(seed)") }
            }
        }
    }

    @Test func whatCancelsLeavesNothing() {
        let least = Double.leastNonzeroMagnitude
        let values = [1e300, 1e-300, -1e300, least, -1e-300, -least]
        #expect(State(values, squares: false).bytes == State([], squares: false).bytes)
    }

    @Test func manyLargeNumbersFillTheWindow() {
        let state = State(Array(repeating: 0x1p65 - 0x1p12, count: 5000), squares: false)
        #expect(state.value == 5000 * (0x1p65 - 0x1p12))
    }

    @Test func infinitiesAndNaNArePassedOn() {
        #expect(State([1, .infinity, 2], squares: false).value == .infinity)
        #expect(State([-.infinity], squares: false).value == -.infinity)
        #expect(State([.infinity, -.infinity], squares: false).value.isNaN)
        let merged = State([1], squares: false)
        merged.merge(bytes: State([.nan], squares: false).bytes)
        #expect(merged.value.isNaN)
    }

    private func naiveSum(_ values: [Double]) -> Double {
        let sum = Rollup.Aggregate(.sum, .column(0, .double), type: .double)
        guard case .double(let result)? = try? NaiveAggregate.result(of: sum, values.map(Value.double)) else {
            return 0
        }
        return result
    }

    /// The state of one group.
    private final class State {
        let count: Int
        private let kind: ExactSum
        private let words: UnsafeMutablePointer<UInt64>
        private let memory = TextArena()

        init(_ values: [Double], squares: Bool) {
            count = values.count
            kind = squares ? .ofSquares : .ofValues
            words = .allocate(capacity: kind.words)
            words.initialize(repeating: 0, count: kind.words)
            for value in values {
                if squares {
                    ExactSum.addSquare(value, to: words, memory)
                } else {
                    ExactSum.add(value, to: words, memory)
                }
            }
        }

        deinit { words.deallocate() }

        var value: Double { kind.quotient(words, by: 1) }

        var bytes: [UInt8] {
            var buffer = [UInt8](repeating: 0, count: kind.bytesMax)
            let n = buffer.withUnsafeMutableBufferPointer { buffer in
                var p = buffer.baseAddress!
                kind.write(words, &p)
                return p - buffer.baseAddress!
            }
            return Array(buffer.prefix(n))
        }

        func merge(_ other: State) { kind.merge(other.words, into: words, memory) }

        func merge(bytes: [UInt8]) {
            bytes.withUnsafeBufferPointer { bytes in
                var p = bytes.baseAddress!
                var read = [UInt64](repeating: 0, count: kind.words)
                read.withUnsafeMutableBufferPointer { read in
                    let isRead = kind.read(&p, bytes.baseAddress! + bytes.count, read.baseAddress!)
                    #expect(isRead && p == bytes.baseAddress! + bytes.count)
                    kind.merge(read.baseAddress!, into: words, memory)
                }
            }
        }
    }
}
