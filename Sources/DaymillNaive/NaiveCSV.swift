/// CSV read one byte at a time: the stupid twin of the engine's scanner.
///
/// ```
///                 quote                       quote
/// fieldStart ───────────▶ quoted ◀──────────────────────────▶ quoteInQuoted
///     │ other byte                                                │ other byte: the record is bad,
///     ▼                                                           │ and reading goes on as in an
///  unquoted ◀─────────────────────────────────────────────────────┘ unquoted field
/// ```
/// Outside quotes the delimiter ends a field, `\n` and `\r\n` end a record, and a lone `\r` is data unless the file ends
/// there, where it is half of a newline. A quote within an
/// unquoted field is an ordinary byte. A byte order mark at the start of the file is passed over. The last record may
/// lack its newline; a quoted field that never ends makes a bad record.
package struct NaiveCSV {
    /// A field's content, without its quotes.
    package struct Field: Hashable, Sendable {
        package var bytes: [UInt8] = []
        package var wasQuoted = false
    }

    /// One record, whatever its number of fields.
    package struct Record: Hashable, Sendable {
        package var fields: [Field] = []
        /// The record's first line, from 1.
        package var line = 1
        /// The record's first byte in the file, from 0.
        package var offset = 0
        /// Why the record cannot be used; nil when it is well formed.
        package var problem: String?

        /// A line with nothing on it.
        package var isEmptyLine: Bool {
            fields.count == 1 && !fields[0].wasQuoted && fields[0].bytes.isEmpty
        }
    }

    private enum State { case fieldStart, unquoted, quoted, quoteInQuoted }

    private let delimiter: UInt8
    private let quote: UInt8?
    private let more: () throws -> [UInt8]?
    private var state = State.fieldStart
    private var field = Field()
    private var record = Record()
    private var finished: Record?
    /// What is read next, from `position` on.
    private var bytes: [UInt8] = []
    private var position = 0
    /// Where `bytes` begin in the file.
    private var base = 0
    private var line = 1
    private var isStarted = false

    /// - Parameter pieces: The file's bytes, piece by piece; nil at its end, again and again.
    package init(delimiter: UInt8, quote: UInt8?, pieces: @escaping () throws -> [UInt8]?) {
        self.delimiter = delimiter
        self.quote = quote
        more = pieces
    }

    /// Every record of a file, well formed or not, empty lines included.
    package static func records(of bytes: [UInt8], delimiter: UInt8, quote: UInt8?) -> [Record] {
        var whole: [UInt8]? = bytes
        var reader = NaiveCSV(delimiter: delimiter, quote: quote) {
            defer { whole = nil }
            return whole
        }
        var records: [Record] = []
        // Nothing throws here: the bytes are in memory.
        while let record = try? reader.next() { records.append(record) }
        return records
    }

    /// The next record; nil at the end.
    package mutating func next() throws -> Record? {
        if !isStarted { try start() }
        while finished == nil, try load(2) { step() }
        if finished == nil, state != .fieldStart || !record.fields.isEmpty {
            if state == .quoted { record.problem = "a quoted field is not closed before the end of the file" }
            endRecord(lengthOfNewline: 0)
        }
        defer { finished = nil }
        return finished
    }

    private mutating func start() throws {
        isStarted = true
        if try load(3), bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        record.offset = position
    }

    /// Loads so many bytes, or what is left of the file; false at its end.
    private mutating func load(_ count: Int) throws -> Bool {
        while bytes.count - position < count, let piece = try more() {
            bytes = bytes[position...] + piece
            base += position
            position = 0
        }
        return position < bytes.count
    }

    private mutating func step() {
        let byte = bytes[position]
        if byte == UInt8(ascii: "\n") { line += 1 }
        switch state {
        case .quoted:
            if byte == quote { state = .quoteInQuoted } else { field.bytes.append(byte) }
            position += 1
        case .quoteInQuoted where byte == quote:
            field.bytes.append(byte)
            state = .quoted
            position += 1
        case .fieldStart where byte == quote:
            field.wasQuoted = true
            state = .quoted
            position += 1
        default:
            stepOutsideQuotes(byte)
        }
    }

    private mutating func stepOutsideQuotes(_ byte: UInt8) {
        let newline = lengthOfNewline()
        if newline > 0 {
            if newline == 2 { line += 1 }
            endRecord(lengthOfNewline: newline)
        } else if byte == delimiter {
            endField()
            position += 1
        } else {
            if state == .quoteInQuoted { record.problem = "text follows a closing quote" }
            state = .unquoted
            field.bytes.append(byte)
            position += 1
        }
    }

    /// 1 at `\n` and at `\r` before the end of the file, 2 at `\r\n`, else 0.
    private func lengthOfNewline() -> Int {
        if bytes[position] == UInt8(ascii: "\n") { return 1 }
        guard bytes[position] == UInt8(ascii: "\r") else { return 0 }
        if position + 1 == bytes.count { return 1 }
        return bytes[position + 1] == UInt8(ascii: "\n") ? 2 : 0
    }

    private mutating func endField() {
        record.fields.append(field)
        field = Field()
        state = .fieldStart
    }

    private mutating func endRecord(lengthOfNewline: Int) {
        endField()
        finished = record
        position += lengthOfNewline
        record = Record(line: line, offset: base + position)
    }
}
