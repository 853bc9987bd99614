/// The content id of bytes that come piece by piece: the same as `ContentID.of` the file they make.
package struct StreamHasher {
    private var block: [UInt8] = []
    private var digests: [UInt64] = []
    private var size = 0

    package init() {}

    package mutating func add(_ bytes: [UInt8]) {
        size += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(ContentID.block - block.count)
            block.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if block.count == ContentID.block { close() }
        }
    }

    private mutating func close() {
        digests += block.withUnsafeBufferPointer { ContentID.digest($0.baseAddress!, $0.count, KernelLevel()) }
        block.removeAll(keepingCapacity: true)
    }

    /// The id of everything so far.
    package var contentID: ContentID {
        var copy = self
        if !copy.block.isEmpty { copy.close() }
        let blocks = BlockDigests(blocks: copy.digests.count / 2)
        for i in 0..<copy.digests.count / 2 { blocks.set(i, Array(copy.digests[i * 2..<i * 2 + 2])) }
        return blocks.contentID(size: size)
    }
}
