import DaymillColumns
import DaymillCore
import Foundation

/// How much memory a computation may take for its groups, and where it puts those that do not fit.
///
///     a run's memory ─┬─ the program and its runtime      `programBytes`
///                     ├─ buffers of each thread           `threadBytes`
///                     └─ `bytes`: groups while scanning; groups, sort keys and blocks while merging and publishing
package struct MemoryBudget: Sendable {
    /// For everything that grows with the input.
    package var bytes: Int
    /// Temporary files are named as if they were to become this file, and lie beside it.
    package var spillPath: String
    /// Groups from which on they are put to disk, however much memory there is; for tests.
    package var groupsMax = Int.max
    /// The free bytes of a folder; tests have their own.
    package var freeBytes: @Sendable (String) throws -> Int = { try FileDoor.freeBytes(in: $0) }

    package init(bytes: Int, spillPath: String) {
        self.bytes = bytes
        self.spillPath = spillPath
    }

    /// What the program takes when it has nothing to do.
    static let programBytes = 48 << 20
    /// What a thread takes beside groups: a chunk with its index, a batch, parts of output.
    static let threadBytes = 12 << 20
    /// What is left for groups of a run's memory.
    package init(total: Int, threads: Int, spillPath: String) {
        let rest = total - MemoryBudget.programBytes - threads * MemoryBudget.threadBytes
        self.init(bytes: max(24 << 20, rest), spillPath: spillPath)
    }

    /// So many of the threads asked for that their buffers leave room for groups.
    package static func threads(_ asked: Int, in total: Int) -> Int {
        max(1, min(asked, (total - programBytes - (24 << 20)) / (2 * threadBytes)))
    }

    /// 60 of 100 of the memory that this process may take: the machine's, or that of its control group.
    package static func usual() -> Int { usualBytes }

    private static let usualBytes: Int = {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        let least = groups.compactMap(limit).reduce(machine, min)
        return max(Limits.memoryBytesMin, least / 10 * 6)
    }()

    private static func limit(_ path: String) -> Int? {
        let buffer = ByteBuffer(capacity: 64)
        guard let n = try? FileDoor.open(path).read(into: buffer, at: 0, offset: 0, count: 64) else { return nil }
        return Int(String(decoding: buffer.bytes(0..<n), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// A share of it, for one of several computations at a time.
    package func divided(by count: Int) -> MemoryBudget {
        var share = self
        share.bytes = bytes / max(1, count)
        return share
    }

    /// What groups in tables may take, so that they can be sorted and written beside.
    func tableBytes(hasDays: Bool) -> Int { hasDays ? bytes / 100 * 55 : bytes / 100 * 80 }

    /// Bytes of the parts that workers write.
    var partBytes: Int { min(16 << 20, max(1 << 20, bytes / 64)) }

    /// So many strands of segments may be open at a time, in all threads together.
    var strands: Int { max(16, bytes / 4 / (72 << 10)) }

    /// Makes sure that there is room on the disk.
    ///
    /// - Throws: `.io` with what is needed and what is free.
    func checkSpace(for needed: Int) throws {
        let folder = FileDoor.parent(of: spillPath)
        let free = try freeBytes(folder)
        guard free < needed else { return }
        throw DaymillError(
            .io,
            """
            no room in \(folder) for what does not fit into memory: \(ByteCount(needed)) are needed, \
            \(ByteCount(free)) are free
            """, hint: "free some space there, or give the run more memory with --memory; nothing was half-published")
    }
}
