/// A fixed buffer of bytes with 64 readable bytes past its end.
package final class ByteBuffer {
    let base: UnsafeMutablePointer<UInt8>
    package let capacity: Int
    private let memory: RawMemory

    package init(capacity: Int) {
        memory = RawMemory(capacity: capacity)
        base = memory.base.assumingMemoryBound(to: UInt8.self)
        self.capacity = capacity
    }

    /// Bounds-checked access, for control paths.
    package subscript(_ index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < capacity)
            return base[index]
        }
        set {
            precondition(index >= 0 && index < capacity)
            base[index] = newValue
        }
    }

    /// A copy of some of the bytes.
    package func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        return Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Copies `count` bytes of another buffer.
    package func copy(from other: ByteBuffer, at: Int, to: Int, count: Int) {
        precondition(at >= 0 && to >= 0 && at + count <= other.capacity && to + count <= capacity)
        (base + to).update(from: other.base + at, count: count)
    }

    /// Calls `body` with the bytes of a range.
    package func withBytes<R>(
        _ range: Range<Int>, _ body: (UnsafeMutableBufferPointer<UInt8>) throws -> R
    ) rethrows -> R {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        return try body(UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
    }
}
