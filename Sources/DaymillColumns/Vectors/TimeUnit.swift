/// What date_trunc cuts to, and what extract takes out.
package enum TimeUnit: String, Sendable, Hashable {
    case microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, decade, century, millennium
    case dow, isodow, doy, isoyear, epoch

    /// By its name in SQL; `microsecond` and `millisecond` are taken too.
    package init?(name: String) {
        switch name {
        case "microsecond": self = .microseconds
        case "millisecond": self = .milliseconds
        default: self.init(rawValue: name)
        }
    }

    /// Whether extract gives a double.
    package var isReal: Bool { self == .second || self == .epoch }

    /// Microseconds, for units that divide a day.
    var length: Int64? {
        switch self {
        case .microseconds: 1
        case .milliseconds: 1000
        case .second: 1_000_000
        case .minute: 60_000_000
        case .hour: 3_600_000_000
        case .day: CalendarKernel.microsecondsPerDay
        default: nil
        }
    }
}
