import DaymillSQL

/// The SQL text of a random rollup over a table, in PostgreSQL's dialect.
///
/// Arithmetic is done on calm values only and divisors are guarded, so a query does not fail at run time, unless the
/// family is `failing`.
package struct GeneratedQuery {
    package enum Family: Sendable {
        case safe
        /// What every engine computes to the same digit: no powers and logarithms, no doubles as text, no case mapping
        /// of letters on which libraries differ.
        case portable
        /// Somewhere there is an expression that fails on some rows.
        case failing
    }

    /// Something that an expression can be made of.
    struct Leaf {
        var sql: String
        var type: SQLType
        var isCalm: Bool
    }

    private var family: Family
    private var expressions: GeneratedExpressions
    private var keys: [String] = []

    /// SQL over the source `t`.
    package static func sql(
        over table: GeneratedTable, _ family: Family, using random: inout SeededGenerator
    ) -> String {
        let leaves = table.columns.indices.map { index in
            let column = table.columns[index]
            return Leaf(sql: column.name, type: column.type, isCalm: table.isCalm(index))
        }
        var query = GeneratedQuery(family: family, expressions: GeneratedExpressions(leaves, family))
        return query.write(using: &random)
    }

    private mutating func write(using random: inout SeededGenerator) -> String {
        let rows = expressions
        if family != .failing, random.once(in: 12) { return distinct(using: &random) }
        let keyTypes = (0..<random.pick([0, 1, 1, 1, 2, 3])).map { _ in rows.anyType(using: &random) }
        let keyLeaves = keyTypes.map { key($0, using: &random) }
        var aggregates = (0..<random.number(1...4)).map { _ in aggregate(using: &random) }
        if family == .failing { aggregates.append(failing(using: &random)) }
        let groups = GeneratedExpressions(keyLeaves + aggregates, family)

        var sql = "SELECT " + outputs(keyLeaves, aggregates, groups, using: &random).joined(separator: ", ")
        sql += " FROM t"
        if random.once(in: 2) { sql += " WHERE " + rows.expression(.boolean, depth: 2, using: &random) }
        if !keyLeaves.isEmpty { sql += " GROUP BY " + keyLeaves.map(\.sql).joined(separator: ", ") }
        if random.once(in: 4) { sql += " HAVING " + groups.expression(.boolean, depth: 1, using: &random) }
        return sql + ending(groups, using: &random)
    }

    /// SELECT DISTINCT: the outputs are the keys.
    private func distinct(using random: inout SeededGenerator) -> String {
        let outputs = (0..<random.number(1...4)).map { _ in key(expressions.anyType(using: &random), using: &random) }
        let list = outputs.enumerated().map { "\($1.sql) AS o\($0)" }.joined(separator: ", ")
        var sql = "SELECT DISTINCT \(list) FROM t"
        if random.once(in: 2) { sql += " WHERE " + expressions.expression(.boolean, depth: 2, using: &random) }
        return sql + ending(GeneratedExpressions(outputs, family), using: &random)
    }

    private func key(_ type: SQLType, using random: inout SeededGenerator) -> Leaf {
        if random.once(in: 3) {
            let sql = expressions.expression(type, depth: 1, using: &random)
            // A constant is no key: PostgreSQL refuses it, or takes a number for a position.
            if expressions.mentionsLeaf(sql) { return Leaf(sql: sql, type: type, isCalm: false) }
        }
        return expressions.column(using: &random)
    }

    private func outputs(
        _ keys: [Leaf], _ aggregates: [Leaf], _ groups: GeneratedExpressions, using random: inout SeededGenerator
    ) -> [String] {
        var outputs = (keys + aggregates).map(\.sql)
        for _ in 0..<random.below(3) {
            outputs.append(groups.expression(groups.anyType(using: &random), depth: 2, using: &random))
        }
        return outputs.enumerated().map { "\($1) AS o\($0)" }
    }

    /// ORDER BY, LIMIT and OFFSET.
    private func ending(_ groups: GeneratedExpressions, using random: inout SeededGenerator) -> String {
        var sql = ""
        if random.once(in: 2) {
            let terms = (0..<random.number(1...2)).map { _ in
                let term = random.pick([
                    "o0", "1", groups.expression(groups.anyType(using: &random), depth: 1, using: &random),
                ])
                // A constant is no order: PostgreSQL refuses it, or takes a number for a position.
                return (groups.mentionsLeaf(term) || term == "o0" ? term : "1")
                    + random.pick(["", " ASC", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
            }
            sql += " ORDER BY " + terms.joined(separator: ", ")
        }
        if random.once(in: 4) { sql += " LIMIT \(random.pick([0, 1, 2, 3, 5, 10, 1000]))" }
        if random.once(in: 8) { sql += " OFFSET \(random.pick([0, 1, 2, 100]))" }
        return sql
    }

    // MARK: - Aggregates

    private func aggregate(using random: inout SeededGenerator) -> Leaf {
        let type = expressions.anyType(using: &random)
        let argument = expressions.expression(type, depth: random.below(3), using: &random)
        var leaf: Leaf
        switch random.below(12) {
        case 8, 9, 10: leaf = ordered(type, argument, using: &random)
        case 11 where family != .portable:
            let function = random.pick(["approx_count_distinct(\(argument))", approximate(using: &random)])
            leaf = Leaf(
                sql: function, type: function.hasPrefix("approx_c") ? .integer : .double,
                isCalm: function.hasPrefix("approx_c"))
        case 0: leaf = Leaf(sql: "count(*)", type: .integer, isCalm: true)
        case 1: leaf = Leaf(sql: "count(\(argument))", type: .integer, isCalm: true)
        case 2: leaf = Leaf(sql: "count(DISTINCT \(argument))", type: .integer, isCalm: true)
        case 3, 4: leaf = Leaf(sql: "\(random.pick(["min", "max"]))(\(argument))", type: type, isCalm: false)
        case 5:
            let condition = expressions.expression(.boolean, depth: 1, using: &random)
            leaf = Leaf(
                sql: "\(random.pick(["bool_and", "bool_or"]))(\(condition))", type: .boolean, isCalm: true)
        case 6: leaf = moment(using: &random)
        default: leaf = sum(using: &random)
        }
        if random.once(in: 3) {
            leaf.sql += " FILTER (WHERE \(expressions.expression(.boolean, depth: 1, using: &random)))"
        }
        return leaf
    }

    private func sum(using random: inout SeededGenerator) -> Leaf {
        let type: SQLType = random.pick([.integer, .integer, .decimal(scale: 2), .double])
        // Other engines add doubles in any order, so ugly ones are added up here only.
        let isUgly = family == .safe && random.once(in: 3)
        let argument =
            isUgly
            ? expressions.expression(type, depth: 0, using: &random)
            : expressions.calm(type, depth: random.below(3), using: &random)
        let distinct = random.once(in: 4) ? "DISTINCT " : ""
        if random.once(in: 2) { return Leaf(sql: "avg(\(distinct)\(argument))", type: .double, isCalm: false) }
        let total: SQLType = type == .integer ? .decimal(scale: 0) : type
        return Leaf(sql: "sum(\(distinct)\(argument))", type: total, isCalm: false)
    }

    /// Variances and standard deviations.
    private func moment(using random: inout SeededGenerator) -> Leaf {
        let type: SQLType = random.pick([.integer, .decimal(scale: 2), .double])
        let isUgly = family == .safe && random.once(in: 3)
        let argument =
            isUgly
            ? expressions.expression(type, depth: 0, using: &random)
            : expressions.calm(type, depth: random.below(2), using: &random)
        let function = random.pick(["stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"])
        return Leaf(sql: "\(function)(\(argument))", type: .double, isCalm: false)
    }

    /// What depends on an order of the values.
    private func ordered(_ type: SQLType, _ argument: String, using random: inout SeededGenerator) -> Leaf {
        let direction = random.pick(["", "", " DESC"])
        let fraction = random.pick(["0", "0.1", "0.25", "0.5", "0.9", "0.99", "1"])
        switch random.below(6) {
        case 0, 1:
            let other = expressions.expression(expressions.anyType(using: &random), depth: 1, using: &random)
            let function = random.pick(["min_by", "max_by", "arg_min", "arg_max"])
            return Leaf(sql: "\(function)(\(argument), \(other))", type: type, isCalm: false)
        case 2: return Leaf(sql: "any_value(\(argument))", type: type, isCalm: false)
        case 3: return Leaf(sql: "mode() WITHIN GROUP (ORDER BY \(argument)\(direction))", type: type, isCalm: false)
        case 4:
            let sql = "percentile_disc(\(fraction)) WITHIN GROUP (ORDER BY \(argument)\(direction))"
            return Leaf(sql: sql, type: type, isCalm: false)
        default:
            let number: SQLType = random.pick([.integer, .decimal(scale: 2), .double])
            let calm = expressions.calm(number, depth: 1, using: &random)
            let sql = "percentile_cont(\(fraction)) WITHIN GROUP (ORDER BY \(calm)\(direction))"
            return Leaf(sql: random.once(in: 3) ? "median(\(calm))" : sql, type: .double, isCalm: false)
        }
    }

    private func approximate(using random: inout SeededGenerator) -> String {
        let argument = expressions.expression(random.pick([.double, .integer]), depth: 0, using: &random)
        return "approx_percentile(\(argument), \(random.pick(["0", "0.5", "0.99"])))"
    }

    private func failing(using random: inout SeededGenerator) -> Leaf {
        let integer = expressions.variable(.integer, using: &random)
        let text = expressions.variable(.text, using: &random)
        let double = expressions.variable(.double, using: &random)
        let small = "CAST(\(integer) % 5 AS integer)"
        let bad = random.pick([
            "10 / (\(integer))", "10 % (\(integer))", "(\(integer)) * (\(integer))",
            "-(\(integer)) - 9223372036854775807", "CAST(\(text) AS bigint)", "CAST(\(double) AS bigint)",
            "length(substr(\(text), 1, \(small)))", "length(split_part(\(text), ',', \(small)))",
            "extract(year FROM CAST(\(text) AS date))", "CASE WHEN sqrt(\(double)) > 1 THEN 1 ELSE 0 END",
            "CASE WHEN 1 / (\(double)) > 1 THEN 1 ELSE 0 END", "CASE WHEN ln(\(double)) > 1 THEN 1 ELSE 0 END",
            "CASE WHEN CAST(\(text) AS boolean) THEN 1 ELSE 0 END",
            "octet_length(CAST(CAST(\(text) AS numeric(20, 2)) AS text))",
            "octet_length(CAST(CAST(\(double) AS numeric(20, 2)) AS text))",
        ])
        return Leaf(sql: "max(\(bad))", type: .integer, isCalm: false)
    }
}
