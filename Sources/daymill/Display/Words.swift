import DaymillCore
import Foundation

/// Numbers and times as people read them.
enum Words {
    /// 2026-11-21T22:05:24Z.
    static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1e6).formatted(
            .iso8601.dateSeparator(.dash).timeSeparator(.colon))
    }

    /// 2026-11-21T22:05:24.317Z: how programs read all times.
    static func exactTime(_ microseconds: Int64) -> String {
        let seconds = microseconds / 1_000_000, clock = Int(seconds % 86_400)
        let time = [clock / 3600, clock / 60 % 60, clock % 60].map { zeroPadded($0, 2) }.joined(separator: ":")
        return "\(Day(ofSecond: seconds))T\(time).\(zeroPadded(Int(microseconds / 1000 % 1000), 3))Z"
    }

    /// 12,345,678.
    static func count(_ n: Int) -> String {
        let digits = String(n.magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return (n < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
    }

    /// 1 row, 12,345 rows.
    static func count(_ n: Int, _ what: String) -> String { "\(count(n)) \(what)\(n == 1 ? "" : "s")" }

    /// 0.34 s, 12 ms, 2 min 5 s.
    static func seconds(_ s: Double) -> String {
        if s < 0.001 { return "under 1 ms" }
        if s < 0.1 { return "\(Int((s * 1000).rounded())) ms" }
        if s < 60 { return "\(fixed(s, 2)) s" }
        return "\(Int(s) / 60) min \(Int(s) % 60) s"
    }

    /// 33.1 M rows/s.
    static func rate(_ n: Int, _ seconds: Double) -> String {
        let perSecond = Double(n) / max(seconds, 1e-6)
        if perSecond >= 1e6 { return "\(fixed(perSecond / 1e6, 1)) M rows/s" }
        if perSecond >= 1e3 { return "\(fixed(perSecond / 1e3, 1)) k rows/s" }
        return "\(Int(perSecond)) rows/s"
    }

    static func fixed(_ value: Double, _ digits: Int) -> String {
        let factor = digits == 1 ? 10.0 : 100.0
        let scaled = Int((value * factor).rounded())
        let fraction = String(scaled % Int(factor))
        return "\(scaled / Int(factor)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
