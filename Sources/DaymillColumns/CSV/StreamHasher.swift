/// The content id of bytes that come piece by piece: the same as `ContentID.of` the file they make.
package final class StreamHasher {
    private let digest = StreamDigest()
    private var words: [UInt64] = []
    /// Bytes of the block at work.
    private var open = 0
    private var size = 0

    package init() {}

    /// Adds bytes after those before. O(n), copies nothing.
    package func add(_ bytes: RawSpan) { bytes.withUnsafeBytes { add($0) } }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        size += bytes.count
        var done = 0
        while done < bytes.count {
            let n = min(bytes.count - done, ContentID.block - open)
            digest.add(base + done, n)
            done += n
            open += n
            if open == ContentID.block { close() }
        }
    }

    package func add(_ bytes: [UInt8]) { add(bytes.span.bytes) }

    private func close() {
        let id = digest.take()
        words += [id.low, id.high]
        open = 0
    }

    /// The id of everything. Nothing may be added any more.
    package var contentID: ContentID {
        if open > 0 { close() }
        let blocks = BlockDigests(blocks: words.count / 2)
        for i in 0..<words.count / 2 { blocks.set(i, Array(words[i * 2..<i * 2 + 2])) }
        return blocks.contentID(size: size)
    }
}

extension [UInt8] {
    /// All bytes, for as long as `body` runs.
    package func withSpan<R>(_ body: (RawSpan) throws -> R) rethrows -> R {
        try withUnsafeBytes { try body($0.bytes) }
    }

    /// A copy of the first bytes of a span.
    package init(_ span: RawSpan, atMost n: Int = .max) {
        self = span.withUnsafeBytes { Array($0.prefix(n)) }
    }
}
