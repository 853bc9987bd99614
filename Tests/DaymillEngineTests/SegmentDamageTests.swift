import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Testing

/// A segment is used as it was written or not at all.
@Suite struct SegmentDamageTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var name: String
        var sql: String
        var eventTime: String?
        var rows = 12
        var testDescription: String { name }
    }

    static let kinds = [
        Kind(name: "counts by text", sql: "SELECT k, count(*) AS n FROM t GROUP BY k"),
        Kind(
            name: "distinct, text and exact sums",
            sql: "SELECT count(DISTINCT j) AS u, max(t) AS m, sum(d) AS s FROM t",
            rows: 3),
        Kind(name: "days", sql: "SELECT k, sum(m) AS s FROM t GROUP BY k", eventTime: "dt", rows: 8),
        Kind(name: "nothing", sql: "SELECT k, count(*) AS n FROM t GROUP BY k", rows: 0),
    ]

    /// A small segment on disk, and what reads it.
    private struct Small {
        let folder: SegmentFolder
        let plan: ScanPlan
        let bytes: [UInt8]

        init(_ kind: Kind) throws {
            let columns = SegmentMergeTests.Rows.columns
            let rollup = try Rollup.parse(kind.sql, sources: ["t": columns]) {
                SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
            }
            let dialect = TestDialect(columns: columns, header: .no, eventTime: kind.eventTime)
            plan = ScanPlan(rollup, ScanFormat(dialect))
            folder = try SegmentFolder()
            let groups = ScanGroups(plan)
            let rows = SegmentMergeTests.Rows(kind.rows, seed: 2)
            try NativeEngine(threads: 1).scan([rows.file("rows", 0..<kind.rows)], plan, into: groups)
            try folder.write("whole", groups, plan, rows: kind.rows)
            bytes = try folder.bytes(of: "whole")
        }

        /// How opening and checking, and maybe merging, fail; nil where one of them does not.
        func refusal(of damaged: [UInt8], alsoMerging: Bool = true) throws -> ErrorCode? {
            try folder.write("damaged", bytes: damaged)
            let path = folder.path(of: "damaged")
            let checking = SegmentDamageTests.code { try SegmentReader(path).check() }
            guard alsoMerging else { return checking }
            let merging = SegmentDamageTests.code {
                let inputs = [SegmentMerge.Input(try SegmentReader(path), days: nil)]
                _ = try inputs.merged(plan, threads: 1)
            }
            return checking == merging ? checking : nil
        }
    }

    private static func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? DaymillError)?.code ?? .bug }
        return nil
    }

    @Test(arguments: kinds)
    func everyFlippedBitIsRefused(_ kind: Kind) throws {
        let small = try Small(kind)
        #expect(try small.refusal(of: small.bytes) == nil)
        var unnoticed: [String] = []
        for byte in small.bytes.indices {
            for bit in 0..<8 {
                var damaged = small.bytes
                damaged[byte] ^= 1 << bit
                if try small.refusal(of: damaged, alsoMerging: bit == byte % 8) != .storeDamaged {
                    unnoticed.append("\(byte).\(bit)")
                }
            }
        }
        #expect(unnoticed.isEmpty, "of \(small.bytes.count) bytes")
    }

    @Test(arguments: kinds)
    func everyCutIsRefused(_ kind: Kind) throws {
        let small = try Small(kind)
        let unnoticed = try small.bytes.indices.filter { length in
            try small.refusal(of: Array(small.bytes[..<length])) != .storeDamaged
        }
        #expect(unnoticed.isEmpty, "of \(small.bytes.count) bytes")
    }

    @Test(arguments: kinds)
    func strayBytesAreRefused(_ kind: Kind) throws {
        let small = try Small(kind)
        #expect(try small.refusal(of: small.bytes + [0]) == .storeDamaged)
        #expect(try small.refusal(of: [0] + small.bytes) == .storeDamaged)
        #expect(try small.refusal(of: small.bytes + small.bytes) == .storeDamaged)
        #expect(try small.refusal(of: Array(small.bytes.dropFirst())) == .storeDamaged)
        #expect(try small.refusal(of: [UInt8](repeating: 0, count: small.bytes.count)) == .storeDamaged)
    }

    /// Two blocks that changed places have right checksums in wrong places.
    @Test func swappedEndsAreRefused() throws {
        let small = try Small(Self.kinds[0]), other = try Small(Self.kinds[2])
        let mixed = small.bytes.prefix(small.bytes.count - 32) + other.bytes.suffix(32)
        #expect(try small.refusal(of: Array(mixed)) == .storeDamaged)
    }

    @Test func theMessageNamesTheFileAndWhatToDo() throws {
        let small = try Small(Self.kinds[0])
        var damaged = small.bytes
        damaged[20] ^= 1
        try small.folder.write("damaged", bytes: damaged)
        let path = small.folder.path(of: "damaged")
        let error = #expect(throws: DaymillError.self) { try SegmentReader(path).check() }
        #expect(
            error?.description == "the segment \(path) is damaged: block at byte 8 does not match its checksum; "
                + "a run that needs it makes it anew from its source; if this comes back, check the disk")
    }
}
