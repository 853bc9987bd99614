/// How a column's values are written.
package enum CSVTextForm: Sendable, Hashable {
    case text, integer
    case decimal(scale: Int)
    case double, boolean, date, timestamp, interval

    var form: Vector.Form {
        switch self {
        case .text: .text
        case .integer, .date, .timestamp, .interval: .int64
        case .decimal: .int128
        case .double: .double
        case .boolean: .bool
        }
    }
}

extension ByteWriter {
    /// Rows of CSV, each ending in a newline. NULL is nothing. A text is quoted only when it must be: when it holds the
    /// delimiter, a quote or a line break, or is empty (`""`, to tell it from NULL).
    ///
    /// - Parameter ends: is told where each row ends; nil: nobody wants to know.
    package mutating func appendCSV(
        rows: Range<Int>, columns: [(Vector, CSVTextForm)], delimiter: UInt8, ends: RowEnds? = nil
    ) {
        for (vector, form) in columns {
            precondition(vector.form == form.form && rows.lowerBound >= 0 && rows.upperBound <= vector.count)
        }
        let cells = columns.map { CSVCell($0.0, $0.1) }
        cells.withUnsafeBufferPointer {
            guard let ends else {
                for row in rows { appendRow($0, row, delimiter) }
                return
            }
            ends.reserve(rows.count)
            for (i, row) in rows.enumerated() {
                appendRow($0, row, delimiter)
                ends.pointer[i] = count
            }
        }
        withExtendedLifetime(columns) {}
    }

    /// One text as a CSV field: for headers.
    package mutating func appendCSVField(_ text: String, delimiter: UInt8) {
        // The copy gives the text the readable bytes after its end that blocks need.
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: RawMemory.padding)
        bytes.withUnsafeBufferPointer { appendField($0.baseAddress!, bytes.count - RawMemory.padding, delimiter) }
    }

    @inline(__always)
    private mutating func appendRow(_ cells: UnsafeBufferPointer<CSVCell>, _ row: Int, _ delimiter: UInt8) {
        var isFirst = true
        for cell in cells {
            if !isFirst { append(delimiter) }
            isFirst = false
            if cell.isNull(row) { continue }
            if cell.form == .text {
                appendField(cell.texts[row], Int(cell.lengths[row]), delimiter)
            } else {
                advance(cell.format(row, place(TextFormatting.bytesMax)))
            }
        }
        append(0x0A)
    }

    @inline(__always)
    private mutating func appendField(_ p: UnsafePointer<UInt8>, _ n: Int, _ delimiter: UInt8) {
        if n > 0, !CSVCell.needsQuotes(p, n, delimiter) { return append(p, n) }
        appendQuoted(p, n)
    }

    private mutating func appendQuoted(_ p: UnsafePointer<UInt8>, _ n: Int) {
        append(0x22)
        for i in 0..<n {
            if p[i] == 0x22 { append(0x22) }
            append(p[i])
        }
        append(0x22)
    }
}

/// A column as the row loop wants it: plain pointers, nothing to retain.
struct CSVCell {
    let form: CSVTextForm
    let values: UnsafeMutableRawPointer
    let lengths: UnsafeMutablePointer<Int32>
    let nulls: UnsafeMutablePointer<UInt8>?

    init(_ vector: Vector, _ form: CSVTextForm) {
        self.form = form
        values = vector.storage.base
        lengths = vector.lengths
        nulls = vector.hasNulls ? vector.nulls : nil
    }

    var texts: UnsafeMutablePointer<UnsafePointer<UInt8>> { values.assumingMemoryBound(to: UnsafePointer<UInt8>.self) }
    private var integers: UnsafeMutablePointer<Int64> { values.assumingMemoryBound(to: Int64.self) }

    @inline(__always)
    func isNull(_ row: Int) -> Bool {
        if let nulls { nulls[row] != 0 } else { false }
    }

    /// Writes a value that is not text; returns the number of bytes.
    @inline(__always)
    func format(_ row: Int, _ p: UnsafeMutablePointer<UInt8>) -> Int {
        switch form {
        case .text: 0
        case .integer: TextFormatting.integer(integers[row], p)
        case .decimal(let scale):
            TextFormatting.decimal(values.assumingMemoryBound(to: Int128.self)[row], scale, p)
        case .double: TextFormatting.double(values.assumingMemoryBound(to: Double.self)[row], p)
        case .boolean: TextFormatting.boolean(values.assumingMemoryBound(to: UInt8.self)[row], p)
        case .date: TextFormatting.date(integers[row], p)
        case .timestamp: TextFormatting.timestamp(integers[row], p)
        case .interval: TextFormatting.interval(integers[row], p)
        }
    }

    /// Looks at eight bytes at once; `zeros` lights the top bit of bytes that are zero (and perhaps of some above them).
    @inline(__always)
    static func needsQuotes(_ p: UnsafePointer<UInt8>, _ n: Int, _ delimiter: UInt8) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        @inline(__always) func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        let wanted = ones &* UInt64(delimiter)
        var found: UInt64 = 0
        var i = 0
        while i < n {
            let word = TextParsing.load(p + i)
            var hits = zeros(word ^ wanted) | zeros(word ^ (ones &* 0x22))
            hits |= zeros(word ^ (ones &* 0x0A)) | zeros(word ^ (ones &* 0x0D))
            hits &= 0x8080_8080_8080_8080
            // Bytes after the end do not count.
            let left = n &- i
            found |= left >= 8 ? hits : hits & (~UInt64(0) &>> (64 &- 8 &* UInt64(truncatingIfNeeded: left)))
            i &+= 8
        }
        return found != 0
    }
}
