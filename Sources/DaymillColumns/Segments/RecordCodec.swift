import CKernels

/// The bytes of one group in a segment. Equal groups have equal bytes: every number has one shortest form.
///
///     hash      8 bytes, little-endian; not in segments in the order of keys
///     key       varint length + 1 (0: the NULL of a bare text key), bytes
///     partials  count: varint · sums and minima: length, two's complement trimmed · text: varint length + 1, bytes ·
///               exact sum: flags, first word, words, the words
///
/// A distinct count and a stretch have no bytes: they are found in the pairs.
struct RecordCodec {
    let layout: StateLayout
    /// Whether records begin with the hash of the key; read without, it is 0.
    let hasHash: Bool
    /// The layout's kinds and offsets, where reading them counts no references.
    private let steps: Buffer<Step>
    private let stepCount: Int
    private let isAllCounts: Bool
    private let words: Int

    private struct Step: BitwiseCopyable {
        var kind: PartialKind
        var offset: Int
    }

    /// The most bytes of all exact sums of a record.
    private let sumsBound: Int

    init(layout: StateLayout, order: SegmentOrder = .hashes) {
        self.layout = layout
        hasHash = order == .hashes
        isAllCounts = layout.isAllCounts
        words = layout.words
        stepCount = layout.kinds.count
        steps = Buffer(capacity: max(1, stepCount))
        for i in 0..<stepCount { steps.pointer[i] = Step(kind: layout.kinds[i], offset: layout.offsets[i]) }
        sumsBound = layout.kinds.reduce(0) { sum, kind in
            switch kind {
            case .sumDouble: sum + ExactSum.ofValues.bytesMax
            case .squaresDouble: sum + ExactSum.ofSquares.bytesMax
            default: sum
            }
        }
    }

    /// The most bytes a record of this key length can take, texts in states apart.
    func bound(keyLength: Int) -> Int { 8 + 10 + keyLength + sumsBound + layout.kinds.count * 4 + layout.words * 10 }

    /// Writes a record; `out` has room.
    @inline(__always)
    func write(
        hash: UInt64, key: UnsafePointer<UInt8>, length: Int32, words: UnsafePointer<UInt64>,
        _ out: inout UnsafeMutablePointer<UInt8>
    ) {
        if hasHash {
            UnsafeMutableRawPointer(out).storeBytes(of: hash.littleEndian, as: UInt64.self)
            out += 8
        }
        Self.putVarint(UInt64(length + 1), &out)
        if length > 0 {
            out.update(from: key, count: Int(length))
            out += Int(length)
        }
        if isAllCounts {
            for w in 0..<self.words { Self.putVarint(words[w], &out) }
        } else {
            for i in 0..<stepCount { Self.put(steps.pointer[i].kind, words + steps.pointer[i].offset, &out) }
        }
    }

    @inline(__always)
    private static func put(_ kind: PartialKind, _ w: UnsafePointer<UInt64>, _ out: inout UnsafeMutablePointer<UInt8>) {
        switch kind {
        case .count: putVarint(w[0], &out)
        case .distinctCount, .stretch: break
        case .minText, .maxText: putText(w, &out)
        case .sumDouble: CompactSum.write(w, &out)
        case .squaresDouble: ExactSum.ofSquares.write(w, &out)
        default: putTrimmed(w, kind.words, &out)
        }
    }

    @inline(__always)
    static func putVarint(_ value: UInt64, _ out: inout UnsafeMutablePointer<UInt8>) {
        var v = value
        while v >= 0x80 {
            out[0] = UInt8(truncatingIfNeeded: v) | 0x80
            out += 1
            v >>= 7
        }
        out[0] = UInt8(truncatingIfNeeded: v)
        out += 1
    }

    /// The fewest bytes whose last one has the sign's bit on top; none for zero. Whole words are stored, the last of
    /// which may reach beyond: `bound` has room for them.
    @inline(__always)
    private static func putTrimmed(_ w: UnsafePointer<UInt64>, _ n: Int, _ out: inout UnsafeMutablePointer<UInt8>) {
        let sign = UInt64(bitPattern: Int64(bitPattern: w[n &- 1]) >> 63)
        var top = n &- 1
        while top > 0, w[top] == sign { top &-= 1 }
        let bits = top &* 64 &+ 64 &- (w[top] ^ sign).leadingZeroBitCount
        let length = bits == 0 && sign == 0 ? 0 : (bits &+ 8) >> 3
        out[0] = UInt8(truncatingIfNeeded: length)
        for i in 0..<min(n, (length &+ 7) >> 3) {
            UnsafeMutableRawPointer(out + 1 + i &* 8).storeBytes(of: w[i].littleEndian, as: UInt64.self)
        }
        out += 1 + length
    }

    private static func putText(_ w: UnsafePointer<UInt64>, _ out: inout UnsafeMutablePointer<UInt8>) {
        guard let p = UnsafePointer<UInt8>(bitPattern: UInt(w[0])) else { return putVarint(0, &out) }
        putVarint(w[1] + 1, &out)
        out.update(from: p, count: Int(w[1]))
        out += Int(w[1])
    }

    /// Extra room that the texts of a state need in a record.
    func textBytes(_ words: UnsafePointer<UInt64>) -> Int {
        guard layout.hasTexts else { return 0 }
        var sum = 0
        for i in layout.kinds.indices where layout.kinds[i] == .minText || layout.kinds[i] == .maxText {
            sum += Int(words[layout.offsets[i] + 1]) + 10
        }
        return sum
    }
}

/// Reading records back. The block's checksum has been verified, so damage has been ruled out; bounds are checked all the
/// same, and a record that does not fit ends in nil.
extension RecordCodec {
    struct Record {
        var hash: UInt64
        var key: UnsafePointer<UInt8>
        var length: Int32
    }

    /// Takes one record apart, its partials into `words`.
    @inline(__always)
    func read(
        _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, words: UnsafeMutablePointer<UInt64>
    ) -> Record? {
        var hash: UInt64 = 0
        if hasHash {
            guard end - p >= 9 else { return nil }
            hash = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
            p += 8
        }
        guard let plus1 = Self.varint(&p, end), plus1 <= UInt64(Int32.max) else { return nil }
        let length = Int(plus1) - 1
        let key = p
        guard end - p >= length else { return nil }
        p += max(0, length)
        if isAllCounts {
            for w in 0..<self.words {
                guard let value = Self.varint(&p, end) else { return nil }
                words[w] = value
            }
            return Record(hash: hash, key: key, length: Int32(length))
        }
        for i in 0..<stepCount {
            guard Self.take(steps.pointer[i].kind, &p, end, words + steps.pointer[i].offset) else { return nil }
        }
        return Record(hash: hash, key: key, length: Int32(length))
    }

    @inline(__always)
    private static func take(
        _ kind: PartialKind, _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
        _ w: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        switch kind {
        case .count:
            guard let value = varint(&p, end) else { return false }
            w[0] = value
            return true
        case .distinctCount, .stretch:
            for i in 0..<kind.words { w[i] = 0 }
            return true
        case .minText, .maxText: return takeText(&p, end, w)
        case .sumDouble: return CompactSum.read(&p, end, w)
        case .squaresDouble: return ExactSum.ofSquares.read(&p, end, w)
        default: return takeTrimmed(&p, end, w, kind.words)
        }
    }

    @inline(__always)
    static func varint(_ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt64? {
        if p < end, p[0] < 0x80 {
            defer { p += 1 }
            return UInt64(p[0])
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while p < end && shift < 70 {
            let byte = p[0]
            p += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    @inline(__always)
    private static func takeTrimmed(
        _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ w: UnsafeMutablePointer<UInt64>, _ n: Int
    ) -> Bool {
        guard p < end, Int(p[0]) <= n * 8, end - p > Int(p[0]) else { return false }
        let length = Int(p[0])
        p += 1
        if length <= 8, end - p >= 8 {
            let shift = UInt64(64 &- 8 &* length)
            let word = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
            // Shifts of all 64 bits give zero.
            let value = Int64(bitPattern: word << shift) >> Int64(bitPattern: shift)
            w[0] = UInt64(bitPattern: length == 0 ? 0 : value)
            for i in 1..<max(1, n) { w[i] = UInt64(bitPattern: Int64(bitPattern: w[0]) >> 63) }
            p += length
            return true
        }
        let fill: UInt64 = length > 0 && p[length - 1] >= 0x80 ? .max : 0
        for i in 0..<n { w[i] = fill }
        for i in 0..<length {
            let shift = UInt64((i & 7) * 8)
            w[i >> 3] = w[i >> 3] & ~(0xff << shift) | UInt64(p[i]) << shift
        }
        p += length
        return true
    }

    private static func takeText(
        _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ w: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        guard let plus1 = varint(&p, end) else { return false }
        if plus1 == 0 {
            (w[0], w[1]) = (0, 0)
            return true
        }
        guard plus1 - 1 <= UInt64(end - p) else { return false }
        w[0] = UInt64(UInt(bitPattern: p))
        w[1] = plus1 - 1
        p += Int(plus1 - 1)
        return true
    }
}
