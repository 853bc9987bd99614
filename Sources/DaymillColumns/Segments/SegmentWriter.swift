import CKernels
import DaymillCore
import Synchronization

/// Writes the groups of an aggregation as a segment.
package enum SegmentWriter {
    /// One section: its groups, and whether each key begins with a day (4 bytes, see `DayPrefix`).
    package struct Section {
        package var groups: ShardedGroups
        package init(_ groups: ShardedGroups) { self.groups = groups }
    }

    /// Writes a whole segment to `path`.
    ///
    /// - Parameters:
    ///   - id: what the segment is made of.
    ///   - dayPrefixed: keys begin with an encoded day: see `KeyCodec` (9 bytes: 01, then the day as int64).
    /// - Returns: the footer, the file's size and the file, still to be synced.
    package static func write(
        _ sections: [Section], id: ContentID, rows: Int, badRows: Int, dayPrefixed: Bool, to path: String, threads: Int
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let file = try FileDoor.create(path)
        try file.write(littleEndian([SegmentFormat.magic(.hashes)]))
        let sink = BlockSink(file, offset: 8)
        for (number, section) in sections.enumerated() {
            let parts = dayPrefixed ? partsByDay(section.groups) : partsByShard(section.groups)
            let queue = OrderedQueue<EncodedPart>()
            try Workers.eachThrowing(parts.count, threads) { i in
                let encoded = encode(parts[i], section.groups.layout, number, dayPrefixed: dayPrefixed)
                try queue.put(i, encoded) { try sink.append($0) }
            }
        }
        let footer = SegmentFooter(
            id: id, rows: rows, badRows: badRows, layouts: sections.map(\.groups.layout), blocks: sink.blocks,
            digests: sink.digests)
        return (footer, try finish(file, footer, offset: sink.offset), file)
    }

    /// Writes footer and trailer after the blocks, which end at `offset`; returns the file's size.
    static func finish(_ file: FileDoor, _ footer: SegmentFooter, offset: Int) throws -> Int {
        let bytes = footer.encoded()
        let numbers = littleEndian([UInt64(offset), UInt64(bytes.count)])
        try file.write(bytes + numbers + littleEndian([checksum(bytes + numbers), SegmentFormat.magic(footer.order)]))
        return offset + bytes.count + SegmentFormat.trailerBytes
    }

    static func littleEndian(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBufferPointer { dm_hash64($0.baseAddress, $0.count) }
    }

    /// Entries that make consecutive records, and their day.
    // Unchecked because the aggregation is finished and nobody changes its entries any more.
    struct Part: @unchecked Sendable {
        var day: Int32
        /// In the order of their hashes, or nearly.
        var entries: [GroupEntry]
    }

    /// Slots lie in the order of hashes but for the shifts of probing, so sorting them by their tags is quick, and touches
    /// no entry.
    private static func partsByShard(_ groups: ShardedGroups) -> [Part] {
        groups.tables.compactMap { table in table.count > 0 ? Part(day: 0, entries: table.entriesByTag()) : nil }
    }

    private static func partsByDay(_ groups: ShardedGroups) -> [Part] {
        var byDay: [Int32: [GroupEntry]] = [:]
        for table in groups.tables {
            table.forEachEntry { byDay[DayPrefix.day($0.key), default: []].append($0) }
        }
        return byDay.sorted { $0.key < $1.key }.map { Part(day: $0.key, entries: $0.value) }
    }

    struct Sorted {
        var hash: UInt64
        var key: UnsafePointer<UInt8>
        var length: Int32
        var entry: GroupEntry

        init(_ entry: GroupEntry, skipping prefix: Int) {
            self.entry = entry
            key = entry.key + prefix
            length = entry.length < 0 ? entry.length : entry.length - Int32(prefix)
            hash = SegmentWriter.hash(key, length)
        }

        static func precedes(_ a: Sorted, _ b: Sorted) -> Bool {
            if a.hash != b.hash { return a.hash < b.hash }
            return compareBytes(a.key, Int(max(0, a.length)), b.key, Int(max(0, b.length))) < 0
        }
    }

    /// Encodes a part in blocks.
    private static func encode(_ part: Part, _ layout: StateLayout, _ section: Int, dayPrefixed: Bool) -> EncodedPart {
        let out = EncodedPart(codec: RecordCodec(layout: layout), section: section, day: part.day)
        func append(_ item: Sorted) {
            out.append(hash: item.hash, key: item.key, length: item.length, words: UnsafePointer(item.entry.words))
        }
        if dayPrefixed {
            let sorted = part.entries.map { Sorted($0, skipping: DayPrefix.bytes) }.sorted(by: Sorted.precedes)
            for item in sorted { append(item) }
        } else {
            inHashOrder(part.entries, append)
        }
        out.end()
        return out
    }

    /// Entries come in the order of the hashes' upper 36 bits; those that agree in these are put in order here.
    @inline(__always)
    static func inHashOrder(_ entries: [GroupEntry], _ use: (Sorted) throws -> Void) rethrows {
        let ahead = 12
        for entry in entries.prefix(ahead) { dm_prefetch(entry.raw) }
        var run: [Sorted] = []
        for i in entries.indices {
            if i + ahead < entries.count {
                dm_prefetch(entries[i + ahead].raw)
                dm_prefetch(entries[i + ahead].raw + 64)
            }
            let item = Sorted(entries[i], skipping: 0)
            if let last = run.last, last.hash >> 28 != item.hash >> 28 {
                try flush(&run, use)
            }
            run.append(item)
        }
        try flush(&run, use)
    }

    @inline(__always)
    private static func flush(_ run: inout [Sorted], _ use: (Sorted) throws -> Void) rethrows {
        if run.count > 1 { run.sort(by: Sorted.precedes) }
        for item in run { try use(item) }
        run.removeAll(keepingCapacity: true)
    }

    static func hash(_ key: UnsafePointer<UInt8>, _ length: Int32) -> UInt64 {
        var result: UInt64 = 0
        withUnsafePointer(to: Optional(key)) { key in
            withUnsafePointer(to: length) { dm_hash_texts(key, $0, 1, &result) }
        }
        return result
    }
}

/// The day in front of a key: one int64 column as `KeyCodec` encodes it.
package enum DayPrefix {
    static let bytes = 9

    static func day(_ key: UnsafePointer<UInt8>) -> Int32 {
        let word = UInt64(bigEndian: UnsafeRawPointer(key).loadUnaligned(fromByteOffset: 1, as: UInt64.self))
        return Int32(truncatingIfNeeded: Int64(bitPattern: word ^ 1 << 63))
    }
}

/// The records of one section, day and shard, as one identity.
struct PartDigest {
    var section: Int
    var day: Int32
    var shard: Int
    var digest: ContentID

    /// For each day what identifies all its records. The order of parts is that in the segment.
    static func byDay(_ parts: [PartDigest]) -> [SegmentFooter.DayDigest] {
        var words: [Int32: [UInt64]] = [:]
        for part in parts {
            words[part.day, default: []] += [
                UInt64(part.section), UInt64(part.shard), part.digest.high, part.digest.low,
            ]
        }
        return words.sorted { $0.key < $1.key }.map { .init(day: $0.key, digest: ContentID.of(words: $0.value)) }
    }
}

/// Blocks of consecutive records.
// Unchecked because one worker fills it and hands it over.
final class EncodedPart: @unchecked Sendable {
    private(set) var blocks: [SegmentFooter.Block] = []
    private(set) var bytes = 0
    private let codec: RecordCodec
    private let section: Int
    private let day: Int32
    private var buffer = EncodedPart.spare.pop() ?? ByteBuffer(capacity: 4 << 20)
    /// Buffers of parts that have been written.
    private static let spare = SendableStack<ByteBuffer>()
    private var blockStart = 0
    private var records = 0
    private var firstHash: UInt64 = 0
    /// What identifies the records of each shard.
    private(set) var digests: [PartDigest] = []
    private var shard = -1
    private var shardStart = 0

    init(codec: RecordCodec, section: Int, day: Int32) {
        self.codec = codec
        self.section = section
        self.day = day
    }

    @inline(__always)
    func append(hash: UInt64, key: UnsafePointer<UInt8>, length: Int32, words: UnsafePointer<UInt64>) {
        let room = codec.bound(keyLength: Int(max(0, length))) + codec.textBytes(words)
        if bytes + room > buffer.capacity { grow(room) }
        if records == 0 { firstHash = hash }
        if ShardedGroups.shard(hash) != shard { endShard(next: ShardedGroups.shard(hash)) }
        var p = buffer.base + bytes
        codec.write(hash: hash, key: key, length: length, words: words, &p)
        bytes = p - buffer.base
        records += 1
        if bytes - blockStart >= SegmentFormat.blockBytes { endBlock() }
    }

    private func grow(_ room: Int) {
        let larger = ByteBuffer(capacity: max(buffer.capacity * 2, bytes + room))
        larger.copy(from: buffer, at: 0, to: 0, count: bytes)
        buffer = larger
    }

    @inline(never)
    private func endShard(next: Int) {
        if bytes > shardStart {
            let digest = ContentID(ContentID.digest(buffer.base + shardStart, bytes - shardStart, KernelLevel()))
            digests.append(PartDigest(section: section, day: day, shard: shard, digest: digest))
        }
        (shard, shardStart) = (next, bytes)
    }

    /// Ends the last block and the last shard.
    func end() {
        endBlock()
        endShard(next: -1)
    }

    private func endBlock() {
        guard records > 0 else { return }
        let checksum = dm_hash64(buffer.base + blockStart, bytes - blockStart)
        blocks.append(
            SegmentFooter.Block(
                offset: blockStart, bytes: bytes - blockStart, records: records, section: section, day: day,
                firstHash: firstHash, checksum: checksum))
        blockStart = bytes
        records = 0
    }

    /// Writes everything. Call once, at the end.
    func write(to file: FileDoor) throws {
        try file.write(buffer, count: bytes)
        if EncodedPart.spare.count < 8 { EncodedPart.spare.push(buffer) }
    }
}

/// Writes parts one after another and keeps the list of blocks.
// Unchecked because parts come one at a time, out of an `OrderedQueue`.
private final class BlockSink: @unchecked Sendable {
    private(set) var offset: Int
    private(set) var blocks: [SegmentFooter.Block] = []
    private var parts: [PartDigest] = []
    private let file: FileDoor

    var digests: [SegmentFooter.DayDigest] { PartDigest.byDay(parts) }

    init(_ file: FileDoor, offset: Int) {
        self.file = file
        self.offset = offset
    }

    func append(_ part: EncodedPart) throws {
        try part.write(to: file)
        for var block in part.blocks {
            block.offset += offset
            blocks.append(block)
        }
        parts += part.digests
        offset += part.bytes
    }
}

/// Results that arrive in any order and are used in their own.
// Unchecked because everything is touched under `lock`.
package final class OrderedQueue<T: Sendable>: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var waiting: [Int: T] = [:]
    private var next = 0

    package init() {}

    /// Hands over piece `index`; `use` is called, one call at a time, for each piece whose turn has come.
    package func put(_ index: Int, _ value: T, use: (T) throws -> Void) throws {
        try lock.withLock { _ in
            waiting[index] = value
            while let value = waiting.removeValue(forKey: next) {
                next += 1
                try use(value)
            }
        }
    }
}
