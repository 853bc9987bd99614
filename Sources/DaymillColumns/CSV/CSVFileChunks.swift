import CKernels
import DaymillCore
import Synchronization

/// Cuts a file that can be read anywhere into chunks for many workers. Each record belongs to the chunk in which it
/// begins; the worker reads on past the chunk's end to finish its last record.
package final class CSVFileChunks: Sendable {
    private let file: any RandomReader
    private let dialect: CSVDialect
    private let dataStart: Int
    private let chunkBytes: Int
    private let chain: QuoteChain?
    private let next = Atomic<Int>(0)
    private let digests: BlockDigests?
    /// How many chunks there are.
    package let count: Int

    /// - Parameters:
    ///   - dataStart: offset of the first record: after a byte-order mark and a header.
    ///   - hashing: whether to find the file's content id on the way.
    package init(
        _ file: any RandomReader, dialect: CSVDialect, dataStart: Int, chunkBytes: Int = ContentID.block, hashing: Bool
    ) {
        self.file = file
        self.dialect = dialect
        self.dataStart = dataStart
        self.chunkBytes = chunkBytes
        count = (file.size + chunkBytes - 1) / chunkBytes
        chain = dialect.quote == nil ? nil : QuoteChain(chunks: count)
        digests = hashing && chunkBytes == ContentID.block ? BlockDigests(blocks: count) : nil
    }

    /// The content id, once all chunks have been loaded; nil when it was not asked for (or other chunks are in use).
    package var contentID: ContentID? { digests?.contentID(size: file.size) }

    /// Ends the scan for everybody, after an error.
    package func fail() {
        next.store(.max / 2, ordering: .relaxed)
        chain?.fail()
    }

    /// Stops handing out chunks; those already out are finished.
    package func stop() { next.store(.max / 2, ordering: .relaxed) }

    /// Loads the next chunk into `chunk`; nil when there are no more, else the number of its own bytes.
    package func next(into chunk: CSVChunk) throws -> Int? {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < count else { return nil }
        let start = number * chunkBytes, end = min(start + chunkBytes, file.size)
        do {
            try load(chunk, number, start, end)
        } catch {
            fail()
            throw error
        }
        return end - start
    }

    private func load(_ chunk: CSVChunk, _ number: Int, _ start: Int, _ end: Int) throws {
        chunk.begin(origin: start - 1)
        chunk.reserve(1 + end - start + CSVChunk.overlap)
        var loaded = try fill(chunk, start, upTo: min(end + CSVChunk.overlap, file.size))
        digests?.set(number, ContentID.digest(chunk.buffer.base + 1, end - start, chunk.level))
        let first = 1 + max(start, dataStart) - start, own = 1 + end - start
        guard first < own else { return passOn(number, chunk) }
        let isStart = start <= dataStart
        var state = try index(chunk, number, first, own, isStart: isStart)
        guard isStart || chunk.buffer.base[0] == 0x0a && chunk.firstRecord != 0 || chunk.skipToFirstRecord(),
            Int(chunk.firstRecord) < own
        else {
            chunk.indexCount = 0
            return
        }
        try finishLastRecord(chunk, own, &loaded, &state)
    }

    /// A chunk of nothing but header.
    private func passOn(_ number: Int, _ chunk: CSVChunk) {
        chain?.publish(UInt32(DM_CSV_FIELD_START), after: number)
        chunk.indexCount = 0
    }

    /// Reads start - 1 ..< upTo to the buffer's begin; returns the end in the buffer.
    private func fill(_ chunk: CSVChunk, _ start: Int, upTo: Int) throws -> Int {
        let before = start == 0 ? 0 : 1
        if start == 0 { chunk.buffer.base[0] = 0x0a }
        let wanted = upTo - start + before
        let n = try file.read(into: chunk.buffer, at: 1 - before, offset: start - before, count: wanted)
        guard n == wanted else { throw shrank() }
        return 1 - before + n
    }

    private func shrank() -> DaymillError {
        DaymillError(
            .inputDamaged, "\(file.path) became shorter while it was read",
            hint: "run again when nobody writes to it", isRetryable: true)
    }

    /// Indexes the chunk's own bytes; sets `firstRecord` where a record begins at their start (else 0).
    private func index(_ chunk: CSVChunk, _ number: Int, _ first: Int, _ own: Int, isStart: Bool) throws -> UInt32 {
        let previous = isStart ? 0x0a : chunk.buffer.base[first - 1]
        let survey = chunk.survey(first, own, previous: previous)
        var state = UInt32(DM_CSV_FIELD_START)
        if let chain, !isStart {
            guard let known = chain.state(before: number) else { throw CancellationError() }
            state = known
        } else if chain == nil, !isStart {
            state = UInt32(previous == 0x0a ? DM_CSV_FIELD_START : DM_CSV_UNQUOTED)
        }
        let recordBegins = isStart || previous == 0x0a && state == UInt32(DM_CSV_FIELD_START)
        chunk.firstRecord = recordBegins ? UInt32(first) : 0
        let after = survey.state(from: state)
        if let after { chain?.publish(after, after: number) }
        let end = chunk.addIndex(first, own, survey, state: state)
        if after == nil { chain?.publish(end, after: number) }
        return end
    }

    /// Reads on until the record that covers the last own byte ends, and cuts the index there.
    private func finishLastRecord(_ chunk: CSVChunk, _ own: Int, _ loaded: inout Int, _ state: inout UInt32) throws {
        var indexed = own
        var piece = 512
        while true {
            if let end = chunk.lineEnd(atOrAfter: own - 1) {
                chunk.indexCount = end + 1
                return
            }
            let fileEnd = file.size - chunk.origin
            if indexed == fileEnd { return chunk.closeAtEnd(fileEnd, state: state) }
            let next = min(indexed + piece, fileEnd)
            if next > loaded { try readMore(chunk, &loaded, min(max(next, loaded * 2 - own), fileEnd)) }
            let survey = chunk.survey(indexed, next, previous: chunk.buffer.base[indexed - 1])
            state = chunk.addIndex(indexed, next, survey, state: state)
            indexed = next
            piece = min(piece * 2, 1 << 20)
        }
    }

    private func readMore(_ chunk: CSVChunk, _ loaded: inout Int, _ upTo: Int) throws {
        let record = loaded - Int(chunk.firstRecord)
        guard record <= Limits.lineBytesMax else { throw recordTooLong(chunk) }
        chunk.reserve(upTo)
        let n = try file.read(
            into: chunk.buffer, at: loaded, offset: chunk.origin + loaded, count: upTo - loaded)
        guard n == upTo - loaded else { throw shrank() }
        loaded = upTo
    }

    private func recordTooLong(_ chunk: CSVChunk) -> DaymillError {
        DaymillError(
            .limit, "\(file.path): a record is longer than \(Limits.lineBytesMax >> 20) MiB",
            hint: dialect.longRecordHint)
    }
}
