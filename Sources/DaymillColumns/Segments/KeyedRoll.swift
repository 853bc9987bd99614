import CKernels
import DaymillCore

/// A window in the order of keys, changed by groups in that order: read once, from the beginning to the end.
///
///     window   a 3   b 1   c 7   d 1   …        blocks of a segment, cut into pieces for workers
///     changes        b +2        d −1   e +1     in memory, sorted
///     result   a 3   b 3   c 7         e 1       d is on no day any more
///
/// Nothing is compared but keys that stand beside each other, and most records of the window are only passed on.
package final class KeyedRoll: Sendable {
    /// Consecutive blocks, and the changes that belong between their keys.
    struct Piece: Sendable {
        var blocks: Range<Int>
        var changes: Range<Int>
    }

    let window: SegmentReader
    let changes: SortedGroups?
    let pieces: [Piece]

    /// - Parameters:
    ///   - window: in the order of keys; its last partial counts days.
    ///   - changes: of the same layout.
    ///   - pieceBlocks: of a piece.
    /// - Throws: `.storeDamaged`, `.io`.
    package init(_ window: SegmentReader, _ changes: SortedGroups?, pieceBlocks: Int = 32) throws {
        precondition(window.footer.order == .keys)
        self.window = window
        self.changes = changes
        let blocks = window.footer.blocks.count
        let starts = Array(stride(from: 0, to: max(1, blocks), by: pieceBlocks))
        let firsts = try starts.map { $0 == 0 ? 0 : try KeyedRoll.first(of: changes, at: $0, window) }
        pieces = starts.indices.map { i in
            let isLast = i + 1 == starts.count
            return Piece(
                blocks: starts[i]..<(isLast ? blocks : starts[i + 1]),
                changes: firsts[i]..<(isLast ? changes?.count ?? 0 : firsts[i + 1]))
        }
    }

    package var layout: StateLayout { window.footer.layouts[0] }
    package var count: Int { pieces.count }

    package func cursor(_ piece: Int) throws -> KeyedRollCursor { try KeyedRollCursor(self, pieces[piece]) }

    /// Where the changes from a block's first key on begin.
    private static func first(of changes: SortedGroups?, at block: Int, _ window: SegmentReader) throws -> Int {
        guard let changes else { return 0 }
        let strand = KeyedStrand(window, block..<block + 1)
        guard try strand.step() else { return 0 }
        return changes.first(from: strand.key, strand.length)
    }
}

/// The groups of one piece of a `KeyedRoll`.
package final class KeyedRollCursor {
    private let strand: KeyedStrand
    private let changes: GroupList?
    private var next: Int
    private let end: Int
    private let days: Int
    private var isDone = false
    /// How the window's record compares with the next change.
    private var order = 0

    init(_ roll: KeyedRoll, _ piece: KeyedRoll.Piece) throws {
        strand = KeyedStrand(roll.window, piece.blocks)
        changes = roll.changes?.list
        (next, end) = (piece.changes.lowerBound, piece.changes.upperBound)
        days = roll.layout.words - 1
        try step()
    }

    /// Fills a batch with the next groups; false when there are none any more.
    ///
    /// - Throws: `.storeDamaged`, `.io`; `NotSubtractable` where more is taken away than is there.
    package func next(into batch: MergedGroups) throws -> Bool {
        batch.removeAll()
        while true {
            if isDone {
                guard next < end, try addChange(to: batch) else { break }
            } else if order < 0 {
                guard append(to: batch) != nil else { break }
                try step()
            } else if order == 0 {
                guard try changeRecord(in: batch) else { break }
            } else {
                guard try addChange(to: batch) else { break }
            }
        }
        return batch.count > 0
    }

    @inline(__always)
    private func append(to batch: MergedGroups) -> UnsafeMutablePointer<UInt64>? {
        batch.append(hash: 0, key: strand.key, length: strand.length, day: 0, words: strand.words)
    }

    /// False when the batch is full.
    private func changeRecord(in batch: MergedGroups) throws -> Bool {
        guard let words = append(to: batch), let changes else { return false }
        batch.merge(changes.entry(next).words, into: words)
        guard words[days] >> 63 == 0 else { throw NotSubtractable() }
        if words[days] == 0 { batch.removeLast() }
        skipChange()
        try step()
        return true
    }

    /// A group that the window does not have; false when the batch is full.
    private func addChange(to batch: MergedGroups) throws -> Bool {
        guard let entry = changes?.entry(next) else { return false }
        let words = entry.words
        guard words[days] > 0, words[days] >> 63 == 0 else { throw NotSubtractable() }
        guard batch.append(hash: 0, key: entry.key, length: entry.length, day: 0, words: words) != nil else {
            return false
        }
        skipChange()
        compare()
        return true
    }

    /// Changes lie in the order in which they were merged: each is elsewhere in memory.
    @inline(__always)
    private func skipChange() {
        next &+= 1
        if next &+ 16 < end, let changes { dm_prefetch(changes.entry(next &+ 16).raw) }
    }

    @inline(__always)
    private func step() throws {
        isDone = try !strand.step()
        compare()
    }

    @inline(__always)
    private func compare() {
        guard !isDone, next < end, let entry = changes?.entry(next) else {
            order = -1
            return
        }
        order = compareSortedKeys(strand.key, strand.length, entry.key, entry.length)
    }
}

/// Reads the records of some blocks of a segment in the order of keys, one after another. Holds one block.
final class KeyedStrand {
    /// The record it stands at: valid until the next step.
    private(set) var key: UnsafePointer<UInt8>
    private(set) var length: Int32 = 0
    let words: UnsafeMutablePointer<UInt64>

    private let reader: SegmentReader
    private let codec: RecordCodec
    private let memory: Buffer<UInt64>
    private var blocks: Range<Int>
    private var buffer: ByteBuffer
    private var next: UnsafePointer<UInt8>
    private var end: UnsafePointer<UInt8>
    private var left = 0

    init(_ reader: SegmentReader, _ blocks: Range<Int>) {
        self.reader = reader
        self.blocks = blocks
        codec = RecordCodec(layout: reader.footer.layouts[0], order: .keys)
        memory = Buffer(capacity: max(1, codec.layout.words))
        words = memory.pointer
        buffer = ByteBuffer(capacity: SegmentFormat.blockBytes + 4096 - RawMemory.padding)
        next = UnsafePointer(buffer.base)
        end = next
        key = next
    }

    /// Steps to the next record; false at the end.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    @inline(__always)
    func step() throws -> Bool {
        if left == 0 { guard try load() else { return false } }
        guard let record = codec.read(&next, end, words: words) else { throw broken }
        left &-= 1
        if left == 0 && next != end { throw broken }
        (key, length) = (record.key, record.length)
        return true
    }

    @inline(never)
    private func load() throws -> Bool {
        guard let number = blocks.popFirst() else { return false }
        let block = reader.footer.blocks[number]
        if block.bytes > buffer.capacity { buffer = ByteBuffer(capacity: block.bytes) }
        try reader.load(block, buffer)
        next = UnsafePointer(buffer.base)
        end = next + block.bytes
        left = block.records
        guard left > 0 else { throw broken }
        return true
    }

    private var broken: DaymillError { reader.brokenRecord(reader.footer.blocks[max(0, blocks.lowerBound - 1)]) }
}
