import CKernels

/// What identifies a set of records in whatever order they come: how many they are, and the sum of their digests.
package struct RecordSum: Sendable, Equatable {
    package private(set) var count = 0
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    package init() {}

    package mutating func add(_ other: RecordSum) {
        count += other.count
        let (sum, isOver) = low.addingReportingOverflow(other.low)
        low = sum
        high = high &+ other.high &+ (isOver ? 1 : 0)
    }

    fileprivate mutating func add(_ p: UnsafePointer<UInt8>, _ n: Int, _ words: inout [UInt64]) {
        dm_hash128(0, p, n, &words)
        var one = RecordSum()
        (one.count, one.high, one.low) = (1, words[0], words[1])
        add(one)
    }

    /// The sum of some groups of segments as records in the order of keys, of the first section.
    ///
    /// - Parameters:
    ///   - hashes: of the groups' keys.
    ///   - dropsZero: as `SegmentMerge.write`.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func of(
        _ inputs: [SegmentMerge.Input], _ layout: StateLayout, section: Int = 0, hashes: ClosedRange<UInt64>,
        threads: Int, dropsZero: Bool = false
    ) throws -> RecordSum {
        let spans = SegmentSpan.all(of: inputs, section: section)
        let width = (hashes.upperBound - hashes.lowerBound) / UInt64(threads)
        let parts = try Workers.map(threads, threads) { i in
            let first = hashes.lowerBound + UInt64(i) * width + (i == 0 ? 0 : 1)
            let last = i + 1 == threads ? hashes.upperBound : hashes.lowerBound + UInt64(i + 1) * width
            let cursor = try SegmentMergeCursor(spans, layout, hashes: first...last)
            let batch = MergedGroups(layout), records = EncodedGroups(layout, order: .keys)
            var sum = RecordSum()
            while try cursor.next(into: batch) {
                records.removeAll()
                if dropsZero { try records.appendLiving(batch) } else { records.append(batch) }
                records.add(to: &sum)
            }
            return sum
        }
        return parts.reduce(into: RecordSum()) { $0.add($1) }
    }
}

extension EncodedGroups {
    /// Adds all records to a sum.
    fileprivate func add(to sum: inout RecordSum) {
        var words: [UInt64] = [0, 0]
        var start = 0
        for i in 0..<count {
            let end = Int(ends.pointer[i])
            sum.add(buffer.base + start, end - start, &words)
            start = end
        }
    }

    /// Adds those records to a sum whose keys' hashes lie in a range. The last records are the groups of a batch, all of
    /// them.
    package func add(to sum: inout RecordSum, _ batch: MergedGroups, hashes: ClosedRange<UInt64>) {
        precondition(order == .keys && count >= batch.count)
        batch.keys.hashAll()
        var words: [UInt64] = [0, 0]
        let first = count - batch.count
        for i in 0..<batch.count where hashes.contains(batch.keys.hashes[i]) {
            add(to: &sum, record: first + i, &words)
        }
    }

    /// Adds one record to a sum.
    func add(to sum: inout RecordSum, record i: Int) {
        var words: [UInt64] = [0, 0]
        add(to: &sum, record: i, &words)
    }

    private func add(to sum: inout RecordSum, record i: Int, _ words: inout [UInt64]) {
        let start = i == 0 ? 0 : Int(ends.pointer[i - 1])
        sum.add(buffer.base + start, Int(ends.pointer[i]) - start, &words)
    }
}
