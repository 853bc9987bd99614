/// A group as it lies in the pool, at a multiple of 8 bytes; it never moves.
///
///     length Int32 · tag │ key bytes, zero-padded to 8 │ words of partial 0 │ words of partial 1 │ …
///
/// The key comes first, so that a short key is compared within the entry's first cache line.
struct GroupEntry {
    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    static let header = 8
    static let tagOffset = 4

    /// Bytes of the key; -1 for the NULL of a bare text key.
    @inline(__always)
    var length: Int32 { raw.load(as: Int32.self) }

    /// Tells groups of one key apart, where several lie in one list; else anything.
    @inline(__always)
    var tag: UInt32 { (raw + GroupEntry.tagOffset).load(as: UInt32.self) }

    func setTag(_ tag: UInt32) { (raw + GroupEntry.tagOffset).storeBytes(of: tag, as: UInt32.self) }

    @inline(__always)
    var key: UnsafePointer<UInt8> { UnsafePointer((raw + GroupEntry.header).assumingMemoryBound(to: UInt8.self)) }

    @inline(__always)
    var words: UnsafeMutablePointer<UInt64> { words(length) }

    /// The words, where the length is known already.
    @inline(__always)
    func words(_ length: Int32) -> UnsafeMutablePointer<UInt64> {
        (raw + GroupEntry.size(length)).assumingMemoryBound(to: UInt64.self)
    }

    /// Bytes of header and key.
    @inline(__always)
    static func size(_ length: Int32) -> Int { header &+ (Int(max(0, length)) &+ 7) & ~7 }
}
