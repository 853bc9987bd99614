/// Casts from text take what fields of files take, and more, as PostgreSQL does: any white space around, beginnings of
/// the boolean words, decimals with exponents or too many digits, times without seconds, fractions of nanoseconds.
extension TextParsing {
    /// Without white space at either end.
    @inline(__always)
    private static func trimmed(_ text: TextBytes) -> TextBytes {
        @inline(__always) func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        var text = text
        while text.n > 0, isSpace(text.p[0]) { text = TextBytes(text.p + 1, text.n &- 1) }
        while text.n > 0, isSpace(text.p[text.n &- 1]) { text.n &-= 1 }
        return text
    }

    @inline(__always)
    static func castInteger(_ text: TextBytes) -> Int64? {
        let word = trimmed(text)
        return parseInteger(word.p, word.n)
    }

    @inline(__always)
    static func castDouble(_ text: TextBytes) -> Double? {
        let word = trimmed(text)
        return parseDouble(word.p, word.n)
    }

    @inline(__always)
    static func castDate(_ text: TextBytes) -> Int32? {
        let word = trimmed(text)
        return parseDate(word.p, word.n)
    }

    static func castBoolean(_ text: TextBytes) -> Bool? {
        let word = trimmed(text)
        if let value = parseBoolean(word.p, word.n) { return value }
        guard word.n > 0, word.n <= 5 else { return nil }
        let letters = String(decoding: UnsafeBufferPointer(start: word.p, count: word.n), as: UTF8.self).lowercased()
        if "true".hasPrefix(letters) || "yes".hasPrefix(letters) { return true }
        return "false".hasPrefix(letters) || letters == "of" ? false : nil
    }

    static func castDecimal(_ text: TextBytes, _ scale: Int) -> Int128? {
        let word = trimmed(text)
        if let value = parseDecimal(word.p, word.n, scale, rounding: true) { return value }
        return decimalWithExponent(UnsafeBufferPointer(start: word.p, count: word.n), scale)
    }

    /// `1.25e1` is read as `12.5`: the point moves, over zeros where digits end.
    private static func decimalWithExponent(_ word: UnsafeBufferPointer<UInt8>, _ scale: Int) -> Int128? {
        guard let letter = word.firstIndex(where: { $0 | 0x20 == 0x65 }),
            let exponent = Int(String(decoding: word[(letter + 1)...], as: UTF8.self)), abs(exponent) < 1000
        else { return nil }
        let start = word[0] == 0x2D || word[0] == 0x2B ? 1 : 0
        let point = word[..<letter].firstIndex(of: 0x2E) ?? letter
        guard start <= point else { return nil }
        let zeros = [UInt8](repeating: 0x30, count: abs(exponent))
        let whole = Array(word[start..<point])
        let fraction = point < letter ? Array(word[(point + 1)..<letter]) : []
        guard !(whole + fraction).isEmpty else { return nil }
        let digits = exponent < 0 ? zeros + whole + fraction : whole + fraction + zeros
        let moved = exponent < 0 ? whole.count : whole.count + exponent
        let bytes = word[..<start] + digits[..<moved] + [0x2E] + digits[moved...]
        return padded(Array(bytes)) { parseDecimal($0, $1, scale, rounding: true) }
    }

    static func castTimestamp(_ text: TextBytes) -> Int64? {
        let word = trimmed(text)
        if let value = parseTimestamp(word.p, word.n) { return value }
        if word.n == 16 {
            let bytes = Array(UnsafeBufferPointer(start: word.p, count: 16)) + Array(":00".utf8)
            return padded(bytes) { parseTimestamp($0, $1) }
        }
        return word.n > 26 ? timestampWithNanoseconds(word) : nil
    }

    /// Digits seven to nine of the fraction round half to even.
    private static func timestampWithNanoseconds(_ word: TextBytes) -> Int64? {
        let surplus = word.n &- 26
        guard surplus <= 3, let time = parseTimestamp(word.p, 26), let digits = eightDigits(word.p + 26, surplus) else {
            return nil
        }
        let nanoseconds = digits * PowersOfTen.small[3 - surplus]
        let isUp = nanoseconds > 500 || (nanoseconds == 500 && time % 2 != 0)
        return isUp ? time + 1 : time
    }

    private static func padded<R>(_ bytes: [UInt8], _ body: (UnsafePointer<UInt8>, Int) -> R) -> R {
        (bytes + [UInt8](repeating: 0, count: RawMemory.padding)).withUnsafeBufferPointer {
            body($0.baseAddress!, bytes.count)
        }
    }
}
