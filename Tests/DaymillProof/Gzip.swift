/// Bytes as a gzip file, without making them smaller.
package enum Gzip {
    package static func packed(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 65536)
        let length = UInt32(bytes.count)
        var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]
        append(length, 2, to: &out)
        append(~length, 2, to: &out)
        out += bytes
        append(checksum(bytes), 4, to: &out)
        append(length, 4, to: &out)
        return out
    }

    private static func append(_ value: UInt32, _ count: Int, to out: inout [UInt8]) {
        for i in 0..<count { out.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * i))) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
