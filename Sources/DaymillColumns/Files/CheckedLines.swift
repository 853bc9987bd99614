import CKernels

/// Lines of text fields, each under a checksum of its own, for files that are only ever appended to.
///
///     field \t field \t … \t 16 hexadecimal digits of XXH3-64 of everything before them \n
///
/// In a field backslash, tab and newline are written as `\\`, `\t` and `\n`. A line that is torn, or was changed, is
/// not seen by readers; the lines around it are.
package enum CheckedLines {
    /// One line with its checksum.
    package static func line(_ fields: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            appendEscaped(field, to: &bytes)
            bytes.append(0x09)
        }
        bytes += hexDigits(SegmentWriter.checksum(bytes))
        bytes.append(0x0a)
        return bytes
    }

    /// Calls `body` with each whole line, in order.
    ///
    /// - Returns: how many lines were whole, and how many were not.
    @discardableResult
    package static func each(in bytes: [UInt8], _ body: (Line) -> Void) -> (whole: Int, broken: Int) {
        var counts = (whole: 0, broken: 0)
        bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            var start = 0
            while start < all.count {
                var end = start
                while end < all.count && base[end] != 0x0a { end += 1 }
                if end < all.count, let line = Line(base + start, end - start) {
                    body(line)
                    counts.whole += 1
                } else if end > start {
                    counts.broken += 1
                }
                start = end + 1
            }
        }
        return counts
    }

    /// The fields of a whole line; not to be kept beyond the call that gave it.
    package struct Line {
        private let base: UnsafePointer<UInt8>
        /// Where each field ends.
        private var ends: [Int] = []

        fileprivate init?(_ base: UnsafePointer<UInt8>, _ count: Int) {
            let fields = count - 16
            guard fields > 0, base[fields - 1] == 0x09,
                let sum = hexWord(UnsafeBufferPointer(start: base + fields, count: 16)),
                sum == dm_hash64(base, fields)
            else { return nil }
            self.base = base
            for i in 0..<fields where base[i] == 0x09 { ends.append(i) }
        }

        package var count: Int { ends.count }

        private func bytes(_ i: Int) -> UnsafeBufferPointer<UInt8> {
            guard i < ends.count else { return UnsafeBufferPointer(start: base, count: 0) }
            let start = i == 0 ? 0 : ends[i - 1] + 1
            return UnsafeBufferPointer(start: base + start, count: ends[i] - start)
        }

        /// A field as text; empty when there is none of this number.
        package func text(_ i: Int) -> String {
            let bytes = bytes(i)
            guard bytes.contains(0x5c) else { return String(decoding: bytes, as: UTF8.self) }
            return CheckedLines.unescaped(bytes)
        }

        /// A field as a whole number.
        package func integer(_ i: Int) -> Int? {
            let bytes = bytes(i)
            var value = 0
            let isNegative = bytes.first == 0x2d
            guard bytes.count > (isNegative ? 1 : 0) else { return nil }
            for byte in bytes.dropFirst(isNegative ? 1 : 0) {
                guard 0x30...0x39 ~= byte else { return nil }
                let (shifted, o1) = value.multipliedReportingOverflow(by: 10)
                let (sum, o2) = shifted.addingReportingOverflow(Int(byte) - 0x30)
                if o1 || o2 { return nil }
                value = sum
            }
            return isNegative ? -value : value
        }

        /// A field as an id.
        package func id(_ i: Int) -> ContentID? { CheckedLines.id(bytes(i)) }

        /// A field as ids one after another, without anything between them.
        package func ids(_ i: Int) -> [ContentID]? {
            let bytes = bytes(i)
            guard bytes.count % 32 == 0 else { return nil }
            var ids: [ContentID] = []
            for start in stride(from: 0, to: bytes.count, by: 32) {
                guard let id = CheckedLines.id(UnsafeBufferPointer(rebasing: bytes[start..<start + 32])) else {
                    return nil
                }
                ids.append(id)
            }
            return ids
        }
    }

    private static func id(_ bytes: UnsafeBufferPointer<UInt8>) -> ContentID? {
        guard bytes.count == 32, let high = hexWord(UnsafeBufferPointer(rebasing: bytes[..<16])),
            let low = hexWord(UnsafeBufferPointer(rebasing: bytes[16...]))
        else { return nil }
        return ContentID(high: high, low: low)
    }

    private static func appendEscaped(_ field: String, to bytes: inout [UInt8]) {
        for byte in field.utf8 {
            switch byte {
            case 0x5c: bytes += [0x5c, 0x5c]
            case 0x09: bytes += [0x5c, 0x74]
            case 0x0a: bytes += [0x5c, 0x6e]
            default: bytes.append(byte)
            }
        }
    }

    private static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                plain.append(byte == 0x74 ? 0x09 : byte == 0x6e ? 0x0a : byte)
                isEscaped = false
            } else if byte == 0x5c {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func hexDigits(_ word: UInt64) -> [UInt8] {
        let digits = Array(String(word, radix: 16).utf8)
        return Array(repeating: 0x30, count: 16 - digits.count) + digits
    }
}
