/// extract.
extension TimeKernel {
    /// Whole fields of a timestamp, or of a date when `isDate`.
    package static func extract(_ unit: TimeUnit, _ a: Operand, isDate: Bool, count n: Int, into out: Vector) {
        precondition(out.form == .int64 && !unit.isReal)
        guard NullKernel.merge([a], count: n, into: out) else { return }
        switch unit {
        case .hour: ofTime(a, isDate, n, out) { $0 / 3_600_000_000 }
        case .minute: ofTime(a, isDate, n, out) { $0 / 60_000_000 % 60 }
        case .milliseconds: ofTime(a, isDate, n, out) { $0 % 60_000_000 / 1000 }
        case .microseconds: ofTime(a, isDate, n, out) { $0 % 60_000_000 }
        case .dow: ofDay(a, isDate, n, out) { CalendarKernel.isoWeekday($0) % 7 }
        case .isodow: ofDay(a, isDate, n, out) { CalendarKernel.isoWeekday($0) }
        case .doy: ofDay(a, isDate, n, out) { $0 &- CalendarKernel.firstOf(year: CalendarKernel.civil($0).year) &+ 1 }
        case .isoyear: ofDay(a, isDate, n, out) { CalendarKernel.isoWeek($0).year }
        case .week: ofDay(a, isDate, n, out) { CalendarKernel.isoWeek($0).week }
        case .day: ofDay(a, isDate, n, out) { Int64(CalendarKernel.civil($0).day) }
        case .month: ofDay(a, isDate, n, out) { Int64(CalendarKernel.civil($0).month) }
        case .quarter: ofDay(a, isDate, n, out) { Int64((CalendarKernel.civil($0).month &- 1) / 3 &+ 1) }
        default: years(unit, a, isDate, n, out)
        }
    }

    private static func years(_ unit: TimeUnit, _ a: Operand, _ isDate: Bool, _ n: Int, _ out: Vector) {
        switch unit {
        case .year: ofDay(a, isDate, n, out) { Int64(CalendarKernel.civil($0).year) }
        case .decade: ofDay(a, isDate, n, out) { Int64(CalendarKernel.civil($0).year / 10) }
        case .century: ofDay(a, isDate, n, out) { Int64((CalendarKernel.civil($0).year &+ 99) / 100) }
        case .millennium: ofDay(a, isDate, n, out) { Int64((CalendarKernel.civil($0).year &+ 999) / 1000) }
        default: preconditionFailure("extract of \(unit)")
        }
    }

    /// `second` with its fraction, and `epoch` in seconds: of a timestamp, an interval, or a date when `isDate`.
    package static func extractReal(_ unit: TimeUnit, _ a: Operand, isDate: Bool, count n: Int, into out: Vector) {
        precondition(out.form == .double && unit.isReal)
        guard NullKernel.merge([a], count: n, into: out) else { return }
        let factor = isDate ? CalendarKernel.microsecondsPerDay : 1
        if unit == .epoch {
            RowLoop.map(a, n, out.doubles) { (x: Int64) in Double(x &* factor) / 1e6 }
        } else {
            RowLoop.map(a, n, out.doubles) { (x: Int64) in
                Double(CalendarKernel.split(x &* factor).time % 60_000_000) / 1e6
            }
        }
    }

    /// From the microseconds since midnight; a date has none.
    @inline(__always)
    private static func ofTime(_ a: Operand, _ isDate: Bool, _ n: Int, _ out: Vector, _ body: (Int64) -> Int64) {
        if isDate {
            out.int64s.update(repeating: 0, count: n)
        } else {
            RowLoop.map(a, n, out.int64s) { (x: Int64) in body(CalendarKernel.split(x).time) }
        }
    }

    /// From the days since 1970.
    @inline(__always)
    private static func ofDay(_ a: Operand, _ isDate: Bool, _ n: Int, _ out: Vector, _ body: (Int64) -> Int64) {
        if isDate {
            RowLoop.map(a, n, out.int64s) { (x: Int64) in body(x) }
        } else {
            RowLoop.map(a, n, out.int64s) { (x: Int64) in body(CalendarKernel.split(x).days) }
        }
    }
}
