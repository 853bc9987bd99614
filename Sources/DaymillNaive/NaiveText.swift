package import DaymillSQL

/// Text to values, as in CSV fields and casts. nil means that the text is no such value.
///
/// Spaces and tabs around everything but text are passed over.
package enum NaiveText {
    package static func value(of bytes: [UInt8], as type: SQLType, roundsDecimals: Bool = false) -> Value? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        if type == .text { return .text(text) }
        let word = trimmed(bytes).map { Character(UnicodeScalar($0)) }
        return switch type {
        case .text, .interval: nil
        case .integer: integer(word)
        case .decimal(let scale): decimal(word, scale: scale, rounds: roundsDecimals)
        case .double: double(word)
        case .boolean: boolean(word)
        case .date: date(word).map(Value.date)
        case .timestamp: timestamp(word)
        }
    }

    package static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }) else { return [] }
        return Array(bytes[first...bytes.lastIndex { !isSpace($0) }!])
    }

    private static func isDigit(_ character: Character) -> Bool { character >= "0" && character <= "9" }

    private static func unsigned(_ word: some Collection<Character>) -> (negative: Bool, rest: [Character]) {
        switch word.first {
        case "-": (true, Array(word.dropFirst()))
        case "+": (false, Array(word.dropFirst()))
        default: (false, Array(word))
        }
    }

    private static func integer(_ word: [Character]) -> Value? {
        let (negative, digits) = unsigned(word)
        guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        return Int64((negative ? "-" : "") + String(digits)).map(Value.integer)
    }

    /// `12`, `12.`, `.5`, `-12.50`: the digits before and after the point, at least one in all.
    private static func digitsAroundPoint(_ word: [Character]) -> (whole: [Character], fraction: [Character])? {
        let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = Array(parts[0])
        let fraction = parts.count > 1 ? Array(parts[1]) : []
        guard !(whole + fraction).isEmpty, (whole + fraction).allSatisfy(isDigit) else { return nil }
        return (whole, fraction)
    }

    private static func decimal(_ word: [Character], scale: Int, rounds: Bool) -> Value? {
        let (negative, rest) = unsigned(word)
        guard var (whole, fraction) = digitsAroundPoint(rest) else { return nil }
        while fraction.count < scale { fraction.append("0") }
        let dropped = fraction[scale...]
        guard rounds || dropped.allSatisfy({ $0 == "0" }) else { return nil }
        whole += fraction[..<scale]
        guard var unscaled = whole.isEmpty ? 0 : Int128(String(whole)) else { return nil }
        if let first = dropped.first, first >= "5" { unscaled += 1 }
        guard unscaled <= NaiveDecimal.largest else { return nil }
        return .decimal(negative ? -unscaled : unscaled, scale: scale)
    }

    /// Beyond the largest and below the smallest double there is no value, as in PostgreSQL.
    private static func double(_ word: [Character]) -> Value? {
        let (negative, rest) = unsigned(word)
        let name = String(rest).lowercased()
        if name == "inf" || name == "infinity" { return .double(negative ? -.infinity : .infinity) }
        if String(word).lowercased() == "nan" { return .double(.nan) }
        let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard !parts.isEmpty, let (whole, fraction) = digitsAroundPoint(Array(parts[0])) else { return nil }
        let exponent = unsigned(parts.count > 1 ? Array(parts[1]) : ["0"])
        guard !exponent.rest.isEmpty, exponent.rest.allSatisfy(isDigit) else { return nil }
        let canonical = "\(String(["0"] + whole)).\(String(fraction + ["0"]))e\(exponent.negative ? "-" : "")"
        guard let number = Double(canonical + String(exponent.rest)), number.isFinite else { return nil }
        if number == 0, (whole + fraction).contains(where: { $0 != "0" }) { return nil }
        return .double(negative ? -number : number)
    }

    private static func boolean(_ word: [Character]) -> Value? {
        switch String(word).lowercased() {
        case "true", "t", "yes", "y", "on", "1": .boolean(true)
        case "false", "f", "no", "n", "off", "0": .boolean(false)
        default: nil
        }
    }

    /// Exactly `count` digits.
    private static func number(_ word: ArraySlice<Character>, digits count: Int) -> Int? {
        word.count == count && word.allSatisfy(isDigit) ? Int(String(word)) : nil
    }

    private static func date(_ word: [Character]) -> Int32? {
        guard word.count == 10, word[4] == "-", word[7] == "-" else { return nil }
        guard let year = number(word[0..<4], digits: 4), let month = number(word[5..<7], digits: 2),
            let day = number(word[8..<10], digits: 2)
        else { return nil }
        return NaiveCalendar.days(year: year, month: month, day: day)
    }

    private static func timestamp(_ word: [Character]) -> Value? {
        guard word.count >= 10, let days = date(Array(word[..<10])) else { return nil }
        let midnight = Int64(days) * NaiveCalendar.microsecondsPerDay
        if word.count == 10 { return .timestamp(midnight) }
        guard word[10] == " " || word[10] == "T" else { return nil }
        return timeOfDay(Array(word[11...])).map { .timestamp(midnight + $0) }
    }

    /// `HH:MM:SS` with a fraction of one to six digits or none, in microseconds.
    private static func timeOfDay(_ word: [Character]) -> Int64? {
        guard word.count >= 8, word[2] == ":", word[5] == ":" else { return nil }
        guard let hour = number(word[0..<2], digits: 2), let minute = number(word[3..<5], digits: 2),
            let second = number(word[6..<8], digits: 2), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = Int64(hour * 3600 + minute * 60 + second)
        if word.count == 8 { return seconds * 1_000_000 }
        let digits = word[9...]
        guard word[8] == ".", (1...6).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        let padded = String(digits) + String(repeating: "0", count: 6 - digits.count)
        return seconds * 1_000_000 + Int64(padded)!
    }
}
