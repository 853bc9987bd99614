import CKernels
import DaymillCore
import Glibc

/// The log of an attempt, which keeps its first and its last part however much is written.
///
///     while a child writes    first part · hole · last part     the child adds at the end and notices nothing
///     afterwards              first part · a line that says how many bytes were left out · last part
///
/// The child has the file itself, opened for appending, so nothing stands between them that could slow it down, or die. What lies
/// between the two parts is given back to the disk while it writes (`FALLOC_FL_PUNCH_HOLE`), and taken out of the file when it has
/// ended. Where a file system makes no holes only the latter happens.
package struct BoundedLog {
    private let path: String
    /// Bytes of each of the two parts.
    private let part: Int
    /// Up to here there is a hole.
    private var holeEnd: Int
    private var size = 0

    /// - Parameter part: bytes of each of the two parts, whole pages.
    package init(_ path: String, part: Int = Limits.logPartBytes) {
        (self.path, self.part) = (path, part)
        holeEnd = part
    }

    /// Gives back what lies between the parts by now.
    ///
    /// - Returns: after which time to look again: soon while much is written.
    package mutating func bound() -> Duration {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return .seconds(1) }
        defer { close(descriptor) }
        let before = size
        size = Int(lseek(descriptor, 0, SEEK_END))
        let end = (size - part) & ~4095
        if end > holeEnd {
            dm_punch_hole(descriptor, Int64(holeEnd), Int64(end - holeEnd))
            holeEnd = end
        }
        return size - before > part / 4 ? .milliseconds(50) : .seconds(1)
    }

    /// Takes out what lies between the parts. Nobody writes any more.
    ///
    /// - Throws: `DaymillError` `.io`; the file is then as it was.
    package func finish() throws {
        let old = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard old >= 0 else { return }
        defer { close(old) }
        let size = Int(lseek(old, 0, SEEK_END))
        guard size > 2 * part + 4096 else { return }
        let start = BoundedLog.lineStart(old, size - part)
        let new = "\(path).part"
        let descriptor = Glibc.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileDoor.failure("cannot create", new) }
        defer { close(descriptor) }
        let isWhole =
            BoundedLog.copy(old, 0..<part, to: descriptor)
            && BoundedLog.write(Array(BoundedLog.mark(start - part).utf8)[...], to: descriptor)
            && BoundedLog.copy(old, start..<size, to: descriptor)
        guard isWhole, rename(new, path) == 0 else {
            let error = FileDoor.failure("cannot write", new)
            unlink(new)
            throw error
        }
    }

    private static let markStart = "\n[daymill: ", markEnd = " bytes were left out here]\n"

    private static func mark(_ bytes: Int) -> String { "\(markStart)\(bytes)\(markEnd)" }

    /// The first start of a line from a place on, or that place where the line is long.
    private static func lineStart(_ descriptor: Int32, _ place: Int) -> Int {
        let bytes = read(descriptor, place, 65_536)
        return bytes.firstIndex(of: UInt8(ascii: "\n")).map { place + $0 + 1 } ?? place
    }

    private static func copy(_ source: Int32, _ range: Range<Int>, to target: Int32) -> Bool {
        var place = range.lowerBound
        while place < range.upperBound {
            let bytes = read(source, place, min(1 << 20, range.upperBound - place))
            guard !bytes.isEmpty, write(bytes[...], to: target) else { return false }
            place += bytes.count
        }
        return true
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to target: Int32) -> Bool {
        var left = bytes
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            left = left.dropFirst(count)
        }
        return true
    }

    private static func read(_ descriptor: Int32, _ place: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, pread(descriptor, buffer.baseAddress, count, off_t(place)))
        }
    }

    // MARK: Reading

    /// How far somebody has read a log, while it is written or when it has ended.
    package struct Reader {
        private let path: String
        private let part: Int
        private var place = 0
        private var inode: UInt64 = 0

        /// What comes next.
        package enum Piece: Equatable {
            case bytes([UInt8])
            /// So many bytes were left out.
            case gap(Int)
        }

        package init(_ path: String, part: Int = Limits.logPartBytes) { (self.path, self.part) = (path, part) }

        /// What comes next; nil: nothing does now. What was left out meanwhile is passed over.
        package mutating func next(atMost count: Int = 1 << 20) -> Piece? {
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var info = Glibc.stat()
            guard fstat(descriptor, &info) == 0 else { return nil }
            if inode != 0, inode != UInt64(info.st_ino) { if let gap = moved(descriptor) { return gap } }
            inode = UInt64(info.st_ino)
            let bytes = BoundedLog.read(descriptor, place, count)
            // A hole that was made before or while this was read.
            let data = Int(dm_next_data(descriptor, Int64(place)))
            if data > place {
                defer { place = data }
                return .gap(data - place)
            }
            let hole = Int(dm_next_hole(descriptor, Int64(place)))
            let whole = hole > place && hole < place + bytes.count ? Array(bytes[..<(hole - place)]) : bytes
            guard !whole.isEmpty else { return nil }
            place += whole.count
            return .bytes(whole)
        }

        /// Finds the place in the file that has ended, and what was passed over.
        private mutating func moved(_ descriptor: Int32) -> Piece? {
            guard place > part else { return nil }
            let line = BoundedLog.read(descriptor, part, 100)
            let text = String(decoding: line, as: UTF8.self)
            guard text.hasPrefix(BoundedLog.markStart),
                let left = Int(text.dropFirst(BoundedLog.markStart.count).prefix { $0.isNumber })
            else { return nil }
            let length = BoundedLog.mark(left).utf8.count, passed = part + left - place
            inode = 0
            // What was read already of the last part is not read again.
            place = max(part + length, place - left + length)
            return passed > 0 ? .gap(passed) : nil
        }
    }
}
