import CKernels
import DaymillCore

extension SegmentWriter {
    /// Writes the bytes that `write` writes, with little memory beside that of the groups: some parts of `partBytes`, and
    /// 32 bytes per group where keys begin with a day. For groups that take nearly all the memory there is.
    ///
    /// - Returns: the footer, the file's size and the file, still to be synced.
    /// - Throws: `.io`.
    package static func stream(
        _ sections: [ShardedGroups], id: ContentID, rows: Int, badRows: Int, dayPrefixed: Bool, to path: String,
        threads: Int, partBytes: Int = 4 << 20
    ) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor) {
        let writer = try SegmentStreamWriter(path, id: id, sections.map(\.layout), hasDays: dayPrefixed)
        for (number, groups) in sections.enumerated() {
            if dayPrefixed {
                try streamDays(groups, number, writer, threads, partBytes)
            } else {
                try streamShards(groups, number, writer, threads, partBytes)
            }
        }
        return try writer.finish(rows: rows, badRows: badRows)
    }

    private static func streamShards(
        _ groups: ShardedGroups, _ section: Int, _ writer: SegmentStreamWriter, _ threads: Int, _ partBytes: Int
    ) throws {
        try writer.appendPieces(ShardedGroups.shards, threads, partBytes: partBytes) { shard, parts in
            parts.begin(groups.layout, section: section)
            try inHashOrder(groups.tables[shard].entriesByTag()) { item in
                parts.part.append(hash: item.hash, key: item.key, length: item.length, words: item.entry.words)
                try parts.handOverIfFull()
            }
        }
    }

    private static func streamDays(
        _ groups: ShardedGroups, _ section: Int, _ writer: SegmentStreamWriter, _ threads: Int, _ partBytes: Int
    ) throws {
        let sorted = DayOrder(groups, threads)
        try writer.appendPieces(sorted.buckets.count, threads, partBytes: partBytes) { i, parts in
            let bucket = sorted.buckets[i]
            parts.begin(groups.layout, section: section, day: bucket.day)
            sorted.sort(bucket)
            for position in bucket.items {
                let item = sorted.items[position], entry = sorted.entry(item)
                parts.part.append(
                    hash: item.hash, key: entry.key + DayPrefix.bytes, length: entry.length - Int32(DayPrefix.bytes),
                    words: entry.words)
                try parts.handOverIfFull()
            }
        }
    }
}

/// Groups whose keys begin with a day, spread over buckets by the day and the top bits of the rest's hash.
// Unchecked because workers touch different buckets.
private final class DayOrder: @unchecked Sendable {
    struct Item {
        var hash: UInt64
        var reference: UInt32
        var day: Int32
    }

    struct Bucket {
        var day: Int32
        var items: Range<Int>
    }

    private(set) var buckets: [Bucket] = []
    private let base: UnsafeMutableRawPointer
    private let memory: Buffer<Item>
    var items: UnsafeMutablePointer<Item> { memory.pointer }

    init(_ groups: ShardedGroups, _ threads: Int) {
        base = groups.pool.base
        let all = DayOrder.all(groups, threads)
        memory = Buffer(capacity: all.capacity)
        spread(all)
    }

    private static func all(_ groups: ShardedGroups, _ threads: Int) -> Buffer<Item> {
        let all = Buffer<Item>(capacity: groups.count)
        let items = SendablePointer(all.pointer)
        Workers.each(groups.tables.count, threads) { shard in
            var n = groups.tables[..<shard].reduce(0) { $0 + $1.count }
            groups.tables[shard].forEachEntry { entry in
                let key = entry.key + DayPrefix.bytes
                items.p[n] = Item(
                    hash: SegmentWriter.hash(key, entry.length - Int32(DayPrefix.bytes)),
                    reference: groups.pool.reference(to: entry.raw), day: DayPrefix.day(entry.key))
                n += 1
            }
        }
        return all
    }

    private func spread(_ all: Buffer<Item>) {
        var next: [Int64: Int] = [:]
        for i in 0..<all.capacity { next[DayOrder.bucket(all.pointer[i]), default: 0] += 1 }
        var sum = 0
        for key in next.keys.sorted() {
            let count = next[key]!
            buckets.append(Bucket(day: Int32(truncatingIfNeeded: key >> 4), items: sum..<sum + count))
            (next[key], sum) = (sum, sum + count)
        }
        for i in 0..<all.capacity {
            let item = all.pointer[i], bucket = DayOrder.bucket(item), place = next[bucket]!
            items[place] = item
            next[bucket] = place + 1
        }
    }

    private static func bucket(_ item: Item) -> Int64 { Int64(item.day) << 4 | Int64(ShardedGroups.shard(item.hash)) }

    func entry(_ item: Item) -> GroupEntry { GroupEntry(base + Int(item.reference) * 8) }

    func sort(_ bucket: Bucket) {
        var part = UnsafeMutableBufferPointer(start: items + bucket.items.lowerBound, count: bucket.items.count)
        part.sort { a, b in
            if a.hash != b.hash { return a.hash < b.hash }
            let (x, y) = (entry(a), entry(b))
            return compareBytes(x.key, Int(x.length), y.key, Int(y.length)) < 0
        }
    }
}
