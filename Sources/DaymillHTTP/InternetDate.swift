import DaymillCore

/// Moments as mail and HTTP write them, in UTC.
package enum InternetDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Tue, 17 Nov 2026 07:00:00 +0000`
    package static func mail(_ microseconds: Int64) -> String {
        let moment = Moment(microseconds)
        let weekday = weekdays[((moment.day % 7) + 7) % 7]
        let month = months[moment.date.month - 1]
        let date = "\(zeroPadded(moment.date.day, 2)) \(month) \(zeroPadded(moment.date.year, 4))"
        return "\(weekday), \(date) \(moment.time) +0000"
    }

    /// `2026-11-17T07:00:00.000Z`
    package static func iso(_ microseconds: Int64) -> String {
        let moment = Moment(microseconds)
        let date = [moment.date.month, moment.date.day].map { zeroPadded($0, 2) }
        let day = ([zeroPadded(moment.date.year, 4)] + date).joined(separator: "-")
        return "\(day)T\(moment.time).\(zeroPadded(moment.milliseconds, 3))Z"
    }

    /// Reads `Tue, 17 Nov 2026 07:00:00 GMT`, as HTTP writes it; seconds since 1970.
    package static func seconds(http text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
            let days = CivilCalendar.days(year: year, month: month + 1, day: day)
        else { return nil }
        let time = parts[4].split(separator: ":").map { Int($0) ?? -1 }
        // 60 is a leap second.
        guard time.count == 3, 0...23 ~= time[0], 0...59 ~= time[1], 0...60 ~= time[2] else { return nil }
        return Int64(days) * 86_400 + Int64(time[0] * 3600 + time[1] * 60 + time[2])
    }

    /// A moment in its parts.
    private struct Moment {
        var day: Int
        var date: (year: Int, month: Int, day: Int)
        var secondOfDay: Int
        var milliseconds: Int

        init(_ microseconds: Int64) {
            let seconds = Moment.floor(Int(microseconds), 1_000_000)
            day = Moment.floor(seconds, 86_400)
            date = CivilCalendar.civil(days: Int32(clamping: day))
            secondOfDay = seconds - day * 86_400
            milliseconds = (Int(microseconds) - seconds * 1_000_000) / 1000
        }

        private static func floor(_ number: Int, _ unit: Int) -> Int {
            (number >= 0 ? number : number - (unit - 1)) / unit
        }

        /// `07:00:00`
        var time: String {
            [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { zeroPadded($0, 2) }
                .joined(separator: ":")
        }
    }
}

/// The header that says when to come again.
package enum RetryAfter {
    /// Seconds, or a date of HTTP; nil when it is neither. Never longer than `Limits.retryAfterSecondsMax`.
    package static func seconds(_ header: String?, nowMicroseconds: Int64) -> Double? {
        guard let text = header?.trimmed else { return nil }
        if let seconds = Double(text), seconds.isFinite { return bounded(seconds) }
        return InternetDate.seconds(http: text).map { bounded(Double($0) - Double(nowMicroseconds) / 1_000_000) }
    }

    /// Not before now, and not in a year because of somebody's mistake.
    package static func bounded(_ seconds: Double) -> Double { min(max(0, seconds), Limits.retryAfterSecondsMax) }
}
