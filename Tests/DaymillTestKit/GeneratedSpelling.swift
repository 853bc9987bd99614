import DaymillSQL

/// One of the many ways to write a value in a CSV field.
enum GeneratedSpelling {
    static func text(of value: Value, using random: inout SeededGenerator) -> String {
        let plain = NaiveText.text(of: value) ?? ""
        if case .text = value { return plain }
        let word = random.once(in: 4) ? variant(of: value, plain, using: &random) : plain
        return random.once(in: 12) ? random.pick([" \(word)", "\(word) ", "  \(word) "]) : word
    }

    private static func variant(of value: Value, _ plain: String, using random: inout SeededGenerator) -> String {
        switch value {
        case .integer(let number): number < 0 ? "-00\(number.magnitude)" : random.pick(["+\(plain)", "0\(plain)"])
        case .decimal(_, let scale): decimal(plain, scale, using: &random)
        case .double(let number): double(number, plain, using: &random)
        case .boolean(let truth): random.pick(truth ? ["t", "YES", "y", "On", "1"] : ["F", "no", "N", "OFF", "0"])
        case .timestamp: timestamp(plain, using: &random)
        default: plain
        }
    }

    private static func decimal(_ plain: String, _ scale: Int, using random: inout SeededGenerator) -> String {
        if scale == 0 { return random.pick(["\(plain).", "\(plain).000"]) }
        var short = plain
        while short.hasSuffix("0") { short.removeLast() }
        return random.pick(["\(plain)0", short, plain.hasPrefix("0.") ? String(plain.dropFirst()) : plain])
    }

    private static func double(_ number: Double, _ plain: String, using random: inout SeededGenerator) -> String {
        if number == 0 { return number.sign == .minus ? "-0.0" : "0e7" }
        if number.isNaN { return random.pick(["nan", "NAN"]) }
        if number.isInfinite { return (number < 0 ? "-" : "+") + random.pick(["inf", "INFINITY"]) }
        return random.pick([number.description, number.description.uppercased(), plain])
    }

    private static func timestamp(_ plain: String, using random: inout SeededGenerator) -> String {
        if plain.hasSuffix(" 00:00:00") { return random.pick([String(plain.prefix(10)), "\(plain).0"]) }
        return plain.replacing(" ", with: "T") + (plain.contains(".") ? "" : ".000")
    }
}
