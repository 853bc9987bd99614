import CKernels
import DaymillCore

/// A window in the order of keys, changed by groups in that order, from date to date: read once, from the beginning to the end.
///
///     window    a 3   b 1   c 7   d 1   …        blocks of a segment, cut into pieces for workers
///     changes         b +2        d −1   e +1    in memory, sorted by key; of a key by date
///     date 0    a 3   b 3   c 7         e 1      d is on no day any more
///     date 1    a 3   b 3   c 7         e 1      what no later change touches is there once for all dates
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
    ///   - changes: of the same layout; nil: the window stays as it is.
    ///   - pieceBlocks: of a piece; by and by less where there are many dates, since a piece is made for all of them.
    /// - Throws: `.storeDamaged`, `.io`.
    package init(_ window: SegmentReader, _ changes: SortedGroups?, pieceBlocks: Int? = nil) throws {
        precondition(window.footer.order == .keys)
        self.window = window
        self.changes = changes
        let pieceBlocks = pieceBlocks ?? max(4, 32 / max(1, changes?.dates ?? 1))
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
    /// To how many dates the window rolls.
    package var dates: Int { max(1, changes?.dates ?? 1) }

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
    private let dates: Int
    private var isDone = false
    /// The record at hand is done with, and was the last of its block: another one is loaded when nothing refers to it.
    private var isLoadDue = false
    /// How the window's record compares with the next change.
    private var order = 0
    /// The key of the next change, if there is one.
    private var changeKey: UnsafePointer<UInt8>
    private var changeLength: Int32 = 0

    init(_ roll: KeyedRoll, _ piece: KeyedRoll.Piece) throws {
        strand = KeyedStrand(roll.window, piece.blocks)
        changes = roll.changes?.list
        (next, end) = (piece.changes.lowerBound, piece.changes.upperBound)
        days = roll.layout.words - 1
        dates = roll.dates
        changeKey = strand.key
        lookAtChange()
        try step()
    }

    /// Fills a batch with the next groups; false when there are none any more.
    ///
    /// - Throws: `.storeDamaged`, `.io`; `NotSubtractable` where more is taken away than is there.
    package func next(into batch: RolledGroups) throws -> Bool {
        batch.removeAll()
        while true {
            if isLoadDue {
                if batch.count > 0 { break }
                isLoadDue = false
                try step()
            } else if isDone {
                guard next < end, try change(in: batch, hasRecord: false) else { break }
            } else if order < 0 {
                guard batch.append(strand) else { break }
                try passRecord()
            } else {
                guard try change(in: batch, hasRecord: order == 0) else { break }
            }
        }
        return batch.count > 0
    }

    /// Adds a key with all its changes; false when the batch is full.
    ///
    /// - Parameter hasRecord: the window has the key too.
    private func change(in batch: RolledGroups, hasRecord: Bool) throws -> Bool {
        let first = changes!.entry(next), length = first.length
        // A group before the changes, and one after each.
        guard batch.groups.hasRoom(for: dates + 1, keyLength: length) else { return false }
        var words = hasRecord ? batch.append(strand.key, length, strand.words, from: 0) : nil
        var from = 0
        repeat {
            let entry = changes!.entry(next), date = Int(entry.tag)
            if let before = words {
                let changed = date == from ? before : batch.split(at: date)!
                batch.groups.merge(entry.words, into: changed)
                words = try left(changed, in: batch)
            } else {
                guard entry.words[days] > 0 else { throw NotSubtractable() }
                let added = batch.append(entry.key, length, entry.words, from: date)!
                words = try left(added, in: batch)
            }
            from = date
            skipChange()
        } while next < end && isSame(changes!.entry(next), first)
        if hasRecord { try passRecord() } else { compare() }
        return true
    }

    /// The last group of a batch, if any day holds it still.
    @inline(__always)
    private func left(
        _ words: UnsafeMutablePointer<UInt64>, in batch: RolledGroups
    ) throws -> UnsafeMutablePointer<UInt64>? {
        guard words[days] >> 63 == 0 else { throw NotSubtractable() }
        if words[days] > 0 { return words }
        batch.removeLast()
        return nil
    }

    @inline(__always)
    private func isSame(_ a: GroupEntry, _ b: GroupEntry) -> Bool {
        dates > 1 && a.length == b.length && compareSortedKeys(a.key, a.length, b.key, b.length) == 0
    }

    /// Changes lie in the order in which they were merged: each is elsewhere in memory.
    @inline(__always)
    private func skipChange() {
        next &+= 1
        lookAtChange()
        if next &+ 16 < end, let changes { dm_prefetch(changes.entry(next &+ 16).raw) }
    }

    @inline(__always)
    private func passRecord() throws {
        if strand.isAtEnd { isLoadDue = true } else { try step() }
    }

    @inline(__always)
    private func step() throws {
        isDone = try !strand.step()
        compare()
    }

    @inline(__always)
    private func compare() {
        guard !isDone, next < end else {
            order = -1
            return
        }
        order = compareSortedKeys(strand.key, strand.length, changeKey, changeLength)
    }

    /// Looks at the next change.
    @inline(__always)
    private func lookAtChange() {
        guard next < end, let entry = changes?.entry(next) else { return }
        (changeKey, changeLength) = (entry.key, entry.length)
    }
}

/// Reads the records of some blocks of a segment in the order of keys, one after another. Holds one block.
final class KeyedStrand {
    /// The record it stands at: valid until the next step.
    private(set) var key: UnsafePointer<UInt8>
    private(set) var length: Int32 = 0
    let words: UnsafeMutablePointer<UInt64>
    /// Its bytes, as they lie in the block.
    private(set) var record: UnsafePointer<UInt8>
    var recordBytes: Int { next - record }
    /// Whether it is the last of its block.
    var isAtEnd: Bool { left == 0 }

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
        record = next
    }

    /// Steps to the next record; false at the end.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    @inline(__always)
    func step() throws -> Bool {
        if left == 0 { guard try load() else { return false } }
        // A local one: the property would be held, and looked after, while the record is read.
        var p = next
        record = p
        guard let read = codec.read(&p, end, words: words) else { throw broken }
        next = p
        left &-= 1
        if left == 0 && next != end { throw broken }
        (key, length) = (read.key, read.length)
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
