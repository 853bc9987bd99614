import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns

/// A window in the order of keys, of several blocks, against one that is made of its days at once.
@Suite struct KeyedRollTests {
    private let plan: ScanPlan
    private let folder: SegmentFolder
    private let layout: StateLayout

    init() throws {
        let sql = "SELECT k, count(*) AS n, sum(j) AS s, sum(d) AS d, sum(m) AS m FROM t GROUP BY k"
        let rollup = try Rollup.parse(sql, sources: ["t": SegmentMergeTests.Rows.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        plan = ScanPlan(
            rollup, ScanFormat(TestDialect(columns: SegmentMergeTests.Rows.columns, header: .no)))
        folder = try SegmentFolder()
        layout = plan.layouts[0].countingDays
    }

    /// A day of rows with long keys, one of which is NULL.
    private func day(_ number: Int, _ random: inout SeededGenerator) throws -> SegmentMerge.Input {
        let padding = String(repeating: "x", count: 70)
        let lines = (0..<1500).map { _ in
            let key = random.once(in: 50) ? "" : "\"\(random.below(4000))-\(padding)\""
            let number = random.pick(["", "0.1", "1e300", "-1e-300", "3"])
            return "\(key),\(random.below(9) - 4),\(number),\(random.pick(["", "-0.01", "7"])),,,2024-01-01 00:00:00\n"
        }
        let groups = ScanGroups(plan)
        try NativeEngine(threads: 1).scan([TestFile("", lines.joined())], plan, into: groups)
        return SegmentMerge.Input(try folder.write("day\(number)", groups, plan), days: nil)
    }

    @discardableResult
    private func write(_ name: String, _ roll: KeyedRoll?) throws -> SegmentReader {
        let path = folder.path(of: name)
        let writer = try SegmentStreamWriter(path, id: .ofNothing, [layout], hasDays: false, order: .keys)
        let records = EncodedGroups(layout, order: .keys)
        let batch = RolledGroups(layout, dates: roll?.dates ?? 1)
        for piece in 0..<(roll?.count ?? 0) {
            let cursor = try roll!.cursor(piece)
            while try cursor.next(into: batch) {
                records.removeAll()
                records.append(lasting: batch)
                try writer.append(records, section: 0)
            }
        }
        _ = try writer.finish(rows: 0, badRows: 0)
        return try SegmentReader(path)
    }

    private func changes(
        _ added: [SegmentMerge.Input], _ removed: [SegmentMerge.Input] = []
    ) throws -> SortedGroups {
        try SortedGroups(merging: [RollForward.changes(added: added, removed: removed)], layout, threads: 2)
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func piecesAreWhatTheWholeIs(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let days = try (0..<9).map { try day($0, &random) }
        let none = try write("none", nil)
        func made(_ name: String, of days: ArraySlice<SegmentMerge.Input>) throws -> SegmentReader {
            try write(name, KeyedRoll(none, try changes(Array(days))))
        }
        var window = try made("window0", of: days[0..<6])
        #expect(window.footer.blocks.count >= 4 && window.footer.order == .keys)
        for first in 1...3 {
            let change = try changes([days[first + 5]], [days[first - 1]])
            let roll = try KeyedRoll(window, change, pieceBlocks: 1 + random.below(3))
            #expect(roll.count >= 2)
            window = try write("window\(first)", roll)
            try window.check()
            _ = try made("whole\(first)", of: days[first..<first + 6])
            #expect(try folder.bytes(of: "window\(first)") == folder.bytes(of: "whole\(first)"), "seed \(seed)")
        }
        // What is left when all days go is nothing.
        let gone = try KeyedRoll(window, try changes([], Array(days[3..<9])), pieceBlocks: 1)
        #expect(try write("gone", gone).footer.blocks.isEmpty)
        // A day cannot go that is not there.
        let wrong = try KeyedRoll(window, try changes([], [days[0]]), pieceBlocks: 1)
        #expect(throws: NotSubtractable.self) { try write("wrong", wrong) }
    }

    /// A window that rolls over several dates in one pass is at each date what its days give.
    @Test(arguments: 0..<3 as Range<UInt64>)
    func severalDatesAreWhatEachIs(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let days = try (0..<10).map { try day($0, &random) }
        let none = try write("none", nil)
        let window = try write("window", KeyedRoll(none, try changes(Array(days[0..<5]))))
        let steps = (0..<5).map { RollForward.changes(added: [days[$0 + 5]], removed: [days[$0]]) }
        let sorted = try SortedGroups(merging: steps, layout, threads: 2)
        let roll = try KeyedRoll(window, sorted, pieceBlocks: 1 + random.below(3))
        #expect(roll.dates == 5 && roll.count >= 2)
        let batch = RolledGroups(layout, dates: 5)
        var records = (0..<5).map { _ in [[UInt8]]() }
        var isSpread = false
        for piece in 0..<roll.count {
            let cursor = try roll.cursor(piece)
            while try cursor.next(into: batch) {
                isSpread = isSpread || !batch.isWhole
                for i in 0..<batch.count {
                    let one = EncodedGroups(layout, order: .keys)
                    one.append(batch.groups, i)
                    for date in batch.span(i) { records[date].append(one.buffer.bytes(0..<one.bytes)) }
                }
            }
        }
        #expect(isSpread)
        for date in 0..<5 {
            let whole = try KeyedRoll(none, try changes(Array(days[date + 1..<date + 6])))
            var expected: [[UInt8]] = []
            let cursor = try whole.cursor(0), batch = RolledGroups(layout, dates: 1)
            while try cursor.next(into: batch) {
                for i in 0..<batch.count {
                    let one = EncodedGroups(layout, order: .keys)
                    one.append(batch.groups, i)
                    expected.append(one.buffer.bytes(0..<one.bytes))
                }
            }
            #expect(records[date] == expected, "date \(date)")
        }
        // The records of the last date are the next window.
        let last = try write("last", KeyedRoll(window, try SortedGroups(merging: steps, layout, threads: 1)))
        _ = try write("whole", KeyedRoll(none, try changes(Array(days[5..<10]))))
        #expect(try folder.bytes(of: "last") == folder.bytes(of: "whole"))
        #expect(last.footer.order == .keys)
        // A day cannot go twice.
        let wrong = try SortedGroups(merging: steps + [steps[4]], layout, threads: 1)
        #expect(throws: NotSubtractable.self) { try write("wrong", KeyedRoll(window, wrong)) }
    }

    @Test func keysAreComparedByTheirBytes() {
        var random = SeededGenerator(seed: 9)
        func key() -> [UInt8] {
            // Few different bytes, so that many keys begin alike; what stands behind them is anything.
            (0..<random.below(20)).map { _ in random.pick([0, 0x61, 0x61, 0x61, 0x80, 0xff]) }
        }
        func padded(_ key: [UInt8]) -> ByteBuffer {
            let buffer = ByteBuffer(capacity: key.count + 8)
            for i in 0..<key.count + 8 { buffer.base[i] = i < key.count ? key[i] : UInt8(random.below(256)) }
            return buffer
        }
        for _ in 0..<20_000 {
            let a = key(), b = random.once(in: 8) ? a : key()
            let expected = a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
            let x = padded(a), y = padded(b)
            #expect(
                compareSortedKeys(x.base, Int32(a.count), y.base, Int32(b.count)).signum() == expected, "\(a), \(b)")
            #expect(compareSortedKeys(x.base, Int32(a.count), y.base, -1) == -1)
            #expect(compareSortedKeys(x.base, -1, y.base, Int32(b.count)) == 1)
        }
    }

    /// The sum of a window's records in a range of hashes is that of its days' there, and every range is in one part.
    @Test func recordsAddUp() throws {
        var random = SeededGenerator(seed: 7)
        let days = try (0..<4).map { try day($0, &random) }
        let roll = try KeyedRoll(try write("none", nil), try changes(days))
        var count = 0
        for part in 0..<16 {
            let hashes = SegmentMergeCursor.piece(part, of: 16)
            let expected = try WindowAudit.sum(
                RollForward.changes(added: days, removed: []), plan.layouts, hashes: hashes, threads: 3)
            let records = EncodedGroups(layout, order: .keys), batch = RolledGroups(layout, dates: 1)
            let cursor = try roll.cursor(0)
            var sum = RecordSum()
            while try cursor.next(into: batch) {
                records.append(lasting: batch)
                records.add(to: &sum, lasting: batch, hashes: hashes)
            }
            #expect(sum == expected)
            count += sum.count
        }
        #expect(count == (try changes(days)).count)
    }

    /// Every flipped bit is noticed before a record is used.
    @Test func damageIsNoticed() throws {
        var random = SeededGenerator(seed: 8)
        let window = try write("window", KeyedRoll(try write("none", nil), try changes([try day(0, &random)])))
        let bytes = try folder.bytes(of: "window")
        for place in [0, 7, 8, 70_000, bytes.count / 2, bytes.count - 40, bytes.count - 1] {
            for bit in [0, 7] {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                let file = try FileDoor.create(folder.path(of: "damaged"))
                try file.write(damaged)
                #expect(throws: DaymillError.self, "byte \(place), bit \(bit)") {
                    let roll = try KeyedRoll(try SegmentReader(folder.path(of: "damaged")), nil, pieceBlocks: 1)
                    try write("copy", roll)
                }
            }
        }
        #expect(window.footer.order == .keys)
    }
}
