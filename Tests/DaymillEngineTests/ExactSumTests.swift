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

    /// The kinds of states.
    enum Kind: CaseIterable {
        case compact, large, squares
    }

    @Test(arguments: Spread.allCases)
    func orderAndGroupingChangeNothing(_ spread: Spread) throws {
        for seed in 0..<60 {
            var random = SeededGenerator(seed: UInt64(seed))
            let values = (0..<random.number(0...40)).map { _ in spread.value(&random) }
            for kind in Kind.allCases {
                let whole = State(values, kind)
                let expected = whole.bytes
                #expect(State(values.reversed(), kind).bytes == expected, "\(spread) \(seed)")
                let merged = State([], kind)
                var rest = values[...]
                while !rest.isEmpty {
                    let part = State(Array(rest.prefix(random.number(1...9))), kind)
                    rest = rest.dropFirst(part.count)
                    // Half of the parts go through their bytes, as partials of segments do.
                    if random.once(in: 2) { merged.merge(bytes: part.bytes) } else { merged.merge(part) }
                }
                #expect(merged.bytes == expected, "\(spread) \(seed) \(kind)")
                let copy = State([], kind)
                copy.merge(bytes: expected)
                #expect(copy.bytes == expected)
                if kind != .squares {
                    #expect(expected == State(values, .compact).bytes)
                    #expect(whole.value.bitPattern == naive(.sum, values).bitPattern, "\(spread) \(seed)")
                    #expect(whole.average.bitPattern == naive(.avg, values).bitPattern, "\(spread) \(seed)")
                }
            }
        }
    }

    /// Values come and go until few are left, as days do in a window that moves.
    @Test(arguments: Spread.allCases)
    func whatIsTakenAwayLeavesTheRest(_ spread: Spread) {
        for seed in 0..<40 {
            var random = SeededGenerator(seed: UInt64(1000 + seed))
            let parts = (0..<random.number(1...8)).map { _ in
                (0..<random.number(0...12)).map { _ in spread.value(&random) }
            }
            for kind in Kind.allCases {
                let sum = State([], kind)
                for part in parts { sum.merge(State(part, kind)) }
                for part in parts.dropLast() {
                    #expect(sum.subtract(bytes: State(part, kind).bytes))
                    #expect(sum.bytes == State(bytes: sum.bytes, kind).bytes)
                }
                #expect(sum.bytes == State(parts[parts.count - 1], kind).bytes, "\(spread) \(seed) \(kind)")
            }
        }
    }

    /// The loop over a batch adds what `add` adds one by one, through masks and NULLs.
    @Test(arguments: Spread.allCases)
    func batchesAddWhatSingleAdditionsAdd(_ spread: Spread) {
        for seed in 0..<20 {
            var random = SeededGenerator(seed: UInt64(2000 + seed))
            let values = Vector(.double, capacity: 256), mask = Vector(.bool, capacity: 256)
            let hasMask = random.once(in: 2)
            (values.count, mask.count) = (256, 256)
            for vector in [values, mask] where random.once(in: 2) {
                for row in 0..<256 where random.once(in: 5) { vector.setNull(row, true) }
            }
            for row in 0..<256 {
                values.doubles[row] = row % 11 == 0 ? [0, -0.0, 1][row % 3] : spread.value(&random)
                mask.bools[row] = UInt8(random.number(0...1))
            }
            var expected = [[Double]](repeating: [], count: 5)
            let keys = KeyBatch(capacity: 256), texts = (0..<5).map { Array("group \($0)".utf8) }
            keys.count = 256
            let arena = TextArena()
            for row in 0..<256 {
                let group = random.number(0...4)
                texts[group].withUnsafeBufferPointer { keys.pointers[row] = UnsafePointer(arena.copy($0)) }
                keys.lengths[row] = Int32(texts[group].count)
                let counts = !hasMask || !mask.isNull(row) && mask.bools[row] == 1
                if counts, !values.isNull(row) { expected[group].append(values.doubles[row]) }
            }
            keys.hashAll()
            let groups = ShardedGroups(StateLayout([.count, .sumDouble]))
            let worker = ShardedGroups.Worker(groups, batchCapacity: 256)
            // Thrice: sums that changed their form are added to as well.
            for _ in 0..<3 {
                worker.add(keys, inputs: [PartialInput(partial: 1, mask: hasMask ? mask : nil, values: values)])
            }
            worker.finish()
            let list = GroupList(groups)
            for i in 0..<list.count {
                let group = Int(list.entry(i).key[6]) - 48
                let values = expected[group] + expected[group] + expected[group]
                let bytes = State(values, .large).bytes
                #expect(State(at: list.words(i, 1)).bytes == bytes, "\(spread) \(seed)")
            }
        }
    }

    @Test func usualNumbersStayInThreeWords() {
        var random = SeededGenerator(seed: 7)
        let values = (0..<5000).map { _ in Double(random.number(-1_000_000_000...1_000_000_000)) / 1000 }
        let state = State(values, .compact)
        #expect(!state.isLarge)
        // Very small and very large ones too, among themselves.
        for scale in [1e-300, 1e-20, 1e20, 1e300] {
            #expect(!State((1...5000).map { Double($0) / 7 * scale }, .compact).isLarge, "\(scale)")
        }
        #expect(State([1e-20, 1e20], .compact).isLarge)
    }

    @Test(arguments: Kind.allCases)
    func whatCancelsLeavesNothing(_ kind: Kind) {
        let least = Double.leastNonzeroMagnitude
        let values = [1e300, 1e-300, -1e300, least, -1e-300, -least]
        if kind != .squares { #expect(State(values, kind).bytes == State([], kind).bytes) }
    }

    @Test(arguments: [Kind.compact, .large])
    func manyLargeNumbersFillTheWindow(_ kind: Kind) {
        for value in [0x1p65 - 0x1p12, 0x1p50 - 0x1p-3, 0x1p1023, -0x1p60] {
            let state = State(Array(repeating: value, count: 5000), kind)
            #expect(state.value == (abs(value) == 0x1p1023 ? .infinity : 5000 * value))
            for _ in 0..<4999 { #expect(state.subtract(bytes: State([value], kind).bytes)) }
            #expect(state.value == value)
        }
    }

    @Test func theGreatestSumsRoundToInfinity() {
        let greatest = Double.greatestFiniteMagnitude
        #expect(State([greatest, greatest], .compact).value == .infinity)
        #expect(State([greatest, greatest, -greatest], .compact).value == greatest)
        #expect(State([greatest, greatest], .compact).average == greatest)
        #expect(State([-greatest, -greatest], .compact).value == -.infinity)
        // Just below and at the middle between the greatest double and what would come after it.
        #expect(State([greatest, 0x1p969], .compact).value == greatest)
        #expect(State([greatest, 0x1p970], .compact).value == .infinity)
    }

    @Test func zerosAreZeroWithoutASign() {
        #expect(State([-0.0], .compact).value.bitPattern == 0)
        #expect(State([-0.0, 0, 1, -1], .compact).value.bitPattern == 0)
    }

    @Test(arguments: [Kind.compact, .large])
    func infinitiesAndNaNArePassedOn(_ kind: Kind) {
        #expect(State([1, .infinity, 2], kind).value == .infinity)
        #expect(State([-.infinity], kind).value == -.infinity)
        #expect(State([.infinity, -.infinity], kind).value.isNaN)
        let merged = State([1, 1e-300, 1e300], kind)
        merged.merge(bytes: State([.nan], kind).bytes)
        #expect(merged.value.isNaN)
        #expect(!merged.subtract(bytes: State([.infinity, 1e300], kind).bytes))
    }

    private func naive(_ function: AggregateFunction, _ values: [Double]) -> Double {
        let sum = Rollup.Aggregate(function, .column(0, .double), type: .double)
        guard case .double(let result)? = try? NaiveAggregate.result(of: sum, values.map(Value.double)) else {
            return 0
        }
        return result
    }

    /// The state of one group.
    private final class State {
        let count: Int
        private let kind: Kind
        private let words: UnsafeMutablePointer<UInt64>
        private let ownsWords: Bool
        private let memory = TextArena()

        private var exact: ExactSum { kind == .squares ? .ofSquares : .ofValues }

        init(_ values: [Double], _ kind: Kind) {
            count = values.count
            self.kind = kind
            ownsWords = true
            words = .allocate(capacity: 7)
            words.initialize(repeating: 0, count: 7)
            for value in values {
                switch kind {
                case .compact: CompactSum.add(value, to: words, memory)
                case .large: ExactSum.add(value, to: words, memory)
                case .squares: ExactSum.addSquare(value, to: words, memory)
                }
            }
        }

        /// A state through its bytes.
        convenience init(bytes: [UInt8], _ kind: Kind) {
            self.init([Double](), kind)
            merge(bytes: bytes)
        }

        /// The sum of doubles in a group.
        init(at words: UnsafeMutablePointer<UInt64>) {
            (count, kind, ownsWords) = (0, .compact, false)
            self.words = words
        }

        deinit { if ownsWords { words.deallocate() } }

        var isLarge: Bool { !CompactSum.isWindow(words) }
        var value: Double { quotient(1) }
        var average: Double { count == 0 ? 0 : quotient(UInt64(count)) }

        private func quotient(_ n: UInt64) -> Double {
            kind == .compact ? CompactSum.quotient(words, by: n) : exact.quotient(words, by: n)
        }

        var bytes: [UInt8] {
            var buffer = [UInt8](repeating: 0, count: exact.bytesMax)
            let n = buffer.withUnsafeMutableBufferPointer { buffer in
                var p = buffer.baseAddress!
                if kind == .compact { CompactSum.write(words, &p) } else { exact.write(words, &p) }
                return p - buffer.baseAddress!
            }
            return Array(buffer.prefix(n))
        }

        func merge(_ other: State) { merge(other.words) }

        private func merge(_ other: UnsafePointer<UInt64>) {
            if kind == .compact {
                CompactSum.merge(other, into: words, memory)
            } else {
                exact.merge(other, into: words, memory)
            }
        }

        func merge(bytes: [UInt8]) {
            read(bytes) {
                merge($0)
                return true
            }
        }

        /// Takes a sum away again; false when that cannot be.
        func subtract(bytes: [UInt8]) -> Bool {
            read(bytes) {
                let isNegated =
                    kind == .compact ? CompactSum.negate($0, memory) : StateNegation.negate($0, exact, memory)
                if isNegated { merge($0) }
                return isNegated
            }
        }

        @discardableResult
        private func read(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<UInt64>) -> Bool) -> Bool {
            bytes.withUnsafeBufferPointer { bytes in
                var p = bytes.baseAddress!
                var state = [UInt64](repeating: 0, count: 7)
                return state.withUnsafeMutableBufferPointer { state in
                    let words = state.baseAddress!, end = bytes.baseAddress! + bytes.count
                    let isRead = kind == .compact ? CompactSum.read(&p, end, words) : exact.read(&p, end, words)
                    #expect(isRead && p == end)
                    return body(words)
                }
            }
        }
    }
}
