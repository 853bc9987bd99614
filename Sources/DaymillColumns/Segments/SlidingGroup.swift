import Glibc

/// The days of one key and its state over every window asked for, in ascending order of windows.
///
///     days      d0   d1   d2   d3   d4   d5
///     window       └ lo ────┼────── hi ┘
///     suffixes       ●    ● │ mid             suffix[i] = state of days i ..< mid
///     back                  └── state of mid ..< hi
///
/// Two stacks, as they are known for queues with a total (see Tangwongsan, Hirzel, Schneider: Low-Latency Sliding-Window
/// Aggregation, DEBS 2017): each day is merged at most three times, whatever the windows' length, and nothing ever has to
/// be subtracted. Memory: two states per day of the key.
final class SlidingGroup {
    /// Windows whose first and last days both ascend.
    struct Windows: Sendable {
        let first: [Int32]
        let last: [Int32]

        init(_ windows: [ClosedRange<Int32>]) {
            first = windows.map(\.lowerBound)
            last = windows.map(\.upperBound)
            precondition(zip(first, first.dropFirst()).allSatisfy { $0 <= $1 }, "windows must ascend")
            precondition(zip(last, last.dropFirst()).allSatisfy { $0 <= $1 }, "windows must ascend")
        }

        /// The first window from `i` on that ends on a day or later.
        func next(_ i: Int, reaching day: Int32) -> Int {
            var low = i, high = last.count
            while low < high {
                let middle = (low + high) / 2
                if last[middle] >= day { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    private let layout: StateLayout
    private let windows: Windows
    private(set) var hash: UInt64 = 0
    private(set) var length: Int32 = 0
    private var keyMemory = ByteBuffer(capacity: 256)
    /// Days of the key.
    private(set) var count = 0
    private var days: Buffer<Int32>
    private var states: Buffer<UInt64>
    private var suffixes: Buffer<UInt64>
    private let back: Buffer<UInt64>
    private let total: Buffer<UInt64>
    private let texts = TextArena()

    init(_ layout: StateLayout, _ windows: Windows) {
        self.layout = layout
        self.windows = windows
        days = Buffer(capacity: 64)
        states = Buffer(capacity: 64 * max(1, layout.words))
        suffixes = Buffer(capacity: 64 * max(1, layout.words))
        back = Buffer(capacity: max(1, layout.words))
        total = Buffer(capacity: max(1, layout.words))
    }

    var key: UnsafePointer<UInt8> { UnsafePointer(keyMemory.base) }

    /// Forgets everything and starts with a key.
    func begin(_ groups: MergedGroups, _ i: Int) {
        begin(groups.keys.hashes[i], groups.keys.pointers[i], groups.keys.lengths[i])
    }

    func begin(_ hash: UInt64, _ key: UnsafePointer<UInt8>, _ length: Int32) {
        count = 0
        if layout.hasTexts { texts.reset() }
        self.hash = hash
        self.length = length
        let n = Int(max(0, length))
        if n > keyMemory.capacity { keyMemory = ByteBuffer(capacity: 2 * n) }
        keyMemory.base.update(from: key, count: n)
    }

    /// Whether a group has the key at hand.
    @inline(__always)
    func isSame(_ groups: MergedGroups, _ i: Int) -> Bool {
        count > 0 && groups.keys.hashes[i] == hash && groups.keys.lengths[i] == length
            && memcmp(groups.keys.pointers[i], keyMemory.base, Int(max(0, length))) == 0
    }

    /// Adds a day, which comes after those before.
    func append(day: Int32, _ words: UnsafePointer<UInt64>) {
        if count == days.capacity { grow() }
        days.pointer[count] = day
        copy(words, states.pointer + count * layout.words)
        count += 1
    }

    private func grow() {
        let n = days.capacity
        let moreDays = Buffer<Int32>(capacity: 2 * n)
        moreDays.pointer.update(from: days.pointer, count: n)
        days = moreDays
        let moreStates = Buffer<UInt64>(capacity: 2 * n * max(1, layout.words))
        moreStates.pointer.update(from: states.pointer, count: n * layout.words)
        states = moreStates
        suffixes = Buffer(capacity: 2 * n * max(1, layout.words))
    }

    /// Calls `use` with each window that has a day of the key, and the state of these days.
    func each(_ use: (Int, UnsafePointer<UInt64>) throws -> Void) rethrows {
        guard count > 0 else { return }
        var i = windows.next(0, reaching: days.pointer[0])
        var low = 0, middle = 0, high = 0
        var isOld = true
        while i < windows.last.count {
            let (first, last) = (windows.first[i], windows.last[i])
            while high < count, days.pointer[high] <= last {
                if high == middle { neutral(back.pointer) }
                merge(states.pointer + high * layout.words, back.pointer)
                high += 1
                isOld = true
            }
            while low < high, days.pointer[low] < first {
                low += 1
                isOld = true
            }
            if low == high {
                guard high < count else { return }
                middle = high
                i = windows.next(i + 1, reaching: days.pointer[high])
                continue
            }
            if isOld {
                if low >= middle {
                    fillSuffixes(low, high)
                    middle = high
                }
                copyTotal(low, hasBack: high > middle)
                isOld = false
            }
            try use(i, UnsafePointer(total.pointer))
            i += 1
        }
    }

    private func fillSuffixes(_ low: Int, _ high: Int) {
        let n = layout.words
        copy(states.pointer + (high - 1) * n, suffixes.pointer + (high - 1) * n)
        for i in stride(from: high - 2, through: low, by: -1) {
            copy(states.pointer + i * n, suffixes.pointer + i * n)
            merge(suffixes.pointer + (i + 1) * n, suffixes.pointer + i * n)
        }
    }

    private func copyTotal(_ low: Int, hasBack: Bool) {
        copy(suffixes.pointer + low * layout.words, total.pointer)
        if hasBack { merge(back.pointer, total.pointer) }
    }

    private func neutral(_ target: UnsafeMutablePointer<UInt64>) {
        layout.neutral.withUnsafeBufferPointer {
            if let base = $0.baseAddress { target.update(from: base, count: $0.count) }
        }
    }

    @inline(__always)
    private func copy(_ words: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>) {
        guard layout.hasTexts else { return target.update(from: words, count: layout.words) }
        neutral(target)
        StateMerge.merge(words, into: target, layout, texts)
    }

    @inline(__always)
    private func merge(_ words: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>) {
        guard layout.isAllCounts else { return StateMerge.merge(words, into: target, layout, texts) }
        for w in 0..<layout.words { target[w] &+= words[w] }
    }
}
