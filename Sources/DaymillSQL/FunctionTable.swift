/// The functions whose arguments have fixed types, and what to say about those that are missing.
enum FunctionTable {
    struct Signature {
        var function: ScalarFunction
        var parameters: [SQLType]
        /// How many of the parameters must be there.
        var required: Int
        var result: SQLType
        /// `(text, integer)`, for messages.
        var shown: String {
            let words = parameters.enumerated().map { $0.offset < required ? "\($0.element)" : "[\($0.element)]" }
            return "(\(words.joined(separator: ", ")))"
        }
    }

    static let signatures: [String: Signature] = {
        var table: [String: Signature] = [:]
        func add(
            _ names: [String], _ function: ScalarFunction, _ parameters: [SQLType], required: Int? = nil,
            _ result: SQLType
        ) {
            for name in names {
                table[name] = Signature(
                    function: function, parameters: parameters, required: required ?? parameters.count, result: result)
            }
        }
        add(["lower"], .lower, [.text], .text)
        add(["upper"], .upper, [.text], .text)
        add(["length", "char_length", "character_length"], .length, [.text], .integer)
        add(["octet_length"], .octetLength, [.text], .integer)
        add(["substring", "substr"], .substring, [.text, .integer, .integer], required: 2, .text)
        add(["left"], .left, [.text, .integer], .text)
        add(["right"], .right, [.text, .integer], .text)
        add(["split_part"], .splitPart, [.text, .text, .integer], .text)
        add(["replace"], .replace, [.text, .text, .text], .text)
        add(["btrim", "trim"], .trim, [.text, .text], required: 1, .text)
        add(["ltrim"], .trimLeft, [.text, .text], required: 1, .text)
        add(["rtrim"], .trimRight, [.text, .text], required: 1, .text)
        add(["position", "strpos"], .position, [.text, .text], .integer)
        add(["starts_with"], .startsWith, [.text, .text], .boolean)
        add(["power", "pow"], .power, [.double, .double], .double)
        add(["sqrt"], .sqrt, [.double], .double)
        add(["ln"], .ln, [.double], .double)
        add(["log", "log10"], .log10, [.double], .double)
        add(["exp"], .exp, [.double], .double)
        add(["make_date"], .makeDate, [.integer, .integer, .integer], .date)
        return table
    }()

    /// Functions with rules of their own, in `Resolver+Functions`.
    static let special = [
        "abs", "round", "floor", "ceil", "ceiling", "trunc", "mod", "concat", "date_trunc", "extract", "date_part",
        "date",
    ]

    static let aggregates: [String: AggregateFunction] = [
        "count": .count, "sum": .sum, "avg": .avg, "min": .min, "max": .max, "bool_and": .boolAnd, "every": .boolAnd,
        "bool_or": .boolOr, "any_value": .min,
        "stddev": .stddevSamp, "stddev_samp": .stddevSamp, "stddev_pop": .stddevPop,
        "variance": .varSamp, "var_samp": .varSamp, "var_pop": .varPop,
        "min_by": .minBy, "arg_min": .minBy, "max_by": .maxBy, "arg_max": .maxBy,
        "percentile_cont": .percentileCont, "percentile_disc": .percentileDisc, "median": .percentileCont,
        "mode": .mode,
        "approx_count_distinct": .approxCountDistinct,
        "approx_percentile": .approxPercentile, "approx_quantile": .approxPercentile,
    ]

    /// The grammar's own words for conditionals, so that the nearest name can be one of them.
    private static let words = ["coalesce", "nullif", "greatest", "least", "cast"]

    static let allNames = (Array(signatures.keys) + special + Array(aggregates.keys) + words).sorted()

    /// Functions that read the clock or dice.
    static let clocks: Set<String> = [
        "now", "random", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "today",
        "getdate", "gen_random_uuid", "uuid_generate_v4", "rand", "age",
    ]

    /// What to write instead of functions that people know from PostgreSQL or elsewhere.
    static let substitutes: [String: String] = [
        "ifnull": "write coalesce(x, y)", "nvl": "write coalesce(x, y)", "isnull": "write x IS NULL",
        "if": "write CASE WHEN condition THEN x ELSE y END", "iif": "write CASE WHEN condition THEN x ELSE y END",
        "decode": "write CASE x WHEN a THEN b ... END",
        "countif": "write count(*) FILTER (WHERE condition)", "count_if": "write count(*) FILTER (WHERE condition)",
        "sumif": "write sum(x) FILTER (WHERE condition)", "sum_if": "write sum(x) FILTER (WHERE condition)",
        "uniq": "write count(DISTINCT x), or approx_count_distinct(x)", "uniqexact": "write count(DISTINCT x)",
        "mean": "write avg(x)", "len": "write length(x)", "ucase": "write upper(x)", "lcase": "write lower(x)",
        "instr": "write strpos(text, needle)", "charindex": "write strpos(text, needle)",
        "contains": "write strpos(text, needle) > 0",
        "year": "write extract(year FROM x)", "month": "write extract(month FROM x)",
        "day": "write extract(day FROM x)", "hour": "write extract(hour FROM x)",
        "minute": "write extract(minute FROM x)", "second": "write extract(second FROM x)",
        "dayofweek": "write extract(isodow FROM x)", "dayofmonth": "write extract(day FROM x)",
        "weekofyear": "write extract(week FROM x)", "week": "write extract(week FROM x)",
        "quarter": "write extract(quarter FROM x)", "dayofyear": "write extract(doy FROM x)",
        "todate": "write x::date", "to_date": "write x::date for YYYY-MM-DD, or build it with make_date and split_part",
        "to_timestamp": "write x::timestamp for YYYY-MM-DD HH:MM:SS",
        "to_char": "write extract(...)::text or x::text, and join with ||",
        "to_number": "write x::decimal(18,2)",
        "datediff": "write date - date, which is days", "date_diff": "write date - date, which is days",
        "dateadd": "write x + interval '1 day'", "date_add": "write x + interval '1 day'",
        "date_sub": "write x - interval '1 day'",
        "toyyyymmdd": "write x::date", "tostartofhour": "write date_trunc('hour', x)",
        "tostartofday": "write date_trunc('day', x)", "tostartofmonth": "write date_trunc('month', x)",
        "sign": "write CASE WHEN x > 0 THEN 1 WHEN x < 0 THEN -1 WHEN x = 0 THEN 0 END",
        "div": "write x / y, which truncates between integers", "concat_ws": "write concat(x, ',', y)",
        "regexp_replace": "regular expressions are left out; replace, split_part and LIKE may do",
        "regexp_match": "regular expressions are left out; split_part and LIKE may do",
        "regexp_matches": "regular expressions are left out; split_part and LIKE may do",
        "regexp_substr": "regular expressions are left out; split_part and substring may do",
        "string_agg": "a rollup keeps numbers, not lists; count(DISTINCT x), min(x) or max(x) may do",
        "array_agg": "a rollup keeps numbers, not lists; count(DISTINCT x), min(x) or max(x) may do",
        "quantile": "write percentile_disc(0.9) WITHIN GROUP (ORDER BY x)",
        "quantile_cont": "write percentile_cont(0.9) WITHIN GROUP (ORDER BY x)",
        "quantile_disc": "write percentile_disc(0.9) WITHIN GROUP (ORDER BY x)",
        "percentile": "write percentile_cont(0.9) WITHIN GROUP (ORDER BY x)",
        "argmin": "write min_by(x, y)", "argmax": "write max_by(x, y)",
        "stddevpop": "write stddev_pop(x)", "stddevsamp": "write stddev_samp(x)",
        "first": "write min_by(x, y), y being what the order goes by",
        "last": "write max_by(x, y), y being what the order goes by",
        "any": "write bool_or(x)", "all": "write bool_and(x)",
        "row_number": "a rollup has no window functions; ORDER BY with LIMIT gives the first rows",
        "rank": "a rollup has no window functions; ORDER BY with LIMIT gives the first rows",
        "lag": "a rollup has no window functions", "lead": "a rollup has no window functions",
        "initcap": "upper and lower may do", "lpad": "left(x, n), right(x, n) and || may do",
        "rpad": "left(x, n), right(x, n) and || may do",
    ]
}
