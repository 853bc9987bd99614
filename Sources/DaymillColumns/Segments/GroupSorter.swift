/// Sorts more groups than fit into memory: collects them, and writes them sorted to a file whenever its user finds that
/// they are enough. `SortedGroupsCursor` merges the files. One per thread.
///
///     file:  a segment of one section whose records are in the order of sorting, not of hashes:
///            hash  length of the sort key, 0 when the group's key is the sort key; bit 32: the group's key is NULL
///            key   sort key │ group's key
package final class GroupSorter {
    private let layout: StateLayout
    private let pool = PagePool.next()
    private let cursor: PoolCursor
    private let list: GroupList
    /// Sort keys of the groups; nil when they are sorted by their keys.
    private let sortKeys: SortKeys?

    /// - Parameter isByKey: ascending by the groups' keys, NULL last; otherwise by sort keys.
    package init(_ layout: StateLayout, isByKey: Bool) {
        self.layout = layout
        cursor = PoolCursor(pool)
        list = GroupList(layout, base: pool.base)
        sortKeys = isByKey ? nil : SortKeys()
    }

    deinit { PagePool.retire(pool) }

    package var count: Int { list.count }

    /// Memory of what is held, sorting included.
    package var bytes: Int { pool.bytesUsed + list.count * 36 + (sortKeys?.bytes ?? 0) }

    /// Takes over the groups of a list; with sort keys their terms, a row for each.
    package func add(_ groups: GroupList, terms: [(column: Vector, descending: Bool, nullsFirst: Bool)] = []) {
        for i in 0..<groups.count { add(groups.entry(i)) }
        sortKeys?.append(terms, count: groups.count)
    }

    private func add(_ entry: GroupEntry) { list.append(reference: cursor.copy(entry, layout)) }

    /// Sorts what there is, writes the first `most` groups and forgets all.
    ///
    /// - Throws: `.io`.
    package func write(to path: String, most: Int = .max) throws {
        let writer = try SegmentStreamWriter(path, id: .ofNothing, [layout.counted], hasDays: true)
        let part = EncodedGroups(layout.counted, fullBytes: 1 << 20)
        func handOver() throws {
            try writer.append(part, section: 0)
            part.removeAll()
        }
        if let sortKeys {
            var scratch: [UInt8] = []
            list.sortToRecords(by: sortKeys)
            for i in 0..<min(most, list.count) {
                append(sortKeys.base + Int(list.items[i].reference) * 8, &scratch, to: part)
                if part.isFull { try handOver() }
            }
        } else {
            list.sortByKey(threads: 1)
            for i in 0..<min(most, list.count) {
                let entry = list.entry(i)
                part.append(hash: 0, key: entry.key, length: entry.length, words: entry.words)
                if part.isFull { try handOver() }
            }
        }
        try handOver()
        _ = try writer.finish(rows: 0, badRows: 0)
        removeAll()
    }

    /// Writes a group by its sort key: reference of the group, length, bytes.
    private func append(_ record: UnsafeMutableRawPointer, _ scratch: inout [UInt8], to part: EncodedGroups) {
        let entry = GroupEntry(pool.base + Int(record.load(as: UInt32.self)) * 8)
        let sortLength = Int((record + 4).load(as: Int32.self)), length = Int(max(0, entry.length))
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: UnsafeRawBufferPointer(start: record + 8, count: sortLength))
        scratch.append(contentsOf: UnsafeBufferPointer(start: entry.key, count: length))
        let hash = UInt64(sortLength) | (entry.length < 0 ? SortedGroupsCursor.nullKey : 0)
        scratch.withUnsafeBufferPointer {
            part.append(hash: hash, key: $0.baseAddress!, length: Int32(sortLength + length), words: entry.words)
        }
    }

    private func removeAll() {
        list.removeAll()
        sortKeys?.removeAll()
        pool.removeAll()
        cursor.reset()
    }
}

/// Merges the files of `GroupSorter`s.
package final class SortedGroupsCursor {
    private let strands: [SegmentStrand]
    private let tree: LoserTree
    private let keepsSortKeys: Bool

    static let nullKey: UInt64 = 1 << 32

    /// - Parameter keepsSortKeys: groups come as they lie in the files, to be written to another.
    /// - Throws: `.storeDamaged`, `.io`.
    package init(_ readers: [SegmentReader], keepsSortKeys: Bool = false) throws {
        self.keepsSortKeys = keepsSortKeys
        let spans = SegmentSpan.all(of: readers.map { .init($0, days: nil) }, section: 0)
        strands = spans.map { SegmentStrand($0, hashes: 0 ... .max) }
        tree = LoserTree(strands.count)
        for i in strands.indices { try step(i) }
        tree.play(precedes)
    }

    /// Fills a batch with the next groups; false when there are none any more.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    package func next(into batch: MergedGroups) throws -> Bool {
        batch.removeAll()
        while !tree.isDone {
            let first = tree.first
            guard append(strands[first], to: batch) else { break }
            try step(first)
            tree.replay(first, precedes)
        }
        return batch.count > 0
    }

    private func append(_ strand: SegmentStrand, to batch: MergedGroups) -> Bool {
        var key = strand.key, length = strand.length
        if !keepsSortKeys {
            let sortLength = Int32(truncatingIfNeeded: strand.hash)
            key += Int(sortLength)
            length = strand.hash & SortedGroupsCursor.nullKey != 0 ? -1 : length - sortLength
        }
        return batch.append(hash: strand.hash, key: key, length: length, day: 0, words: strand.words) != nil
    }

    /// Merges files into one.
    ///
    /// - Throws: `.storeDamaged`, `.io`.
    package static func merge(_ readers: [SegmentReader], _ layout: StateLayout, to path: String) throws {
        let cursor = try SortedGroupsCursor(readers, keepsSortKeys: true)
        let writer = try SegmentStreamWriter(path, id: .ofNothing, [layout.counted], hasDays: true)
        let part = EncodedGroups(layout.counted, fullBytes: 1 << 20), batch = MergedGroups(layout)
        while try cursor.next(into: batch) {
            part.append(batch)
            try writer.append(part, section: 0)
            part.removeAll()
        }
        _ = try writer.finish(rows: 0, badRows: 0)
    }

    private func step(_ i: Int) throws { tree.set(i, try strands[i].step() ? prefix(strands[i]) : nil) }

    /// The first eight bytes of the sort key, big-endian, zeros past its end; the NULL of a bare text key comes last.
    private func prefix(_ strand: SegmentStrand) -> UInt64 {
        let length = sortLength(strand)
        guard length > 0 else { return length < 0 ? .max : 0 }
        let word = UInt64(bigEndian: UnsafeRawPointer(strand.key).loadUnaligned(as: UInt64.self))
        return length >= 8 ? word : word & ~(UInt64.max >> UInt64(length * 8))
    }

    private func sortLength(_ strand: SegmentStrand) -> Int {
        let sortLength = Int(Int32(truncatingIfNeeded: strand.hash))
        return sortLength == 0 ? Int(strand.length) : sortLength
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = (strands[a], strands[b])
        let (n, m) = (sortLength(x), sortLength(y))
        if n < 0 || m < 0 { return n >= 0 || (m < 0 && a < b) }
        let order = compareBytes(x.key, n, y.key, m)
        return order != 0 ? order < 0 : a < b
    }
}

extension PoolCursor {
    /// A copy of a group with all that its state points at.
    func copy(_ entry: GroupEntry, _ layout: StateLayout) -> UInt32 {
        let head = GroupEntry.size(entry.length)
        let copy = GroupEntry(allocate(head + layout.words * 8))
        copy.raw.copyMemory(from: entry.raw, byteCount: head)
        let words = copy.words
        if layout.hasTexts {
            for (i, word) in layout.neutral.enumerated() { words[i] = word }
            StateMerge.merge(entry.words, into: words, layout, self)
        } else {
            words.update(from: entry.words, count: layout.words)
        }
        return reference(to: copy.raw)
    }
}

extension PoolCursor: TextMemory {
    func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        let p = allocate(max(8, count.rounded(upTo: 8))).assumingMemoryBound(to: UInt8.self)
        p.update(from: bytes, count: count)
        return p
    }

    func words(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        allocate(count * 8).bindMemory(to: UInt64.self, capacity: count)
    }
}
