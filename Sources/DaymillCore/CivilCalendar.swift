/// The proleptic Gregorian calendar as arithmetic on day numbers: no tables, no zones, no allocation.
///
/// Days are counted from 1970-01-01, which is 0. Years are counted inside an era of 400 years (146 097 days) that
/// starts on a first of March, so that the leap day is the last day of its year and needs no special case.
public enum CivilCalendar {
    /// The first and last years that a date may have.
    public static let years = 1...9999

    @usableFromInline static let daysPerEra = 146_097
    /// From 0000-03-01, where era 0 starts, to 1970-01-01.
    @usableFromInline static let daysFromEraToEpoch = 719_468

    /// The day number of a date, or nil when there is no such day (2023-02-29) or the year is outside of `years`.
    @inlinable
    public static func days(year: Int, month: Int, day: Int) -> Int32? {
        guard years.contains(year), 1...12 ~= month, day >= 1, day <= daysInMonth(year: year, month: month) else {
            return nil
        }
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear / 400
        let yearOfEra = marchYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int32(truncatingIfNeeded: era * daysPerEra + dayOfEra - daysFromEraToEpoch)
    }

    /// The date of a day number; the inverse of `days(year:month:day:)`, and defined for every number.
    @inlinable
    public static func civil(days: Int32) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + daysFromEraToEpoch
        let era = (shifted >= 0 ? shifted : shifted - (daysPerEra - 1)) / daysPerEra
        let dayOfEra = shifted - era * daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// How many days a month (1...12) has.
    @inlinable
    public static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year: year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    @inlinable
    public static func isLeap(year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
}
