/// A growing run of bytes that one owner writes at its end.
package struct ByteWriter: ~Copyable {
    private(set) var base: UnsafeMutablePointer<UInt8>
    /// Bytes written.
    package private(set) var count = 0
    private var capacity: Int

    /// - Parameter capacity: bytes to start with; more are found when needed.
    package init(capacity: Int = 64 << 10) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// A copy of what was written.
    package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

    /// What was written, for as long as `body` runs.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Forgets what was written; the memory is kept.
    package mutating func removeAll() { count = 0 }

    /// One byte.
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count &+= 1
    }

    /// `n` bytes, copied.
    package mutating func append(_ bytes: UnsafePointer<UInt8>, _ n: Int) {
        reserve(n)
        (base + count).update(from: bytes, count: n)
        count &+= n
    }

    /// Bytes, copied.
    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        reserve(bytes.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: from, byteCount: bytes.count)
        count &+= bytes.count
    }

    /// The UTF-8 of a text.
    package mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Room for `n` more bytes.
    @inline(__always)
    mutating func reserve(_ n: Int) {
        if n > capacity &- count { grow(n) }
    }

    /// Where the next byte goes, with room for `n`; `advance` says how many were written there.
    @inline(__always)
    mutating func place(_ n: Int) -> UnsafeMutablePointer<UInt8> {
        reserve(n)
        return base + count
    }

    @inline(__always)
    mutating func advance(_ n: Int) { count &+= n }

    private mutating func grow(_ n: Int) {
        capacity = max(capacity * 2, count + n)
        let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        wider.update(from: base, count: count)
        base.deallocate()
        base = wider
    }
}
