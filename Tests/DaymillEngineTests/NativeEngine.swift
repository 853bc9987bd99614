import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Foundation
import Synchronization

@testable import DaymillColumns

/// The engine that people use, over files in memory, in any of the ways in which it can be told to work.
struct NativeEngine: EngineUnderTest, CustomStringConvertible {
    /// How files become groups.
    enum Way: Sendable, Equatable {
        /// All files into one set of groups.
        case onePass
        /// A segment per file on disk, then their merge.
        case segments
    }

    /// How the bytes of files arrive.
    enum Supply: Sendable, Equatable {
        /// Any place at any time.
        case random
        /// In order, at most so many bytes at a time, as out of a decompressor.
        case stream(bytesPerRead: Int)
    }

    var threads = 2
    var chunkBytes = ContentID.block
    var level: Int32 = 3
    var way = Way.onePass
    var supply = Supply.random
    /// Groups from which on they go to disk.
    var groupsMax = Int.max

    var description: String {
        "threads \(threads), chunks of \(chunkBytes), level \(level), \(way), \(supply), \(groupsMax) groups"
    }

    private var options: ScanOptions {
        ScanOptions(
            threads: threads, level: KernelLevel(atMost: level), badRecordsKept: .max, chunkBytes: chunkBytes)
    }

    func run(files: [TestFile], dialect: TestDialect, rollup: Rollup) throws -> [UInt8] {
        try compute(files, dialect, rollup).bytes
    }

    /// The published bytes, and what was found in each file.
    func compute(
        _ files: [TestFile], _ dialect: TestDialect, _ rollup: Rollup
    ) throws -> (bytes: [UInt8], scanned: [ScannedFile]) {
        let plan = ScanPlan(rollup, ScanFormat(dialect))
        let memory = try memory()
        defer { withExtendedLifetime(memory) {} }
        switch way {
        case .onePass:
            let groups = ScanGroups(plan, memory: memory?.budget)
            let scanned = try scan(files, plan, into: groups)
            return (try publish(groups, plan), scanned)
        case .segments:
            let folder = try SegmentFolder()
            var scanned: [ScannedFile] = []
            var inputs: [SegmentMerge.Input] = []
            for (index, file) in files.enumerated() {
                let groups = ScanGroups(plan, memory: memory?.budget)
                scanned += try scan([file], plan, into: groups)
                inputs.append(.init(try folder.write("part\(index)", groups, plan, threads: threads), days: nil))
            }
            let window = ScanGroups(plan, memory: memory?.budget)
            try WindowMerge.merge(inputs, plan, into: window, threads: threads)
            return (try publish(window, plan), scanned)
        }
    }

    /// A folder to spill to; nil where memory is as large as it gets.
    private func memory() throws -> (folder: SegmentFolder, budget: MemoryBudget)? {
        guard groupsMax < .max else { return nil }
        let folder = try SegmentFolder()
        return (folder, folder.budget(groupsMax))
    }

    @discardableResult
    func scan(_ files: [TestFile], _ plan: ScanPlan, into groups: ScanGroups) throws -> [ScannedFile] {
        let objects = files.map { MemoryFile(path: $0.name, bytes: $0.bytes, supply: supply) }
        return try Scan.run(objects, plan, into: groups, hashing: false, options: options)
    }

    func publish(_ groups: ScanGroups, _ plan: ScanPlan) throws -> [UInt8] {
        let sink = ByteSink()
        let written = try PublishedResult.write(
            try WindowResult.make(groups, plan, threads: threads), .csv(), threads: threads
        ) { sink.add(Array($0)) }
        let bytes = sink.bytes
        precondition(written.bytes == bytes.count)
        return bytes
    }
}

extension ScanFormat {
    /// What the naive engine's dialect says.
    init(_ dialect: TestDialect) {
        let header: CSVPrologue.Header =
            switch dialect.header {
            case .auto: .auto
            case .yes: .yes
            case .no: .no
            }
        self.init(
            .csv(CSVDialect(delimiter: dialect.delimiter, quote: dialect.quote), header: header),
            nullWords: dialect.nullWords, leavesOutBadRows: dialect.badRows == .skip,
            eventTime: dialect.eventTime.flatMap { name in dialect.columns.firstIndex { $0.name == name } })
    }
}

extension [SegmentMerge.Input] {
    /// The groups of all of them.
    func merged(_ plan: ScanPlan, threads: Int) throws -> ScanGroups {
        let groups = ScanGroups(plan)
        try WindowMerge.merge(self, plan, into: groups, threads: threads)
        return groups
    }
}

/// Collects what is published.
private final class ByteSink: Sendable {
    private let all = Mutex<[UInt8]>([])
    func add(_ bytes: [UInt8]) { all.withLock { $0 += bytes } }
    var bytes: [UInt8] { all.withLock { $0 } }
}

/// A file that exists in memory only.
struct MemoryFile: InputObject, RandomReader {
    let path: String
    let bytes: [UInt8]
    var supply = NativeEngine.Supply.random

    var size: Int { bytes.count }
    var stamp: FileStamp { FileStamp(size: bytes.count, modified: 0, changed: 0, inode: 0, device: 0) }
    func currentStamp() throws -> FileStamp? { stamp }
    func contentID(threads: Int) throws -> ContentID { try ContentID.of(self, threads: threads) }

    func open() throws -> InputBytes {
        switch supply {
        case .random: .random(self)
        case .stream(let bytesPerRead): .sequential(MemoryStream(self, bytesPerRead: bytesPerRead))
        }
    }

    func read(into buffer: ByteBuffer, at: Int, offset: Int, count: Int) throws -> Int {
        let part = bytes[min(offset, size)..<min(offset + count, size)]
        buffer.withBytes(at..<at + part.count) { _ = $0.update(fromContentsOf: part) }
        return part.count
    }
}

/// The bytes of a file in order.
private final class MemoryStream: DecompressingReader {
    let path: String
    private let file: MemoryFile
    private let bytesPerRead: Int
    private(set) var bytesTaken = 0

    init(_ file: MemoryFile, bytesPerRead: Int) {
        self.file = file
        self.bytesPerRead = bytesPerRead
        path = file.path
    }

    var contentID: ContentID {
        let hasher = StreamHasher()
        hasher.add(file.bytes)
        return hasher.contentID
    }

    func read(into buffer: ByteBuffer, at: Int, count: Int) throws -> Int {
        let n = try file.read(into: buffer, at: at, offset: bytesTaken, count: min(count, bytesPerRead))
        bytesTaken += n
        return n
    }
}

/// A folder of segments that is there for one test.
final class SegmentFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "daymill-segments-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(of name: String) -> String { "\(path)/\(name).seg" }

    /// A budget that spills here.
    func budget(_ groupsMax: Int = .max, bytes: Int = 1 << 30) -> MemoryBudget {
        var budget = MemoryBudget(bytes: bytes, spillPath: "\(path)/spilled.seg")
        budget.groupsMax = groupsMax
        return budget
    }

    /// Names of temporary files.
    var temporaryFiles: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".tmp") } }
    }

    func bytes(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(of: name)))) }

    func write(_ name: String, bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path(of: name)))
    }

    @discardableResult
    func write(
        _ name: String, _ groups: ScanGroups, _ plan: ScanPlan, rows: Int = 0, withoutDays: Bool = false,
        threads: Int = 1
    ) throws -> SegmentReader {
        _ = try groups.writeSegment(
            to: path(of: name), id: ContentID(high: 1, low: 2), rows: rows, badRows: 0,
            dayPrefixed: plan.hasDays && !withoutDays, threads: threads)
        return try SegmentReader(path(of: name))
    }
}

extension WindowMerge {
    /// A merge into fresh groups.
    static func merge(
        _ inputs: [SegmentMerge.Input], _ plan: ScanPlan, threads: Int
    ) throws -> (groups: ScanGroups, bytes: Int) {
        let groups = ScanGroups(plan)
        return (groups, try merge(inputs, plan, into: groups, threads: threads))
    }
}
