package import DaymillColumns

/// A compressed format: one library's stream behind its door. It knows of bytes in memory only.
package protocol DecompressionStream: AnyObject {
    static var format: FileCompression { get }

    /// Ready for the start of a part.
    init()

    /// Decompresses as much as fits. Makes no progress only when it needs more input.
    ///
    /// - Parameter free: where output may go; not empty.
    func step(
        _ input: ByteBuffer, _ unread: Range<Int>, into output: ByteBuffer, _ free: Range<Int>
    ) throws(StreamDamage) -> StreamStep

    /// Gets ready for a further part: a gzip member or a zstd frame.
    func restart()
}

/// What one step did.
package struct StreamStep: Sendable {
    /// Bytes of input used.
    package var taken: Int
    /// Bytes of output made.
    package var given: Int
    /// Whether the part ended here, its checksum included.
    package var isEnd: Bool
}

/// Why a stream cannot go on.
package enum StreamDamage: Error, Hashable {
    /// The part does not start as one of this format.
    case foreign
    case checksum
    /// In the library's words.
    case broken(String)
    /// It needs more memory than we give it.
    case tooLarge
    /// It needs a dictionary that the file does not hold.
    case dictionary
}
