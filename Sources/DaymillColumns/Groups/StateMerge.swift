/// Where the bytes of a text, or the words of a large sum, go when a state takes them over; they stay there as long as the
/// state.
protocol TextMemory {
    func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<UInt8>
    /// Room for words, which hold anything.
    func words(_ count: Int) -> UnsafeMutablePointer<UInt64>
}

extension GroupTable: TextMemory {}

extension TextArena: TextMemory {
    func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        copy(UnsafeBufferPointer(start: bytes, count: count))
    }

    func words(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        let p = UnsafeMutableRawPointer(allocate(count * 8 + 8)).alignedUp(for: UInt64.self)
        return p.bindMemory(to: UInt64.self, capacity: count)
    }
}

/// Merging the states of two groups, partial by partial. Every merge is associative and commutative to the bit.
enum StateMerge {
    /// Folds `n` states, those of `rows`, into groups.
    static func merge(
        _ states: StateBatch, _ rows: UnsafePointer<UInt32>, _ n: Int, into groups: StateUpdate.Groups,
        _ table: GroupTable
    ) {
        guard table.layout.isAllCounts else {
            for i in 0..<n { merge(states.words[Int(rows[i])], into: groups[i], table.layout, table) }
            return
        }
        let words = table.layout.words
        for i in 0..<n {
            let from = states.words[Int(rows[i])], to = groups[i]
            for w in 0..<words { to[w] &+= from[w] }
        }
    }

    /// Folds the words of one group into those of another.
    @inline(__always)
    static func merge(
        _ source: UnsafePointer<UInt64>, into target: UnsafeMutablePointer<UInt64>, _ layout: StateLayout,
        _ memory: some TextMemory
    ) {
        for i in layout.kinds.indices {
            let offset = layout.offsets[i]
            merge(layout.kinds[i], source + offset, target + offset, memory)
        }
    }

    private static func merge(
        _ kind: PartialKind, _ s: UnsafePointer<UInt64>, _ t: UnsafeMutablePointer<UInt64>,
        _ memory: some TextMemory
    ) {
        switch kind {
        case .count, .distinctCount: t[0] &+= s[0]
        case .sumInt64: addWide(s, t)
        case .sumInt128: StateUpdate.add192(s[0], s[1], s[2], to: t)
        case .sumDouble: CompactSum.merge(s, into: t, memory)
        case .squaresInt64: StateUpdate.add192(s[0], s[1], s[2], to: t)
        case .squaresInt128: addWords(s, t, 5)
        case .squaresDouble: ExactSum.ofSquares.merge(s, into: t, memory)
        case .maxBytes: t[0] = StateUpdate.maxBytes(t[0], s[0])
        case .stretch: if s[1] != 0 { (t[0], t[1]) = (s[0], s[1]) }
        case .minInt64, .minDouble: StateUpdate.keep(Int64(bitPattern: s[0]), t) { $0 < $1 }
        case .maxInt64, .maxDouble: StateUpdate.keep(Int64(bitPattern: s[0]), t) { $0 > $1 }
        case .minInt128:
            if StateUpdate.int128(s) < StateUpdate.int128(t) { StateUpdate.store(StateUpdate.int128(s), t) }
        case .maxInt128:
            if StateUpdate.int128(s) > StateUpdate.int128(t) { StateUpdate.store(StateUpdate.int128(s), t) }
        case .minText: mergeText(s, t, memory) { $0 < 0 }
        case .maxText: mergeText(s, t, memory) { $0 > 0 }
        }
    }

    private static func addWide(_ s: UnsafePointer<UInt64>, _ t: UnsafeMutablePointer<UInt64>) {
        let (low, carry) = t[0].addingReportingOverflow(s[0])
        t[0] = low
        t[1] = t[1] &+ s[1] &+ (carry ? 1 : 0)
    }

    private static func addWords(_ s: UnsafePointer<UInt64>, _ t: UnsafeMutablePointer<UInt64>, _ n: Int) {
        var carry: UInt64 = 0
        for i in 0..<n {
            let (a, first) = t[i].addingReportingOverflow(s[i])
            let (b, second) = a.addingReportingOverflow(carry)
            t[i] = b
            carry = first || second ? 1 : 0
        }
    }

    @inline(__always)
    private static func mergeText(
        _ s: UnsafePointer<UInt64>, _ t: UnsafeMutablePointer<UInt64>, _ memory: some TextMemory,
        _ better: (Int) -> Bool
    ) {
        guard let p = UnsafePointer<UInt8>(bitPattern: UInt(s[0])) else { return }
        StateUpdate.keepText(p, Int(s[1]), t, memory, better)
    }
}
