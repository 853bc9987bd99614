import DaymillColumns
import DaymillCore
import DaymillSQL
import Synchronization

/// One input file being read by one or more workers.
///
/// - Note: line numbers are not counted while scanning; they are found afterwards for the few records that need them.
final class FileScan: Sendable {
    let object: any InputObject
    /// For each plan what the start of the file says; nil where it does not fit a plan that is not the first.
    let prologues: [FilePrologue?]
    private let chunks: Chunks

    private enum Chunks: Sendable {
        case file(CSVFileChunks, FileDoorBox)
        case stream(CSVStreamChunks, ReaderBox)
    }

    /// The open file, for the check that it has not changed.
    // Unchecked because reading at offsets is safe from many threads.
    private struct FileDoorBox: @unchecked Sendable {
        let reader: any RandomReader
    }

    // Unchecked because `CSVStreamChunks` lets one thread at a time use it.
    private struct ReaderBox: @unchecked Sendable {
        let reader: any DecompressingReader
    }

    /// Opens a file and looks at its first record.
    ///
    /// - Parameters:
    ///   - plans: over one format, at least one.
    ///   - chunkBytes: pieces that workers take; only tests use another size.
    /// - Throws: also what is wrong with the file's start by the first plan.
    init(_ object: any InputObject, _ plans: [ScanPlan], hashing: Bool, chunkBytes: Int = ContentID.block) throws {
        self.object = object
        let records = plans[0].format.records
        let start: FileStart
        var others: [FilePrologue?] = []
        func look(_ head: [UInt8], isWhole: Bool) throws -> FileStart? {
            guard let start = try records.start(head, isWhole: isWhole, plans[0], path: object.path) else { return nil }
            others = plans.dropFirst().map { plan in
                let other = try? plan.format.records.start(head, isWhole: isWhole, plan, path: object.path)
                return other?.dataStart == start.dataStart ? other?.prologue : nil
            }
            return start
        }
        switch try object.open() {
        case .random(let file):
            start = try FileScan.head(object.path, size: file.size, look) { buffer, from, count in
                try file.read(into: buffer, at: from, offset: from, count: count)
            }.start
            chunks = .file(
                CSVFileChunks(
                    file, dialect: records.dialect, dataStart: start.dataStart, chunkBytes: chunkBytes, hashing: hashing
                ),
                FileDoorBox(reader: file))
        case .sequential(let reader):
            let head = try FileScan.head(object.path, size: nil, look) { buffer, from, count in
                try reader.read(into: buffer, at: from, count: count)
            }
            start = head.start
            chunks = .stream(
                CSVStreamChunks(
                    reader, dialect: records.dialect, carry: Array(head.bytes[start.dataStart...]),
                    offset: start.dataStart, chunkBytes: chunkBytes),
                ReaderBox(reader: reader))
        }
        prologues = [start.prologue] + others
    }

    /// Reads from the start until the first record is whole.
    private static func head(
        _ path: String, size: Int?, _ look: ([UInt8], Bool) throws -> FileStart?,
        read: (ByteBuffer, Int, Int) throws -> Int
    ) throws -> (start: FileStart, bytes: [UInt8]) {
        var capacity = 16 << 10
        var buffer = ByteBuffer(capacity: capacity)
        var loaded = 0
        while true {
            var isWhole = false
            while loaded < capacity {
                let n = try read(buffer, loaded, capacity - loaded)
                loaded += n
                if n == 0 || loaded == size {
                    isWhole = true
                    break
                }
            }
            let bytes = buffer.bytes(0..<loaded)
            if let found = try look(bytes, isWhole) { return (found, bytes) }
            guard loaded <= Limits.lineBytesMax else {
                throw DaymillError(
                    .limit, "\(path): the first record is longer than \(Limits.lineBytesMax >> 20) MiB",
                    hint: "is this a CSV file? A quote may never close")
            }
            capacity *= 2
            let larger = ByteBuffer(capacity: capacity)
            larger.copy(from: buffer, at: 0, to: 0, count: loaded)
            buffer = larger
        }
    }

    /// Loads the next piece; nil at the end, else its bytes.
    func next(into chunk: CSVChunk) throws -> Int? {
        switch chunks {
        case .file(let chunks, _): try chunks.next(into: chunk)
        case .stream(let chunks, _): try chunks.next(into: chunk)
        }
    }

    /// Hands out no more pieces.
    func stop() {
        switch chunks {
        case .file(let chunks, _): chunks.stop()
        case .stream(let chunks, _): chunks.stop()
        }
    }

    func fail() {
        switch chunks {
        case .file(let chunks, _): chunks.fail()
        case .stream(let chunks, _): chunks.stop()
        }
    }

    /// The identity of what was read, after the last piece; nil when it was not computed on the way.
    var contentID: ContentID? {
        switch chunks {
        case .file(let chunks, _): chunks.contentID
        case .stream(_, let box): box.reader.contentID
        }
    }
}
