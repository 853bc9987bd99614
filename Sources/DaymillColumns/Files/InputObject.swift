/// A file, object or slice of a source: something with a name, a stamp and bytes.
package protocol InputObject: Sendable {
    /// As people know it.
    var path: String { get }
    /// What can be known without reading it.
    var stamp: FileStamp { get }
    /// The stamp as it is now; nil when it is gone.
    func currentStamp() throws -> FileStamp?
    /// Opens it for reading.
    func open() throws -> InputBytes
    /// The identity of its bytes, as stored.
    func contentID(threads: Int) throws -> ContentID
}

/// An open input.
package enum InputBytes {
    /// Bytes as they are: many threads can read.
    case random(any RandomReader)
    /// Bytes out of a decompressor.
    case sequential(any DecompressingReader)
}

/// A decompressor, which sees all bytes of a file pass and so knows what it was.
package protocol DecompressingReader: SequentialReader {
    /// The identity of the compressed bytes, after everything was read.
    var contentID: ContentID { get }
    /// Compressed bytes taken so far.
    var bytesTaken: Int { get }
}
