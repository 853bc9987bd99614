import Glibc
import Synchronization

/// Memory that grows without moving: a large reserved range of addresses, handed out in chunks.
///
/// A place in the pool is a 32-bit reference, `offset / 8`, so that a hash slot holds a tag and a reference in 8 bytes.
/// Pages take real memory when first touched; huge pages keep address translation cheap.
///
///     base ─┬─ chunk ─┬─ chunk ─┬─ … untouched …
///           └ 64 KiB  └ one table at a time owns a chunk
package final class PagePool: Sendable {
    // Unchecked because the pointer itself never changes and chunks are handed out once each.
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let reserved: Int
    private let next: Atomic<Int>
    /// Runs given back, whole chunks each.
    private let free = Mutex<[Int]>([])
    /// Below this offset memory has been used before and is not zero.
    private let dirty = Atomic<Int>(0)
    /// Up to this offset pages have been asked for ahead of their use.
    private let prepared = Atomic<Int>(0)
    // Unchecked because it changes only while nobody takes anything.
    nonisolated(unsafe) private var meter: MemoryMeter

    /// Pools of finished aggregations: the next one takes their pages instead of asking the system for zeroed ones.
    private static let shelf = SendableStack<PagePool>()
    private static let shelfLimit = 3
    private static let kept = Atomic<Int>(.max)

    /// Lets pools on the shelf keep no more than so many bytes of memory each.
    package static func keep(atMost bytes: Int) { kept.store(bytes, ordering: .relaxed) }

    /// A pool off the shelf, or a new one.
    static func next() -> PagePool { shelf.pop() ?? PagePool() }

    /// Puts a pool that nobody uses any more on the shelf.
    static func retire(_ pool: PagePool) {
        guard shelf.count < shelfLimit else { return }
        pool.count(with: pool.ownMeter)
        pool.removeAll()
        pool.discardFree(after: kept.load(ordering: .relaxed))
        shelf.push(pool)
    }

    static let chunk = 64 << 10

    /// - Parameter limit: the most bytes the pool can ever hold, at most 32 GiB.
    package init(limit: Int = 32 << 30) {
        precondition(limit <= 32 << 30)
        reserved = limit.rounded(upTo: RawMemory.hugePage)
        base = RawMemory.map(reserved)
        madvise(base, reserved, MADV_HUGEPAGE)
        // Reference 0 means "nothing", so the first 64 bytes stay unused.
        next = Atomic(64)
        // What stays free of the addresses is for those who find the pool full in the middle of a batch.
        ownMeter = MemoryMeter(limit: reserved - reserved / 8)
        meter = ownMeter
    }

    /// Counts what is handed out, and knows when it is enough.
    private let ownMeter: MemoryMeter

    /// Counts with a meter that others share. Call it while nobody takes anything.
    func count(with shared: MemoryMeter) {
        meter.add(64 - bytesUsed)
        meter = shared
        meter.add(bytesUsed - 64)
    }

    /// Whether so much has been handed out that its users should empty the pool before they go on. What the batch at hand
    /// needs is still given.
    package var isFull: Bool { meter.isFull || ownMeter.limit <= bytesUsed }

    /// Whether a large run may still be taken; if not, the pool is full from now on.
    func allows(_ bytes: Int) -> Bool {
        if meter.hasRoom(for: bytes), bytesUsed + bytes < ownMeter.limit { return true }
        meter.refuse()
        return false
    }

    /// Whether a large run might be taken; asking changes nothing.
    func hasRoom(for bytes: Int) -> Bool { meter.hasRoom(for: bytes) && bytesUsed + bytes < ownMeter.limit }

    /// Takes everything back. Nobody may use anything of it any more.
    func removeAll() {
        dirty.store(max(dirty.load(ordering: .relaxed), bytesUsed), ordering: .relaxed)
        free.withLock { $0.removeAll() }
        meter.add(64 - bytesUsed)
        meter.accept()
        next.store(64, ordering: .relaxed)
    }

    /// Gives memory that is not handed out back to the system, but for so many bytes from the start.
    func discardFree(after kept: Int = 0) {
        guard kept < reserved else { return }
        let first = max(kept, bytesUsed).rounded(upTo: 4096), end = dirty.load(ordering: .relaxed).rounded(upTo: 4096)
        guard end > first else { return }
        let result = madvise(base + first, end - first, MADV_DONTNEED)
        assert(result == 0, "madvise failed")
        dirty.store(first, ordering: .relaxed)
        prepared.store(min(first, prepared.load(ordering: .relaxed)), ordering: .relaxed)
    }

    /// Has the system make the pages that will be handed out next, a huge one at a time: called by who holds no lock, so
    /// that nobody has to wait while somebody else who does meets a new page, which can take milliseconds.
    func prepare() {
        let ready = prepared.load(ordering: .relaxed), used = bytesUsed
        guard used + RawMemory.hugePage / 2 > ready, used + 2 * RawMemory.hugePage < reserved else { return }
        let first = max(ready, used & ~4095), address = Int(bitPattern: base)
        let end = (address + first + RawMemory.hugePage) / RawMemory.hugePage * RawMemory.hugePage - address
        guard prepared.compareExchange(expected: ready, desired: end, ordering: .relaxed).exchanged else { return }
        // A system that does not know this request makes pages when they are used.
        _ = madvise(base + first, end - first, PagePool.populateWrite)
    }

    /// MADV_POPULATE_WRITE.
    private static let populateWrite: Int32 = 23

    deinit { munmap(base, reserved) }

    /// Bytes handed out so far.
    package var bytesUsed: Int { next.load(ordering: .relaxed) }

    /// A run of at least `bytes`, 64-byte aligned; its bytes may be anything.
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        if bytes == PagePool.chunk, let offset = free.withLock({ $0.popLast() }) { return base + offset }
        return takeFresh(bytes)
    }

    /// The same, zeroed.
    func takeZeroed(_ bytes: Int) -> UnsafeMutableRawPointer {
        let p = takeFresh(bytes)
        if p - base < dirty.load(ordering: .relaxed) { memset(p, 0, bytes) }
        return p
    }

    private func takeFresh(_ bytes: Int) -> UnsafeMutableRawPointer {
        let size = bytes.rounded(upTo: 64)
        let offset = next.add(size, ordering: .relaxed).oldValue
        meter.add(size)
        guard offset + size + RawMemory.padding <= reserved else {
            fatalError("a pool of \(reserved >> 30) GiB was not emptied when it was full")
        }
        return base + offset
    }

    /// The 32-bit reference to a place.
    func reference(to p: UnsafeRawPointer) -> UInt32 { UInt32(truncatingIfNeeded: (p - UnsafeRawPointer(base)) >> 3) }

    /// Returns the whole pages of a large run to the system; they would read as zeros.
    func discard(_ p: UnsafeMutableRawPointer, bytes: Int) {
        guard bytes >= RawMemory.hugePage else { return }
        let first = (p - base).rounded(upTo: 4096), end = (p - base + bytes) & ~4095
        let result = madvise(base + first, end - first, MADV_DONTNEED)
        assert(result == 0, "madvise failed")
    }

    /// Takes memory back that nobody uses any more; whole chunks of it are handed out again.
    func giveBack(_ p: UnsafeMutableRawPointer, bytes: Int) {
        let first = p - base
        free.withLock {
            $0.append(contentsOf: stride(from: first, to: first + bytes - PagePool.chunk + 1, by: PagePool.chunk))
        }
    }
}

/// Bump allocation out of a pool, for one owner at a time. A class, since its owners call it for every new group, and a
/// struct inside a class is guarded at run time during each call.
final class PoolCursor {
    let pool: PagePool
    private var next: UnsafeMutableRawPointer?
    private var left = 0

    init(_ pool: PagePool) { self.pool = pool }

    /// Bytes that may hold anything, aligned to 8. `bytes` is a multiple of 8. What fits one cache line does not cross into a second.
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        let inLine = 64 &- left & 63
        if bytes <= 64, inLine &+ bytes > 64, inLine != 64 { skip(64 &- inLine) }
        if bytes > left {
            if bytes > PagePool.chunk / 4 { return pool.take(bytes) }
            next = pool.take(PagePool.chunk)
            left = PagePool.chunk
        }
        let p = next.unsafelyUnwrapped
        next = p + bytes
        left &-= bytes
        return p
    }

    private func skip(_ bytes: Int) {
        next = next.unsafelyUnwrapped + bytes
        left &-= bytes
    }

    /// The pool's 32-bit reference to a place.
    func reference(to p: UnsafeRawPointer) -> UInt32 { pool.reference(to: p) }

    /// Begins anew, after the pool took everything back.
    func reset() {
        next = nil
        left = 0
    }
}
