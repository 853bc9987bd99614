/// Bytes made while a batch is evaluated (unescaped fields, results of text functions); emptied for the next batch.
///
/// Pointers stay valid until `reset`, and 64 bytes past any text may be read.
package final class TextArena {
    private var blocks: [RawMemory] = []
    private var current = 0
    private var used = 0

    package init() {}

    /// Forgets everything; the memory is kept, but for blocks made for outsized texts.
    package func reset() {
        current = 0
        used = 0
        blocks.removeAll { $0.capacity > TextArena.block }
    }

    static let block = 64 << 10

    /// Room for `bytes`; the caller fills it.
    func allocate(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
        if bytes > TextArena.block {
            let outsized = RawMemory(capacity: bytes)
            blocks.insert(outsized, at: 0)
            current += 1
            return outsized.base.assumingMemoryBound(to: UInt8.self)
        }
        if current < blocks.count, used + bytes > blocks[current].capacity {
            current += 1
            used = 0
        }
        while current < blocks.count, blocks[current].capacity < bytes { current += 1 }
        if current >= blocks.count {
            blocks.append(RawMemory(capacity: TextArena.block))
            current = blocks.count - 1
            used = 0
        }
        defer { used += bytes }
        return (blocks[current].base + used).assumingMemoryBound(to: UInt8.self)
    }

    /// A copy of some bytes.
    func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        let p = allocate(bytes.count)
        if let from = bytes.baseAddress { p.update(from: from, count: bytes.count) }
        return p
    }
}
