import DaymillCore
package import DaymillSQL

/// A rollup over files, all made from one seed.
package struct DifferentialCase: Sendable {
    package var seed: UInt64
    package var sql: String
    package var rollup: Rollup
    package var table: GeneratedTable
    package var dialect: TestDialect
    package var files: [TestFile]

    /// - Throws: What `Rollup.parse` throws; then the generator and the resolver disagree about SQL.
    package init(
        seed: UInt64, _ family: GeneratedQuery.Family, size: GeneratedTable.Size = .small
    ) throws {
        var random = SeededGenerator(seed: seed)
        let table = GeneratedTable(using: &random, size: size)
        sql = GeneratedQuery.sql(over: table, family, using: &random)
        do {
            rollup = try Rollup.parse(sql, sources: ["t": table.columns]) {
                SourcePlace(file: "generated.sql", line: 1, column: $0 + 1)
            }
        } catch {
            throw UnparsedCase(seed: seed, sql: sql, columns: table.columns, cause: "\(error)")
        }
        let written = GeneratedFiles(table, used: rollup.usedColumns, using: &random)
        self.table = written.table
        self.seed = seed
        dialect = written.dialect
        files = written.files
    }

    /// What the naive engine makes of it.
    package func naiveResult() throws -> NaiveEngine.Result {
        try NaiveEngine(dialect: dialect, rollup: rollup).run(files)
    }
}

/// A generated query that the resolver refuses.
package struct UnparsedCase: Error, CustomStringConvertible {
    package var seed: UInt64
    package var sql: String
    package var columns: [Column]
    package var cause: String

    package var description: String {
        "seed \(seed): \(cause)\n\(sql)\nover \(columns.map { "\($0.name) \($0.type)" }.joined(separator: ", "))"
    }
}

extension DifferentialCase: CustomStringConvertible {
    /// Everything needed to see what happens, files as Swift string literals.
    package var description: String {
        let columns = dialect.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        let outputs = rollup.outputs.map { "\($0.name) = \($0.expression)" }.joined(separator: "\n  ")
        let texts = files.map { "\($0.name): \(String(decoding: $0.bytes, as: UTF8.self).debugDescription)" }
        return """
            seed \(seed)
            sql: \(sql)
            columns: \(columns)
            delimiter \(UnicodeScalar(dialect.delimiter).debugDescription), \
            quote \(dialect.quote.map { UnicodeScalar($0).debugDescription } ?? "none"), \
            header \(dialect.header), null words \(dialect.nullWords), bad rows \(dialect.badRows)
            filter: \(rollup.filter.map { "\($0)" } ?? "none"); having: \(rollup.having.map { "\($0)" } ?? "none"); \
            \(rollup.order.count) order terms, limit \(rollup.limit.map { "\($0)" } ?? "none"), offset \(rollup.offset)
            outputs left:
              \(outputs)
            \(texts.joined(separator: "\n"))
            """
    }
}
