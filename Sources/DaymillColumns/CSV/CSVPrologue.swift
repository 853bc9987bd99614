import CKernels
import DaymillCore

/// What the start of a CSV file says: where its records begin, and which field holds which column.
package struct CSVPrologue: Sendable {
    package enum Header: Hashable, Sendable {
        /// A header when every field of the first record is the name of a declared column, each once.
        case auto
        case yes
        case no
    }

    /// Offset of the first record after a byte-order mark and a header.
    package var dataStart: Int
    /// Fields that a record has.
    package var fields: Int
    /// For each declared column its field; nil when the header does not have it.
    package var fieldOfColumn: [Int?]
    package var hasHeader: Bool

    /// Looks at the first bytes of a file.
    ///
    /// - Parameters:
    ///   - head: the start of the file; the whole file when `isWhole`.
    ///   - needed: the declared columns that will be read.
    /// - Returns: nil when `head` ends before the first record does.
    /// - Throws: `.badRow` when a header was promised and does not have the names, or has one in use twice.
    package init?(
        _ head: [UInt8], isWhole: Bool, dialect: CSVDialect, header: Header, columns: [String], needed: [Int],
        missingIsNull: Bool, path: String
    ) throws {
        var start = head.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        self.init(dataStart: start, fields: columns.count, fieldOfColumn: columns.indices.map { $0 }, hasHeader: false)
        guard header != .no else { return }
        // Where one column is expected a blank line is a row, unless it comes before a header that must be there.
        if header == .yes || columns.count > 1 { start = CSVPrologue.afterBlankLines(head, start) }
        guard let first = CSVPrologue.firstRecord(head, start, isWhole: isWhole, dialect: dialect) else { return nil }
        let names = first.fields.map(CSVPrologue.name)
        let byName = columns.map { column in names.firstIndex(of: CSVPrologue.name(Array(column.utf8))) }
        if header == .auto {
            let declared = Set(columns.map { CSVPrologue.name(Array($0.utf8)) })
            let isHeader =
                names.allSatisfy(declared.contains) && Set(names).count == names.count
                && needed.allSatisfy { byName[$0] != nil }
            guard isHeader else { return }
        } else if !first.isEmpty {
            let place = SourcePlace(file: path, line: 1 + head[..<start].count { $0 == 0x0a })
            if !missingIsNull, let lost = needed.first(where: { byName[$0] == nil }) {
                throw CSVPrologue.missing(columns[lost], names, place)
            }
            let isTwice = { (i: Int) in names.count { $0 == CSVPrologue.name(Array(columns[i].utf8)) } > 1 }
            if let twice = needed.first(where: isTwice) { throw CSVPrologue.twice(columns[twice], place) }
        }
        self.init(dataStart: first.end, fields: names.count, fieldOfColumn: byName, hasHeader: true)
    }

    private init(dataStart: Int, fields: Int, fieldOfColumn: [Int?], hasHeader: Bool) {
        self.dataStart = dataStart
        self.fields = fields
        self.fieldOfColumn = fieldOfColumn
        self.hasHeader = hasHeader
    }

    private struct FirstRecord {
        var fields: [[UInt8]]
        var end: Int
        var isEmpty: Bool
    }

    private static func firstRecord(
        _ head: [UInt8], _ start: Int, isWhole: Bool, dialect: CSVDialect
    ) -> FirstRecord? {
        var index = [UInt32](repeating: 0, count: head.count + 64)
        var state = UInt32(DM_CSV_FIELD_START)
        let found = head.withUnsafeBufferPointer {
            dm_csv_index_exact(
                ($0.baseAddress ?? UnsafePointer(Vector.nothing)) + start, head.count - start, dialect.delimiter,
                dialect.quoteOrNone, &state, &index)
        }
        var fields: [[UInt8]] = []
        var from = start
        for entry in index[..<found] {
            let to = start + Int(entry & ~DM_CSV_LINE_END)
            fields.append(unquoted(Array(head[from..<to]), dialect))
            from = to + 1
            if entry & DM_CSV_LINE_END != 0 { return FirstRecord(fields: fields, end: from, isEmpty: false) }
        }
        guard isWhole else { return nil }
        fields.append(unquoted(Array(head[from...]), dialect))
        return FirstRecord(fields: fields, end: head.count, isEmpty: head.count == start)
    }

    private static func unquoted(_ field: [UInt8], _ dialect: CSVDialect) -> [UInt8] {
        var field = field
        if field.last == 0x0d { field.removeLast() }
        guard let quote = dialect.quote, field.count >= 2, field.first == quote, field.last == quote else {
            return field
        }
        var result: [UInt8] = []
        var wasQuote = false
        for byte in field[1..<field.count - 1] {
            wasQuote = byte == quote && !wasQuote
            if !wasQuote { result.append(byte) }
        }
        return result
    }

    /// Names are compared without surrounding space and letter case.
    private static func name(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).trimmingSpaces.lowercased()
    }

    private static func afterBlankLines(_ head: [UInt8], _ start: Int) -> Int {
        var next = start
        while next < head.count {
            if head[next] == 0x0a { next += 1; continue }
            guard head[next] == 0x0d, next + 1 < head.count, head[next + 1] == 0x0a else { break }
            next += 2
        }
        return next
    }

    private static func twice(_ column: String, _ place: SourcePlace) -> DaymillError {
        DaymillError(
            .badRow, at: place, "the header has more than one column '\(column)'",
            hint: "give each column of the file a name of its own")
    }

    private static func missing(_ column: String, _ names: [String], _ place: SourcePlace) -> DaymillError {
        let nearest = nearestWord(to: column.lowercased(), in: names)
        let found = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
        return DaymillError(
            .badRow, at: place, "the header has no column '\(column)'; it has: \(found)",
            hint: nearest.map { "did you mean '\($0)'? Rename the column in the pipeline" }
                ?? "if the file has no header, set 'header: false'")
    }
}

extension String {
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
