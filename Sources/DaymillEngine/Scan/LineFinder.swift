import DaymillColumns
import DaymillCore

/// Finds the line and column of records by their offsets: one more pass over the file, only when something is wrong.
enum LineFinder {
    static func locate(_ records: [BadRecord], in object: any InputObject) throws -> [BadLine] {
        let lines = try lines(of: records.map(\.offset), in: object)
        return records.map { record in
            let inside = record.fieldOffset - record.offset
            let before = record.bytes.prefix(max(0, inside))
            let breaks = before.count { $0 == 0x0a }
            let column = breaks == 0 ? before.count : before.count - (before.lastIndex(of: 0x0a)! + 1)
            return BadLine(
                line: lines[record.offset]! + breaks, column: column + 1, reason: record.reason, bytes: record.bytes)
        }
    }

    /// The line of each offset.
    static func lines(of offsets: [Int], in object: any InputObject) throws -> [Int: Int] {
        let offsets = offsets.sorted()
        guard let last = offsets.last else { return [:] }
        var lines: [Int: Int] = [:]
        var line = 1, position = 0, next = 0
        try eachBlock(of: object, upTo: last) { bytes in
            for byte in bytes {
                while next < offsets.count && offsets[next] == position {
                    lines[position] = line
                    next += 1
                }
                if byte == 0x0a { line += 1 }
                position += 1
            }
        }
        for offset in offsets[next...] { lines[offset] = line }
        return lines
    }

    private static func eachBlock(of object: any InputObject, upTo last: Int, _ body: ([UInt8]) -> Void) throws {
        let buffer = ByteBuffer(capacity: 1 << 20)
        var offset = 0
        let read: (Int) throws -> Int
        switch try object.open() {
        case .random(let file): read = { try file.read(into: buffer, at: 0, offset: $0, count: 1 << 20) }
        case .sequential(let reader): read = { _ in try reader.read(into: buffer, at: 0, count: 1 << 20) }
        }
        while offset <= last {
            let n = try read(offset)
            if n == 0 { break }
            body(buffer.bytes(0..<n))
            offset += n
        }
    }
}
