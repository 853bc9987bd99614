extension Rollup {
    /// The same rollup as a query of DuckDB (1.5 or later) over a table that has these columns: VARCHAR, BIGINT,
    /// DECIMAL(38,s), DOUBLE, BOOLEAN, DATE and TIMESTAMP. `table` is the table's name without quotes.
    ///
    /// The answer has the same rows in the same order, with these differences that DuckDB does not let us mend:
    /// - sums and averages of doubles are compensated (Kahan), not exact, and may differ in the last digits;
    /// - sums beyond 38 digits are errors there, and up to 1.7e38 here;
    /// - `lower` and `upper` change letters that have several letters in the other case ('ß') differently;
    /// - doubles cast to decimals are rounded by their binary value (1.005 to 1.00), here by their digits (1.01);
    /// - doubles cast to text look different: '1.0' for '1';
    /// - standard deviations and variances are rounded at each step;
    /// - `approx_count_distinct` and `approx_percentile` are other approximations there;
    /// - text in more spellings can be cast to numbers, booleans, dates and timestamps;
    /// - power, exp and double arithmetic give infinity or NaN where this is an error here.
    public func duckDBText(from table: String) -> String {
        let printer = DuckDBPrinter(rollup: self)
        let groups = keys.enumerated().map { "\(printer.text($0.element)) AS k\($0.offset)" }
        let states = aggregates.enumerated().map { "\(printer.text($0.element)) AS a\($0.offset)" }
        let items = groups + states + (groups.isEmpty && states.isEmpty ? ["count(*) AS unused"] : [])
        var lines = ["WITH groups AS (", "    SELECT \(items.joined(separator: ",\n           "))"]
        lines.append("    FROM \(printer.quoted(table))")
        if let filter { lines.append("    WHERE \(printer.text(filter))") }
        if !keys.isEmpty { lines.append("    GROUP BY \(keys.indices.map { String($0 + 1) }.joined(separator: ", "))") }
        lines.append(")")
        let outputs = outputs.map { "\(printer.text($0.expression)) AS \(printer.quoted($0.name))" }
        lines.append("SELECT \(outputs.joined(separator: ",\n       "))")
        lines.append("FROM groups")
        if let having { lines.append("WHERE \(printer.text(having))") }
        if !totalOrder.isEmpty { lines.append("ORDER BY \(totalOrder.map(printer.text).joined(separator: ", "))") }
        if let limit { lines.append("LIMIT \(limit)") }
        if offset > 0 { lines.append("OFFSET \(offset)") }
        return lines.joined(separator: "\n")
    }
}

/// Prints expressions for DuckDB. Every expression is printed so that it can stand as an operand anywhere. Intervals are
/// BIGINTs of microseconds, since DuckDB's own compare 30 days as a month.
struct DuckDBPrinter {
    let rollup: Rollup

    func text(_ expression: Expression) -> String {
        switch expression {
        case .column(let index, _): quoted(rollup.columns[index].name)
        case .key(let index, _): "k\(index)"
        case .aggregate(let index, _): "a\(index)"
        case .literal(let value, let type): literal(value, type)
        case .call(let function, let arguments, _): call(function, arguments)
        case .choose(let branches, let otherwise, _):
            "CASE " + branches.map { "WHEN \(text($0.condition)) THEN \(text($0.value)) " }.joined()
                + "ELSE \(text(otherwise)) END"
        case .cast(let inner, let type): cast(inner, to: type)
        }
    }

    func text(_ term: Rollup.OrderTerm) -> String {
        "\(text(term.expression)) \(term.descending ? "DESC" : "ASC") NULLS \(term.nullsFirst ? "FIRST" : "LAST")"
    }

    func quoted(_ identifier: String) -> String { surrounded(identifier, by: "\"") }

    func name(_ type: SQLType) -> String {
        switch type {
        case .text: "VARCHAR"
        case .integer, .interval: "BIGINT"
        case .decimal(let scale): "DECIMAL(38,\(scale))"
        case .double: "DOUBLE"
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        }
    }

    private func surrounded(_ text: String, by quote: Character) -> String {
        var result = String(quote)
        for scalar in text.unicodeScalars {
            if scalar == quote.unicodeScalars.first { result.unicodeScalars.append(scalar) }
            result.unicodeScalars.append(scalar)
        }
        return result + String(quote)
    }

    private func literal(_ value: Value, _ type: SQLType) -> String {
        switch value {
        case .null: "CAST(NULL AS \(name(type)))"
        case .text(let text): surrounded(text, by: "'")
        case .integer(let number), .interval(let number): "(\(number))::BIGINT"
        case .boolean(let flag): flag ? "TRUE" : "FALSE"
        case .decimal, .double, .date, .timestamp: "CAST('\(ValueText.text(value) ?? "")' AS \(name(type)))"
        }
    }

    /// DuckDB reads '1.5' as the integer 2.
    private func cast(_ inner: Expression, to type: SQLType) -> String {
        let plain = "CAST(\(text(inner)) AS \(name(type)))"
        guard inner.type == .text, type == .integer else { return plain }
        let isInteger = "regexp_full_match(\(text(inner)), '\\s*[+-]?[0-9]+\\s*')"
        return "CASE WHEN \(isInteger) IS FALSE THEN error('no integer') ELSE \(plain) END"
    }
}
