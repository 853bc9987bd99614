/// When a pipeline starts: the five fields of a cron line.
///
///     ┌ minute (0-59)  ┌ hour (0-23)  ┌ day of month (1-31)  ┌ month (1-12, JAN-DEC)  ┌ day of week (0-7, SUN-SAT)
///     0                7              *                      *                        MON-FRI
///
/// The rules are those of Vixie cron, which Debian and most others use:
/// - A field is a list (`1,15`) of values, ranges (`9-17`), `*`, and ranges or `*` with a step (`9-17/2`, `*/15`).
/// - Names are three English letters in any case, alone, in lists and in ranges. 0 and 7 are both Sunday.
/// - **Day of month and day of week**: when neither starts with `*`, a day is taken if *either* fits, so
///   `0 7 1 * MON` is every first of a month and every Monday. When one starts with `*` (also `*/2`), both must fit.
/// - `@hourly`, `@daily` (or `@midnight`), `@weekly` (Sunday), `@monthly`, `@yearly` (or `@annually`) stand for whole
///   lines.
///
/// What Vixie cron leaves open is refused here: steps that pass the field (`*/90`), backward ranges (`22-2`), steps on
/// a single value (`5/15`), and lines that never fire (`0 0 31 2 *`).
public struct CronExpression: Hashable, Sendable {
    /// As written.
    public let text: String
    let minutes: CronSet
    let hours: CronSet
    let daysOfMonth: CronSet
    let months: CronSet
    /// 0 (Sunday) to 6.
    let daysOfWeek: CronSet

    /// Whether the line fires in a minute of a local clock.
    ///
    /// - Parameters:
    ///   - month: 1...12.
    ///   - dayOfMonth: 1...31.
    ///   - dayOfWeek: 0 (Sunday) to 6.
    public func fires(month: Int, dayOfMonth: Int, dayOfWeek: Int, hour: Int, minute: Int) -> Bool {
        hours.contains(hour) && minutes.contains(minute)
            && takes(month: month, dayOfMonth: dayOfMonth, dayOfWeek: dayOfWeek)
    }

    /// Whether the line takes a day, at whatever time.
    func takes(month: Int, dayOfMonth: Int, dayOfWeek: Int) -> Bool {
        months.contains(month) && takesDay(dayOfMonth: dayOfMonth, dayOfWeek: dayOfWeek)
    }

    private func takesDay(dayOfMonth: Int, dayOfWeek: Int) -> Bool {
        let fitsMonth = daysOfMonth.contains(dayOfMonth)
        let fitsWeek = daysOfWeek.contains(dayOfWeek)
        return takesEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek
    }

    /// Vixie's rule: one of the two day fields is enough.
    var takesEitherDay: Bool { !daysOfMonth.startsWithStar && !daysOfWeek.startsWithStar }
}

/// The values of one field.
struct CronSet: Hashable, Sendable {
    /// Bit n is set when n is a value; 0...59.
    var bits: UInt64 = 0
    var startsWithStar = false

    func contains(_ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }

    mutating func insert(_ value: Int) { bits |= 1 << UInt64(value) }

    /// Ascending.
    var values: [Int] { (0..<64).filter(contains) }
}
