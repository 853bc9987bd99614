import DaymillCore

/// Values as text, in the spelling of PostgreSQL, and back. For constants, casts in reference implementations and small
/// inputs; the engine's scanner has its own kernels for rows and must agree with this.
public enum ValueText {
    /// The value that a text means in a type, or nil when it means none. White space around it is passed over, except
    /// in text. A decimal with more digits than its scale is rounded half away from zero.
    public static func value(_ text: String, as type: SQLType) -> Value? {
        let bytes = trimmed(text.utf8)
        switch type {
        case .text: return .text(text)
        case .integer: return integer(bytes).map(Value.integer)
        case .decimal(let scale): return decimal(bytes, scale: scale).map { .decimal($0, scale: scale) }
        case .double: return double(bytes).map(Value.double)
        case .boolean: return boolean(bytes).map(Value.boolean)
        case .date: return date(bytes).map(Value.date)
        case .timestamp: return timestamp(bytes).map(Value.timestamp)
        case .interval: return interval(text).flatMap { $0.months == 0 ? .interval($0.microseconds) : nil }
        }
    }

    /// `-12`, `+7`, `007`: nil beyond 64 bits.
    public static func integer(_ text: some Collection<UInt8>) -> Int64? {
        guard let number = decimal(text, scale: 0, fraction: false) else { return nil }
        return Int64(exactly: number)
    }

    /// `12`, `-12.50`, `.5`, `1e3`: the number times 10^scale, rounded half away from zero; nil beyond 38 digits.
    public static func decimal(_ text: some Collection<UInt8>, scale: Int) -> Int128? {
        decimal(text, scale: scale, fraction: true)
    }

    /// Digits with a point or an exponent, `Infinity`, `inf` and `NaN` in any letter case.
    public static func double(_ text: some Collection<UInt8>) -> Double? {
        let string = String(decoding: text, as: UTF8.self)
        let unsigned = string.first == "-" || string.first == "+" ? string.dropFirst() : string[...]
        switch unsigned.lowercased() {
        case "inf", "infinity": return string.first == "-" ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        guard unsigned.utf8.allSatisfy(isNumberByte), let number = Double(string), number.isFinite else { return nil }
        return number == 0 ? 0 : number
    }

    /// `t`, `true`, `yes`, `on`, `1` and their opposites, beginnings of them, in any letter case.
    public static func boolean(_ text: some Collection<UInt8>) -> Bool? {
        let word = String(decoding: text, as: UTF8.self).lowercased()
        switch word {
        case "": return nil
        case "1", "on": return true
        case "0", "of", "off": return false
        default: break
        }
        if "true".hasPrefix(word) || "yes".hasPrefix(word) { return true }
        return "false".hasPrefix(word) || "no".hasPrefix(word) ? false : nil
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    static func trimmed(_ text: String.UTF8View) -> Substring.UTF8View {
        var rest = text[...]
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || 9...13 ~= byte }

    private static func decimal(_ text: some Collection<UInt8>, scale: Int, fraction: Bool) -> Int128? {
        guard let number = DecimalDigits(text) else { return nil }
        if !fraction, number.isFractional { return nil }
        return number.unscaled(scale: scale)
    }
}

/// The digits of a number in text, before they are brought to a scale.
private struct DecimalDigits {
    private var isNegative = false
    /// All digits, leading zeros dropped.
    private var digits: [UInt8] = []
    /// How many of the digits stand behind the point; negative after a large exponent.
    private var places = 0
    /// Whether there is a point or an exponent.
    private(set) var isFractional = false

    init?(_ text: some Collection<UInt8>) {
        var rest = text[...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        guard var count = readDigits(&rest, areFraction: false) else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            isFractional = true
            guard let behind = readDigits(&rest, areFraction: true) else { return nil }
            count += behind
        }
        guard count > 0, readExponent(&rest), rest.isEmpty else { return nil }
    }

    /// How many digits there were.
    private mutating func readDigits<Text: Collection<UInt8>>(
        _ rest: inout Text, areFraction: Bool
    ) -> Int? where Text.SubSequence == Text {
        var count = 0
        while let byte = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
            if areFraction { places += 1 }
            count += 1
            rest.removeFirst()
        }
        return count
    }

    private mutating func readExponent<Text: Collection<UInt8>>(
        _ rest: inout Text
    ) -> Bool where Text.SubSequence == Text {
        guard let letter = rest.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return true }
        isFractional = true
        guard let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(exponent) < 1000 else {
            return false
        }
        places -= exponent
        rest = rest[rest.endIndex...]
        return true
    }

    /// 10^38: decimals have 38 digits.
    private static let magnitudeEnd = Int128(10_000_000_000_000_000_000) * 10_000_000_000_000_000_000

    /// The number times 10^scale, rounded half away from zero; nil when it has more than 38 digits.
    func unscaled(scale: Int) -> Int128? {
        let surplus = places - scale
        var kept = digits
        var roundsUp = false
        if surplus > 0 {
            roundsUp = surplus <= kept.count && kept[kept.count - surplus] >= 5
            kept = Array(kept.dropLast(surplus))
        } else if !kept.isEmpty {
            guard kept.count - surplus <= 40 else { return nil }
            kept += [UInt8](repeating: 0, count: -surplus)
        }
        guard kept.count <= 38 else { return nil }
        var magnitude = kept.reduce(into: Int128(0)) { $0 = $0 * 10 + Int128($1) }
        if roundsUp { magnitude += 1 }
        guard magnitude < Self.magnitudeEnd else { return nil }
        return isNegative ? -magnitude : magnitude
    }
}
