/// How the bytes of a CSV file are cut into records and fields.
///
/// A record ends at a newline outside quotes (a carriage return before it is dropped). A quote opens only at the start of
/// a field; inside quotes two quotes stand for one.
package struct CSVDialect: Hashable, Sendable {
    package var delimiter: UInt8
    /// nil: quotes are ordinary characters.
    package var quote: UInt8?

    package init(delimiter: UInt8 = 0x2c, quote: UInt8? = 0x22) {
        self.delimiter = delimiter
        self.quote = quote
    }

    var quoteOrNone: Int32 { quote.map(Int32.init) ?? -1 }

    /// Why a record may have no end.
    var longRecordHint: String {
        quote == nil
            ? "does this file have lines?"
            : "a quote probably never closes; if quotes are ordinary characters here, set 'quote: none'"
    }
}

/// Bytes that can be read anywhere, by many threads at once: a file, later an object in a store.
package protocol RandomReader: Sendable {
    /// For messages.
    var path: String { get }
    var size: Int { get }
    /// Fills `buffer[at...]` with up to `count` bytes from `offset`; fewer only at the end.
    func read(into buffer: ByteBuffer, at: Int, offset: Int, count: Int) throws -> Int
}

/// Bytes that come in order only: what a decompressor gives.
package protocol SequentialReader: AnyObject {
    /// For messages.
    var path: String { get }
    /// Fills `buffer[at...]` with up to `count` bytes; 0 only at the end.
    func read(into buffer: ByteBuffer, at: Int, count: Int) throws -> Int
}

/// Which instructions the kernels use: the best there are, or fewer in tests.
package struct KernelLevel: Sendable, Hashable {
    package let level: Int32

    /// - Parameter atMost: 0 portable, 1 SSE2, 2 AVX2, 3 AVX-512; cut to what the CPU runs.
    package init(atMost: Int32 = 3) { level = min(atMost, KernelLevel.best) }

    /// The best level of this CPU.
    package static let best: Int32 = bestLevel()
}
