import DaymillColumns
import DaymillCore
import DaymillTestKit
import Foundation
import Testing

/// Logs keep their first and their last part, whoever reads them meanwhile.
@Suite struct BoundedLogTests {
    private static let part = 65_536
    private let path = "\(NSTemporaryDirectory())daymill-log-\(UUID().uuidString)"

    private func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Lines of 16 bytes with their numbers.
    private static func lines(_ numbers: Range<Int>) -> Data {
        Data(numbers.map { "line \(zeroPadded($0, 10))\n" }.joined().utf8)
    }

    private func append(_ data: Data) throws {
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(filePath: path)) }
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: data)
        try file.close()
    }

    /// All that comes now, with gaps as lines.
    private func rest(_ reader: inout BoundedLog.Reader, atMost count: Int = 10_000) -> (bytes: Data, gaps: [Int]) {
        var found = (bytes: Data(), gaps: [Int]())
        while let piece = reader.next(atMost: count) {
            switch piece {
            case .bytes(let bytes): found.bytes += bytes
            case .gap(let gap): found.gaps.append(gap)
            }
        }
        return found
    }

    @Test func aShortLogStaysAsItIs() throws {
        defer { remove() }
        let all = Self.lines(0..<8000)
        var log = BoundedLog(path, part: Self.part)
        // Before the child has made it.
        #expect(log.bound() == .seconds(1))
        try log.finish()
        try append(all)
        _ = log.bound()
        try log.finish()
        #expect(try Data(contentsOf: URL(filePath: path)) == all)
        var reader = BoundedLog.Reader(path, part: Self.part)
        let found = rest(&reader)
        #expect(found.bytes == all && found.gaps.isEmpty && reader.next() == nil)
    }

    @Test func aLongLogKeepsItsFirstAndItsLastPart() throws {
        defer { remove() }
        var log = BoundedLog(path, part: Self.part)
        for round in 0..<50 {
            try append(Self.lines(round * 1000..<(round + 1) * 1000))
            #expect(log.bound() == .seconds(1))
            #expect(FileDoor.diskBytes(below: path) <= 3 * Self.part, "round \(round)")
        }
        try append(Self.lines(50_000..<51_100))
        // More than a second's worth came: the next look is soon.
        #expect(log.bound() == .milliseconds(50))
        try log.finish()
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let mark = try #require(text.firstRange(of: #/\n\[daymill: (\d+) bytes were left out here\]\n/#))
        let first = text[..<mark.lowerBound], last = text[mark.upperBound...]
        #expect(first == String(decoding: Self.lines(0..<4096), as: UTF8.self))
        #expect(last == String(decoding: Self.lines(47_005..<51_100), as: UTF8.self))
        #expect(text[mark].contains(" \(817_600 - first.utf8.count - last.utf8.count) bytes"))
        // Whoever finds it so reads it as it stands.
        var reader = BoundedLog.Reader(path, part: Self.part)
        let found = rest(&reader)
        #expect(found.bytes == Data(text.utf8) && found.gaps.isEmpty)
    }

    /// Whoever follows reads each line once, in order; what he comes too late for he is told.
    @Test(arguments: 0..<30 as Range<UInt64>) func followersLoseNothingWithoutBeingTold(_ seed: UInt64) throws {
        defer { remove() }
        var random = SeededGenerator(seed: seed), log = BoundedLog(path, part: Self.part)
        var reader = BoundedLog.Reader(path, part: Self.part)
        var found = Data(), gaps = 0, count = 0
        func follow() {
            let new = rest(&reader, atMost: random.number(1000...200_000))
            found += new.bytes
            gaps += new.gaps.reduce(0, +)
        }
        while count < 30_000 {
            let lines = random.number(1...2000)
            try append(Self.lines(count..<count + lines))
            count += lines
            if random.once(in: 2) { _ = log.bound() }
            if random.once(in: seed % 3 == 0 ? 50 : 3) { follow() }
        }
        if random.once(in: 2) { follow() }
        try log.finish()
        follow()
        // The mark stands in the file for those who come late, between the parts.
        let text = String(decoding: found, as: UTF8.self)
        let marks = text.matches(of: #/\n\[daymill: (\d+) bytes were left out here\]\n/#)
        let marked = marks.reduce(0) { $0 + (Int($1.1) ?? 0) }
        let markBytes = marks.reduce(0) { $0 + $1.0.utf8.count }
        #expect(found.count - markBytes + marked + gaps == count * 16, "seed \(seed)")
        let numbers = text.split(separator: "\n").compactMap { line -> Int? in
            line.hasPrefix("line ") && line.utf8.count == 15 ? Int(line.dropFirst(5)) : nil
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "seed \(seed)")
        #expect(numbers.first == 0 && numbers.last == count - 1, "seed \(seed)")
    }
}
