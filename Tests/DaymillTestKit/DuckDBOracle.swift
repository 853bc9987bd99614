package import DaymillSQL
import Foundation

/// DuckDB's command line as a second opinion: each question is a query over one generated table.
///
/// The environment variable `DAYMILL_DUCKDB` holds the path of the program (`pip install duckdb-cli`, then
/// `site-packages/duckdb_cli/duckdb`).
package struct DuckDBOracle: Sendable {
    /// A table, and a query over it.
    package struct Question: Sendable {
        package var table: GeneratedTable
        package var rollup: Rollup

        package init(_ table: GeneratedTable, _ rollup: Rollup) {
            self.table = table
            self.rollup = rollup
        }
    }

    /// The rows, or nil when DuckDB refused.
    package typealias Answer = [[Value]]?

    /// Nobody said where it is.
    package static var isMissing: Bool { path == nil }
    /// In continuous integration it must be there.
    package static var isRequired: Bool { environment["CI"] != nil }
    private static var environment: [String: String] { ProcessInfo.processInfo.environment }
    private static var path: String? { environment["DAYMILL_DUCKDB"].flatMap { $0.isEmpty ? nil : $0 } }

    private let folder: URL
    private let program: URL

    package init() throws {
        guard let path = Self.path else { throw OracleProblem(what: "DAYMILL_DUCKDB does not name DuckDB's program") }
        program = URL(fileURLWithPath: path)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("daymill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes the files that questions were asked over.
    package func close() throws {
        try FileManager.default.removeItem(at: folder)
    }

    /// Answers in the order of the questions, and what the program complained about.
    package func ask(_ questions: [Question]) throws -> (answers: [Answer], complaints: String) {
        var script = "SET threads=1;\n"
        for (index, question) in questions.enumerated() {
            let source = try write(question.table, to: "in\(index).csv")
            let target = file("out\(index).csv")
            try? FileManager.default.removeItem(at: target)
            script += "CREATE TABLE in\(index) AS SELECT * FROM \(source);\n"
            script += "COPY (\n\(question.rollup.duckDBText(from: "in\(index)"))\n) TO '\(target.path)'"
            script += " (FORMAT csv, HEADER true, FORCE_QUOTE *, NULLSTR '');\n"
        }
        let complaints = try run(script)
        return (
            try questions.indices.map { try answer($0, questions[$0].rollup.outputs.map(\.expression.type)) },
            complaints
        )
    }

    /// The rows of a query over a file of JSON Lines.
    ///
    /// - Parameter structure: the keys that are read and their types, as `read_json` wants them.
    package func ask(lines: [UInt8], structure: String, select: String, types: [SQLType]) throws -> Answer {
        try Data(lines).write(to: file("in.jsonl"))
        try? FileManager.default.removeItem(at: file("out0.csv"))
        let source = "read_json('\(file("in.jsonl").path)', format='newline_delimited', columns={\(structure)})"
        let complaints = try run(
            "SET threads=1;\nCOPY (SELECT \(select) FROM \(source)) TO '\(file("out0.csv").path)' "
                + "(FORMAT csv, HEADER true, FORCE_QUOTE *, NULLSTR '');\n")
        guard complaints.isEmpty else { throw OracleProblem(what: complaints) }
        return try answer(0, types)
    }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    // MARK: - The table

    /// All values quoted but NULL; returns the SQL that reads the file.
    private func write(_ table: GeneratedTable, to name: String) throws -> String {
        let header = table.columns.map { "\"\($0.name)\"" }.joined(separator: ",")
        let lines = table.rows.map { row in row.map(quoted).joined(separator: ",") }
        // A table of one column would have empty lines for NULLs, so there is always one column more.
        let text = (["\(header),\"more\""] + lines.map { $0 + ",\"1\"" }).map { $0 + "\n" }.joined()
        try Data(text.utf8).write(to: file(name))
        let columns = table.columns.map { "'\($0.name)': '\(Self.name(of: $0.type))'" } + ["'more': 'INTEGER'"]
        return "read_csv('\(file(name).path)', header=true, auto_detect=false, delim=',', quote='\"', escape='\"', "
            + "new_line='\\n', nullstr='', allow_quoted_nulls=false, columns={\(columns.joined(separator: ", "))})"
    }

    private func quoted(_ value: Value) -> String {
        NaiveText.text(of: value).map { NaiveText.quoted($0) } ?? ""
    }

    private static func name(of type: SQLType) -> String {
        switch type {
        case .text: "VARCHAR"
        case .integer: "BIGINT"
        case .decimal(let scale): "DECIMAL(38,\(scale))"
        case .double: "DOUBLE"
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .interval: "INTERVAL"
        }
    }

    // MARK: - The program

    /// From standard input it goes on after a statement that fails.
    private func run(_ script: String) throws -> String {
        let scriptFile = file("script.sql")
        let complaintsFile = file("complaints.txt")
        try Data(script.utf8).write(to: scriptFile)
        try Data().write(to: complaintsFile)
        let process = Process()
        process.executableURL = program
        process.arguments = ["-no-init"]
        process.standardInput = try FileHandle(forReadingFrom: scriptFile)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: complaintsFile)
        try process.run()
        process.waitUntilExit()
        return String(decoding: try Data(contentsOf: complaintsFile), as: UTF8.self)
    }

    private func answer(_ index: Int, _ types: [SQLType]) throws -> Answer {
        guard let data = try? Data(contentsOf: file("out\(index).csv")) else { return nil }
        let records = NaiveCSV.records(of: Array(data), delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "\""))
        return try records.dropFirst().map { record in
            try zip(record.fields, types).map { try value($0, $1) }
        }
    }

    private func value(_ field: NaiveCSV.Field, _ type: SQLType) throws -> Value {
        if !field.wasQuoted { return .null }
        let text = String(decoding: field.bytes, as: UTF8.self)
        guard let value = NaiveText.value(ofCast: text, to: type) else {
            throw OracleProblem(what: "DuckDB answered '\(text)' where a \(type) was expected")
        }
        return value
    }
}

/// What keeps DuckDB from being asked.
package struct OracleProblem: Error, CustomStringConvertible {
    package var what: String
    package var description: String { what }
}
