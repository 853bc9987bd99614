import DaymillColumns
import DaymillCore
import Dispatch
import Synchronization

/// Rows of made-up data, any range of which can be made without those before it.
protocol RowMaker: Sendable {
    /// No row is longer.
    static var rowBytesMax: Int { get }
    /// Writes rows to the start of a buffer that has `rowBytesMax` bytes for each; returns how many bytes they took.
    func write(rows: Range<Int>, into buffer: inout [UInt8]) -> Int
}

/// A file of made-up rows. It appears complete or not at all.
struct GeneratedFile {
    var path: String
    /// The first line, its newline included; empty for none.
    var header = ""
    var rows: Range<Int>
    var maker: any RowMaker

    /// What has been written so far.
    struct Progress: Sendable {
        var files = 0
        var rows = 0
        var bytes = 0
    }

    /// Writes files, one thread for each core, and blocks meanwhile.
    ///
    /// - Parameter progress: Told now and then, from any thread, never from two at once.
    /// - Returns: What was written.
    /// - Throws: `io` when a file cannot be written.
    static func write(
        count: Int, progress: @Sendable (Progress) -> Void = { _ in }, _ file: @Sendable (Int) -> GeneratedFile
    ) throws -> Progress {
        let state = Mutex(State())
        // Files are independent of each other. The writing blocks, so it is kept off the cooperative thread pool.
        DispatchQueue.concurrentPerform(iterations: count) { index in
            do {
                try file(index).write { rows, bytes in
                    try state.withLock { state in
                        if let failure = state.failure { throw failure }
                        state.add(rows: rows, bytes: bytes)
                        progress(state.progress)
                    }
                }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.progress
        }
    }

    /// What the threads share.
    private struct State {
        var progress = Progress()
        /// The first thing that went wrong; the other threads stop when they see it.
        var failure: (any Error)?

        /// A file's end is told as a piece without rows.
        mutating func add(rows: Int, bytes: Int) {
            progress.files += rows == 0 ? 1 : 0
            progress.rows += rows
            progress.bytes += bytes
        }
    }

    /// Rows made before they are written: about a MiB.
    private static let rowsPerPiece = 16_384

    private func write(wrote: (_ rows: Int, _ bytes: Int) throws -> Void) throws {
        let temporaryPath = FileDoor.temporaryName(for: path)
        do {
            let file = try FileDoor.create(temporaryPath)
            try writeRows(to: file, wrote: wrote)
            try FileDoor.move(temporaryPath, to: path)
        } catch {
            try? FileDoor.remove(temporaryPath)
            throw error
        }
        try wrote(0, header.utf8.count)
    }

    private func writeRows(to file: FileDoor, wrote: (_ rows: Int, _ bytes: Int) throws -> Void) throws {
        if !header.isEmpty { try file.write(Array(header.utf8)) }
        let rowBytesMax = type(of: maker).rowBytesMax
        var buffer = [UInt8](repeating: 0, count: min(rows.count, Self.rowsPerPiece) * rowBytesMax)
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsPerPiece) {
            let piece = start..<min(start + Self.rowsPerPiece, rows.upperBound)
            let byteCount = maker.write(rows: piece, into: &buffer)
            try file.write(Array(buffer[..<byteCount]))
            try wrote(piece.count, byteCount)
        }
    }
}

/// Checks an argument of a generator.
///
/// - Throws: `usage` when it is out of bounds.
func check(argument name: String, _ value: Int, isIn range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        throw DaymillError(.usage, "\(name) is \(value), but it goes from \(bounds)")
    }
}
