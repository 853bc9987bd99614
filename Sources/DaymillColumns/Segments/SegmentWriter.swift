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
    ///   - dayPrefixed: keys begin with an encoded day: see `KeyCodec` (9 bytes: 01, then the day as int64).
    /// - Returns: the footer, the file's size and the file, still to be synced.
    package static func write(
        _ sections: [Section], rows: Int, badRows: Int, dayPrefixed: Bool, to path: String, threads: Int
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let file = try FileDoor.create(path)
        try file.write(littleEndian([SegmentFormat.magic]))
        let sink = BlockSink(file, offset: 8)
        for (number, section) in sections.enumerated() {
            let parts = dayPrefixed ? partsByDay(section.groups) : partsByShard(section.groups)
            let queue = OrderedQueue<EncodedPart>()
            try Workers.eachThrowing(parts.count, threads) { i in
                let encoded = encode(parts[i], section.groups.layout, number, dayPrefixed: dayPrefixed)
                try queue.put(i, encoded) { try sink.append($0) }
            }
        }
        let footer = SegmentFooter(rows: rows, badRows: badRows, layouts: sections.map(\.groups.layout), blocks: sink.blocks)
        let bytes = footer.encoded()
        let numbers = littleEndian([UInt64(sink.offset), UInt64(bytes.count)])
        try file.write(bytes + numbers + littleEndian([checksum(bytes + numbers), SegmentFormat.magic]))
        return (footer, sink.offset + bytes.count + SegmentFormat.trailerBytes, file)
    }

    static func littleEndian(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBufferPointer { dm_hash64($0.baseAddress, $0.count) } }

    /// Entries that make consecutive records, and their day.
    struct Part: @unchecked Sendable {
        // Unchecked because the aggregation is finished and nobody changes its entries any more.
        var day: Int32
        var entries: [GroupEntry]
    }

    private static func partsByShard(_ groups: ShardedGroups) -> [Part] {
        groups.tables.compactMap { table in
            guard table.count > 0 else { return nil }
            var entries: [GroupEntry] = []
            entries.reserveCapacity(table.count)
            table.forEachEntry { entries.append($0) }
            return Part(day: 0, entries: entries)
        }
    }

    private static func partsByDay(_ groups: ShardedGroups) -> [Part] {
        var byDay: [Int32: [GroupEntry]] = [:]
        for table in groups.tables {
            table.forEachEntry { byDay[DayPrefix.day($0.key), default: []].append($0) }
        }
        return byDay.sorted { $0.key < $1.key }.map { Part(day: $0.key, entries: $0.value) }
    }

    private struct Sorted {
        var hash: UInt64
        var entry: GroupEntry
    }

    /// Sorts a part and encodes it in blocks.
    private static func encode(_ part: Part, _ layout: StateLayout, _ section: Int, dayPrefixed: Bool) -> EncodedPart {
        let skipped = dayPrefixed ? DayPrefix.bytes : 0
        func key(_ entry: GroupEntry) -> UnsafePointer<UInt8> { entry.key + skipped }
        func length(_ entry: GroupEntry) -> Int32 {
            let n = entry.length
            return n < 0 ? n : n - Int32(skipped)
        }
        var sorted: [Sorted] = []
        sorted.reserveCapacity(part.entries.count)
        for (i, entry) in part.entries.enumerated() {
            if i + 16 < part.entries.count { dm_prefetch(part.entries[i + 16].raw) }
            sorted.append(Sorted(hash: hash(key(entry), length(entry)), entry: entry))
        }
        sortNearlySorted(&sorted) { a, b in
            if a.hash != b.hash { return a.hash < b.hash }
            return compareBytes(
                key(a.entry), Int(max(0, length(a.entry))), key(b.entry), Int(max(0, length(b.entry)))) < 0
        }
        let out = EncodedPart(codec: RecordCodec(layout: layout), section: section, day: part.day)
        for item in sorted {
            let words = UnsafePointer(item.entry.words)
            out.append(hash: item.hash, key: key(item.entry), length: length(item.entry), words: words)
        }
        out.endBlock()
        return out
    }

    /// Slots lie in the order of hashes but for the shifts of probing, so a few steps of insertion put most in place; if
    /// it takes more, an ordinary sort finishes.
    @inline(__always)
    private static func sortNearlySorted(_ items: inout [Sorted], by precedes: (Sorted, Sorted) -> Bool) {
        var budget = 16 * items.count
        items.withUnsafeMutableBufferPointer { items in
            for i in items.indices.dropFirst() where precedes(items[i], items[i - 1]) {
                let item = items[i]
                var j = i
                while j > 0 && precedes(item, items[j - 1]) && budget > 0 {
                    items[j] = items[j - 1]
                    j -= 1
                    budget -= 1
                }
                items[j] = item
                if budget <= 0 { return }
            }
        }
        if budget <= 0 { items.sort(by: precedes) }
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

/// Blocks of consecutive records.
final class EncodedPart: @unchecked Sendable {
    // Unchecked because one worker fills it and hands it over.
    private(set) var blocks: [SegmentFooter.Block] = []
    private(set) var bytes = 0
    private let codec: RecordCodec
    private let section: Int
    private let day: Int32
    private var buffer = ByteBuffer(capacity: 1 << 20)
    private var blockStart = 0
    private var records = 0
    private var firstHash: UInt64 = 0

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

    func endBlock() {
        guard records > 0 else { return }
        let checksum = dm_hash64(buffer.base + blockStart, bytes - blockStart)
        blocks.append(
            SegmentFooter.Block(
                offset: blockStart, bytes: bytes - blockStart, records: records, section: section, day: day,
                firstHash: firstHash, checksum: checksum))
        blockStart = bytes
        records = 0
    }

    func write(to file: FileDoor) throws { try file.write(buffer, count: bytes) }
}

/// Writes parts one after another and keeps the list of blocks.
private final class BlockSink: @unchecked Sendable {
    // Unchecked because parts come one at a time, out of an `OrderedQueue`.
    private(set) var offset: Int
    private(set) var blocks: [SegmentFooter.Block] = []
    private let file: FileDoor

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
        offset += part.bytes
    }
}

/// Results that arrive in any order and are used in their own.
package final class OrderedQueue<T: Sendable>: @unchecked Sendable {
    // Unchecked because everything is touched under `lock`.
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
