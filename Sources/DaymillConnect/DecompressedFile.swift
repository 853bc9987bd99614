package import DaymillColumns
import DaymillCore

/// Reads a gzip file, also one of several members, such as `cat a.gz b.gz` makes.
package typealias GzipReader = DecompressedFile<GzipStream>
/// Reads a zstd file, also one of several frames, such as `pzstd` makes.
package typealias ZstdReader = DecompressedFile<ZstdStream>

/// The content of a compressed file. Nothing is lost silently: a file that is cut, has a wrong checksum or something
/// foreign at its end throws, at the latest in place of the 0 that says "the end". It throws the same again when asked
/// again.
package final class DecompressedFile<Stream: DecompressionStream>: DecompressingReader {
    private let input: BlockInput
    private let stream = Stream()
    /// Whether a part has started and not ended.
    private var isInside = false
    /// Parts that ended.
    private var parts = 0
    private var isAtEnd = false
    private var failure: (any Error)?

    /// - Throws: `.io`.
    package init(_ file: FileDoor) throws { input = try BlockInput(file) }

    package var path: String { input.path }
    package var bytesTaken: Int { input.bytesTaken }
    package var contentID: ContentID { input.contentID }

    /// Fills `buffer[at...]` with up to `count` bytes, at least 1; 0 only at the end.
    ///
    /// - Throws: `.inputDamaged`, `.io`; `.limit` and `.unsupported` for unusual zstd files.
    package func read(into buffer: ByteBuffer, at: Int, count: Int) throws -> Int {
        precondition(count > 0)
        if let failure { throw failure }
        do {
            while !isAtEnd {
                if let given = try step(into: buffer, at..<at + count) { return given }
            }
            return 0
        } catch {
            failure = error
            throw error
        }
    }

    /// Bytes of output; nil when there are none yet.
    private func step(into buffer: ByteBuffer, _ free: Range<Int>) throws -> Int? {
        let hasInput = try input.load()
        guard hasInput || isInside || parts == 0 else {
            try input.checkUnchanged()
            isAtEnd = true
            return nil
        }
        guard hasInput || isInside else {
            throw try damage(orElse: DaymillError.endsEarly(path, Stream.format, byte: 0))
        }
        isInside = true
        let step = try decompress(into: buffer, free)
        input.take(step.taken)
        if step.isEnd { endPart() }
        guard hasInput || step.isEnd || step.given > 0 else {
            throw try damage(orElse: DaymillError.endsEarly(path, Stream.format, byte: bytesTaken))
        }
        return step.given > 0 ? step.given : nil
    }

    private func decompress(into buffer: ByteBuffer, _ free: Range<Int>) throws -> StreamStep {
        do {
            return try stream.step(input.buffer, input.unread, into: buffer, free)
        } catch {
            throw try damage(
                orElse: DaymillError.damage(error, path, Stream.format, byte: bytesTaken, parts: parts))
        }
    }

    private func endPart() {
        isInside = false
        parts += 1
        stream.restart()
    }

    /// The damage, unless somebody writes to the file just now, which then explains it.
    private func damage(orElse found: DaymillError) throws -> DaymillError {
        try input.checkUnchanged()
        return found
    }
}
