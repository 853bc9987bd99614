import DaymillCore
import Foundation

/// The day's clock of processes that were started with it.
struct MadeClock {
    let path: String

    init(_ scratch: Scratch) { path = "\(scratch.path)/clock" }

    /// What time it is for them, in seconds since 1970.
    func set(to second: Int64) throws {
        try set(aheadBy: second * 1_000_000 - WallClock.system.nowMicroseconds)
    }

    /// Sets it forward, or back.
    func move(by seconds: Int64) throws {
        let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
        let shift = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        try set(aheadBy: Int64(bitPattern: shift) + seconds * 1_000_000)
    }

    /// Microseconds.
    func set(aheadBy shift: Int64) throws {
        let bytes = withUnsafeBytes(of: shift.littleEndian) { Data($0) }
        if !FileManager.default.fileExists(atPath: path) { try Data(count: 8).write(to: URL(filePath: path)) }
        let file = try FileHandle(forUpdating: URL(filePath: path))
        // In one piece, and in place: others have it in their memory.
        try file.write(contentsOf: bytes)
        try file.close()
    }
}
