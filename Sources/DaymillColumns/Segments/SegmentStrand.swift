import DaymillCore

/// The blocks of one section and one day of one segment: records that ascend by hash, then key bytes.
package struct SegmentSpan: Sendable {
    package let reader: SegmentReader
    package let section: Int
    /// The day that its groups count for.
    package let day: Int32
    /// Positions in the footer.
    package let blocks: Range<Int>
    let term: SegmentTerm

    /// The spans of a section in all inputs.
    package static func all(of inputs: [SegmentMerge.Input], section: Int) -> [SegmentSpan] {
        inputs.flatMap { spans(of: $0, section) }
    }

    private static func spans(of input: SegmentMerge.Input, _ section: Int) -> [SegmentSpan] {
        precondition(input.reader.footer.order == .hashes, "a segment in the order of keys has no hashes")
        let blocks = input.reader.footer.blocks
        var spans: [SegmentSpan] = []
        var first = 0
        while first < blocks.count {
            let day = blocks[first].day, owner = blocks[first].section
            var end = first + 1
            while end < blocks.count, blocks[end].day == day, blocks[end].section == owner { end += 1 }
            if owner == section, input.days?.contains(day) ?? true {
                spans.append(
                    SegmentSpan(
                        reader: input.reader, section: section, day: input.term.day ?? day, blocks: first..<end,
                        term: input.term))
            }
            first = end
        }
        return spans
    }

    package var bytes: Int { blocks.reduce(0) { $0 + reader.footer.blocks[$1].bytes } }
    package var records: Int { blocks.reduce(0) { $0 + reader.footer.blocks[$1].records } }

    /// The blocks that may hold hashes of a range: equal hashes may lie on both sides of a block's start.
    func blocks(holding hashes: ClosedRange<UInt64>) -> Range<Int> {
        let all = reader.footer.blocks
        let first = firstBlock { all[$0].firstHash >= hashes.lowerBound }
        let end = firstBlock { all[$0].firstHash > hashes.upperBound }
        return max(blocks.lowerBound, min(first - 1, end))..<end
    }

    /// The first block for which `test` holds, as it then does for all later ones.
    private func firstBlock(_ test: (Int) -> Bool) -> Int {
        var low = blocks.lowerBound, high = blocks.upperBound
        while low < high {
            let middle = (low + high) / 2
            if test(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Reads the records of a span one after another, of which those with hashes of a range. Holds one block.
final class SegmentStrand {
    let day: Int32
    /// The record it stands at: valid until the next step.
    private(set) var hash: UInt64 = 0
    private(set) var key: UnsafePointer<UInt8>
    private(set) var length: Int32 = 0
    let words: UnsafeMutablePointer<UInt64>

    private let reader: SegmentReader
    private let codec: RecordCodec
    private let term: SegmentTerm
    private let isPlain: Bool
    /// Sums that do not fit the record's words.
    private let sums = TextArena()
    private let hashes: ClosedRange<UInt64>
    private let memory: Buffer<UInt64>
    private let blocks: Range<Int>
    private var nextBlock: Int
    private var buffer: ByteBuffer
    private var next: UnsafePointer<UInt8>
    private var end: UnsafePointer<UInt8>
    private var left = 0

    init(_ span: SegmentSpan, hashes: ClosedRange<UInt64>) {
        reader = span.reader
        day = span.day
        codec = RecordCodec(layout: span.reader.footer.layouts[span.section])
        term = span.term
        isPlain = term.extra == nil && !term.isSubtracted
        self.hashes = hashes
        memory = Buffer(capacity: codec.layout.words + 1)
        words = memory.pointer
        blocks = span.blocks(holding: hashes)
        nextBlock = blocks.lowerBound
        buffer = ByteBuffer(capacity: SegmentFormat.blockBytes + 4096 - RawMemory.padding)
        next = UnsafePointer(buffer.base)
        end = next
        key = next
    }

    /// Steps to the next record of the range; false at the end.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    @inline(__always)
    func step() throws -> Bool {
        repeat {
            if left == 0 { guard try load() else { return false } }
            guard let record = codec.read(&next, end, words: words) else { throw broken }
            left &-= 1
            if left == 0 && next != end { throw broken }
            (hash, key, length) = (record.hash, record.key, record.length)
        } while hash < hashes.lowerBound
        guard hash <= hashes.upperBound else { return false }
        if !isPlain { try change() }
        return true
    }

    /// Makes the record's words what its segment counts as.
    private func change() throws {
        let n = codec.layout.words
        if let extra = term.extra { words[n] = extra }
        guard term.isSubtracted else { return }
        sums.reset()
        guard StateNegation.negate(words, codec.layout, sums) else { throw NotSubtractable() }
        if term.extra != nil { words[n] = 0 &- words[n] }
    }

    @inline(never)
    private func load() throws -> Bool {
        guard nextBlock < blocks.upperBound else { return false }
        let block = reader.footer.blocks[nextBlock]
        if block.bytes > buffer.capacity { buffer = ByteBuffer(capacity: block.bytes) }
        try reader.load(block, buffer)
        nextBlock += 1
        next = UnsafePointer(buffer.base)
        end = next + block.bytes
        left = block.records
        guard left > 0 else { throw broken }
        return true
    }

    private var broken: DaymillError { reader.brokenRecord(reader.footer.blocks[max(0, nextBlock - 1)]) }
}
