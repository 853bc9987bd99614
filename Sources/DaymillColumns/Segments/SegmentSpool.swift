import CKernels
import DaymillCore

/// Blocks of many segments in one file, in the order in which they are full: what a sweep makes for many windows at once.
///
/// The lists of blocks stay in memory, so there are no footers; a segment of the spool is read like any other. One thread
/// writes a spool.
// Unchecked because one worker at a time has it.
package final class SegmentSpool: @unchecked Sendable {
    package let path: String
    private let file: FileDoor
    private let layouts: [StateLayout]
    private let blockBytes: Int
    private var offset = 0
    private var blocks: [[SegmentFooter.Block]]
    private var open: [OpenBlock]
    private var section = 0
    private var codec: RecordCodec

    private struct OpenBlock {
        var buffer: ByteBuffer?
        var bytes = 0
        var records = 0
        var firstHash: UInt64 = 0
    }

    /// - Parameters:
    ///   - segments: how many there will be.
    ///   - layouts: of the sections of each.
    ///   - blockBytes: of each open block, one per segment: the memory that it takes.
    /// - Throws: `.io`.
    package init(
        _ path: String, segments: Int, _ layouts: [StateLayout], blockBytes: Int = 64 << 10
    )
        throws
    {
        self.path = path
        self.layouts = layouts
        self.blockBytes = min(SegmentFormat.blockBytes, max(4096, blockBytes))
        file = try FileDoor.create(path)
        blocks = Array(repeating: [], count: segments)
        open = Array(repeating: OpenBlock(), count: segments)
        codec = RecordCodec(layout: layouts[0])
    }

    /// Bytes written so far.
    package var bytes: Int { offset }

    /// Appends a record, which comes after those of its segment and section.
    @inline(__always)
    func append(
        to segment: Int, hash: UInt64, key: UnsafePointer<UInt8>, length: Int32, words: UnsafePointer<UInt64>
    ) throws {
        let room = codec.bound(keyLength: Int(max(0, length))) + codec.textBytes(words)
        if open[segment].records > 0,
            open[segment].bytes >= blockBytes
                || ShardedGroups.shard(open[segment].firstHash) != ShardedGroups.shard(hash)
        {
            try end(segment)
        }
        if open[segment].records == 0 { open[segment].firstHash = hash }
        let buffer = roomy(segment, room)
        var p = buffer.base + open[segment].bytes
        codec.write(hash: hash, key: key, length: length, words: words, &p)
        open[segment].bytes = p - buffer.base
        open[segment].records += 1
    }

    private func roomy(_ segment: Int, _ room: Int) -> ByteBuffer {
        let wanted = open[segment].bytes + room
        if let buffer = open[segment].buffer, wanted <= buffer.capacity { return buffer }
        let larger = ByteBuffer(capacity: max(blockBytes / 8, 2 * wanted))
        if let old = open[segment].buffer { larger.copy(from: old, at: 0, to: 0, count: open[segment].bytes) }
        open[segment].buffer = larger
        return larger
    }

    private func end(_ segment: Int) throws {
        guard open[segment].records > 0, let buffer = open[segment].buffer else { return }
        let (count, records) = (open[segment].bytes, open[segment].records)
        try file.write(buffer, count: count)
        blocks[segment].append(
            SegmentFooter.Block(
                offset: offset, bytes: count, records: records, section: section, day: 0,
                firstHash: open[segment].firstHash, checksum: dm_hash64(buffer.base, count)))
        offset += count
        (open[segment].bytes, open[segment].records) = (0, 0)
        if buffer.capacity > 4 * blockBytes { open[segment].buffer = nil }
    }

    /// Ends the section at hand; what comes now belongs to another, later one.
    func begin(section: Int) throws {
        for segment in open.indices { try end(segment) }
        self.section = section
        codec = RecordCodec(layout: layouts[section])
    }

    /// Ends everything. Call once.
    package func finish() throws {
        for segment in open.indices { try end(segment) }
        open = []
    }

    /// Bytes of a segment.
    package func bytes(_ segment: Int) -> Int { blocks[segment].reduce(0) { $0 + $1.bytes } }

    /// Opens a segment for reading, after `finish`; nil when it is empty.
    ///
    /// - Throws: `.io`.
    package func reader(_ segment: Int) throws -> SegmentReader? {
        guard !blocks[segment].isEmpty else { return nil }
        let footer = SegmentFooter(
            id: ContentID(high: 0, low: 0), rows: 0, badRows: 0, layouts: layouts, blocks: blocks[segment], digests: [])
        return try SegmentReader(path, trusting: footer)
    }
}
