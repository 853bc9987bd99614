/// The keys of objects that are written: what stands before each value, made once.
package struct JSONKeys: Sendable {
    /// `{"first":`, `,"second":`, ...
    let leads: [[UInt8]]

    package init(_ names: [String]) {
        leads = names.enumerated().map { i, name in
            var writer = ByteWriter(capacity: 64)
            writer.append(i == 0 ? 0x7B : 0x2C)
            writer.appendJSONString(name)
            writer.append(0x3A)
            return writer.bytes
        }
    }
}

extension ByteWriter {
    /// Rows as JSON objects, each in a line of its own, without spaces.
    ///
    /// Integers, decimals and doubles are numbers: exact, a decimal with all its places, a double with the fewest digits
    /// that read back as the same. NaN and infinities, which JSON does not have, are null, as NULL is. Dates and times
    /// are texts.
    ///
    /// - Parameter ends: is told where each row ends; nil: nobody wants to know.
    package mutating func appendJSON(
        rows: Range<Int>, columns: [(Vector, CSVTextForm)], keys: JSONKeys, ends: RowEnds? = nil
    ) {
        precondition(keys.leads.count == columns.count && !columns.isEmpty)
        for (vector, form) in columns {
            precondition(vector.form == form.form && rows.lowerBound >= 0 && rows.upperBound <= vector.count)
        }
        let cells = columns.map { CSVCell($0.0, $0.1) }
        ends?.reserve(rows.count)
        for (i, row) in rows.enumerated() {
            for (lead, cell) in zip(keys.leads, cells) {
                lead.withUnsafeBufferPointer { append($0.baseAddress!, $0.count) }
                appendValue(cell, row)
            }
            append(0x7D)
            append(0x0A)
            if let ends { ends.pointer[i] = count }
        }
        withExtendedLifetime(columns) {}
    }

    /// A text in quotes.
    package mutating func appendJSONString(_ text: String) {
        // The copy gives the text the readable bytes after its end that words need.
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: RawMemory.padding)
        bytes.withUnsafeBufferPointer { appendString($0.baseAddress!, bytes.count - RawMemory.padding) }
    }

    @inline(__always)
    private mutating func appendValue(_ cell: CSVCell, _ row: Int) {
        if cell.isNull(row) || cell.isNoNumber(row) { return append("null") }
        switch cell.form {
        case .text: appendString(cell.texts[row], Int(cell.lengths[row]))
        case .integer, .decimal, .double, .boolean: advance(cell.format(row, place(TextFormatting.bytesMax)))
        case .date, .timestamp, .interval:
            append(0x22)
            advance(cell.format(row, place(TextFormatting.bytesMax)))
            append(0x22)
        }
    }

    /// Escapes what must be: quotes, backslashes and control characters.
    @inline(__always)
    private mutating func appendString(_ p: UnsafePointer<UInt8>, _ n: Int) {
        append(0x22)
        if JSONEscapes.areNeeded(p, n) { appendEscaped(p, n) } else { append(p, n) }
        append(0x22)
    }

    private mutating func appendEscaped(_ p: UnsafePointer<UInt8>, _ n: Int) {
        for i in 0..<n {
            let byte = p[i]
            if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
                append(byte)
            } else if let letter = JSONEscapes.letter(byte) {
                append(0x5C)
                append(letter)
            } else {
                append("\\u00")
                append(byte >= 0x10 ? 0x31 : 0x30)
                append("0123456789abcdef".utf8.dropFirst(Int(byte & 15)).first!)
            }
        }
    }
}

/// What JSON wants escaped in a string.
enum JSONEscapes {
    /// The letter after the backslash; nil where there is none.
    static func letter(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x22, 0x5C: byte
        case 0x08: 0x62
        case 0x0C: 0x66
        case 0x0A: 0x6E
        case 0x0D: 0x72
        case 0x09: 0x74
        default: nil
        }
    }

    /// Looks at eight bytes at once. 64 bytes past the end are readable.
    @inline(__always)
    static func areNeeded(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // The top bit of bytes below a limit of at most 0x80, and perhaps of some above such a byte.
        @inline(__always) func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }
        var found: UInt64 = 0
        var i = 0
        while i < n {
            let word = TextParsing.load(p + i)
            let hits =
                (below(0x20, word) | below(1, word ^ (ones &* 0x22)) | below(1, word ^ (ones &* 0x5C)))
                & 0x8080_8080_8080_8080
            let left = n &- i
            found |= left >= 8 ? hits : hits & (~UInt64(0) &>> (64 &- 8 &* UInt64(truncatingIfNeeded: left)))
            i &+= 8
        }
        return found != 0
    }
}

extension CSVCell {
    /// A double that is no number, or not a finite one.
    @inline(__always)
    fileprivate func isNoNumber(_ row: Int) -> Bool {
        form == .double && !values.assumingMemoryBound(to: Double.self)[row].isFinite
    }
}
