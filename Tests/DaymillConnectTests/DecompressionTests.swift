import DaymillColumns
import DaymillConnect
import DaymillCore
import Testing

@Suite struct DecompressionTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func reader(_ packing: Packing, _ bytes: [UInt8]) throws -> any DecompressingReader {
        let file = try FileDoor.open(try folder.write("x.\(packing.ending)", bytes), shownAs: "x.\(packing.ending)")
        return switch packing {
        case .gzip: try GzipReader(file)
        case .zstd: try ZstdReader(file)
        }
    }

    private func readAll(_ reader: any DecompressingReader, step: Int = 4096) throws -> [UInt8] {
        let buffer = ByteBuffer(capacity: step + 3)
        var result: [UInt8] = []
        while true {
            let n = try reader.read(into: buffer, at: 3, count: step)
            if n == 0 { return result }
            result += buffer.bytes(3..<3 + n)
        }
    }

    /// The content, or the words of the error.
    private func outcome(_ packing: Packing, _ bytes: [UInt8]) throws -> (content: [UInt8]?, error: DaymillError?) {
        let reader = try reader(packing, bytes)
        do { return (try readAll(reader), nil) } catch let error as DaymillError {
            let again = #expect(throws: DaymillError.self) { try readAll(reader) }
            #expect(again?.message == error.message)
            return (nil, error)
        }
    }

    @Test(arguments: Packing.allCases, [0, 1, 1000, 200_000])
    func whatWasPackedComesBack(packing: Packing, count: Int) throws {
        for bytes in [noise(count), [UInt8](repeating: 65, count: count)] {
            let reader = try reader(packing, packing.pack(bytes))
            #expect(try readAll(reader) == bytes)
            #expect(try readAll(reader) == [])
        }
    }

    @Test(arguments: Packing.allCases, [1, 2, 3, 7, 64, 1000, 1 << 20])
    func anyReadSizeGivesTheSameBytes(packing: Packing, step: Int) throws {
        let bytes = lines(100) + noise(1000)
        #expect(try readAll(reader(packing, packing.pack(bytes)), step: step) == bytes)
    }

    @Test(arguments: Packing.allCases)
    func severalPartsAreOneContent(packing: Packing) throws {
        let parts = [lines(3), [], noise(ContentID.block * 3 / 2), [], lines(5000), [9]]
        #expect(try readAll(reader(packing, parts.flatMap { packing.pack($0) })) == parts.flatMap { $0 })
    }

    @Test func framesToSkipAreSkipped() throws {
        let packed = Packing.skippable(12) + Packing.zstd.pack([1, 2]) + Packing.skippable(700_000)
        #expect(try readAll(reader(.zstd, packed)) == [1, 2])
        #expect(try readAll(reader(.zstd, Packing.skippable(8))) == [])
    }

    @Test(arguments: Packing.allCases, [10, ContentID.block - 1, 3 * ContentID.block])
    func theIdentityIsThatOfTheCompressedFile(packing: Packing, count: Int) throws {
        let packed = packing.pack(noise(count))
        let reader = try reader(packing, packed)
        _ = try readAll(reader)
        #expect(reader.bytesTaken == packed.count)
        #expect(try reader.contentID == ContentID.of(FileDoor.open("\(folder.path)/x.\(packing.ending)")))
    }

    @Test(arguments: [ContentID.block - 1, ContentID.block, ContentID.block + 1, 2 * ContentID.block])
    func theIdentityIsRightWhereBlocksEnd(count: Int) throws {
        let start = Packing.zstd.pack(lines(10))
        let reader = try reader(.zstd, start + Packing.skippable(count - start.count))
        #expect(try readAll(reader) == lines(10))
        #expect(try reader.contentID == ContentID.of(FileDoor.open("\(folder.path)/x.zst")))
    }

    @Test(arguments: Packing.allCases)
    func aFileCutAnywhereIsAnError(packing: Packing) throws {
        let first = packing.pack(lines(20))
        let packed = first + packing.pack(noise(50))
        for end in 0..<packed.count {
            let (content, error) = try outcome(packing, Array(packed.prefix(end)))
            // Cut between two parts it is a whole file.
            if end == first.count {
                #expect(content == lines(20))
            } else {
                #expect(error?.code == .inputDamaged, "cut at \(end)")
                #expect(error?.isRetryable == false)
            }
        }
    }

    @Test(arguments: Packing.allCases)
    func aFlippedBitIsAnErrorOrChangesNothing(packing: Packing) throws {
        let bytes = lines(12)
        let packed = packing.pack(bytes)
        for bit in 0..<packed.count * 8 {
            var flipped = packed
            flipped[bit / 8] ^= 1 << (bit % 8)
            let (content, error) = try outcome(packing, flipped)
            #expect(content == bytes || error != nil, "bit \(bit)")
        }
    }

    @Test(arguments: Packing.allCases, [ContentID.block, 700_000])
    func largeFilesAreCheckedToTheEnd(packing: Packing, count: Int) throws {
        var packed = packing.pack(noise(count))
        #expect(try outcome(packing, packed.dropLast(1)).error?.code == .inputDamaged)
        #expect(try outcome(packing, Array(packed.prefix(ContentID.block))).error?.code == .inputDamaged)
        packed[packed.count / 2] ^= 1
        #expect(try outcome(packing, packed).error?.code == .inputDamaged)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var packing: Packing
        var bytes: [UInt8]
        var text: String
        var code: ErrorCode
        var testDescription: String { text }

        init(_ packing: Packing, _ bytes: [UInt8], _ text: String, _ code: ErrorCode = .inputDamaged) {
            (self.packing, self.bytes, self.text, self.code) = (packing, bytes, text, code)
        }
    }

    private static let hello = Array("hello, hello".utf8)

    @Test(arguments: [
        Case(
            .gzip, [],
            "x.gz is damaged: it is empty, which no gzip file is; it was written or copied in part only: fetch it again"
        ),
        Case(
            .zstd, [],
            "x.zst is damaged: it is empty, which no zstd file is; it was written or copied in part only: fetch it again"
        ),
        Case(
            .gzip, Packing.gzip.pack(hello).dropLast(3),
            "x.gz is damaged: its gzip data ends too early, at byte 26; it was written or copied in part only: fetch it again"
        ),
        Case(
            .zstd, Packing.zstd.pack(hello).dropLast(3),
            "x.zst is damaged: its zstd data ends too early, at byte 22; it was written or copied in part only: fetch it again"
        ),
        Case(
            .gzip, Array("email,action\n".utf8),
            "x.gz is damaged: it does not start as gzip data does; if it is not compressed set 'compression: none', else fetch it again"
        ),
        Case(
            .zstd, Array("email,action\n".utf8),
            "x.zst is damaged: it does not start as zstd data does; if it is not compressed set 'compression: none', else fetch it again"
        ),
        Case(
            .gzip, Packing.gzip.pack(hello) + [0, 0, 0],
            "x.gz is damaged: near byte 29, after the end of its gzip data, come bytes that are no gzip data; fetch it again, or cut these bytes off"
        ),
        Case(
            .zstd, Packing.zstd.pack(hello) + hello,
            "x.zst is damaged: near byte 25, after the end of its zstd data, come bytes that are no zstd data; fetch it again, or cut these bytes off"
        ),
        Case(
            .gzip, Packing.gzip.pack(hello).dropLast(1) + [1],
            "x.gz is damaged: the checksum does not fit its gzip data, near byte 0; fetch it again"),
        Case(
            .zstd, Packing.hugeWindow,
            "x.zst needs more than 128 MiB of memory to decompress; compress it without '--long', or with '--long=27' at most",
            .limit
        ),
        Case(
            .zstd, Packing.withDictionary, "x.zst was compressed with a dictionary; compress it without one",
            .unsupported),
    ])
    func damageIsNamed(given: Case) throws {
        let error = try outcome(given.packing, given.bytes).error
        #expect(error?.description == given.text)
        #expect(error?.code == given.code)
    }

    @Test(arguments: Packing.allCases)
    func aFileThatGrowsWhileItIsReadIsTriedAgainLater(packing: Packing) throws {
        let reader = try reader(packing, packing.pack(noise(10)))
        try folder.append("x.\(packing.ending)", packing.pack(noise(10)))
        let error = #expect(throws: DaymillError.self) { try readAll(reader) }
        #expect(error?.message == "x.\(packing.ending) changed while it was read")
        #expect(error?.isRetryable == true)
    }

    @Test(arguments: Packing.allCases)
    func aCutFileThatGrowsIsTriedAgainLater(packing: Packing) throws {
        let packed = packing.pack(noise(1000))
        let reader = try reader(packing, Array(packed.prefix(500)))
        try folder.append("x.\(packing.ending)", Array(packed.dropFirst(500)))
        let error = #expect(throws: DaymillError.self) { try readAll(reader) }
        #expect(error?.isRetryable == true)
    }
}
