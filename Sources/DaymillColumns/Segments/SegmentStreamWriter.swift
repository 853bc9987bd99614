import CKernels
import DaymillCore

/// Writes a segment from groups that come in its order, in bounded memory: the bytes are those that `SegmentWriter` writes
/// of the same groups.
///
/// Records come encoded and in order of section, day, hash, key; this cuts them into blocks, which may begin in one piece
/// and end in another. For pieces that workers make side by side see `SegmentMerge.write`.
package final class SegmentStreamWriter {
    private let file: FileDoor
    private let layouts: [StateLayout]
    private let hasDays: Bool
    private let order: SegmentOrder
    private var offset = 8
    private var blocks: [SegmentFooter.Block] = []

    /// The open block: its records and what of it came with earlier pieces.
    private var open = Open()
    private var carry = ByteBuffer(capacity: 2 * SegmentFormat.blockBytes)

    /// What identifies the records of each section, day and shard that is done, and the one at hand.
    private var digests: [PartDigest] = []
    private let digest = StreamDigest()
    private var shard = -1
    private let id: ContentID

    private struct Open {
        var section = 0
        var day: Int32 = 0
        var records = 0
        var firstHash: UInt64 = 0
        /// Bytes in `carry`.
        var carried = 0
    }

    /// - Parameters:
    ///   - id: what the segment is made of.
    ///   - layouts: the sections'.
    ///   - hasDays: whether records belong to days. Without days a block also ends where the shard does.
    ///   - order: what records come by.
    /// - Throws: `.io`.
    package init(
        _ path: String, id: ContentID, _ layouts: [StateLayout], hasDays: Bool, order: SegmentOrder = .hashes
    ) throws {
        precondition(order == .hashes || !hasDays)
        self.id = id
        self.order = order
        file = try FileDoor.create(path)
        self.layouts = layouts
        self.hasDays = hasDays
        try file.write(SegmentWriter.littleEndian([SegmentFormat.magic(order)]))
    }

    /// Lets the disk begin with what was written: this will be synced.
    package func beginSync() { file.beginSync(at: offset) }

    /// Bytes written so far.
    package var bytes: Int { offset }

    /// Appends records, which come after all before.
    ///
    /// - Throws: `.io`.
    package func append(_ part: EncodedGroups, section: Int, day: Int32 = 0) throws {
        precondition(part.layout == layouts[section] && part.order == order && (hasDays || day == 0))
        guard part.count > 0 else { return }
        if section != open.section || day != open.day {
            precondition((section, day) > (open.section, open.day) || open.records == 0, "records out of order")
            endBlock(part, 0..<0)
            endShard()
            (open.section, open.day) = (section, day)
        }
        cut(part)
        try file.write(part.buffer, count: part.bytes)
        offset += part.bytes
    }

    /// Cuts a part into blocks and keeps what begins the next one.
    private func cut(_ part: EncodedGroups) {
        let ends = part.ends.pointer
        var start = 0, from = 0, digested = 0
        for i in 0..<part.count {
            let end = Int(ends[i])
            let hash =
                order == .hashes
                ? UnsafeRawPointer(part.buffer.base + from).loadUnaligned(as: UInt64.self).littleEndian : 0
            if ShardedGroups.shard(hash) != shard {
                digest.add(part.buffer.base + digested, from - digested)
                digested = from
                endShard()
                shard = ShardedGroups.shard(hash)
            }
            if open.records == 0 {
                open.firstHash = hash
            } else if !hasDays, (hash ^ open.firstHash) >> UInt64(64 - ShardedGroups.shardBits) != 0 {
                endBlock(part, start..<from)
                (start, open.firstHash) = (from, hash)
            }
            open.records += 1
            if open.carried + end - start >= SegmentFormat.blockBytes {
                endBlock(part, start..<end)
                start = end
            }
            from = end
        }
        digest.add(part.buffer.base + digested, from - digested)
        keep(part, start..<from)
    }

    private func endShard() {
        if shard >= 0 {
            digests.append(PartDigest(section: open.section, day: open.day, shard: shard, digest: digest.take()))
        }
        shard = -1
    }

    /// Notes the open block, whose end is a range of a part that is about to be written.
    private func endBlock(_ part: EncodedGroups, _ range: Range<Int>) {
        guard open.records > 0 else { return }
        let first = offset - open.carried + (open.carried > 0 ? 0 : range.lowerBound)
        var bytes = part.buffer.base + range.lowerBound, count = range.count
        if open.carried > 0 {
            keep(part, range)
            (bytes, count) = (carry.base, open.carried)
        }
        blocks.append(
            SegmentFooter.Block(
                offset: first, bytes: count, records: open.records, section: open.section, day: open.day,
                firstHash: open.firstHash, checksum: dm_hash64(bytes, count)))
        (open.records, open.carried) = (0, 0)
    }

    private func keep(_ part: EncodedGroups, _ range: Range<Int>) {
        let wanted = open.carried + range.count
        if wanted > carry.capacity {
            let larger = ByteBuffer(capacity: wanted * 2)
            larger.copy(from: carry, at: 0, to: 0, count: open.carried)
            carry = larger
        }
        carry.copy(from: part.buffer, at: range.lowerBound, to: open.carried, count: range.count)
        open.carried = wanted
    }

    /// Writes the rest. Call once.
    ///
    /// - Returns: the footer, the file's size and the file, still to be synced.
    /// - Throws: `.io`.
    package func finish(rows: Int, badRows: Int) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        endBlock(EncodedGroups(StateLayout([]), order: order), 0..<0)
        endShard()
        let footer = SegmentFooter(
            id: id, order: order, rows: rows, badRows: badRows, layouts: layouts, blocks: blocks,
            digests: PartDigest.byDay(digests))
        return (footer, try SegmentWriter.finish(file, footer, offset: offset), file)
    }
}

/// An identity of bytes that come piece by piece.
final class StreamDigest {
    private let state: UnsafeMutableRawPointer

    init() {
        guard let state = dm_digest_new() else { fatalError("out of memory") }
        self.state = state
    }

    deinit { dm_digest_free(state) }

    func add(_ p: UnsafePointer<UInt8>, _ n: Int) {
        if n > 0 { dm_digest_add(state, p, n) }
    }

    /// The identity of everything since the last call, the same as `ContentID.digest` gives of it as a whole.
    func take() -> ContentID {
        var words: [UInt64] = [0, 0]
        dm_digest_take(state, &words)
        return ContentID(words)
    }
}
