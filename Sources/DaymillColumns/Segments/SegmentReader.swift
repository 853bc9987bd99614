import CKernels
import DaymillCore
import Synchronization

/// Reads a segment, checking every byte before it is used.
package final class SegmentReader: Sendable {
    package let path: String
    package let footer: SegmentFooter
    private let file: FileDoor
    /// The file's size.
    package var bytes: Int { file.size }

    /// The size of a block, about.
    package var usualBlockBytes: Int { bytes / max(1, footer.blocks.count) }

    /// Opens a segment and checks its footer.
    ///
    /// - Parameter id: what it has to be made of; nil: anything.
    /// - Throws: `.storeDamaged` when the file is not a whole segment of this format, or another one; `.io`.
    package convenience init(_ path: String, id: ContentID? = nil) throws {
        try self.init(try FileDoor.open(path), id: id)
    }

    /// The same of a file that is open.
    package init(_ file: FileDoor, id: ContentID?) throws {
        path = file.path
        self.file = file
        guard let footer = try SegmentReader.footer(file) else { throw SegmentReader.damaged(path, "its footer") }
        guard id == nil || id == footer.id else {
            throw DaymillError(
                .storeDamaged, "the segment \(path) is another one under this name",
                hint: "a run that needs it makes it anew from its source; find out who moves files in the store")
        }
        self.footer = footer
    }

    /// Opens a file whose blocks are known: see `SegmentSpool`. The blocks are checked as always.
    ///
    /// - Throws: `.io`.
    init(_ path: String, trusting footer: SegmentFooter) throws {
        self.path = path
        file = try FileDoor.open(path)
        self.footer = footer
    }

    private static func footer(_ file: FileDoor) throws -> SegmentFooter? {
        guard file.size >= 8 + SegmentFormat.trailerBytes else { return nil }
        let head = try bytes(file, 0, 8), trailer = try bytes(file, file.size - 32, 32)
        let orders = [SegmentOrder.hashes, .keys], magic = word(trailer, 24)
        guard word(head, 0) == magic, let order = orders.first(where: { SegmentFormat.magic($0) == magic }) else {
            return nil
        }
        let offset = word(trailer, 0), length = word(trailer, 8)
        guard offset >= 8, offset < file.size, length < file.size, Int(offset + length) + 32 == file.size else {
            return nil
        }
        let footer = try bytes(file, Int(offset), Int(length))
        guard SegmentWriter.checksum(footer + trailer[..<16]) == word(trailer, 16) else { return nil }
        guard var parsed = SegmentFooter(footer) else { return nil }
        parsed.order = order
        // The blocks lie one after another and fill the file, so that no byte escapes the checks.
        var next = 8
        for block in parsed.blocks {
            guard block.offset == next, block.bytes > 0, block.section < parsed.layouts.count else { return nil }
            next += block.bytes
        }
        return next == Int(offset) ? parsed : nil
    }

    private static func bytes(_ file: FileDoor, _ offset: Int, _ count: Int) throws -> [UInt8] {
        let buffer = ByteBuffer(capacity: count)
        let n = try file.read(into: buffer, at: 0, offset: offset, count: count)
        return buffer.bytes(0..<n)
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        guard bytes.count >= at + 8 else { return 0 }
        return (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64($1 * 8) }
    }

    private static func damaged(_ path: String, _ what: String) -> DaymillError {
        DaymillError(
            .storeDamaged, "the segment \(path) is damaged: \(what) does not match its checksum",
            hint: "a run that needs it makes it anew from its source; if this comes back, check the disk")
    }

    /// Reads all blocks and checks them, using nothing.
    package func check() throws {
        let buffer = ByteBuffer(capacity: footer.blocks.map(\.bytes).max() ?? 0)
        for block in footer.blocks { try load(block, buffer) }
    }

    /// Reads one block into a buffer and checks it. All that merges segments comes by here, and ends here when it is to end.
    func load(_ block: SegmentFooter.Block, _ buffer: ByteBuffer) throws {
        try WorkStop.check()
        let n = try file.read(into: buffer, at: 0, offset: block.offset, count: block.bytes)
        guard n == block.bytes, dm_hash64(buffer.base, n) == block.checksum else {
            throw SegmentReader.damaged(path, "block at byte \(block.offset)")
        }
    }

    func brokenRecord(_ block: SegmentFooter.Block) -> DaymillError {
        SegmentReader.damaged(path, "a record in the block at byte \(block.offset)")
    }
}

/// Merges segments into groups: the aggregate of partials.
///
/// Blocks are taken shard by shard, in the order of their hashes. A range of hashes is a range of a table's slots, so the
/// blocks of all segments meet in a part of the table that is in the cache.
package enum SegmentMerge {
    /// One segment's part in a merge: all its days, or those of a range.
    package struct Input: Sendable {
        package var reader: SegmentReader
        package var days: ClosedRange<Int32>?
        /// How its records count.
        package var term: SegmentTerm

        package init(_ reader: SegmentReader, days: ClosedRange<Int32>?, term: SegmentTerm = SegmentTerm()) {
            self.reader = reader
            self.days = days
            self.term = term
        }
    }

    private struct Piece: Sendable {
        var reader: SegmentReader
        var block: SegmentFooter.Block
        var term: SegmentTerm
    }

    /// Folds a section of all inputs into `groups`, which may hold groups already.
    ///
    /// - Parameter keepsDays: the groups' keys begin with the day, as a segment with days needs them.
    /// - Returns: bytes read.
    /// - Throws: `.storeDamaged`, `.io`; `.limit` as soon as the groups are full.
    @discardableResult
    package static func merge(
        _ inputs: [Input], section: Int, into groups: ShardedGroups, keepsDays: Bool = false, threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> Int {
        let shards = pieces(of: inputs, section, groups)
        let sizes = ShardSizes()
        let folders = SendableStack<BlockFolder>()
        try Workers.eachThrowing(shards.count, threads) { shard in
            let records = shards[shard].reduce(0) { $0 + $1.block.records }
            groups.reserve(shard, adding: sizes.estimate(records))
            let before = groups.count(ofShard: shard)
            let folder = folders.pop() ?? BlockFolder(groups, keepsDays: keepsDays)
            for piece in shards[shard] {
                try folder.fold(piece.reader, piece.block, piece.term)
                if groups.isFull { throw DaymillError.groupsFull }
                progress(piece.block.bytes)
            }
            sizes.note(records: records, added: groups.count(ofShard: shard) - before)
            folders.push(folder)
        }
        return shards.joined().reduce(0) { $0 + $1.block.bytes }
    }

    /// The blocks of each shard by their first hash.
    private static func pieces(of inputs: [Input], _ section: Int, _ groups: ShardedGroups) -> [[Piece]] {
        var shards = [[Piece]](repeating: [], count: ShardedGroups.shards)
        for input in inputs {
            precondition(input.gives(groups.layout, section: section), "segments of different plans")
            for block in input.reader.footer.blocks where block.section == section {
                if let days = input.days, !days.contains(block.day) { continue }
                shards[ShardedGroups.shard(block.firstHash)].append(
                    Piece(reader: input.reader, block: block, term: input.term))
            }
        }
        return shards.map { $0.sorted { $0.block.firstHash < $1.block.firstHash } }
    }
}

/// How many new groups the records of a shard bring, learned from the shards that are done: hashes spread groups evenly.
private final class ShardSizes: Sendable {
    private let seen = Mutex<(records: Int, added: Int)>((0, 0))

    /// An upper guess of the groups that `records` add; all of them while nothing is known.
    func estimate(_ records: Int) -> Int {
        seen.withLock { $0.records == 0 ? records : min(records, records * $0.added / $0.records * 5 / 4 + 64) }
    }

    func note(records: Int, added: Int) {
        seen.withLock { $0 = ($0.records + records, $0.added + max(0, added)) }
    }
}

/// Decodes blocks and folds them into groups, for one thread.
private final class BlockFolder {
    let worker: ShardedGroups.Worker
    private var codec: RecordCodec
    private let keys: KeyBatch
    private let states: StateBatch
    private var words: Buffer<UInt64>
    private let keepsDays: Bool
    private let arena = TextArena()
    private var buffer = ByteBuffer(capacity: 2 * SegmentFormat.blockBytes)

    private static let batch = 2048

    init(_ groups: ShardedGroups, keepsDays: Bool) {
        worker = ShardedGroups.Worker(groups, batchCapacity: BlockFolder.batch, usesLocalTable: false)
        codec = RecordCodec(layout: groups.layout)
        keys = KeyBatch(capacity: BlockFolder.batch)
        states = StateBatch(capacity: BlockFolder.batch)
        words = Buffer(capacity: BlockFolder.batch * max(1, groups.layout.words))
        self.keepsDays = keepsDays
    }

    /// Goes over to records of another layout.
    private func adopt(_ layout: StateLayout, extra: Int) {
        if codec.layout != layout { codec = RecordCodec(layout: layout) }
        let needed = BlockFolder.batch * max(1, layout.words + extra)
        if words.capacity < needed { words = Buffer(capacity: needed) }
    }

    func fold(_ reader: SegmentReader, _ block: SegmentFooter.Block, _ term: SegmentTerm) throws {
        precondition(!term.isSubtracted, "a hash table cannot tell which groups vanish")
        adopt(reader.footer.layouts[block.section], extra: term.extra == nil ? 0 : 1)
        let stride = codec.layout.words + (term.extra == nil ? 0 : 1)
        if block.bytes > buffer.capacity { buffer = ByteBuffer(capacity: block.bytes) }
        try reader.load(block, buffer)
        var p = UnsafePointer(buffer.base)
        let end = p + block.bytes
        var left = block.records
        while left > 0 {
            let n = min(left, BlockFolder.batch)
            for i in 0..<n {
                let w = words.pointer + i * stride
                guard let record = codec.read(&p, end, words: w) else { throw reader.brokenRecord(block) }
                if let extra = term.extra { w[stride - 1] = extra }
                keys.hashes[i] = record.hash
                keys.pointers[i] = record.key
                keys.lengths[i] = record.length
                states.words[i] = UnsafePointer(w)
            }
            keys.count = n
            if keepsDays {
                prefixDays(block.day)
                worker.add(keys, states: states)
            } else {
                worker.addSorted(keys, states: states)
            }
            left -= n
        }
        guard p == end else { throw reader.brokenRecord(block) }
    }

    /// Puts the day in front of each key and hashes anew.
    private func prefixDays(_ day: Int32) {
        arena.reset()
        for i in 0..<keys.count {
            let n = Int(keys.lengths[i])
            let copy = arena.allocate(DayPrefix.bytes + n)
            copy[0] = 1
            UnsafeMutableRawPointer(copy + 1).storeBytes(
                of: (UInt64(bitPattern: Int64(day)) ^ 1 << 63).bigEndian, as: UInt64.self)
            (copy + DayPrefix.bytes).update(from: keys.pointers[i], count: n)
            keys.pointers[i] = UnsafePointer(copy)
            keys.lengths[i] = Int32(DayPrefix.bytes + n)
        }
        keys.hashAll()
    }
}
