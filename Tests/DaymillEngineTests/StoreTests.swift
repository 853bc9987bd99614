import DaymillCore
import Foundation
import Testing

@testable import DaymillColumns
@testable import DaymillEngine

/// What the store clears away, and what it leaves alone.
@Suite final class StoreTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// No process has this number.
    private let dead: Int32 = 99_999_999

    private func store(hoursAhead: Int64 = 0) -> Store {
        let now = WallClock.system.nowMicroseconds + hoursAhead * 3_600_000_000
        return Store(folder: folder, clock: .fixed(atMicroseconds: now))
    }

    private func write(_ name: String) throws {
        try FileDoor.makeDirectory(FileDoor.parent(of: "\(folder)/\(name)"))
        try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    private func names(_ subfolder: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(subfolder)")) ?? []).sorted()
    }

    @Test func aStoreThatWasNeverUsedDoesNotExist() throws {
        #expect(!store().exists)
        #expect(try store().catalog.fileRecords().isEmpty)
        #expect(try store().catalog.states().isEmpty)
        #expect(try store().strays().isEmpty)
        #expect(!store().exists)
    }

    @Test func unknownSegmentsAreDroppedWhenTheyAreOld() throws {
        try store().open()
        let known = ContentID(high: 0xab02 << 48, low: 1), unknown = ContentID(high: 0xab01 << 48, low: 1)
        try write("segments/ab/\(unknown.text).seg")
        try write("segments/ab/\(known.text).seg")
        let record = SegmentRecord(
            id: known, bytes: 1, groups: 1, rows: 1, badRows: 0, made: 0, content: nil, parts: [], days: [], about: "",
            madeFor: "")
        try store().note(segments: [record], state: ContentID(high: 1, low: 2))
        #expect(try store().dropStrays().isEmpty)
        #expect(try store(hoursAhead: 2).strays().map(\.path) == ["\(folder)/segments/ab/\(unknown.text).seg"])
        #expect(try store(hoursAhead: 2).dropStrays().map(\.bytes) == [1])
        #expect(names("segments/ab") == ["\(known.text).seg"])
    }

    @Test func temporaryFilesBesideReceiptsAreSwept() throws {
        try write("receipts/p/s/.2024-09-01.json.\(dead).1.tmp")
        try store().write(
            Receipt(
                pipeline: "p", step: "s", date: "2024-09-16", output: "o", days: nil, definition: "", inputsID: "",
                groupsID: "", inputs: [], rows: 0, bytes: 0, content: "",
                stamp: FileStamp(size: 0, modified: 0, changed: 0, inode: 0, device: 0), made: 0, daymill: ""))
        #expect(names("receipts/p/s") == ["2024-09-16-\(ContentID.of("o").text.prefix(8)).json"])
    }

    @Test func replacingSweepsWhatWasToBecomeTheSameFile() throws {
        // Process 1 always runs.
        let others = [
            ".bad.csv.1.1.tmp", ".bad.csv.more.csv.\(dead).1.tmp", "bad.csv.1.1.tmp",
        ]
        for name in others + [".bad.csv.\(dead).7.tmp"] { try write(name) }
        try TemporaryFile.replace("\(folder)/bad.csv", with: [0x79])
        #expect(names() == (others + ["bad.csv"]).sorted())
        #expect(try FileDoor.contents(of: "\(folder)/bad.csv") == [0x79])
    }
}
