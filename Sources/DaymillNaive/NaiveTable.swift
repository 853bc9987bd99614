package import DaymillSQL

/// The rows of one file as typed values: the header found, columns matched, NULL words and types applied.
///
/// - The number of a record's fields must be the header's where there is one, else the number of declared columns.
/// - An empty line is a row with one empty field where one column is expected, else it is passed over. Before a
///   header that must be there (`.yes`) empty lines are always passed over.
/// - A row without an event time, where the source has one, is a bad row: it belongs to no day.
/// - Only the columns in `used` are converted, so a bad value elsewhere does no harm.
package struct NaiveTable {
    /// Per row, a value for every declared column; NULL for columns that are not used.
    package var rows: [[Value]] = []
    package var badRows: [BadRow] = []

    private let file: NaiveFile
    private let dialect: NaiveDialect
    private let used: Set<Int>
    /// Where each declared column stands in a record; nil for a column the header does not have.
    private var places: [Int?]
    private var width: Int

    /// - Throws: `BadFile` when the header is wrong.
    package init(_ file: NaiveFile, dialect: NaiveDialect, used: Set<Int>) throws {
        self.file = file
        self.dialect = dialect
        self.used = used
        places = dialect.columns.indices.map { $0 }
        width = dialect.columns.count
        let records = NaiveCSV.records(of: file.bytes, delimiter: dialect.delimiter, quote: dialect.quote)
        for record in try afterHeader(records) { read(record) }
    }

    private mutating func afterHeader(_ records: [NaiveCSV.Record]) throws -> ArraySlice<NaiveCSV.Record> {
        let passesOverEmptyLines = dialect.header == .yes || width > 1
        let start = records.firstIndex { !(passesOverEmptyLines && $0.isEmptyLine) } ?? records.count
        guard dialect.header != .no, start < records.count else { return records[start...] }
        let names = Self.names(in: records[start])
        if dialect.header == .auto, !readsLikeHeader(names) { return records[start...] }
        try match(names)
        return records[(start + 1)...]
    }

    /// The record's fields as column names: trimmed, lower case; nil for what cannot be a name.
    private static func names(in record: NaiveCSV.Record) -> [String?] {
        guard record.problem == nil else { return [nil] }
        return record.fields.map { field in
            String(validating: NaiveText.trimmed(field.bytes), as: UTF8.self)?.lowercased()
        }
    }

    private var declaredNames: [String] { dialect.columns.map { $0.name.lowercased() } }

    private func readsLikeHeader(_ names: [String?]) -> Bool {
        let declared = declaredNames
        let areDeclared = names.allSatisfy { name in name.map(declared.contains) ?? false }
        let areDistinct = Set(names).count == names.count
        return areDeclared && areDistinct && used.allSatisfy { names.contains(declared[$0]) }
    }

    private mutating func match(_ names: [String?]) throws {
        width = names.count
        let declared = declaredNames
        for column in declared.indices {
            let found = names.indices.filter { names[$0] == declared[column] }
            if used.contains(column), found.count != 1 {
                let count = found.isEmpty ? "no" : "more than one"
                throw BadFile(file: file.name, reason: "the header has \(count) column '\(declared[column])'")
            }
            places[column] = found.first
        }
    }

    private mutating func read(_ record: NaiveCSV.Record) {
        if record.isEmptyLine && width > 1 { return }
        if let problem = record.problem { return reject(record, problem) }
        guard record.fields.count == width else {
            return reject(record, "\(record.fields.count) fields instead of \(width)")
        }
        var row = [Value](repeating: .null, count: dialect.columns.count)
        for column in used.sorted() {
            guard let place = places[column] else { continue }
            let type = dialect.columns[column].type
            guard let value = convert(record.fields[place], to: type) else {
                return reject(record, "column '\(dialect.columns[column].name)' is no \(type)")
            }
            if value == .null, dialect.columns[column].name == dialect.eventTime {
                return reject(record, "the event time is NULL")
            }
            row[column] = value
        }
        rows.append(row)
    }

    private func convert(_ field: NaiveCSV.Field, to type: SQLType) -> Value? {
        let isNull = !field.wasQuoted && dialect.nullWords.contains { Array($0.utf8) == field.bytes }
        return isNull ? .null : NaiveText.value(of: field.bytes, as: type)
    }

    private mutating func reject(_ record: NaiveCSV.Record, _ reason: String) {
        badRows.append(BadRow(file: file.name, line: record.line, offset: record.offset, reason: reason))
    }
}
