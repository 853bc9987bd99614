import CKernels

func bestLevel() -> Int32 { dm_level_max() }

extension KernelLevel {
    func summary(
        _ p: UnsafePointer<UInt8>, _ n: Int, previous: UInt8, _ dialect: CSVDialect
    ) -> dm_csv_summary_t {
        var result = dm_csv_summary_t()
        dm_csv_summary(level, p, n, previous, dialect.delimiter, dialect.quoteOrNone, &result)
        return result
    }
}

/// The identity of a file's content: XXH3-128 over the digests of its blocks and its size.
///
/// Not cryptographic: it tells files apart, it does not defend against someone who forges them.
package struct ContentID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    /// Bytes per digest; part of the definition.
    package static let block = 512 << 10

    init(_ words: [UInt64]) {
        low = words[0]
        high = words[1]
    }

    /// Any fixed order.
    package static func precedes(_ a: ContentID, _ b: ContentID) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// Of what needs no name.
    package static let ofNothing = ContentID(high: 0, low: 0)

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads what `text` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 32, let high = hexWord(digits[..<16]), let low = hexWord(digits[16...]) else {
            return nil
        }
        self.init(high: high, low: low)
    }

    /// 32 hexadecimal digits.
    package var text: String { hex(high) + hex(low) }

    /// The identity of some numbers, such as other ids.
    package static func of(words: [UInt64]) -> ContentID {
        let bytes = words.map(\.littleEndian)
        return bytes.withUnsafeBytes { raw in
            guard let base = raw.bindMemory(to: UInt8.self).baseAddress else { return of([UInt8]()) }
            return ContentID(digest(base, raw.count, KernelLevel()))
        }
    }

    /// The identity of some text, such as the description of a plan.
    package static func of(_ text: String) -> ContentID { of(Array(text.utf8)) }

    package static func of(_ bytes: [UInt8]) -> ContentID {
        bytes.withUnsafeBufferPointer {
            ContentID(digest($0.baseAddress ?? UnsafePointer(Vector.nothing), $0.count, KernelLevel()))
        }
    }

    /// The identity of a whole file, read through in blocks.
    package static func of(_ file: some RandomReader, threads: Int = 1) throws -> ContentID {
        let blocks = (file.size + block - 1) / block
        let digests = BlockDigests(blocks: blocks)
        let size = file.size
        try Workers.eachThrowing(blocks, threads) { i in
            let buffer = ByteBuffer(capacity: block)
            let n = try file.read(into: buffer, at: 0, offset: i * block, count: min(block, size - i * block))
            digests.set(i, digest(buffer.base, n, KernelLevel()))
        }
        return digests.contentID(size: size)
    }

    static func digest(_ p: UnsafePointer<UInt8>, _ n: Int, _ level: KernelLevel) -> [UInt64] {
        var words: [UInt64] = [0, 0]
        dm_hash128(level.level, p, n, &words)
        return words
    }
}

/// The number that lower-case hexadecimal digits write; nil for other bytes.
func hexWord(_ digits: some Sequence<UInt8>) -> UInt64? {
    var word: UInt64 = 0
    for digit in digits {
        switch digit {
        case 0x30...0x39: word = word << 4 | UInt64(digit - 0x30)
        case 0x61...0x66: word = word << 4 | UInt64(digit - 0x57)
        default: return nil
        }
    }
    return word
}

private func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// Collects the digests of a file's blocks, in any order.
// Unchecked because each block has a place of its own, written once.
package final class BlockDigests: @unchecked Sendable {
    private let words: Buffer<UInt64>
    private let blocks: Int

    package init(blocks: Int) {
        self.blocks = blocks
        words = Buffer(capacity: blocks * 2 + 1)
    }

    func set(_ block: Int, _ digest: [UInt64]) {
        precondition(block < blocks)
        words.pointer[block * 2] = digest[0].littleEndian
        words.pointer[block * 2 + 1] = digest[1].littleEndian
    }

    /// Takes the digest of a block, which stands in `buffer[0..<count]`.
    package func add(_ block: Int, _ buffer: ByteBuffer, count: Int) {
        precondition(count >= 0 && count <= buffer.capacity)
        set(block, ContentID.digest(buffer.base, count, KernelLevel()))
    }

    /// The identity, when all digests are there.
    package func contentID(size: Int) -> ContentID {
        words.pointer[blocks * 2] = UInt64(size).littleEndian
        let bytes = UnsafeRawPointer(words.pointer).assumingMemoryBound(to: UInt8.self)
        return ContentID(ContentID.digest(bytes, (blocks * 2 + 1) * 8, KernelLevel(atMost: 0)))
    }
}
