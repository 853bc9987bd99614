import CKernels
import DaymillCore

/// A piece of a file with the index of its delimiters and line ends: whole records only.
///
///     buffer   [0] the byte before │ bytes of the piece … │ the rest of the last record │ 64 bytes padding
///     index    positions in the buffer, ascending; bit 31 marks the end of a record
package final class CSVChunk {
    let level: KernelLevel
    let dialect: CSVDialect
    var buffer: ByteBuffer
    var index: Buffer<UInt32>
    var indexCount = 0
    /// Where the first record begins, in the buffer.
    var firstRecord: UInt32 = 0
    /// The file's offset of buffer[0]; -1 for the first piece.
    var origin = -1
    /// Quoted fields may hold quotes.
    var careful = false
    /// Bytes above 127 occur.
    var high = false
    /// The last record's quote never closes.
    var endsInsideQuotes = false

    package init(dialect: CSVDialect, level: KernelLevel = KernelLevel(), bytes: Int = ContentID.block) {
        self.dialect = dialect
        self.level = level
        let capacity = bytes + 1 + CSVChunk.overlap
        buffer = ByteBuffer(capacity: capacity)
        index = Buffer(capacity: capacity + 128)
    }

    /// Bytes read beyond a piece, for the end of its last record.
    static let overlap = 4 << 10

    /// Makes room for `bytes`, keeping what is there.
    func reserve(_ bytes: Int) {
        guard bytes > buffer.capacity else { return }
        let capacity = max(bytes, buffer.capacity * 2)
        let larger = ByteBuffer(capacity: capacity)
        larger.copy(from: buffer, at: 0, to: 0, count: buffer.capacity)
        let largerIndex = Buffer<UInt32>(capacity: capacity + 128)
        largerIndex.pointer.update(from: index.pointer, count: indexCount)
        buffer = larger
        index = largerIndex
    }

    func begin(origin: Int) {
        indexCount = 0
        careful = false
        high = false
        endsInsideQuotes = false
        self.origin = origin
    }

    /// Looks at buffer[from..<to] and says how the state of the automaton will change, if that can be said at once.
    func survey(_ from: Int, _ to: Int, previous: UInt8) -> Survey {
        let summary = level.summary(buffer.base + from, to - from, previous: previous, dialect)
        high = high || summary.high != 0
        let last = to > from ? buffer.base[to - 1] : previous
        return Survey(summary: summary, previous: previous, last: last, dialect: dialect)
    }

    /// Indexes buffer[from..<to], which `survey` describes; returns the state at `to`.
    func addIndex(_ from: Int, _ to: Int, _ survey: Survey, state: UInt32) -> UInt32 {
        let out = index.pointer + indexCount
        let base = buffer.base + from
        let added: Int
        var result: UInt32
        if let after = survey.state(from: state) {
            var inside: UInt32 = state == UInt32(DM_CSV_QUOTED) ? 1 : 0
            let quote = survey.summary.quotes == 0 && inside == 0 ? -1 : dialect.quoteOrNone
            added = dm_csv_index(level.level, base, to - from, dialect.delimiter, quote, &inside, out)
            careful = careful || survey.summary.doubled != 0
            result = after
        } else {
            result = state
            added = dm_csv_index_exact(base, to - from, dialect.delimiter, dialect.quoteOrNone, &result, out)
            careful = true
        }
        if from > 0 {
            let shift = UInt32(from)
            for i in 0..<added { out[i] &+= shift }
        }
        indexCount += added
        return result
    }

    /// What one look at some bytes says about the automaton.
    struct Survey {
        let summary: dm_csv_summary_t
        let previous: UInt8
        let last: UInt8
        let dialect: CSVDialect

        /// The state after the bytes; nil when only walking through them can tell.
        func state(from state: UInt32) -> UInt32? {
            guard let quote = dialect.quote else { return end(inside: false) }
            let inside = state == UInt32(DM_CSV_QUOTED)
            if inside ? summary.stray_inside != 0 : summary.stray_outside != 0 { return nil }
            // A quote that was taken as an ordinary character just before: the bytes alone would mislead.
            if state == UInt32(DM_CSV_UNQUOTED) && previous == quote { return nil }
            return end(inside: inside != (summary.parity != 0))
        }

        private func end(inside: Bool) -> UInt32 {
            if inside { return UInt32(DM_CSV_QUOTED) }
            if last == dialect.delimiter || last == 0x0a { return UInt32(DM_CSV_FIELD_START) }
            return UInt32(last == dialect.quote ? DM_CSV_QUOTE_IN_QUOTED : DM_CSV_UNQUOTED)
        }
    }

    /// The first index entry at or after `position` that ends a record; nil when there is none.
    func lineEnd(atOrAfter position: Int) -> Int? {
        var low = 0, high = indexCount
        while low < high {
            let middle = (low + high) / 2
            if Int(index.pointer[middle] & ~DM_CSV_LINE_END) < position { low = middle + 1 } else { high = middle }
        }
        while low < indexCount && index.pointer[low] & DM_CSV_LINE_END == 0 { low += 1 }
        return low < indexCount ? low : nil
    }

    /// Drops the entries up to and including the one that ends a record begun before; false when none does.
    func skipToFirstRecord() -> Bool {
        guard let end = lineEnd(atOrAfter: 0) else { return false }
        firstRecord = (index.pointer[end] & ~DM_CSV_LINE_END) + 1
        let rest = indexCount - end - 1
        index.pointer.update(from: index.pointer + end + 1, count: rest)
        indexCount = rest
        return true
    }

    /// Ends the last record where the file ends.
    func closeAtEnd(_ end: Int, state: UInt32) {
        let last = indexCount > 0 ? Int(index.pointer[indexCount - 1] & ~DM_CSV_LINE_END) + 1 : Int(firstRecord)
        let endsRecord = indexCount > 0 && index.pointer[indexCount - 1] & DM_CSV_LINE_END != 0
        guard end > last || (indexCount > 0 && !endsRecord) else { return }
        index.pointer[indexCount] = UInt32(end) | DM_CSV_LINE_END
        indexCount += 1
        endsInsideQuotes = state == UInt32(DM_CSV_QUOTED)
    }
}
