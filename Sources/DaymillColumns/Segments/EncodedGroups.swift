/// Records of consecutive groups, not yet cut into blocks: what one worker makes for a `SegmentStreamWriter`.
// Unchecked because one worker fills it and hands it over.
package final class EncodedGroups: @unchecked Sendable {
    let layout: StateLayout
    private let codec: RecordCodec
    let order: SegmentOrder
    private(set) var buffer: ByteBuffer
    package private(set) var bytes = 0
    package private(set) var count = 0
    /// Where each record ends.
    private(set) var ends: Buffer<UInt32>

    private let fullBytes: Int

    /// - Parameter fullBytes: from this size on the records should be handed over.
    package init(_ layout: StateLayout, order: SegmentOrder = .hashes, fullBytes: Int = 4 << 20) {
        self.layout = layout
        self.order = order
        self.fullBytes = max(1 << 20, fullBytes)
        codec = RecordCodec(layout: layout, order: order)
        buffer = ByteBuffer(capacity: 1 << 20)
        ends = Buffer(capacity: 32 << 10)
    }

    /// Forgets all records; keeps the memory, unless that was made for an outsized record.
    package func removeAll() {
        bytes = 0
        count = 0
        if buffer.capacity > 3 * fullBytes { buffer = ByteBuffer(capacity: 1 << 20) }
    }

    /// Whether the records should be handed over.
    package var isFull: Bool { bytes >= fullBytes }

    /// Appends the groups of a merge, which come after those already here.
    package func append(_ groups: MergedGroups) {
        for i in 0..<groups.count { append(groups, i) }
    }

    /// Appends records as they are, which lie one after another.
    func append(_ records: UnsafePointer<UInt8>, _ lengths: UnsafePointer<Int32>, _ n: Int) {
        let start = bytes
        for i in 0..<n {
            if count == ends.capacity { growEnds() }
            bytes &+= Int(lengths[i])
            ends.pointer[count] = UInt32(truncatingIfNeeded: bytes)
            count &+= 1
        }
        let end = bytes
        bytes = start
        if end > buffer.capacity { grow(end - start) }
        UnsafeMutableRawPointer(buffer.base + start).copyMemory(from: records, byteCount: end - start)
        bytes = end
    }

    /// Appends one of them.
    @inline(__always)
    func append(_ groups: MergedGroups, _ i: Int) {
        append(
            hash: groups.keys.hashes[i], key: groups.keys.pointers[i], length: groups.keys.lengths[i],
            words: groups.states.words[i])
    }

    /// Appends items of a list, which come after the groups already here.
    package func append(_ groups: GroupList) {
        for i in 0..<groups.count {
            let entry = groups.entry(i), length = entry.length
            append(hash: 0, key: entry.key, length: length, words: UnsafePointer(entry.words(length)))
        }
    }

    /// The same without the groups whose last word, a number of days, is zero.
    ///
    /// - Throws: `NotSubtractable` when such a number is negative: what was subtracted had not been added before.
    func appendLiving(_ groups: MergedGroups) throws {
        let last = layout.words - 1
        for i in 0..<groups.count {
            let words = groups.states.words[i]
            if words[last] == 0 { continue }
            guard words[last] >> 63 == 0 else { throw NotSubtractable() }
            append(
                hash: groups.keys.hashes[i], key: groups.keys.pointers[i], length: groups.keys.lengths[i], words: words)
        }
    }

    /// Appends a record.
    @inline(__always)
    func append(hash: UInt64, key: UnsafePointer<UInt8>, length: Int32, words: UnsafePointer<UInt64>) {
        let room = codec.bound(keyLength: Int(max(0, length))) + codec.textBytes(words)
        if bytes + room > buffer.capacity { grow(room) }
        if count == ends.capacity { growEnds() }
        var p = buffer.base + bytes
        codec.write(hash: hash, key: key, length: length, words: words, &p)
        bytes = p - buffer.base
        ends.pointer[count] = UInt32(bytes)
        count += 1
    }

    @inline(never)
    private func grow(_ room: Int) {
        precondition(bytes + room < 1 << 32, "records must be handed over long before 4 GiB")
        let larger = ByteBuffer(capacity: max(buffer.capacity * 2, bytes + room))
        larger.copy(from: buffer, at: 0, to: 0, count: bytes)
        buffer = larger
    }

    @inline(never)
    private func growEnds() {
        let larger = Buffer<UInt32>(capacity: ends.capacity * 2)
        larger.pointer.update(from: ends.pointer, count: count)
        ends = larger
    }
}
