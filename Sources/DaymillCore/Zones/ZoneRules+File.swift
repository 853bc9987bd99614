import Foundation

extension TimeZoneName {
    /// The zone's rules, from the time zone database of this machine.
    ///
    /// - Throws: `DaymillError` with the code `.io` when the machine has no database, or a damaged one.
    public func rules() throws -> ZoneRules {
        guard self != .utc else { return .utc }
        for folder in ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"] {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            guard let rules = ZoneRules(file: [UInt8](data)) else {
                throw DaymillError(
                    .io, "the rules of the time zone '\(name)' in \(folder)/\(name) cannot be read",
                    hint: "install the package 'tzdata' again")
            }
            return rules
        }
        throw DaymillError(
            .io, "the rules of the time zone '\(name)' are not on this machine",
            hint: "install the package 'tzdata'")
    }
}

extension ZoneRules {
    /// Reads the bytes of a file of the time zone database (TZif, RFC 9636); nil when they are no such file.
    ///
    /// Only the part with 64-bit times is used; files of the first version have none, and are refused. Debian's files
    /// name changes up to 2037 one by one, others leave that to the rule at the end: both give the same table.
    package init?(file bytes: [UInt8]) {
        var reader = ZoneFileReader(bytes: bytes)
        guard let old = reader.header(), old.version >= UInt8(ascii: "2"), reader.skip(old.length(timeBytes: 4)),
            let header = reader.header(), header.types > 0,
            let changes = reader.changes(header), let rule = reader.rule()
        else { return nil }
        self.init(first: changes.first, changes: changes.list, rule: rule)
    }

    /// The rules of the text at the end of such a file alone, as in `CET-1CEST,M3.5.0,M10.5.0/3`.
    package init?(rule: String) {
        self.init(first: nil, changes: [], rule: rule)
    }

    /// - Parameter first: nil: as by rule.
    private init?(first: Int64?, changes: [(at: Int64, offset: Int64)], rule: String) {
        guard let rule = PosixZoneRule(rule) else { return nil }
        let first = first ?? rule.offset, last = changes.last
        guard let summer = rule.summer else {
            self.init(first: first, changes: changes + [(last?.at ?? 0, rule.offset)], repeatsFrom: nil)
            return
        }
        let lastYear = last.map { CivilCalendar.civil(days: Int32(clamping: $0.at / 86_400)).year } ?? 1970
        let endYear = max(lastYear, 2037) + 401
        guard endYear < CivilCalendar.years.upperBound, let end = CivilCalendar.days(year: endYear, month: 1, day: 1)
        else { return nil }
        let ruled = (lastYear...endYear).flatMap { rule.changes(summer, year: $0) }.filter { change in
            change.at < Int64(end) * 86_400 && last.map { change.at > $0.at } ?? true
        }
        self.init(
            first: first, changes: changes + ruled.sorted { $0.at < $1.at }, repeatsFrom: Int64(end) * 86_400)
    }
}

/// Walks through a TZif file.
private struct ZoneFileReader {
    let bytes: [UInt8]
    var position = 0

    struct Header {
        var version: UInt8
        var utcMarks, standardMarks, leaps, times, types, letters: Int

        func length(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + letters + leaps * (timeBytes + 4) + standardMarks + utcMarks
        }
    }

    mutating func skip(_ count: Int) -> Bool {
        position += count
        return position <= bytes.count
    }

    mutating func header() -> Header? {
        guard position + 44 <= bytes.count, bytes[position..<position + 4].elementsEqual("TZif".utf8) else {
            return nil
        }
        let counts = (0..<6).map { Int(number(at: position + 20 + 4 * $0, bytes: 4)) }
        guard counts.allSatisfy({ 0...65_536 ~= $0 }) else { return nil }
        defer { position += 44 }
        return Header(
            version: bytes[position + 4], utcMarks: counts[0], standardMarks: counts[1], leaps: counts[2],
            times: counts[3], types: counts[4], letters: counts[5])
    }

    /// The changes of the part with 64-bit times, and the offset before the first of them.
    mutating func changes(_ header: Header) -> (first: Int64, list: [(at: Int64, offset: Int64)])? {
        let start = position
        guard skip(header.length(timeBytes: 8)), header.leaps == 0 else { return nil }
        let kinds = start + 8 * header.times
        let types = kinds + header.times
        let offsets = (0..<header.types).map { number(at: types + 6 * $0, bytes: 4) }
        var list: [(at: Int64, offset: Int64)] = []
        for i in 0..<header.times {
            let type = Int(bytes[kinds + i]), at = number(at: start + 8 * i, bytes: 8)
            guard type < offsets.count, abs(offsets[type]) < 172_800, list.last.map({ $0.at < at }) ?? true else {
                return nil
            }
            // What lies before the year 1 is the beginning.
            if at > -62_135_596_800 { list.append((at, offsets[type])) }
        }
        return (offsets[0], list)
    }

    /// The text between the line breaks at the end.
    mutating func rule() -> String? {
        guard position + 1 < bytes.count, bytes[position] == 10, bytes.last == 10 else { return nil }
        return String(validating: bytes[position + 1..<bytes.count - 1], as: UTF8.self)
    }

    private func number(at start: Int, bytes count: Int) -> Int64 {
        let unsigned = bytes[start..<start + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return count == 8 ? Int64(bitPattern: unsigned) : Int64(Int32(truncatingIfNeeded: unsigned))
    }
}
