extension ValueText {
    /// A length of time as people write it: months apart, because they have no fixed length; a day is 24 hours.
    public struct IntervalParts: Hashable, Sendable {
        public var months: Int64
        public var microseconds: Int64

        public init(months: Int64, microseconds: Int64) {
            self.months = months
            self.microseconds = microseconds
        }
    }

    /// `90 minutes`, `1 day 02:30:00`, `1 year -2 months`, `1.5 hours`, `3 days ago`. A bare number counts `unit`s.
    public static func interval(_ text: String, unit: String = "second") -> IntervalParts? {
        var words = separated(text).split(separator: " ").map(String.init)
        let isAgo = words.last == "ago"
        if isAgo { words.removeLast() }
        if words.first == "@" { words.removeFirst() }
        guard !words.isEmpty else { return nil }
        var total = IntervalParts(months: 0, microseconds: 0)
        while !words.isEmpty {
            guard let part = takePart(&words, unit: unit), let sum = total.adding(part) else { return nil }
            total = sum
        }
        return isAgo ? total.times(-1) : total
    }

    /// Lower-cased, with a space where a digit meets a letter: `1h30m` is `1 h 30 m`.
    private static func separated(_ text: String) -> String {
        var result = ""
        for character in text.lowercased() {
            if let last = result.last, last.isLetter != character.isLetter, last.isLetter || last.isNumber,
                character.isLetter || character.isNumber || character == "-"
            {
                result.append(" ")
            }
            result.append(character)
        }
        return result
    }

    private static func takePart(_ words: inout [String], unit: String) -> IntervalParts? {
        let number = words.removeFirst()
        if number.contains(":") { return clock(number) }
        var unitWord = unit
        if let next = words.first, next.first?.isLetter == true {
            unitWord = next
            words.removeFirst()
        }
        guard let size = unitSizes[unitWord] else { return nil }
        return size.months > 0 ? months(number, times: size.months) : span(number, times: size.microseconds)
    }

    private static func months(_ number: String, times size: Int64) -> IntervalParts? {
        guard let count = Int64(number) else { return nil }
        return IntervalParts(months: size, microseconds: 0).times(count)
    }

    /// Exact to the microsecond: the number is read with nine decimals.
    private static func span(_ number: String, times size: Int64) -> IntervalParts? {
        guard let billionths = decimal(number.utf8, scale: 9) else { return nil }
        let (product, isTooLarge) = billionths.multipliedReportingOverflow(by: Int128(size))
        guard !isTooLarge, let microseconds = Int64(exactly: product / 1_000_000_000) else { return nil }
        return IntervalParts(months: 0, microseconds: microseconds)
    }

    /// `02:30` or `-02:30:15.5`; hours may pass 24.
    private static func clock(_ text: String) -> IntervalParts? {
        let isNegative = text.hasPrefix("-")
        let fields = text.drop(while: { $0 == "-" || $0 == "+" }).split(
            separator: ":", omittingEmptySubsequences: false)
        guard 2...3 ~= fields.count, let hours = Int64(fields[0]), let minutes = Int64(fields[1]),
            0...10_000_000 ~= hours, 0..<60 ~= minutes, !text.dropFirst().contains("-")
        else { return nil }
        let seconds = fields.count == 3 ? decimal(fields[2].utf8, scale: 6) : 0
        guard let seconds, 0..<60_000_000 ~= seconds else { return nil }
        let microseconds = (hours * 60 + minutes) * 60_000_000 + Int64(seconds)
        return IntervalParts(months: 0, microseconds: isNegative ? -microseconds : microseconds)
    }

    /// Units in the singular, the plural and PostgreSQL's abbreviations.
    private static let unitSizes: [String: IntervalParts] = {
        let units: [([String], Int64, Int64)] = [
            (["microsecond", "us", "usec"], 0, 1),
            (["millisecond", "ms", "msec"], 0, 1000),
            (["second", "s", "sec"], 0, 1_000_000),
            (["minute", "m", "min"], 0, 60_000_000),
            (["hour", "h", "hr"], 0, 3_600_000_000),
            (["day", "d"], 0, microsecondsPerDay),
            (["week", "w"], 0, 7 * microsecondsPerDay),
            (["month", "mon"], 1, 0),
            (["year", "y", "yr"], 12, 0),
            (["decade"], 120, 0),
            (["century"], 1200, 0),
            (["centurie"], 1200, 0),
        ]
        var sizes: [String: IntervalParts] = [:]
        for (names, months, microseconds) in units {
            for name in names {
                sizes[name] = IntervalParts(months: months, microseconds: microseconds)
                if name.count > 1 { sizes[name + "s"] = sizes[name] }
            }
        }
        return sizes
    }()
}

extension ValueText.IntervalParts {
    /// nil on overflow.
    func adding(_ other: Self) -> Self? {
        let (months, areTooMany) = months.addingReportingOverflow(other.months)
        let (microseconds, isTooLong) = microseconds.addingReportingOverflow(other.microseconds)
        return areTooMany || isTooLong ? nil : Self(months: months, microseconds: microseconds)
    }

    /// nil on overflow.
    func times(_ factor: Int64) -> Self? {
        let (months, areTooMany) = months.multipliedReportingOverflow(by: factor)
        let (microseconds, isTooLong) = microseconds.multipliedReportingOverflow(by: factor)
        return areTooMany || isTooLong ? nil : Self(months: months, microseconds: microseconds)
    }
}
