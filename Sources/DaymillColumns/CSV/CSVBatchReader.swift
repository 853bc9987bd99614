import CKernels
import DaymillCore

/// Turns the records of chunks into typed columns, a batch at a time. One per worker.
package final class CSVBatchReader {
    private let rules: CSVRules
    private let capacity: Int
    private let raw: [RawColumn]
    private let converted: [Vector]
    private let gathered: [Vector]
    private let rowStarts: Buffer<UInt32>
    private let arena = TextArena()
    private let good: RowList
    private var fields = 0
    private var fieldOfColumn: [Int?] = []
    private var chunk = CSVChunk(dialect: CSVDialect(), bytes: 0)
    private var position = 0
    /// Where the index of whole records ends: before a record whose quote never closes.
    private var end = 0
    private var rowStart: UInt32 = 0
    private var reasons: [Int: (column: Int, text: String)] = [:]
    private let nullWords: [[UInt8]]
    private let nullIsEmpty: Bool

    /// The batch: one vector per column of the rules, `count` rows.
    package private(set) var columns: [Vector]
    package private(set) var count = 0
    /// Records that did not fit, in the order of the file; not part of the batch.
    package private(set) var bad: [BadRecord] = []

    /// One needed column before conversion.
    private final class RawColumn {
        let text: Vector
        let kinds: Buffer<UInt8>
        init(_ capacity: Int) {
            text = Vector(.text, capacity: capacity)
            kinds = Buffer(capacity: capacity)
        }
    }

    /// Marks in `kinds`, beside those of the kernel.
    private enum Mark {
        static let quoted: UInt8 = 1
        static let careful: UInt8 = 2
        static let absent: UInt8 = 3
    }

    package init(_ rules: CSVRules, batchCapacity: Int = 2048) {
        self.rules = rules
        capacity = batchCapacity
        raw = rules.columns.map { _ in RawColumn(batchCapacity) }
        converted = zip(rules.columns, raw).map {
            $0.kind == .text ? $1.text : Vector($0.kind.form, capacity: batchCapacity)
        }
        gathered = rules.columns.map { Vector($0.kind.form, capacity: batchCapacity) }
        columns = converted
        rowStarts = Buffer(capacity: batchCapacity)
        good = RowList(capacity: batchCapacity)
        nullWords = rules.nullWords.map { Array($0.utf8) }
        nullIsEmpty = rules.nullWords == [""]
    }

    /// Tells the shape of the file that the next chunks belong to.
    ///
    /// - Parameter fieldOfColumn: for each column of the rules its field; nil: all NULL.
    package func begin(fields: Int, fieldOfColumn: [Int?]) {
        precondition(fieldOfColumn.count == rules.columns.count)
        self.fields = fields
        self.fieldOfColumn = fieldOfColumn
    }

    /// Starts on a chunk.
    package func begin(_ chunk: CSVChunk) {
        self.chunk = chunk
        position = 0
        rowStart = chunk.firstRecord
        end = chunk.indexCount
        guard chunk.endsInsideQuotes else { return }
        repeat { end -= 1 } while end > 0 && chunk.index.pointer[end - 1] & DM_CSV_LINE_END == 0
    }

    /// Makes the next batch; false when the chunk is finished.
    package func next() -> Bool {
        arena.reset()
        bad.removeAll(keepingCapacity: true)
        reasons.removeAll(keepingCapacity: true)
        count = 0
        while count < capacity && position < end {
            takeRegular()
            if count < capacity && position < end { takeIrregular() }
        }
        if position == end && end < chunk.indexCount { addOpenRecord() }
        guard count > 0 || !bad.isEmpty else { return false }
        for i in raw.indices { convert(i) }
        columns = converted
        if !reasons.isEmpty { setAsideBadRows() }
        return true
    }

    /// Where a record of the batch begins in the file; for messages.
    package func offset(ofRow row: Int) -> Int { chunk.origin + Int(rowStarts[row]) }

    // MARK: Cutting

    private func takeRegular() {
        let needed = fieldOfColumn.indices.filter { fieldOfColumn[$0] != nil }
        let targets = needed.map { i -> dm_csv_column_t in
            let first = count
            let pointers = UnsafeMutableRawPointer(raw[i].text.pointers + first)
                .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
            return dm_csv_column_t(
                field: UInt32(fieldOfColumn[i]!), pointers: pointers, lengths: raw[i].text.lengths + first,
                kinds: raw[i].kinds.pointer + first)
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
        raw[column].text.setText(row, UnsafePointer(Vector.nothing), 0)
        raw[column].kinds.pointer[row] = Mark.absent
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
        raw[column].text.setText(count, base + Int(from), Int(to - from))
        raw[column].kinds.pointer[count] = isQuoted ? Mark.careful : 0
    }

    private func addBad(_ reason: String, _ start: UInt32, _ end: UInt32, _ at: Int) {
        let cut = min(Int(end), Int(start) + 64 << 10)
        bad.append(
            BadRecord(
                offset: chunk.origin + Int(start), fieldOffset: chunk.origin + at, reason: reason,
                bytes: chunk.buffer.bytes(Int(start)..<cut)))
    }

    // MARK: Converting

    private func convert(_ column: Int) {
        let raw = raw[column], text = raw.text
        text.count = count
        text.hasNulls = false
        resolveQuotes(column)
        markNulls(text, raw.kinds.pointer)
        if rules.columns[column].isRequired && text.hasNulls { requireValues(column) }
        let target = converted[column]
        if case .text = rules.columns[column].kind {
            if chunk.high { checkUTF8(column) }
            return
        }
        target.count = count
        target.hasNulls = text.hasNulls
        if text.hasNulls { target.nulls.update(from: text.nulls, count: count) }
        parse(column, text, target)
    }

    /// Takes apart the quoted fields that hold quotes.
    private func resolveQuotes(_ column: Int) {
        let raw = raw[column]
        for row in 0..<count where raw.kinds.pointer[row] == Mark.careful {
            let bytes = raw.text.bytes(row)
            guard let length = unescape(bytes, row, column) else {
                fault(row, column, "text after the closing quote")
                continue
            }
            raw.text.lengths[row] = Int32(length)
            raw.kinds.pointer[row] = Mark.quoted
        }
    }

    /// Copies a quoted field without its quotes; nil when something follows the closing one.
    private func unescape(_ bytes: UnsafeBufferPointer<UInt8>, _ row: Int, _ column: Int) -> Int? {
        let quote = chunk.dialect.quote!
        let copy = arena.allocate(bytes.count)
        var n = 0, i = 1
        while i < bytes.count {
            if bytes[i] == quote {
                if i + 1 == bytes.count {
                    raw[column].text.pointers[row] = UnsafePointer(copy)
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

    /// The event time says which day a row belongs to.
    private func requireValues(_ column: Int) {
        for row in 0..<count where raw[column].text.nulls[row] != 0 {
            fault(row, column, "no value, so the row belongs to no day")
        }
    }

    private func isNullWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        nullWords.contains { $0.count == bytes.count && $0.elementsEqual(bytes) }
    }

    private func checkUTF8(_ column: Int) {
        let text = raw[column].text
        for row in 0..<count where !TextParsing.isValidUTF8(text.pointers[row], Int(text.lengths[row])) {
            fault(row, column, "bytes that are not UTF-8")
        }
    }

    private func parse(_ column: Int, _ text: Vector, _ target: Vector) {
        switch rules.columns[column].kind {
        case .text: break
        case .integer:
            each(column, text) {
                TextParsing.parseInteger($0, $1)
            } store: {
                target.int64s[$0] = $1
            }
        case .double:
            each(column, text) {
                TextParsing.parseDouble($0, $1)
            } store: {
                target.doubles[$0] = $1
            }
        case .boolean:
            each(column, text) {
                TextParsing.parseBoolean($0, $1)
            } store: {
                target.bools[$0] = $1 ? 1 : 0
            }
        case .date:
            each(column, text) {
                TextParsing.parseDate($0, $1)
            } store: {
                target.int64s[$0] = Int64($1)
            }
        case .timestamp:
            each(column, text) {
                TextParsing.parseTimestamp($0, $1)
            } store: {
                target.int64s[$0] = $1
            }
        case .moment(let shift, let saysZone):
            var cursor = ClockCursor(shift)
            each(column, text) {
                TextParsing.parseMoment($0, $1, &cursor, saysZone: saysZone)
            } store: {
                target.int64s[$0] = $1
            }
        case .decimal(let scale):
            each(column, text) {
                TextParsing.parseDecimal($0, $1, scale)
            } store: {
                target.int128s[$0] = $1
            }
        }
    }

    @inline(__always)
    private func each<T>(
        _ column: Int, _ text: Vector, _ parse: (UnsafePointer<UInt8>, Int) -> T?, store: (Int, T) -> Void
    ) {
        let nulls = text.hasNulls ? text.nulls : nil
        for row in 0..<count {
            if let nulls, nulls[row] != 0 { continue }
            if let value = parse(text.pointers[row], Int(text.lengths[row])) {
                store(row, value)
            } else {
                fault(row, column, "")
            }
        }
    }

    // MARK: Bad rows

    /// Notes what is wrong with a row; the first thing wrong stands. An empty reason: not a value of the column's type.
    private func fault(_ row: Int, _ column: Int, _ reason: String) {
        guard reasons[row] == nil else { return }
        reasons[row] = (column, reason)
    }

    /// Moves faulty rows out of the batch.
    private func setAsideBadRows() {
        good.removeAll()
        for row in 0..<count {
            if let fault = reasons[row] { addBad(row, fault.column, fault.text) } else { good.append(row) }
        }
        bad.sort { $0.offset < $1.offset }
        for i in columns.indices {
            gathered[i].gather(converted[i], good)
        }
        columns = gathered
        count = good.count
    }

    private func addBad(_ row: Int, _ column: Int, _ reason: String) {
        let start = rowStarts.pointer[row]
        let end = chunk.lineEnd(atOrAfter: Int(start)).map { chunk.index.pointer[$0] & ~DM_CSV_LINE_END } ?? start
        let name = rules.columns[column].name
        let field = raw[column].text.bytes(row)
        let inside = UnsafePointer(chunk.buffer.base)
        let distance = field.baseAddress! - inside
        let at = distance >= 0 && distance < chunk.buffer.capacity ? distance : Int(start)
        let shown = shorten(field)
        let text =
            reason.isEmpty
            ? "column '\(name)': '\(shown)' is not \(article(rules.columns[column].kind))"
            : "column '\(name)' has \(reason): '\(shown)'"
        addBad(text, start, end, at)
    }

    private func article(_ kind: CSVRules.Kind) -> String { (kind == .integer ? "an " : "a ") + kind.name }

    /// At most 40 characters of some text, for messages.
    private func shorten(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(200), as: UTF8.self)
        let clean = String(text.map { $0.isNewline ? " " : $0 }.prefix(40))
        return clean.utf8.count < bytes.count ? clean + "..." : clean
    }
}
