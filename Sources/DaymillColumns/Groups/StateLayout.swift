/// How one mergeable partial of a group is kept: its words in memory, its bytes in a segment.
package enum PartialKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// Rows counted. 1 word.
    case count = 1
    /// Sum of 64-bit integers in 128 bits: cannot overflow. 2 words.
    case sumInt64
    /// Sum of 128-bit decimals in 192 bits: exact whatever the order. 3 words.
    case sumInt128
    /// Sum of doubles without rounding: see `CompactSum`. 3 words.
    case sumDouble
    /// Smallest and largest; booleans and dates count as 64-bit integers. 1, 2 or 1 words.
    case minInt64, maxInt64, minInt128, maxInt128, minDouble, maxDouble
    /// Smallest and largest text by bytes: pointer and length. 2 words.
    case minText, maxText
    /// The number of distinct values, counted at the end from the pairs; nothing of it is stored. 1 word.
    case distinctCount
    /// Where a group's pairs stand in their sorted list, found at the end: the first, and how many; nothing of it is
    /// stored. 2 words.
    case stretch
    /// Sum of squares of 64-bit integers, of 128-bit decimals, of doubles (see `ExactSum`). 3, 5 and 7 words.
    case squaresInt64, squaresInt128, squaresDouble
    /// Eight bytes, the largest of each: registers of a HyperLogLog. 1 word.
    case maxBytes

    package var words: Int {
        switch self {
        case .count, .minInt64, .maxInt64, .minDouble, .maxDouble, .distinctCount, .maxBytes: 1
        case .sumInt64, .minInt128, .maxInt128, .minText, .maxText, .stretch: 2
        case .sumInt128, .squaresInt64: 3
        case .squaresInt128: 5
        case .sumDouble: CompactSum.words
        case .squaresDouble: ExactSum.ofSquares.words
        }
    }

    /// Whether states point at memory of their own: texts, and sums that do not fit their words.
    var hasMemory: Bool { [.minText, .maxText, .sumDouble, .squaresDouble].contains(self) }

    /// The words of a group without rows: the neutral element of merging.
    var neutral: [UInt64] {
        switch self {
        case .minInt64, .minDouble: [UInt64(bitPattern: .max)]
        case .maxInt64, .maxDouble: [UInt64(bitPattern: .min)]
        case .minInt128: [.max, UInt64(bitPattern: .max)]
        case .maxInt128: [0, UInt64(bitPattern: .min)]
        case .sumDouble: CompactSum.neutral
        default: Array(repeating: 0, count: words)
        }
    }
}

/// The state of one group: partials side by side.
package struct StateLayout: Sendable, Hashable {
    package let kinds: [PartialKind]
    /// First word of each partial.
    package let offsets: [Int]
    package let words: Int
    let neutral: [UInt64]
    /// Nothing but counts: the shortest ways apply.
    let isAllCounts: Bool
    /// States are copied by merging them into neutral ones.
    let hasTexts: Bool

    package init(_ kinds: [PartialKind]) {
        self.kinds = kinds
        var offsets: [Int] = []
        var next = 0
        for kind in kinds {
            offsets.append(next)
            next += kind.words
        }
        self.offsets = offsets
        words = next
        isAllCounts = kinds.allSatisfy { $0 == .count }
        hasTexts = kinds.contains(where: \.hasMemory)
        neutral = kinds.flatMap(\.neutral)
    }

    /// The same words, of which all are written in a record: numbers of distinct values, which segments leave out since
    /// they are counted from pairs, as counts.
    package var counted: StateLayout { StateLayout(kinds.map { $0 == .distinctCount ? .count : $0 }) }
}
