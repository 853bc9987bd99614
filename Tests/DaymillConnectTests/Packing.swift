import CZlib
import CZstd
import DaymillConnect

/// Compressed data, made by the libraries themselves.
enum Packing: String, CaseIterable, Sendable {
    case gzip
    case zstd

    /// One member or frame, with a checksum.
    func pack(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
        switch self {
        case .gzip: Packing.gzip(bytes, level)
        case .zstd: Packing.zstd(bytes, level)
        }
    }

    var ending: String { self == .gzip ? "gz" : "zst" }

    private static func gzip(_ bytes: [UInt8], _ level: Int32) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = deflateInit2_(
            &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        precondition(status == Z_OK)
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
        let left = input.withUnsafeMutableBufferPointer { from in
            output.withUnsafeMutableBufferPointer { to in
                (stream.next_in, stream.avail_in) = (from.baseAddress, UInt32(from.count))
                (stream.next_out, stream.avail_out) = (to.baseAddress, UInt32(to.count))
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                return Int(stream.avail_out)
            }
        }
        return Array(output.dropLast(left))
    }

    private static func zstd(_ bytes: [UInt8], _ level: Int32) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        precondition(ZSTD_isError(count) == 0)
        return Array(output.prefix(count))
    }

    /// A zstd frame without content that takes up so many bytes, 8 at least.
    static func skippable(_ count: Int) -> [UInt8] {
        let size = UInt32(count - 8)
        return [0x5a, 0x2a, 0x4d, 0x18] + (0..<4).map { UInt8(size >> ($0 * 8) & 255) }
            + [UInt8](repeating: 7, count: count - 8)
    }

    /// A zstd frame, without content and checksum, whose header asks for a window of 2 to the power of 31 bytes or for
    /// dictionary 1.
    static let hugeWindow: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]
    static let withDictionary: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 0x01, 0x01, 0x00, 0x00]
}

/// Bytes that do not compress, the same each time.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(state >> 56)
    }
}

/// Lines of a log, which compress well.
func lines(_ count: Int) -> [UInt8] {
    Array((0..<count).map { "user\($0 * 7919 % 997)@example.org,READ,2024-09-15 03:11:\($0 % 60)\n" }.joined().utf8)
}
