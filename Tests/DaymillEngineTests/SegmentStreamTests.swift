import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillColumns

/// A merge as a stream gives what a merge through a hash table gives, to the byte.
@Suite struct SegmentStreamTests {
    typealias Rows = SegmentMergeTests.Rows

    private static func plan(_ query: Int, eventTime: String?) throws -> ScanPlan {
        let rollup = try Rollup.parse(SegmentMergeTests.queries[query], sources: ["t": Rows.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        return ScanPlan(rollup, ScanFormat(TestDialect(columns: Rows.columns, header: .no, eventTime: eventTime)))
    }

    private func write(
        _ folder: SegmentFolder, _ name: String, _ inputs: [SegmentReader], _ plan: ScanPlan, keepsDays: Bool,
        days: ClosedRange<Int32>? = nil, threads: Int
    ) throws {
        let written = try SegmentMerge.write(
            inputs.map { .init($0, days: days) }, id: ContentID(high: 1, low: 2),
            ScanGroups(plan).sections.map(\.layout), keepsDays: keepsDays,
            rows: 0,
            badRows: 0, to: folder.path(of: name), threads: threads)
        let reader = try SegmentReader(folder.path(of: name))
        try reader.check()
        #expect(reader.footer == written.footer)
        #expect(try FileDoor.stamp(of: folder.path(of: name))?.size == written.bytes)
    }

    @Test(arguments: SegmentMergeTests.queries.indices, [nil, "dt"] as [String?])
    func partsMakeTheWhole(_ query: Int, _ eventTime: String?) throws {
        let plan = try Self.plan(query, eventTime: eventTime)
        let engine = NativeEngine(threads: 1)
        var random = SeededGenerator(seed: UInt64(query))
        for count in [1, 2, 3, 7, 50] {
            let rows = Rows(40, seed: UInt64(count))
            let folder = try SegmentFolder()
            func segment(_ file: TestFile, _ name: String) throws -> SegmentReader {
                let groups = ScanGroups(plan)
                try engine.scan([file], plan, into: groups)
                return try folder.write(name, groups, plan)
            }
            let whole = try segment(rows.file("whole", 0..<40), "whole")
            let parts = try rows.parts(count, &random).map { try segment($0, $0.name) }.shuffled(using: &random)
            try write(folder, "merged", parts, plan, keepsDays: plan.hasDays, threads: 1 + random.below(4))
            #expect(try folder.bytes(of: "merged") == folder.bytes(of: "whole"))
            guard plan.hasDays, let day = whole.footer.days.randomElement(using: &random) else { continue }

            for days in [nil, day...day] {
                let inputs = parts.map { SegmentMerge.Input($0, days: days) }
                try folder.write("window", try inputs.merged(plan, threads: 1), plan, withoutDays: true)
                try write(folder, "stream", parts, plan, keepsDays: false, days: days, threads: 1 + random.below(4))
                #expect(try folder.bytes(of: "stream") == folder.bytes(of: "window"))
            }
        }
    }

    /// Enough groups for many blocks and pieces.
    @Test(arguments: [nil, "dt"] as [String?], [1, 3])
    func manyBlocksAreCutAlike(_ eventTime: String?, _ threads: Int) throws {
        let columns = [Column("k", .text), Column("dt", .date)]
        let rollup = try Rollup.parse("SELECT k, count(*) AS n FROM t GROUP BY k", sources: ["t": columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let plan = ScanPlan(rollup, ScanFormat(TestDialect(columns: columns, header: .no, eventTime: eventTime)))
        let padding = String(repeating: "long key ", count: 24)
        var random = SeededGenerator(seed: 5)
        let lines = (0..<9000).map { _ in "\(padding)\(random.below(6000)),2024-09-0\(1 + random.below(3))\n" }
        let folder = try SegmentFolder()
        func segment(_ lines: ArraySlice<String>, _ name: String) throws -> SegmentReader {
            let groups = ScanGroups(plan)
            try NativeEngine(threads: 2).scan([TestFile(name, lines.joined())], plan, into: groups)
            return try folder.write(name, groups, plan)
        }
        let whole = try segment(lines[...], "whole")
        #expect(whole.footer.blocks.count > 16)
        let parts = try [0..<5000, 5000..<5001, 5001..<9000].enumerated().map { try segment(lines[$1], "part\($0)") }
        try write(folder, "merged", parts, plan, keepsDays: plan.hasDays, threads: threads)
        #expect(try folder.bytes(of: "merged") == folder.bytes(of: "whole"))
        try write(folder, "again", [whole], plan, keepsDays: plan.hasDays, threads: threads)
        #expect(try folder.bytes(of: "again") == folder.bytes(of: "whole"))
    }

    // MARK: Against a list of records

    /// A record by what tells it apart, in the order of a merge that keeps days.
    struct Group: Hashable, Comparable {
        var hash: UInt64
        var key: [UInt8]
        var day: Int32

        static func < (a: Group, b: Group) -> Bool {
            if a.hash != b.hash { return a.hash < b.hash }
            return a.key == b.key ? a.day < b.day : a.key.lexicographicallyPrecedes(b.key)
        }
    }

    private static let layout = StateLayout([.count, .maxInt64])

    /// Writes records of chosen hashes, in pieces of a few records, as a segment with days.
    private func segment(_ records: [Group: Int64], _ folder: SegmentFolder, _ name: String) throws -> SegmentReader {
        let writer = try SegmentStreamWriter(
            folder.path(of: name), id: ContentID(high: 1, low: 2), [Self.layout], hasDays: true)
        let part = EncodedGroups(Self.layout)
        for (group, value) in records.sorted(by: { ($0.key.day, $0.key) < ($1.key.day, $1.key) }) {
            group.key.withUnsafeBufferPointer { key in
                let words: [UInt64] = [1, UInt64(bitPattern: value)]
                part.append(
                    hash: group.hash, key: key.baseAddress ?? UnsafePointer(Vector.nothing), length: Int32(key.count),
                    words: words)
            }
            try writer.append(part, section: 0, day: group.day)
            part.removeAll()
        }
        _ = try writer.finish(rows: 0, badRows: 0)
        return try SegmentReader(folder.path(of: name))
    }

    /// All groups of a merge, in the order in which they come.
    private func stream(
        _ spans: [SegmentSpan], hashes: ClosedRange<UInt64>, keepsDays: Bool
    ) throws -> [(group: Group, count: UInt64, greatest: Int64)] {
        let cursor = try SegmentMergeCursor(spans, Self.layout, hashes: hashes, keepsDays: keepsDays)
        let batch = MergedGroups(Self.layout)
        var all: [(group: Group, count: UInt64, greatest: Int64)] = []
        while try cursor.next(into: batch) {
            for i in 0..<batch.count {
                let words = batch.states.words[i]
                let group = Group(hash: batch.keys.hashes[i], key: batch.key(i), day: batch.day(i))
                all.append((group, words[0], Int64(bitPattern: words[1])))
            }
        }
        #expect(try !cursor.next(into: batch))
        return all
    }

    /// Equal hashes of different keys, keys that begin alike, the greatest and the least hash, empty inputs.
    @Test(arguments: 1...50)
    func equalHashesAreNotEqualKeys(_ inputs: Int) throws {
        var random = SeededGenerator(seed: UInt64(inputs))
        let hashes: [UInt64] = [0, .max, 1, .max - 1, 1 << 60, 1 << 63, (1 << 60) - 1]
        let folder = try SegmentFolder()
        var expected: [Group: (count: UInt64, greatest: Int64)] = [:]
        var segments: [SegmentReader] = []
        for i in 0..<inputs {
            var records: [Group: Int64] = [:]
            for _ in 0..<random.below(random.once(in: 4) ? 1 : 60) {
                let key = Array(repeating: UInt8(0x61), count: random.below(5)) + [UInt8(random.below(3))]
                let group = Group(hash: random.pick(hashes), key: key, day: Int32(random.below(4)) - 1)
                records[group] = Int64(random.below(1000)) - 500
            }
            for (group, value) in records {
                let old = expected[group] ?? (0, .min)
                expected[group] = (old.count + 1, max(old.greatest, value))
            }
            segments.append(try segment(records, folder, "part\(i)"))
        }
        let spans = SegmentSpan.all(of: segments.map { .init($0, days: nil) }, section: 0)
        let pieces = (0..<16).map(SegmentMergeCursor.hashes(ofShard:))
        let whole = try stream(spans, hashes: 0 ... .max, keepsDays: true)
        #expect(whole.map(\.group) == expected.keys.sorted())
        #expect(whole.allSatisfy { expected[$0.group]! == ($0.count, $0.greatest) })
        let byShard = try pieces.flatMap { try stream(spans, hashes: $0, keepsDays: true) }
        #expect(byShard.map(\.group) == whole.map(\.group))

        var folded: [Group: (count: UInt64, greatest: Int64)] = [:]
        for (group, value) in expected {
            let sum = folded[Group(hash: group.hash, key: group.key, day: 0)] ?? (0, .min)
            folded[Group(hash: group.hash, key: group.key, day: 0)] =
                (sum.count + value.count, max(sum.greatest, value.greatest))
        }
        let merged = try stream(spans, hashes: 0 ... .max, keepsDays: false)
        #expect(merged.map(\.group) == folded.keys.sorted())
        #expect(merged.allSatisfy { folded[$0.group]! == ($0.count, $0.greatest) })
    }

    /// A record larger than a block, a batch's memory, and a part.
    @Test func outsizedKeys() throws {
        let folder = try SegmentFolder()
        let sizes = [0, 1, 70_000, 500_000, 5_000_000]
        let records = Dictionary(
            uniqueKeysWithValues: sizes.map { size in
                (Group(hash: 7, key: Array(repeating: 0x62, count: size), day: 0), Int64(size))
            })
        let reader = try segment(records, folder, "large")
        let inputs = [SegmentMerge.Input(reader, days: nil), SegmentMerge.Input(reader, days: nil)]
        let found = try stream(SegmentSpan.all(of: inputs, section: 0), hashes: 0 ... .max, keepsDays: false)
        #expect(found.map(\.group.key.count) == sizes)
        #expect(found.allSatisfy { $0.count == 2 && $0.greatest == Int64($0.group.key.count) })
    }

    /// Whoever waits for a piece that fails is told.
    @Test(arguments: [1, 2, 8])
    func damageEndsAStreamedMerge(_ threads: Int) throws {
        let folder = try SegmentFolder()
        var random = SeededGenerator(seed: 1)
        let records = Dictionary(
            uniqueKeysWithValues: (0..<20_000).map { i in
                (Group(hash: random.next(), key: Array("a key of some length \(i)".utf8), day: 0), Int64(i))
            })
        let reader = try segment(records, folder, "whole")
        #expect(reader.footer.blocks.count > 10)
        var bytes = try folder.bytes(of: "whole")
        bytes[bytes.count / 2] ^= 4
        try folder.write("damaged", bytes: bytes)
        let damaged = try SegmentReader(folder.path(of: "damaged"))
        let error = #expect(throws: DaymillError.self) {
            try SegmentMerge.write(
                [.init(damaged, days: nil), .init(reader, days: nil)], id: ContentID(high: 1, low: 2), [Self.layout],
                keepsDays: true, rows: 0,
                badRows: 0, to: folder.path(of: "merged"), threads: threads)
        }
        #expect(error?.code == .storeDamaged)
    }
}
