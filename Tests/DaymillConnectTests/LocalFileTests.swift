import DaymillColumns
import DaymillConnect
import DaymillCore
import Testing

@Suite struct LocalFileTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func file(_ name: String, _ compression: FileCompression = .auto) throws -> LocalFile {
        let list = try LocalFiles.list(.parse(name), for: nil, root: folder.path, compression: compression)
        return try #require(list.first)
    }

    private func kind(_ file: LocalFile) throws -> String {
        switch try file.open() {
        case .random(let reader): "random \(reader.path) \(reader.size)"
        case .sequential(let reader): "\(type(of: reader)) \(reader.path)"
        }
    }

    @Test func plainFilesAreReadAnywhere() throws {
        try folder.write("in/a.csv", Array("a,b\n".utf8))
        #expect(try kind(file("in/a.csv")) == "random in/a.csv 4")
        try folder.write("in/empty.csv")
        #expect(try kind(file("in/empty.csv")) == "random in/empty.csv 0")
    }

    @Test(arguments: [
        ("a", Packing.gzip.pack([1]), "DecompressedFile<GzipStream> a"),
        ("a", Packing.zstd.pack([1]), "DecompressedFile<ZstdStream> a"),
        ("a", Packing.skippable(20), "DecompressedFile<ZstdStream> a"),
        ("a.zst", Packing.gzip.pack([1]), "DecompressedFile<GzipStream> a.zst"),
        ("a.csv.GZ", [], "DecompressedFile<GzipStream> a.csv.GZ"),
        ("a.zstd", [0x28], "DecompressedFile<ZstdStream> a.zstd"),
        ("a.csv", [0x1f], "random a.csv 1"),
        ("a.csv", [0x50, 0x2a, 0x4d], "random a.csv 3"),
    ])
    func theBytesSayHowAFileIsPackedElseItsName(name: String, bytes: [UInt8], kind: String) throws {
        try folder.write(name, bytes)
        #expect(try self.kind(file(name)) == kind)
    }

    @Test func whatThePipelineSaysIsNotDoubted() throws {
        try folder.write("a.gz", Packing.gzip.pack([1]))
        #expect(try kind(file("a.gz", .none)).hasPrefix("random"))
        #expect(try kind(file("a.gz", .zstd)) == "DecompressedFile<ZstdStream> a.gz")
        #expect(try kind(file("a.gz", .gzip)) == "DecompressedFile<GzipStream> a.gz")
    }

    @Test func theIdentityIsThatOfTheStoredBytes() throws {
        let bytes = noise(ContentID.block * 2 + 77)
        for (name, stored) in [("plain", bytes), ("packed.gz", Packing.gzip.pack(bytes)), ("none", [])] {
            let real = try folder.write(name, stored)
            let expected = try ContentID.of(FileDoor.open(real))
            #expect(try file(name).contentID(threads: 1) == expected)
            #expect(try file(name).contentID(threads: 3) == expected)
        }
    }

    @Test func aFileThatChangedSinceItWasListedIsNotRead() throws {
        try folder.write("a.csv", [1])
        let listed = try file("a.csv")
        #expect(try listed.currentStamp() == listed.stamp)
        try folder.append("a.csv", [2])
        #expect(try listed.currentStamp()?.size == 2)
        for read in [{ _ = try listed.open() }, { _ = try listed.contentID(threads: 1) }] as [() throws -> Void] {
            let error = #expect(throws: DaymillError.self) { try read() }
            #expect(error?.code == .inputDamaged)
            #expect(error?.isRetryable == true)
            #expect(error?.message == "a.csv changed after it was listed")
        }
    }

    @Test func aFileThatIsGoneSinceItWasListedIsAnError() throws {
        let listed = LocalFile(
            path: "gone.csv", realPath: "\(folder.path)/gone.csv", stamp: try file(folder.write("a")).stamp)
        let error = #expect(throws: DaymillError.self) { try listed.open() }
        #expect(error?.code == .inputDamaged)
        #expect(try listed.currentStamp() == nil)
    }

    @Test func theWordsOfPipelineFilesAreKnown() {
        #expect(FileCompression.allCases.map(\.rawValue) == ["auto", "none", "gzip", "zstd"])
    }
}
