import Glibc

/// Well-formed UTF-8 as bytes: counting and walking scalars, eight bytes at a time.
enum UnicodeBytes {
    @inline(__always)
    static func isASCII(_ text: TextBytes) -> Bool {
        var seen: UInt64 = 0
        var i = 0
        while i &+ 8 <= text.n {
            seen |= TextParsing.load(text.p + i)
            i &+= 8
        }
        if i < text.n { seen |= TextParsing.load(text.p + i) & tailMask(text.n &- i) }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// How many scalars: all bytes but those that continue one.
    @inline(__always)
    static func count(_ text: TextBytes) -> Int {
        var continuing = 0
        var i = 0
        while i < text.n {
            let left = text.n &- i
            let word = TextParsing.load(text.p + i) & (left >= 8 ? ~0 : tailMask(left))
            continuing &+= continuations(word)
            i &+= 8
        }
        return text.n &- continuing
    }

    /// Where the scalar number `k` (from 0) begins; the end when there are not so many.
    @inline(__always)
    static func offset(_ text: TextBytes, after k: Int) -> Int {
        if k >= text.n { return text.n }
        var i = 0
        var left = k
        while left >= 8, i &+ 8 <= text.n {
            left &-= 8 &- continuations(TextParsing.load(text.p + i))
            i &+= 8
        }
        while i < text.n {
            if text.p[i] & 0xC0 != 0x80 {
                if left == 0 { return i }
                left &-= 1
            }
            i &+= 1
        }
        return text.n
    }

    /// Where `needle` begins, or -1; an empty one begins at once.
    static func find(_ needle: TextBytes, in text: TextBytes) -> Int {
        if needle.n == 0 { return 0 }
        var at = 0
        while at &+ needle.n <= text.n {
            let room = text.n &- needle.n &- at &+ 1
            guard let found = memchr(text.p + at, Int32(needle.p[0]), room) else { return -1 }
            at = UnsafeRawPointer(found) - UnsafeRawPointer(text.p)
            if memcmp(text.p + at, needle.p, needle.n) == 0 { return at }
            at &+= 1
        }
        return -1
    }

    /// The length of the scalar that begins with this byte.
    @inline(__always)
    static func length(_ first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }

    static func scalar(_ p: UnsafePointer<UInt8>) -> Unicode.Scalar {
        let first = UInt32(p[0])
        func low(_ i: Int) -> UInt32 { UInt32(p[i] & 0x3F) }
        let value =
            switch length(p[0]) {
            case 1: first
            case 2: (first & 0x1F) << 6 | low(1)
            case 3: (first & 0x0F) << 12 | low(1) << 6 | low(2)
            default: (first & 0x07) << 18 | low(1) << 12 | low(2) << 6 | low(3)
            }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    @inline(__always)
    private static func continuations(_ word: UInt64) -> Int {
        (((word &>> 7) & ~(word &>> 6)) & 0x0101_0101_0101_0101).nonzeroBitCount
    }

    /// Keeps the first 1...7 bytes of a word.
    @inline(__always)
    static func tailMask(_ n: Int) -> UInt64 { ~UInt64(0) &>> (64 &- 8 &* UInt64(truncatingIfNeeded: n)) }
}

/// Letter case. ASCII is done in words; other texts go through the standard library's tables, scalar by scalar.
enum LetterCase {
    case lower, upper

    /// 0x20 in each byte of an ASCII word that changes.
    @inline(__always)
    func changes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // Adding 0x80 - c lights the top bit of bytes from c on.
        let first: UInt64 = self == .lower ? 0x80 - 0x41 : 0x80 - 0x61
        let end: UInt64 = self == .lower ? 0x80 - 0x5B : 0x80 - 0x7B
        let fromFirst: UInt64 = word &+ (ones &* first)
        let fromEnd: UInt64 = word &+ (ones &* end)
        return (fromFirst & ~fromEnd & 0x8080_8080_8080_8080) &>> 2
    }

    /// Whether an ASCII text changes at all.
    @inline(__always)
    func changesAnything(_ text: TextBytes) -> Bool {
        var i = 0
        while i < text.n {
            let left = text.n &- i
            let mask = left >= 8 ? ~0 : UnicodeBytes.tailMask(left)
            if changes(TextParsing.load(text.p + i)) & mask != 0 { return true }
            i &+= 8
        }
        return false
    }

    /// Writes an ASCII text, and up to 7 bytes after it.
    @inline(__always)
    func write(_ text: TextBytes, _ to: UnsafeMutablePointer<UInt8>) {
        var i = 0
        while i < text.n {
            let word = TextParsing.load(text.p + i)
            UnsafeMutableRawPointer(to + i).storeBytes(of: (word ^ changes(word)).littleEndian, as: UInt64.self)
            i &+= 8
        }
    }

    /// Writes any text.
    func write(_ text: TextBytes, _ to: inout ByteWriter) {
        var i = 0
        while i < text.n {
            let scalar = UnicodeBytes.scalar(text.p + i)
            i &+= UnicodeBytes.length(text.p[i])
            let properties = scalar.properties
            to.append(self == .lower ? properties.lowercaseMapping : properties.uppercaseMapping)
        }
    }
}
