import CZlib
package import DaymillColumns

/// The one file that calls zlib.
///
/// A stream neither blocks nor does I/O; one thread at a time may use it.
@safe package final class GzipStream: DecompressionStream {
    package static let format = FileCompression.gzip

    /// Lives as long as this object and never moves, for zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>

    package init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // The largest window, and a gzip frame around it.
        let status = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { fatalError("zlib does not start: \(status), out of memory or of another version") }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    package func restart() {
        let status = unsafe inflateReset(stream)
        precondition(status == Z_OK)
    }

    package func step(
        _ input: ByteBuffer, _ unread: Range<Int>, into output: ByteBuffer, _ free: Range<Int>
    ) throws(StreamDamage) -> StreamStep {
        // zlib counts in 32 bits.
        let (unread, free) = (unread.prefix(1 << 30), free.prefix(1 << 30))
        let status = unsafe input.withBytes(unread) { from in
            unsafe output.withBytes(free) { to in
                unsafe stream.pointee.next_in = from.baseAddress
                unsafe stream.pointee.avail_in = UInt32(from.count)
                unsafe stream.pointee.next_out = to.baseAddress
                unsafe stream.pointee.avail_out = UInt32(to.count)
                return unsafe inflate(stream, Z_NO_FLUSH)
            }
        }
        // "Buffer error" says that there was nothing to do, and is none.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw damage(status) }
        return unsafe StreamStep(
            taken: unread.count - Int(stream.pointee.avail_in), given: free.count - Int(stream.pointee.avail_out),
            isEnd: status == Z_STREAM_END)
    }

    private func damage(_ status: Int32) -> StreamDamage {
        guard status != Z_MEM_ERROR else { fatalError("out of memory: zlib got none") }
        let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib error \(status)"
        switch reason {
        case "incorrect header check": return .foreign
        case "incorrect data check", "incorrect length check": return .checksum
        default: return .broken(reason)
        }
    }
}
