import CKernels
import DaymillCore

/// Turns the records of CSV chunks into typed columns, a batch at a time. One per worker.
package final class CSVBatchReader: BatchReader {
    private let rules: CSVRules
    private let capacity: Int
    private let conversion: ColumnConversion
    private let kinds: [Buffer<UInt8>]
    private let rowStarts: Buffer<UInt32>
    private let arena = TextArena()
    private var fields = 0
    private var fieldOfColumn: [Int?] = []
    private var chunk = CSVChunk(dialect: CSVDialect(), bytes: 0)
    private var position = 0
    /// Where the index of whole records ends: before a record whose quote never closes.
    private var end = 0
    private var rowStart: UInt32 = 0
    private let nullWords: [[UInt8]]
    private let nullIsEmpty: Bool

    package private(set) var columns: [Vector]
    package private(set) var count = 0
    package private(set) var bad: [BadRecord] = []

    /// Marks in `kinds`, beside those of the kernel.
    private enum Mark {
        static let quoted: UInt8 = 1
        static let careful: UInt8 = 2
        static let absent: UInt8 = 3
    }

    package init(_ rules: CSVRules, batchCapacity: Int = 2048) {
        self.rules = rules
        capacity = batchCapacity
        conversion = ColumnConversion(rules, batchCapacity: batchCapacity)
        kinds = rules.columns.map { _ in Buffer(capacity: batchCapacity) }
        columns = []
        rowStarts = Buffer(capacity: batchCapacity)
        nullWords = rules.nullWords.map { Array($0.utf8) }
        nullIsEmpty = rules.nullWords == [""]
    }

    package func begin(_ prologue: FilePrologue) {
        guard case .csv(let fields, let fieldOfColumn) = prologue else { preconditionFailure("a CSV file has fields") }
        precondition(fieldOfColumn.count == rules.columns.count)
        self.fields = fields
        self.fieldOfColumn = fieldOfColumn
    }

    package func begin(_ chunk: CSVChunk) {
        self.chunk = chunk
        position = 0
        rowStart = chunk.firstRecord
        end = chunk.indexCount
        guard chunk.endsInsideQuotes else { return }
        repeat { end -= 1 } while end > 0 && chunk.index.pointer[end - 1] & DM_CSV_LINE_END == 0
    }

    package func next() -> Bool {
        arena.reset()
        bad.removeAll(keepingCapacity: true)
        conversion.begin()
        count = 0
        while count < capacity && position < end {
            takeRegular()
            if count < capacity && position < end { takeIrregular() }
        }
        if position == end && end < chunk.indexCount { addOpenRecord() }
        guard count > 0 || !bad.isEmpty else { return false }
        for i in kinds.indices { convert(i) }
        if !conversion.faults.isEmpty { noteBadRows() }
        (columns, count) = conversion.result(count: count)
        return true
    }

    package func offset(ofRow row: Int) -> Int { chunk.origin + Int(rowStarts[row]) }

    // MARK: Cutting

    private func takeRegular() {
        let needed = fieldOfColumn.indices.filter { fieldOfColumn[$0] != nil }
        let targets = needed.map { i -> dm_csv_column_t in
            let first = count
            let pointers = UnsafeMutableRawPointer(conversion.texts[i].pointers + first)
                .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
            return dm_csv_column_t(
                field: UInt32(fieldOfColumn[i]!), pointers: pointers, lengths: conversion.texts[i].lengths + first,
                kinds: kinds[i].pointer + first)
        }
        let taken = dm_csv_rows(
            chunk.buffer.base, chunk.index.pointer + position, end - position, fields, capacity - count,
            chunk.dialect.quoteOrNone, chunk.careful ? 1 : 0, &rowStart, rowStarts.pointer + count, targets,
            needed.count)
        for i in fieldOfColumn.indices where fieldOfColumn[i] == nil {
            for row in count..<count + taken { setAbsent(i, row) }
        }
        position += taken * fields
        count += taken
    }

    private func setAbsent(_ column: Int, _ row: Int) {
        conversion.texts[column].setText(row, UnsafePointer(Vector.nothing), 0)
        kinds[column].pointer[row] = Mark.absent
    }

    /// One record of another shape: a blank line, or more or fewer fields than the rest.
    private func takeIrregular() {
        let entries = chunk.index.pointer + position
        var n = 0
        while position + n < end && entries[n] & DM_CSV_LINE_END == 0 { n += 1 }
        guard position + n < end else {
            position = end
            return
        }
        let found = n + 1
        let rowEnd = entries[n] & ~DM_CSV_LINE_END
        defer {
            position += found
            rowStart = rowEnd + 1
        }
        if found == 1 && isBlank(rowStart, rowEnd) { return }
        if found > fields && !rules.ignoresExtraFields {
            let surplus = Int(entries[fields - 1] & ~DM_CSV_LINE_END) + 1
            return addBad(fieldCount(found), rowStart, rowEnd, surplus)
        }
        if found < fields && !rules.fillsMissingFields {
            return addBad(fieldCount(found), rowStart, rowEnd, Int(rowEnd))
        }
        rowStarts.pointer[count] = rowStart
        for i in fieldOfColumn.indices { takeField(i, entries, found) }
        count += 1
    }

    /// The last record of a file, whose last field opens a quote that never closes: rows may be swallowed in it.
    private func addOpenRecord() {
        let last = chunk.indexCount - 1
        let quote = last == end ? rowStart : (chunk.index.pointer[last - 1] & ~DM_CSV_LINE_END) + 1
        addBad(
            "a quote opens here and never closes", rowStart, chunk.index.pointer[last] & ~DM_CSV_LINE_END, Int(quote))
        position = chunk.indexCount
    }

    private func isBlank(_ start: UInt32, _ end: UInt32) -> Bool {
        end == start || end == start + 1 && chunk.buffer.base[Int(start)] == 0x0d
    }

    private func fieldCount(_ found: Int) -> String {
        "\(found) field\(found == 1 ? "" : "s") where \(fields) \(fields == 1 ? "is" : "are") expected"
    }

    private func takeField(_ column: Int, _ entries: UnsafePointer<UInt32>, _ found: Int) {
        guard let field = fieldOfColumn[column], field < found else { return setAbsent(column, count) }
        let from = field == 0 ? rowStart : (entries[field - 1] & ~DM_CSV_LINE_END) + 1
        var to = entries[field] & ~DM_CSV_LINE_END
        let base = chunk.buffer.base
        if field + 1 == found && to > from && base[Int(to) - 1] == 0x0d { to -= 1 }
        let isQuoted = to > from && chunk.dialect.quote == base[Int(from)]
        conversion.texts[column].setText(count, base + Int(from), Int(to - from))
        kinds[column].pointer[count] = isQuoted ? Mark.careful : 0
    }

    private func addBad(_ reason: String, _ start: UInt32, _ end: UInt32, _ at: Int) {
        bad.append(chunk.badRecord(reason, Int(start), Int(end), at: at))
    }

    // MARK: Converting

    private func convert(_ column: Int) {
        let text = conversion.texts[column]
        text.count = count
        text.hasNulls = false
        resolveQuotes(column)
        markNulls(text, kinds[column].pointer)
        conversion.convert(column, high: chunk.high)
    }

    /// Takes apart the quoted fields that hold quotes.
    private func resolveQuotes(_ column: Int) {
        let text = conversion.texts[column], kinds = kinds[column].pointer
        for row in 0..<count where kinds[row] == Mark.careful {
            guard let length = unescape(text.bytes(row), row, text) else {
                conversion.fault(row, column, "text after the closing quote")
                continue
            }
            text.lengths[row] = Int32(length)
            kinds[row] = Mark.quoted
        }
    }

    /// Copies a quoted field without its quotes; nil when something follows the closing one.
    private func unescape(_ bytes: UnsafeBufferPointer<UInt8>, _ row: Int, _ text: Vector) -> Int? {
        let quote = chunk.dialect.quote!
        let copy = arena.allocate(bytes.count)
        var n = 0, i = 1
        while i < bytes.count {
            if bytes[i] == quote {
                if i + 1 == bytes.count {
                    text.pointers[row] = UnsafePointer(copy)
                    return n
                }
                guard bytes[i + 1] == quote else { return nil }
                i += 1
            }
            copy[n] = bytes[i]
            n += 1
            i += 1
        }
        return nil
    }

    private func markNulls(_ text: Vector, _ kinds: UnsafePointer<UInt8>) {
        if nullIsEmpty {
            var any: UInt8 = 0
            for row in 0..<count {
                let isNull: UInt8 = text.lengths[row] == 0 && kinds[row] != Mark.quoted ? 1 : 0
                text.nulls[row] = isNull
                any |= isNull
            }
            text.hasNulls = any != 0
        } else {
            for row in 0..<count where kinds[row] != Mark.quoted {
                if kinds[row] == Mark.absent || isNullWord(text.bytes(row)) { text.setNull(row, true) }
            }
        }
    }

    private func isNullWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        nullWords.contains { $0.count == bytes.count && $0.elementsEqual(bytes) }
    }

    // MARK: Bad rows

    private func noteBadRows() {
        for (row, fault) in conversion.faults {
            let start = Int(rowStarts.pointer[row])
            let distance = conversion.texts[fault.column].pointers[row] - UnsafePointer(chunk.buffer.base)
            let at = distance >= 0 && distance < chunk.buffer.capacity ? distance : start
            bad.append(chunk.badRecord(conversion.words(row, fault), start, chunk.recordEnd(start), at: at))
        }
        bad.sort { $0.offset < $1.offset }
    }
}
