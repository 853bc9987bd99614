import CKernels
import DaymillCore

/// What the records of a segment ascend by.
package enum SegmentOrder: Sendable {
    /// Day, hash of the key, key bytes: a range of hashes is a range of records, and hashes spread evenly.
    case hashes
    /// Key bytes, the NULL of a bare text key last, as outputs are sorted; records have no hash, and there are no days.
    case keys
}

/// A segment: an immutable, checksummed file of groups with their partials, sorted by (day, hash, key bytes), or by key bytes.
///
///     8 bytes    magic and version
///     blocks     records, about 64 KiB each; a block holds one section and one day
///     footer     id, counts, layouts of the sections, the list of blocks, a digest per day
///     32 bytes   footer offset · footer length · checksum of footer and these two numbers · magic
///
/// Section 0 holds the groups; section k the distinct pairs of the k-th count(DISTINCT). Every byte is either a checked
/// constant or under a checksum, so any flipped bit is noticed. The bytes depend on the content alone: not on threads,
/// chunks or the order of rows.
package struct SegmentFooter: Sendable, Equatable {
    package struct Block: Sendable, Equatable {
        package var offset: Int
        package var bytes: Int
        package var records: Int
        package var section: Int
        /// Days since 1970-01-01; 0 in a segment without days.
        package var day: Int32
        var firstHash: UInt64
        var checksum: UInt64
    }

    /// The groups of one day, as a whole.
    package struct DayDigest: Sendable, Equatable {
        /// Days since 1970-01-01; 0 in a segment without days.
        package var day: Int32
        /// Identity of the day's records in all sections: equal groups have equal digests, whatever files they came in.
        package var digest: ContentID
    }

    /// What the segment was made of; its file is named by it.
    package var id: ContentID
    /// Known by the file's magic.
    package var order = SegmentOrder.hashes
    /// Rows read, bad rows among them left out.
    package var rows: Int
    /// Rows that the source's policy left out.
    package var badRows: Int
    /// Partials per section.
    package var layouts: [StateLayout]
    package var blocks: [Block]
    /// By day, ascending; only days that have groups.
    package var digests: [DayDigest]

    /// Records of a section.
    package func records(_ section: Int) -> Int { blocks.reduce(0) { $0 + ($1.section == section ? $1.records : 0) } }
    /// The days it holds, ascending.
    package var days: [Int32] { digests.map(\.day) }
}

enum SegmentFormat {
    /// "DAYMILL" and the version of the format; its upper bit is set where records are in the order of keys.
    static func magic(_ order: SegmentOrder) -> UInt64 {
        order == .hashes ? 0x024c_4c49_4d59_4144 : 0x824c_4c49_4d59_4144
    }
    static let trailerBytes = 32
    static let blockBytes = 64 << 10
}

extension SegmentFooter {
    func encoded() -> [UInt8] {
        var words: [UInt64] = [
            id.high, id.low, UInt64(rows), UInt64(badRows), UInt64(layouts.count), UInt64(blocks.count),
            UInt64(digests.count),
        ]
        for layout in layouts {
            words.append(UInt64(layout.kinds.count))
            words += layout.kinds.map { UInt64($0.rawValue) }
        }
        for b in blocks {
            words += [
                UInt64(b.offset), UInt64(b.bytes), UInt64(b.records), UInt64(b.section),
                UInt64(UInt32(bitPattern: b.day)), b.firstHash, b.checksum,
            ]
        }
        for d in digests { words += [UInt64(UInt32(bitPattern: d.day)), d.digest.high, d.digest.low] }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    /// Nil when the bytes are no footer.
    init?(_ bytes: [UInt8]) {
        var words = SegmentFooter.words(bytes)[...]
        guard bytes.count % 8 == 0, words.count >= 7 else { return nil }
        id = ContentID(high: words.removeFirst(), low: words.removeFirst())
        let head = (0..<5).map { _ in words.removeFirst() }
        guard head.allSatisfy({ $0 < 1 << 48 }), head[2] < 4096 else { return nil }
        rows = Int(head[0])
        badRows = Int(head[1])
        layouts = []
        for _ in 0..<head[2] {
            guard let n = words.popFirst(), n <= words.count else { return nil }
            let kinds = words.prefix(Int(n)).compactMap { PartialKind(rawValue: UInt8(truncatingIfNeeded: $0)) }
            guard kinds.count == n else { return nil }
            layouts.append(StateLayout(kinds))
            words.removeFirst(Int(n))
        }
        guard words.count == Int(head[3]) * 7 + Int(head[4]) * 3 else { return nil }
        blocks = []
        blocks.reserveCapacity(Int(head[3]))
        let blocksEnd = words.startIndex + Int(head[3]) * 7
        digests = stride(from: blocksEnd, to: words.endIndex, by: 3).map { i in
            DayDigest(
                day: Int32(bitPattern: UInt32(truncatingIfNeeded: words[i])),
                digest: ContentID(high: words[i + 1], low: words[i + 2]))
        }
        for i in stride(from: words.startIndex, to: blocksEnd, by: 7) {
            blocks.append(
                Block(
                    offset: Int(words[i]), bytes: Int(words[i + 1]), records: Int(words[i + 2]),
                    section: Int(words[i + 3]), day: Int32(bitPattern: UInt32(truncatingIfNeeded: words[i + 4])),
                    firstHash: words[i + 5], checksum: words[i + 6]))
        }
    }

    private static func words(_ bytes: [UInt8]) -> [UInt64] {
        bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 8).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
    }
}
