package import DaymillCore
import DaymillSQL

/// Times moved from the clock of one zone to that of another, by asking the system about each moment.
package struct NaiveClock: Sendable, Hashable {
    /// The zone of texts that say none.
    package var from: TimeZoneName
    package var to: TimeZoneName
    /// Whether texts may say how far their clock is ahead of UTC.
    package var saysZone: Bool

    package init(from: TimeZoneName, to: TimeZoneName, saysZone: Bool) {
        self.from = from
        self.to = to
        self.saysZone = saysZone
    }

    /// What the other clock showed at the moment that is written; nil when the text is no such moment.
    func value(of bytes: [UInt8]) -> Value? {
        let text = String(decoding: NaiveText.trimmed(bytes), as: UTF8.self)
        let (time, offset) = saysZone ? NaiveClock.split(text) : (text, nil)
        guard let time, case .timestamp(let local)? = NaiveText.value(of: Array(time.utf8), as: .timestamp) else {
            return nil
        }
        let moment = offset.map { local - $0 } ?? moment(local)
        let shown = moment + offsetOf(to, moment)
        let days = NaiveCalendar.split(shown).days
        return -719_162...2_932_896 ~= days ? .timestamp(shown) : nil
    }

    /// The first moment at which the clock showed a time; of a time that it skipped, that by the offset before.
    private func moment(_ local: Int64) -> Int64 {
        let around = (-30...30).map { offsetOf(from, local + $0 * 3_600_000_000) }
        let moments = Set(around).map { local - $0 }
        if let first = moments.filter({ $0 + offsetOf(from, $0) == local }).min() { return first }
        // Clocks that are set forward are less ahead before.
        let skips = zip(around, around.dropFirst()).filter { $0 < $1 }
        return local - (skips.first { local - $0.0 + offsetOf(from, local - $0.0) > local }?.0 ?? around[30])
    }

    private func offsetOf(_ zone: TimeZoneName, _ moment: Int64) -> Int64 {
        Int64(zone.offsetSeconds(atMicroseconds: moment)) * 1_000_000
    }

    /// A text without its zone, and the offset of that in microseconds; no text when the zone is none.
    private static func split(_ text: String) -> (time: String?, offset: Int64?) {
        guard text.count > 19 else { return (text, nil) }
        if let last = text.last, "zZ".contains(last) { return (dated(text.dropLast()), 0) }
        guard let sign = text.dropFirst(19).lastIndex(where: { "+-".contains($0) }) else { return (text, nil) }
        let digits = text[text.index(after: sign)...]
        let parts = digits.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let pair = parts.count == 1 && digits.count == 4 ? [String(digits.prefix(2)), String(digits.suffix(2))] : parts
        guard 1...2 ~= pair.count, pair.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
            let hours = Int64(pair[0]), hours < 24, let minutes = pair.count == 1 ? 0 : Int64(pair[1]), minutes < 60
        else { return (nil, nil) }
        let offset = (hours * 60 + minutes) * 60_000_000
        return (dated(text[..<sign]), text[sign] == "-" ? -offset : offset)
    }

    /// Nil where there is no time of day that a zone could belong to.
    private static func dated(_ text: Substring) -> String? {
        let time = text.drop { $0 == " " }
        return time.count < 19 ? nil : String(text)
    }
}
