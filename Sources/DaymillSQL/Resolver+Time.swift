import DaymillCore

extension Resolver {
    /// `+ - * /` where a date, timestamp or interval takes part.
    mutating func timeArithmetic(_ symbol: String, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        switch (symbol, a.type, b.type) {
        case _ where a.isOpen || b.isOpen:
            return timeWithLiteral(symbol, a, b, at: offset)
        case ("+", .date, .integer): return days(a, b.expression, at: offset)
        case ("+", .integer, .date): return days(b, a.expression, at: offset)
        case ("-", .date, .integer): return days(a, Self.minus(b.expression), at: offset)
        case ("-", .date, .date):
            return Operand(.call(.daysBetween, [a.expression, b.expression], .integer), at: offset)
        case ("-", _, _) where a.type.isTime && b.type.isTime:
            guard let (sides, _) = unify([a, b], what: "-", at: offset) else { return nil }
            return Operand(.call(.timeBetween, sides, .interval), at: offset)
        case ("+", _, .interval) where a.type.isTime: return shifted(a, by: b, at: offset)
        case ("+", .interval, _) where b.type.isTime: return shifted(b, by: a, at: offset)
        case ("-", _, .interval) where a.type.isTime:
            return negated(interval: b, at: offset).flatMap { shifted(a, by: $0, at: offset) }
        case ("+", .interval, .interval), ("-", .interval, .interval), ("*", .interval, .integer),
            ("*", .integer, .interval):
            return intervalArithmetic(symbol, a, b, at: offset)
        default:
            return noTimeOperator(symbol, a, b, at: offset)
        }
    }

    /// A quoted literal beside a time: after a minus it is a time too; otherwise PostgreSQL's guess would surprise.
    private mutating func timeWithLiteral(_ symbol: String, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        let (open, known) = a.isOpen ? (a, b) : (b, a)
        if symbol == "-", known.type.isTime, let value = open.value, Self.isTime(value, as: known.type) {
            guard let literal = coerce(open, to: known.type) else { return nil }
            let typed = Operand(literal, at: open.offset)
            return a.isOpen ? timeArithmetic("-", typed, b, at: offset) : timeArithmetic("-", a, typed, at: offset)
        }
        let hint = known.type == .interval ? "write timestamp '...' or date '...'" : "write interval '...' before it"
        return fail(
            SQLProblem(
                offset: open.offset, message: "this literal beside a \(known.type) could be several types", hint: hint))
    }

    private static func isTime(_ value: Value, as type: SQLType) -> Bool {
        if case .text(let text) = value { return ValueText.value(text, as: type) != nil }
        return true
    }

    private func days(_ date: Operand, _ days: Expression, at offset: Int) -> Operand {
        Operand(.call(.addDays, [date.expression, days], .date), at: offset)
    }

    private static func minus(_ number: Expression) -> Expression {
        if case .literal(.integer(let value), _) = number, value != .min { return .literal(.integer(-value), .integer) }
        return .call(.negate, [number], .integer)
    }

    /// A time plus an interval: first the months, which depend on the calendar, then the rest.
    private mutating func shifted(_ time: Operand, by interval: Operand, at offset: Int) -> Operand? {
        guard var expression = coerce(Operand(time.expression, at: time.offset), to: .timestamp) else { return nil }
        if interval.months != 0 {
            let months = Expression.literal(.integer(interval.months), .integer)
            expression = .call(.addMonths, [expression, months], .timestamp)
        }
        if interval.months == 0 || interval.value != .interval(0) {
            expression = .call(.addInterval, [expression, interval.expression], .timestamp)
        }
        return Operand(expression, at: offset)
    }

    /// `-interval`.
    mutating func negated(interval: Operand, at offset: Int) -> Operand? {
        if let parts = interval.intervalParts {
            guard let negative = parts.times(-1) else { return tooLong(at: offset) }
            return Operand(negative, at: offset)
        }
        if case .call(.timeBetween, let sides, let type) = interval.expression {
            return Operand(.call(.timeBetween, [sides[1], sides[0]], type), at: offset)
        }
        return fail(
            .unsupported(offset, "this interval cannot be negated", "swap the two sides of the subtraction inside"))
    }

    private mutating func tooLong(at offset: Int) -> Operand? {
        fail(SQLProblem(offset: offset, message: "this interval is out of range", hint: "write a shorter one"))
    }

    /// Interval literals are added and multiplied here and now.
    private mutating func intervalArithmetic(_ symbol: String, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        var result: ValueText.IntervalParts?
        switch (a.intervalParts, a.value, b.intervalParts, b.value) {
        case (let left?, _, let right?, _):
            result = (symbol == "+" ? right : right.times(-1)).flatMap { left.adding($0) }
        case (let parts?, _, nil, .integer(let factor)), (nil, .integer(let factor), let parts?, _):
            result = parts.times(factor)
        default: return noTimeOperator(symbol, a, b, at: offset)
        }
        return result.map { Operand($0, at: offset) } ?? tooLong(at: offset)
    }

    private mutating func noTimeOperator(_ symbol: String, _ a: Operand, _ b: Operand, at offset: Int) -> Operand? {
        let types = "\(a.type) \(symbol) \(b.type)"
        let hint: String
        switch (a.type, b.type) {
        case (.interval, _) where !b.type.isTime, (_, .interval) where !a.type.isTime:
            hint = "compute in seconds with extract(epoch FROM ...)"
        case (.timestamp, let type) where type.isNumeric: hint = "write an interval: + interval '1 day'"
        case (let type, .timestamp) where type.isNumeric: hint = "write an interval: interval '1 day' +"
        case (.date, let type) where type.isNumeric: hint = "days are added as integers: date + 7"
        default: hint = "times are subtracted from each other; days, as integers, and intervals are added to them"
        }
        return fail(SQLProblem(offset: offset, message: "there is no \(types)", hint: hint))
    }

    // MARK: date_trunc, extract, make_date

    /// date_trunc('unit', time)
    mutating func dateTrunc(_ arguments: [Operand], at offset: Int) -> Operand? {
        guard let word = keyword(arguments[0], of: "date_trunc") else { return nil }
        guard let unit = TimeField.unit(word) else {
            return unknownField("date_trunc has no unit '\(word)'", word, TimeField.units, at: arguments[0].offset)
        }
        guard let time = time(arguments[1], of: "date_trunc") else { return nil }
        guard let timestamp = cast(time, to: .timestamp, at: offset) else { return nil }
        return Operand(.call(.dateTrunc, [.literal(.text(unit), .text), timestamp], .timestamp), at: offset)
    }

    /// extract(field FROM time) and date_part('field', time)
    mutating func extract(_ arguments: [Operand], at offset: Int) -> Operand? {
        guard let word = keyword(arguments[0], of: "extract") else { return nil }
        guard let field = TimeField.field(word) else {
            return unknownField("extract has no field '\(word)'", word, TimeField.fields, at: arguments[0].offset)
        }
        let isFraction = field == "second" || field == "epoch"
        let type: SQLType = isFraction ? .double : .integer
        let literal = Expression.literal(.text(field), .text)
        if arguments[1].type == .interval {
            guard field == "epoch" else {
                return fail(
                    .unsupported(
                        offset, "only the epoch can be extracted from an interval",
                        "it gives seconds; divide by 60, 3600 or 86400"))
            }
            return closed(arguments[1]).map { Operand(.call(.extract, [literal, $0], .double), at: offset) }
        }
        guard let time = time(arguments[1], of: "extract") else { return nil }
        if time.type == .date, TimeField.ofClock.contains(field) {
            return fail(
                SQLProblem(
                    offset: offset, message: "a date has no \(field)", hint: "extract it from a timestamp"))
        }
        return Operand(.call(.extract, [literal, time], type), at: offset)
    }

    /// A word that must stand there literally.
    private mutating func keyword(_ operand: Operand, of function: String) -> String? {
        if case .text(let word) = operand.value { return word.lowercased() }
        return fail(
            .unsupported(
                operand.offset, "the unit of \(function) must be a literal", "write it in quotes, such as 'day'"))
    }

    private mutating func unknownField(_ message: String, _ word: String, _ known: [String], at offset: Int) -> Operand?
    {
        let near = nearestWord(to: word, in: known).map { "did you mean '\($0)'?" }
        return fail(
            SQLProblem(offset: offset, message: message, hint: near ?? "there are \(known.joined(separator: ", "))"))
    }

    private mutating func time(_ operand: Operand, of function: String) -> Expression? {
        if operand.isOpen { return coerce(operand, to: .timestamp) }
        if operand.type.isTime { return operand.expression }
        let hint = operand.type == .text ? "cast it with ::timestamp" : "give it a date or a timestamp"
        return fail(
            .wrongType(
                "the operand of \(function)", wants: "a date or timestamp", got: operand.type, at: operand.offset,
                hint: hint))
    }
}

/// The units and fields of times, by their names in the singular.
enum TimeField {
    static let units = [
        "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
        "century", "millennium",
    ]
    static let fields = [
        "year", "month", "day", "hour", "minute", "second", "dow", "isodow", "doy", "isoyear", "week", "quarter",
        "century", "decade", "millennium", "milliseconds", "microseconds", "epoch",
    ]
    /// Fields that a date does not have.
    static let ofClock: Set<String> = ["hour", "minute", "second", "milliseconds", "microseconds"]

    static func unit(_ word: String) -> String? { singular(word, among: units) }

    static func field(_ word: String) -> String? {
        if word == "millisecond" || word == "microsecond" { return word + "s" }
        return singular(word, among: fields)
    }

    private static func singular(_ word: String, among known: [String]) -> String? {
        if known.contains(word) { return word }
        if word == "centuries" || word == "millennia" || word == "millenniums" {
            return word == "centuries" ? "century" : "millennium"
        }
        return word.hasSuffix("s") && known.contains(String(word.dropLast())) ? String(word.dropLast()) : nil
    }
}
