import Glibc

/// A fixed run of zeroed memory, 64-byte aligned, with 64 readable bytes past its end.
///
/// Large runs ask for huge pages, which are worth a quarter of the running time of a big hash table.
package final class RawMemory {
    /// The first byte.
    package let base: UnsafeMutableRawPointer
    /// Usable bytes, without the padding.
    package let capacity: Int
    /// 0 for small runs, which come from the heap: the system takes several times as long for them.
    private let mapped: Int

    private static let smallMax = 64 << 10

    /// - Parameter capacity: bytes, at least 0.
    package init(capacity: Int) {
        let needed = capacity + RawMemory.padding
        self.capacity = capacity
        guard needed > RawMemory.smallMax else {
            mapped = 0
            base = .allocate(byteCount: needed, alignment: 64)
            memset(base, 0, needed)
            return
        }
        let huge = needed >= RawMemory.hugePage
        mapped = huge ? needed.rounded(upTo: RawMemory.hugePage) : needed.rounded(upTo: 4096)
        base = RawMemory.map(mapped)
        if huge { madvise(base, mapped, MADV_HUGEPAGE) }
    }

    deinit { if mapped == 0 { base.deallocate() } else { munmap(base, mapped) } }

    /// Bytes after the end of every buffer that may be read (never written) by block kernels.
    package static let padding = 64
    static let hugePage = 2 << 20

    /// Anonymous memory, or the end of the program: nothing can go on without it.
    static func map(_ bytes: Int) -> UnsafeMutableRawPointer {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let p = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let p, p != MAP_FAILED else { fatalError("out of memory: the system refused \(bytes) bytes") }
        return p
    }
}

/// A typed view of `RawMemory`.
package final class Buffer<Element: BitwiseCopyable> {
    package let pointer: UnsafeMutablePointer<Element>
    package let capacity: Int
    private let memory: RawMemory

    package init(capacity: Int) {
        memory = RawMemory(capacity: capacity * MemoryLayout<Element>.stride)
        pointer = memory.base.bindMemory(to: Element.self, capacity: capacity)
        self.capacity = capacity
    }

    /// Bounds-checked access, for control paths.
    package subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < capacity)
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < capacity)
            pointer[index] = newValue
        }
    }
}

extension Int {
    /// The next multiple of `step`, which is a power of two.
    func rounded(upTo step: Int) -> Int { (self + step - 1) & ~(step - 1) }
}
