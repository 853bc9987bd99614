/// How the records of a segment count in a merge: as they are, or as one term of a sum of days.
///
/// A group of a window exists while some day has it. So the sections of a window's segment have one partial more, the
/// number of days that hold the group; a record of a single day counts there with the word `extra`.
package struct SegmentTerm: Hashable, Sendable {
    /// One more word behind those of the record; nil: none.
    package var extra: UInt64?
    /// Whether everything is taken away instead of added.
    package var isSubtracted: Bool
    /// The day that its groups count for where days are told apart; nil: that of their blocks.
    package var day: Int32?

    package init(extra: UInt64? = nil, isSubtracted: Bool = false, day: Int32? = nil) {
        self.extra = extra
        self.isSubtracted = isSubtracted
        self.day = day
    }
}

extension SegmentMerge.Input {
    /// Whether its records have the words of a layout, and maybe more behind them.
    func gives(_ layout: StateLayout, section: Int) -> Bool {
        let kinds = reader.footer.layouts[section].kinds
        return term.extra == nil ? kinds.starts(with: layout.kinds) : kinds + [layout.kinds.last] == layout.kinds
    }
}

/// What keeps a record from being subtracted: a minimum, a text, an infinity in an exact sum; or that it never was added.
package struct NotSubtractable: Error {
    package init() {}
}

extension StateLayout {
    /// The same with the number of days behind it: the layout of a window's section.
    package var countingDays: StateLayout { StateLayout(kinds + [.count]) }

    /// Whether what was added can be taken away again, special doubles apart.
    package var isSubtractable: Bool { kinds.allSatisfy(StateNegation.isPossible) }
}

/// Words that add up to nothing with those of a state.
enum StateNegation {
    /// Whether a partial is a sum.
    static func isPossible(_ kind: PartialKind) -> Bool {
        switch kind {
        case .count, .distinctCount, .stretch, .sumInt64, .sumInt128, .sumDouble, .squaresInt64, .squaresInt128,
            .squaresDouble:
            true
        default: false
        }
    }

    /// Negates the partials of a state; false when one cannot be taken away.
    ///
    /// - Parameter memory: for sums that do not fit their words.
    static func negate(
        _ words: UnsafeMutablePointer<UInt64>, _ layout: StateLayout, _ memory: some TextMemory
    ) -> Bool {
        for i in layout.kinds.indices {
            guard negate(layout.kinds[i], words + layout.offsets[i], memory) else { return false }
        }
        return true
    }

    private static func negate(
        _ kind: PartialKind, _ words: UnsafeMutablePointer<UInt64>, _ memory: some TextMemory
    ) -> Bool {
        switch kind {
        case .count, .distinctCount, .stretch, .sumInt64, .sumInt128, .squaresInt64, .squaresInt128:
            negate(words, kind.words)
        case .sumDouble: return CompactSum.negate(words, memory)
        case .squaresDouble: return negate(words, ExactSum.ofSquares, memory)
        default: return false
        }
        return true
    }

    /// False for special doubles: that a NaN or an infinity was added cannot be taken back, since there may be others.
    static func negate(
        _ words: UnsafeMutablePointer<UInt64>, _ sum: ExactSum, _ memory: some TextMemory
    ) -> Bool {
        guard words[0] & 7 == 0 else { return false }
        if words[0] >> 8 == 0 { return true }
        if words[0] >> 8 >= ExactSum.windowed {
            negate(words + 1, sum.window)
            if sum.hasRoom(words[sum.window]) { return true }
            negate(words + 1, sum.window)
        }
        if words[0] >> 8 != ExactSum.full { sum.becomeFull(words, memory) }
        negate(sum.address(words), sum.limbs)
        return true
    }

    /// Two's complement of a number of several words, the lowest first.
    static func negate(_ words: UnsafeMutablePointer<UInt64>, _ n: Int) {
        var carry: UInt64 = 1
        for i in 0..<n {
            let (sum, overflow) = (~words[i]).addingReportingOverflow(carry)
            words[i] = sum
            carry = overflow ? 1 : 0
        }
    }
}
