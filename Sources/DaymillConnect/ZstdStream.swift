import CZstd
package import DaymillColumns

/// The one file that calls libzstd.
///
/// A stream neither blocks nor does I/O; one thread at a time may use it. It takes up to 128 MiB, the library's own
/// bound, where a file was compressed with a window that large; ordinary files need some MiB.
@safe package final class ZstdStream: DecompressionStream {
    package static let format = FileCompression.zstd

    /// Lives as long as this object.
    private let context: OpaquePointer

    package init() {
        guard let context = unsafe ZSTD_createDCtx() else { fatalError("out of memory: zstd got none") }
        unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    package func restart() { _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }

    package func step(
        _ input: ByteBuffer, _ unread: Range<Int>, into output: ByteBuffer, _ free: Range<Int>
    ) throws(StreamDamage) -> StreamStep {
        let (result, taken, given) = unsafe input.withBytes(unread) { from in
            unsafe output.withBytes(free) { to in
                var source = unsafe ZSTD_inBuffer(src: from.baseAddress, size: from.count, pos: 0)
                var target = unsafe ZSTD_outBuffer(dst: to.baseAddress, size: to.count, pos: 0)
                let result = unsafe ZSTD_decompressStream(context, &target, &source)
                return unsafe (result, source.pos, target.pos)
            }
        }
        guard ZSTD_isError(result) == 0 else { throw ZstdStream.damage(result) }
        // 0: a frame ended and all of it was given out.
        return StreamStep(taken: taken, given: given, isEnd: result == 0)
    }

    private static func damage(_ result: Int) -> StreamDamage {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_prefix_unknown: return .foreign
        case ZSTD_error_checksum_wrong: return .checksum
        case ZSTD_error_frameParameter_windowTooLarge: return .tooLarge
        case ZSTD_error_dictionary_wrong: return .dictionary
        case ZSTD_error_memory_allocation: fatalError("out of memory: zstd got none")
        default: return .broken(unsafe String(cString: ZSTD_getErrorName(result)).lowercased())
        }
    }
}
