import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Foundation
import Testing

/// The bytes of a result depend on files and query alone: not on where pieces are cut, how many threads work, which
/// instructions the CPU has, or how files are packed.
@Suite struct ChunkInvarianceTests {
    /// A small file that is hard to cut.
    struct Ugly: CustomTestStringConvertible {
        var name: String
        var text: String
        var quote: UInt8? = 0x22
        var header = TestDialect.Header.no
        var testDescription: String { name }

        var dialect: TestDialect {
            TestDialect(
                columns: [Column("a", .text), Column("b", .text), Column("c", .text)], quote: quote, header: header,
                badRows: .skip)
        }
        var file: TestFile { TestFile("ugly.csv", text) }
    }

    static let ugly: [Ugly] = [
        Ugly(name: "plain", text: "a,b,c\n1,2,3\n,,\na,b,c\n"),
        Ugly(name: "no last newline", text: "a,b,c\n1,2,3"),
        Ugly(name: "one byte per field", text: ",,\n,,\n,,\n,,"),
        Ugly(name: "quotes", text: "\"a\",\"b\",\"c\"\n\"1\",2,\"3\"\n\"\",\"\",\"\"\n"),
        Ugly(name: "delimiters and newlines in quotes", text: "\"a,\n,b\",\"\n\n\",\",\"\n1,\"\n\",3\n\"\n\",\",,\",x"),
        Ugly(name: "doubled quotes", text: "\"\"\"\",\"\"\"\"\"\",\"a\"\"b\"\n\"\"\"\n\"\"\",\"x\"\"\",\"\"\"y\"\n"),
        Ugly(name: "doubled quotes and newlines", text: "\"\"\"\n\"\"\"\"\n\"\"\",\"\"\"\",\"\n\"\"\"\n1,2,3\n"),
        Ugly(name: "stray quotes", text: "a\"b,c\"\"d,\"e\nf\"\n1\",\"2\"x,3\n\"x\"y\"z\",1,2\n5,6\",7\n"),
        Ugly(
            name: "stray quotes before newlines", text: "a\",b\",c\"\n1,2,3\nx\",\"\n\",z\n\"q\"\",b,c\"\n,,\"\n1,2,3\n"
        ),
        Ugly(name: "quote after spaces", text: " \"a\",b,c\n1, \"2,3\"\n4,5,6\n"),
        Ugly(name: "text after the closing quote", text: "\"a\"x,b,c\n1,\"b\" ,c\n1,2,3\n\"a\"\"\"x,2,3\n"),
        Ugly(name: "unterminated quote", text: "a,b,c\n1,2,3\n4,\"5,6\n7,8,9\n"),
        Ugly(name: "unterminated quote at the end", text: "a,b,c\n1,2,\""),
        Ugly(name: "ends after an escape", text: "a,b,c\n1,2,\"\"\""),
        Ugly(
            name: "carriage returns", text: "a,b,c\r\n1,\"2\r\n\",3\r\n\"x\",\"y\",\"z\"\r\n\r\n,,\r\na,\r,c\r\n1,2,3\r"
        ),
        Ugly(name: "quotes before half a newline", text: "a,b,c\r\n1,2,\"3\"\r"),
        Ugly(name: "a blank half line at the end", text: "a,b,c\r\n\r"),
        Ugly(name: "carriage return in an open quote", text: "a,b,\"c\r"),
        Ugly(name: "unterminated quote in a record of its own", text: "a,b,c\n\"1,2,3\n4,5,6"),
        Ugly(name: "unterminated quote with too many fields", text: "a,b,c\n1,2,3,4,\"5,6\n7,8,9\n"),
        Ugly(name: "nothing but an open quote", text: "\""),
        Ugly(name: "blank lines", text: "\n\na,b,c\n\n\n1,2,3\n\r\n\n"),
        Ugly(name: "only blank lines", text: "\n\n\r\n\n"),
        Ugly(name: "byte order mark", text: "\u{FEFF}a,b,c\n\u{FEFF}1,2,3\n"),
        Ugly(name: "byte order mark and quote", text: "\u{FEFF}\"a\n\",b,c\n1,2,3\n"),
        Ugly(name: "only a byte order mark", text: "\u{FEFF}"),
        Ugly(name: "empty", text: ""),
        Ugly(name: "header", text: "c,a,b\n1,2,3\n\"x\n\",y,z\n", header: .auto),
        Ugly(
            name: "quoted header with newlines", text: "\"c\",\"a\",b,\"ot\n\n\nher\"\n1,2,3,4\n5,6,7,8", header: .yes),
        Ugly(name: "blank lines before a header", text: "\n\r\nc,a,b\n1,2,3\n", header: .auto),
        Ugly(name: "blank lines before a header that must be there", text: "\r\n\nc,a,b\n1,2,3\n", header: .yes),
        Ugly(name: "only blank lines where a header must be", text: "\n\n", header: .yes),
        Ugly(name: "header alone", text: "a,b,c", header: .auto),
        Ugly(name: "too many and too few fields", text: "1,2\n1,2,3,4\n\"1\"\n1,2,3\n,\n,,,\n1,2,3\n"),
        Ugly(name: "no quotes wanted", text: "\"a,b,c\n1,\"\n\"2\",3,\"\n,\"\",\n", quote: nil),
        Ugly(name: "other quotes", text: "'a,\n',b''c,\"\n'''','',x\n1,'2'x,3\n", quote: 0x27),
        Ugly(name: "letters of several bytes", text: "é,\"ü\n€\",😀\n\"😀\"\"é\",ß,ſ\n€,€,€\n"),
        Ugly(name: "only quotes", text: "\"\"\"\"\"\"\"\"\"\"\n\"\"\"\"\"\n,\"\n\"\"\n"),
        Ugly(
            name: "blocks of 64",
            text: (0..<9).map { i in
                "\(String(repeating: "x", count: 50 + i)),\"\(String(repeating: "\"\"", count: 10 + i))\n\",\(i)\n"
            }.joined()),
    ]

    private static let rollup = try! Rollup.parse(
        "SELECT a, b, c, count(*) AS n FROM t GROUP BY a, b, c", sources: ["t": ugly[0].dialect.columns]
    ) { SourcePlace(file: "test.sql", line: 1, column: $0 + 1) }

    private func outcome(_ engine: NativeEngine, _ ugly: Ugly) throws -> (bytes: [UInt8], bad: [String]) {
        let (bytes, scanned) = try engine.compute([ugly.file], ugly.dialect, Self.rollup)
        return (bytes, scanned[0].bad.map { "\($0.line):\($0.column) \($0.reason) \($0.bytes)" })
    }

    @Test(arguments: ugly)
    func uglyFilesAreReadAsTheNaiveEngineDoes(_ ugly: Ugly) throws {
        let naive = try NaiveEngine(dialect: ugly.dialect, rollup: Self.rollup).run([ugly.file])
        let (bytes, bad) = try outcome(NativeEngine(threads: 1), ugly)
        #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: naive.csv, as: UTF8.self))
        #expect(bad.count == naive.badRows.count, "\(bad) \(naive.badRows)")
    }

    /// A query that reads no column still learns that the end of the file was swallowed.
    @Test(arguments: 1...20)
    func anOpenQuoteIsSeenByQueriesThatReadNothing(_ chunkBytes: Int) throws {
        let ugly = Ugly(name: "", text: "a,b,c\n1,2,3\n4,5,\"6\n7,8,9\n")
        let count = try! Rollup.parse("SELECT count(*) AS n FROM t", sources: ["t": ugly.dialect.columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let (bytes, scanned) = try NativeEngine(threads: 2, chunkBytes: chunkBytes)
            .compute([ugly.file], ugly.dialect, count)
        #expect(String(decoding: bytes, as: UTF8.self) == "n\n2\n")
        #expect(
            scanned[0].bad.map { "\($0.line):\($0.column) \($0.reason)" } == ["3:5 a quote opens here and never closes"]
        )
    }

    @Test(arguments: ugly)
    func everyPieceSizeGivesTheSame(_ ugly: Ugly) throws {
        let expected = try outcome(NativeEngine(threads: 1), ugly)
        for chunkBytes in 1...max(1, ugly.file.bytes.count) {
            let level = Int32(chunkBytes % 4), threads = 1 + chunkBytes % 3
            let got = try outcome(NativeEngine(threads: threads, chunkBytes: chunkBytes, level: level), ugly)
            #expect(
                got.bytes == expected.bytes && got.bad == expected.bad,
                "pieces of \(chunkBytes), \(threads) threads, level \(level)")
        }
    }

    @Test(arguments: ugly)
    func everyReadOfAStreamGivesTheSame(_ ugly: Ugly) throws {
        let expected = try outcome(NativeEngine(threads: 1), ugly)
        for chunkBytes in [1, 2, 3, 7, 64, 1000, ContentID.block] {
            for bytesPerRead in [1, 5, 1 << 20] {
                let supply = NativeEngine.Supply.stream(bytesPerRead: bytesPerRead)
                let engine = NativeEngine(threads: 2, chunkBytes: chunkBytes, level: 1, supply: supply)
                let got = try outcome(engine, ugly)
                #expect(got.bytes == expected.bytes && got.bad == expected.bad, "\(engine)")
            }
        }
    }

    static let engines: [NativeEngine] = [1, 2, 3, 7, 64, 1000, ContentID.block].enumerated().flatMap { i, bytes in
        [1, 2, 3, 8].enumerated().map { j, threads in
            NativeEngine(threads: threads, chunkBytes: bytes, level: Int32((i + j) % 4))
        }
    }

    @Test(arguments: 1000..<1024 as Range<UInt64>)
    func generatedCasesDoNotDependOnTheWayOfWorking(_ seed: UInt64) throws {
        let example = try DifferentialCase(seed: seed, .safe)
        let expected = try NativeEngine(threads: 1, level: 0).compute(example.files, example.dialect, example.rollup)
        for engine in Self.engines {
            let got = try engine.compute(example.files, example.dialect, example.rollup)
            #expect(got.bytes == expected.bytes, "\(engine)\n\(example)")
            #expect(got.scanned.map(\.bad.count) == expected.scanned.map(\.bad.count), "\(engine)\n\(example)")
        }
    }

    @Test(arguments: [0, 1, 2, 3] as [Int32], [UInt64(3), 11, 19])
    func everyKernelLevelGivesTheSameOverManyRows(_ level: Int32, _ seed: UInt64) throws {
        let example = try DifferentialCase(seed: seed, .safe, size: .large)
        let expected = try NativeEngine(threads: 1, level: 0).run(
            files: example.files, dialect: example.dialect, rollup: example.rollup)
        for threads in [1, 3] {
            let engine = NativeEngine(threads: threads, chunkBytes: 1000, level: level)
            let got = try engine.run(files: example.files, dialect: example.dialect, rollup: example.rollup)
            #expect(got == expected, "\(engine)\n\(example)")
        }
    }

    // MARK: Packed files

    @Test(arguments: 2000..<2020 as Range<UInt64>)
    func packedFilesGiveWhatPlainOnesDo(_ seed: UInt64) throws {
        let example = try DifferentialCase(seed: seed, .safe)
        let plan = ScanPlan(example.rollup, ScanFormat(example.dialect))
        let engine = NativeEngine(threads: 2)
        let expected = try engine.run(files: example.files, dialect: example.dialect, rollup: example.rollup)
        let folder = try SegmentFolder()
        let files = try example.files.map { file -> LocalFile in
            let path = "\(folder.path)/\(file.name).gz"
            try Data(StoredGzip.pack(file.bytes)).write(to: URL(filePath: path))
            return LocalFile(path: path, stamp: try #require(try FileDoor.stamp(of: path)))
        }
        let groups = ScanGroups(plan)
        let scanned = try Scan.run(files, plan, into: groups, hashing: true, options: ScanOptions(threads: 2))
        #expect(try engine.publish(groups, plan) == expected, "\(example)")
        for (file, found) in zip(files, scanned) { #expect(try found.contentID == file.contentID(threads: 1)) }
    }
}

/// gzip without compression, in members of at most 1000 bytes, written here so that zlib is not asked about itself.
enum StoredGzip {
    static func pack(_ bytes: [UInt8]) -> [UInt8] {
        let starts = bytes.isEmpty ? [0] : Array(stride(from: 0, to: bytes.count, by: 1000))
        return starts.flatMap { member(bytes[$0..<min($0 + 1000, bytes.count)]) }
    }

    private static func member(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let count = UInt16(bytes.count)
        var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]
        result += littleEndian(UInt32(count) | UInt32(~count) << 16)
        result += bytes
        return result + littleEndian(crc(bytes)) + littleEndian(UInt32(count))
    }

    private static func littleEndian(_ word: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }

    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = ~0 as UInt32
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
        }
        return ~crc
    }
}
