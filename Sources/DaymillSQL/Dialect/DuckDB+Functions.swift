extension DuckDBPrinter {
    /// A function or operator in DuckDB's words.
    func call(_ function: ScalarFunction, _ arguments: [Expression]) -> String {
        let texts = arguments.map(text)
        if let symbol = Self.symbols[function] { return "(\(texts.joined(separator: " \(symbol) ")))" }
        if let name = Self.names[function] { return "\(name)(\(texts.joined(separator: ", ")))" }
        switch function {
        case .not: return "(NOT \(texts[0]))"
        case .isNull: return "(\(texts[0]) IS NULL)"
        case .isNotNull: return "(\(texts[0]) IS NOT NULL)"
        case .isTrue: return "(\(texts[0]) IS NOT DISTINCT FROM TRUE)"
        case .isFalse: return "(\(texts[0]) IS NOT DISTINCT FROM FALSE)"
        case .inList: return "(\(texts[0]) IN (\(texts.dropFirst().joined(separator: ", "))))"
        case .negate: return "(- \(texts[0]))"
        case .divide, .modulo, .round, .roundTo, .floor, .ceiling, .sqrt, .ln, .log10:
            return number(function, arguments, texts)
        case .substring, .splitPart, .like, .ilike: return text(function, arguments, texts)
        default: return time(function, arguments, texts)
        }
    }

    private static let symbols: [ScalarFunction: String] = [
        .equal: "=", .notEqual: "<>", .less: "<", .lessOrEqual: "<=", .greater: ">", .greaterOrEqual: ">=",
        .distinctFrom: "IS DISTINCT FROM", .notDistinctFrom: "IS NOT DISTINCT FROM", .and: "AND", .or: "OR",
        .add: "+", .subtract: "-", .multiply: "*", .concatenate: "||", .daysBetween: "-",
    ]

    private static let names: [ScalarFunction: String] = [
        .abs: "abs", .power: "power", .exp: "exp", .greatest: "greatest", .least: "least", .coalesce: "coalesce",
        .nullIf: "nullif", .lower: "lower", .upper: "upper", .length: "length", .octetLength: "strlen", .left: "left",
        .right: "right", .concat: "concat", .replace: "replace", .trim: "trim", .trimLeft: "ltrim",
        .trimRight: "rtrim", .position: "strpos", .startsWith: "starts_with", .makeDate: "make_date",
    ]

    // MARK: Numbers

    private func number(_ function: ScalarFunction, _ arguments: [Expression], _ texts: [String]) -> String {
        let type = arguments[0].type
        switch function {
        case .divide: return guarded(arguments, texts, "(\(texts[0]) \(type == .integer ? "//" : "/") \(texts[1]))")
        case .modulo: return guarded(arguments, texts, "(\(texts[0]) % \(texts[1]))")
        case .round where type == .double: return "round_even(\(texts[0]), 0)"
        case .round: return "CAST(round(\(texts[0])) AS \(name(type)))"
        case .roundTo: return "CAST(\(texts[0]) AS \(name(.decimal(scale: literal(arguments[1])))))"
        case .floor: return "CAST(floor(\(texts[0])) AS \(name(type)))"
        case .ceiling: return "CAST(ceil(\(texts[0])) AS \(name(type)))"
        case .sqrt: return failing(when: "\(texts[0]) < 0", "root of a negative number", else: "sqrt(\(texts[0]))")
        case .ln: return failing(when: "\(texts[0]) <= 0", "logarithm of nothing", else: "ln(\(texts[0]))")
        default: return failing(when: "\(texts[0]) <= 0", "logarithm of nothing", else: "log10(\(texts[0]))")
        }
    }

    /// Division by zero is an error, but NULL / 0 is NULL. DuckDB's own answer depends on version and settings.
    private func guarded(_ arguments: [Expression], _ texts: [String], _ division: String) -> String {
        if arguments[1].isLiteral { return division }
        return failing(when: "\(texts[1]) = 0 AND \(texts[0]) IS NOT NULL", "division by zero", else: division)
    }

    private func failing(when condition: String, _ message: String, else value: String) -> String {
        "CASE WHEN \(condition) THEN error('\(message)') ELSE \(value) END"
    }

    private func literal(_ expression: Expression) -> Int {
        if case .literal(.integer(let number), _) = expression { Int(number) } else { 0 }
    }

    // MARK: Text

    private func text(_ function: ScalarFunction, _ arguments: [Expression], _ texts: [String]) -> String {
        switch function {
        case .substring: return substring(texts)
        case .splitPart: return splitPart(texts)
        default:
            let escape = texts.count > 2 ? texts[2] : "'\\'"
            let ending = escape == "''" ? "" : " ESCAPE \(escape)"
            return "(\(texts[0]) \(function == .like ? "LIKE" : "ILIKE") \(texts[1])\(ending))"
        }
    }

    /// Counts from 1 to both sides: characters before the first are there and empty. DuckDB counts negative positions
    /// from the end instead.
    private func substring(_ texts: [String]) -> String {
        let start = "CASE WHEN \(texts[1]) < 1 THEN 1 ELSE \(texts[1]) END"
        guard texts.count > 2 else { return "substring(\(texts[0]), \(start))" }
        let end = "(\(texts[1])::HUGEINT + \(texts[2]))"
        let length = "least(greatest(\(end) - (\(start)), 0), 4294967295)::BIGINT"
        let part = "CASE WHEN \(end) IS NULL THEN NULL ELSE substring(\(texts[0]), \(start), \(length)) END"
        return failing(when: "\(texts[2]) < 0", "negative substring length", else: part)
    }

    private func splitPart(_ texts: [String]) -> String {
        let whole = "CASE WHEN \(texts[2]) IN (1, -1) THEN \(texts[0]) ELSE '' END"
        let part = "CASE WHEN \(texts[1]) = '' THEN \(whole) ELSE split_part(\(texts.joined(separator: ", "))) END"
        return failing(when: "\(texts[2]) = 0", "split_part counts from 1", else: part)
    }

    // MARK: Times

    private func time(_ function: ScalarFunction, _ arguments: [Expression], _ texts: [String]) -> String {
        switch function {
        case .addDays: return "(\(texts[0]) + CAST(\(texts[1]) AS INTEGER))"
        case .addInterval: return "(\(texts[0]) + to_microseconds(\(texts[1])))"
        case .addMonths: return "(\(texts[0]) + to_months(CAST(\(texts[1]) AS INTEGER)))"
        case .timeBetween: return "date_diff('microsecond', \(texts[1]), \(texts[0]))"
        case .dateTrunc: return truncated(word(arguments[0]), texts[1])
        case .extract: return extracted(word(arguments[0]), arguments[1].type, texts[1])
        default: preconditionFailure("\(function.rawValue) is printed elsewhere")
        }
    }

    private func word(_ expression: Expression) -> String {
        if case .literal(.text(let word), _) = expression { word } else { "" }
    }

    /// DuckDB's centuries and millennia start with years 0, ours, as PostgreSQL's, with years 1.
    private func truncated(_ unit: String, _ time: String) -> String {
        let span = unit == "century" ? 100 : unit == "millennium" ? 1000 : 0
        guard span > 0 else { return "date_trunc('\(unit)', \(time))" }
        return "make_timestamp((year(\(time)) - 1) // \(span) * \(span) + 1, 1, 1, 0, 0, 0)"
    }

    private func extracted(_ field: String, _ type: SQLType, _ time: String) -> String {
        switch field {
        case "second": "(extract('microseconds' FROM \(time)) / 1e6)"
        case "epoch" where type == .interval: "(\(time) / 1e6)"
        case "epoch": "(epoch_us(CAST(\(time) AS TIMESTAMP)) / 1e6)"
        default: "extract('\(field)' FROM \(time))"
        }
    }
}
