import CKernels
import DaymillCore
import Synchronization

/// Cuts bytes that come in order (a decompressed file) into chunks of whole records. Reading is one worker's turn at a
/// time, with the indexing; cutting records into columns goes on in parallel.
// Unchecked because everything mutable is touched under `turn` only.
package final class CSVStreamChunks: @unchecked Sendable {
    private let reader: any SequentialReader
    private let dialect: CSVDialect
    private let chunkBytes: Int
    private let turn = Mutex<Void>(())
    /// Bytes read already that belong to the next chunk.
    private var carry: [UInt8]
    private var offset: Int
    private var ended = false

    /// - Parameters:
    ///   - carry: bytes taken from the reader already, from the first record on.
    ///   - offset: their place in the decompressed data.
    package init(
        _ reader: any SequentialReader, dialect: CSVDialect, carry: [UInt8], offset: Int,
        chunkBytes: Int = ContentID.block
    ) {
        self.reader = reader
        self.dialect = dialect
        self.carry = carry
        self.offset = offset
        self.chunkBytes = chunkBytes
    }

    /// Stops handing out chunks.
    package func stop() { turn.withLock { _ in ended = true } }

    /// Loads the next chunk; nil when there are no more, else the number of its bytes.
    package func next(into chunk: CSVChunk) throws -> Int? {
        try turn.withLock { _ in ended ? nil : try load(chunk) }
    }

    private func load(_ chunk: CSVChunk) throws -> Int? {
        chunk.begin(origin: offset - 1)
        chunk.reserve(1 + carry.count + chunkBytes)
        chunk.buffer.base[0] = 0x0a
        chunk.buffer.withBytes(1..<1 + carry.count) { _ = $0.update(fromContentsOf: carry) }
        chunk.firstRecord = 1
        var state = UInt32(DM_CSV_FIELD_START)
        var indexed = 1, loaded = 1 + carry.count
        carry = []
        while true {
            let n = try fill(chunk, &loaded)
            state = index(chunk, &indexed, loaded, state)
            if n == 0 {
                ended = true
                chunk.closeAtEnd(loaded, state: state)
                return loaded > 1 ? loaded - 1 : nil
            }
            if let last = lastLineEnd(chunk) { return keepRest(chunk, last, loaded) }
            guard loaded <= Limits.lineBytesMax else { throw tooLong() }
        }
    }

    /// Reads up to a chunk's worth of bytes.
    private func fill(_ chunk: CSVChunk, _ loaded: inout Int) throws -> Int {
        chunk.reserve(loaded + chunkBytes)
        var n = 0
        while n < chunkBytes {
            let more = try reader.read(into: chunk.buffer, at: loaded + n, count: chunkBytes - n)
            if more == 0 { break }
            n += more
        }
        loaded += n
        return n
    }

    private func index(_ chunk: CSVChunk, _ indexed: inout Int, _ loaded: Int, _ state: UInt32) -> UInt32 {
        guard loaded > indexed else { return state }
        let survey = chunk.survey(indexed, loaded, previous: chunk.buffer.base[indexed - 1])
        defer { indexed = loaded }
        return chunk.addIndex(indexed, loaded, survey, state: state)
    }

    private func lastLineEnd(_ chunk: CSVChunk) -> Int? {
        var i = chunk.indexCount - 1
        while i >= 0 && chunk.index.pointer[i] & DM_CSV_LINE_END == 0 { i -= 1 }
        return i >= 0 ? i : nil
    }

    private func keepRest(_ chunk: CSVChunk, _ last: Int, _ loaded: Int) -> Int {
        let end = Int(chunk.index.pointer[last] & ~DM_CSV_LINE_END) + 1
        chunk.indexCount = last + 1
        carry = chunk.buffer.bytes(end..<loaded)
        offset += end - 1
        return end - 1
    }

    private func tooLong() -> DaymillError {
        DaymillError(
            .limit, "\(reader.path): a record is longer than \(Limits.lineBytesMax >> 20) MiB",
            hint: dialect.longRecordHint)
    }
}
