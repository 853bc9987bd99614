import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillNaive
import DaymillPipeline

/// What a look at every byte of a file says about how it is written.
struct InputLook {
    /// How its lines end.
    enum Newline: Hashable {
        case newline
        case carriageReturnNewline
    }

    var compression: FileCompression
    var hasHeader: Bool
    /// Fields of a record.
    var width: Int
    /// For each declared column its field; nil for one that the header does not have.
    var places: [Int?]
    var newline: Newline
    /// What other readers of CSV may take for something else; nil when there is nothing.
    var oddity: String?

    /// Reads the whole file and checks that it is what the output was made of.
    ///
    /// - Throws: `.stale`; what reading throws.
    init(_ input: VerifyRequest.Input, _ request: VerifyRequest, report: @escaping (Int) -> Void) throws {
        compression = try InputLook.compression(of: input)
        let pieces = try InputPieces(input, of: request, report: report)
        var scan = ByteScan(delimiter: request.source.delimiter, quote: request.source.quote)
        var head: [UInt8] = []
        while let piece = try pieces.next() {
            if head.count < InputLook.headBytes { head += piece }
            scan.read(piece)
        }
        scan.end()
        let rows = try InputLook.rows(head, input, request)
        hasHeader = rows.hasHeader
        width = rows.width
        places = rows.places
        newline = scan.carriageReturns > 0 ? .carriageReturnNewline : .newline
        oddity = scan.oddity
    }

    private static let headBytes = 1 << 20

    private static func rows(
        _ head: [UInt8], _ input: VerifyRequest.Input, _ request: VerifyRequest
    ) throws -> NaiveRows {
        var whole: [UInt8]? = head
        let used = request.rollup.usedColumns.union(request.source.distinctOn)
        return try NaiveRows(
            input.path, dialect: NaiveDialect(request.source),
            used: used.union(request.source.eventTime.map { [$0] } ?? [])
        ) {
            defer { whole = nil }
            return whole
        }
    }

    private static func compression(of input: VerifyRequest.Input) throws -> FileCompression {
        guard input.file.compression == .auto else { return input.file.compression }
        let file = try FileDoor.open(input.file.realPath, shownAs: input.path)
        let buffer = ByteBuffer(capacity: 4)
        let first = buffer.bytes(0..<(try file.read(into: buffer, at: 0, offset: 0, count: 4)))
        let found = FileCompression.detect(firstBytes: first)
        return found == .none ? FileCompression.named(input.path) : found
    }
}

/// Looks at bytes one after another for what readers of CSV do not agree on: lone carriage returns, mixed ends of lines,
/// and quotes that are not those of RFC 4180.
struct ByteScan {
    private enum State { case fieldStart, plain, quoted, afterQuote }

    private let delimiter: UInt8
    private let quote: UInt8?
    private var state = State.fieldStart
    private var last: UInt8 = 0x0a
    private var newlines = 0
    private(set) var carriageReturns = 0
    private var loneReturns = 0
    private var isOddlyQuoted = false
    private var hasNull = false
    private var isBlank = true
    private var blankLines = 0

    init(delimiter: UInt8, quote: UInt8?) {
        self.delimiter = delimiter
        self.quote = quote
    }

    mutating func read(_ bytes: [UInt8]) {
        for byte in bytes { step(byte) }
    }

    private mutating func step(_ byte: UInt8) {
        if last == 0x0d && byte != 0x0a { loneReturns += 1 }
        if byte == 0 { hasNull = true }
        last = byte
        if state == .quoted {
            if byte == quote { state = .afterQuote }
            if byte == 0x0d { loneReturns += 1 }
            return
        }
        switch byte {
        case 0x0d: carriageReturns += 1
        case 0x0a:
            if isBlank { blankLines += 1 }
            newlines += 1
            isBlank = true
            state = .fieldStart
        case delimiter:
            isBlank = false
            state = .fieldStart
        case quote:
            isBlank = false
            if state == .plain { isOddlyQuoted = true }
            state = .quoted
        default:
            isBlank = false
            if state == .afterQuote { isOddlyQuoted = true }
            state = .plain
        }
    }

    mutating func end() {
        if last == 0x0d { loneReturns += 1 }
        if state == .quoted { isOddlyQuoted = true }
    }

    /// In words, with nothing before or after; nil when all readers agree.
    var oddity: String? {
        if hasNull { return "has zero bytes" }
        if loneReturns > 0 { return "has carriage returns that end no line" }
        if carriageReturns > 0 && carriageReturns != newlines { return "has lines that end in two ways" }
        if isOddlyQuoted { return "has quotes inside fields" }
        return blankLines > 0 ? "has blank lines" : nil
    }
}
