package import DaymillSQL

/// The rows of one file as typed values: the header found, columns matched, NULL words and types applied.
///
/// - The number of a record's fields must be the header's where there is one, else the number of declared columns.
/// - An empty line is a row with one empty field where one column is expected, else it is passed over. Before a
///   header that must be there (`.yes`) empty lines are always passed over.
/// - A row without an event time, where the source has one, is a bad row: it belongs to no day.
/// - Only the columns in `used` are converted, so a bad value elsewhere does no harm.
package struct NaiveRows {
    /// What a record turned out to be.
    package enum Row {
        /// A value for every declared column; NULL for columns that are not used.
        case good([Value])
        case bad(BadRow)
    }

    private let name: String
    private let dialect: NaiveDialect
    private let used: [Int]
    /// Where each declared column stands in a record; nil for a column the header does not have.
    package private(set) var places: [Int?]
    /// Fields of a record.
    package private(set) var width: Int
    /// Whether the first record names the columns.
    package private(set) var hasHeader = false
    private var csv: NaiveCSV
    /// The first record, when it was read and is no header.
    private var waiting: NaiveCSV.Record?
    /// Instead of all this, for files that are no CSV.
    private var lines: NaiveJSONLines?

    /// - Throws: `BadFile` when the header is wrong; what `pieces` throws.
    package init(
        _ name: String, dialect: NaiveDialect, used: Set<Int>, pieces: @escaping () throws -> [UInt8]?
    ) throws {
        self.name = name
        self.dialect = dialect
        self.used = used.sorted()
        places = dialect.columns.indices.map { $0 }
        width = dialect.columns.count
        csv = NaiveCSV(delimiter: dialect.delimiter, quote: dialect.quote, pieces: pieces)
        if dialect.paths != nil {
            lines = NaiveJSONLines(name, dialect: dialect, used: self.used, pieces: pieces)
        } else {
            try readHeader()
        }
    }

    /// The next row; nil at the end.
    package mutating func next() throws -> Row? {
        if lines != nil { return try lines!.next() }
        while let record = try waiting ?? csv.next() {
            waiting = nil
            if record.isEmptyLine && width > 1 { continue }
            return read(record)
        }
        return nil
    }

    private mutating func readHeader() throws {
        guard dialect.header != .no else { return }
        let passesOverEmptyLines = dialect.header == .yes || width > 1
        waiting = try csv.next()
        while passesOverEmptyLines, waiting?.isEmptyLine == true { waiting = try csv.next() }
        guard let first = waiting else { return }
        let names = Self.names(in: first)
        if dialect.header == .auto, !readsLikeHeader(names) { return }
        try match(names)
        hasHeader = true
        waiting = nil
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
            let isMissing = found.isEmpty && !dialect.fillsMissingFields
            if used.contains(column), isMissing || found.count > 1 {
                let count = found.isEmpty ? "no" : "more than one"
                throw BadFile(file: name, reason: "the header has \(count) column '\(declared[column])'")
            }
            places[column] = found.first
        }
    }

    private func read(_ record: NaiveCSV.Record) -> Row {
        if let problem = record.problem { return rejected(record, problem) }
        let surplus = record.fields.count - width
        guard surplus == 0 || (surplus > 0 ? dialect.ignoresExtraFields : dialect.fillsMissingFields) else {
            return rejected(record, "\(record.fields.count) fields instead of \(width)")
        }
        var row = [Value](repeating: .null, count: dialect.columns.count)
        for column in used {
            let type = dialect.columns[column].type
            let place = places[column].flatMap { $0 < record.fields.count ? $0 : nil }
            guard let value = place.map({ convert(record.fields[$0], to: dialect.columns[column]) }) ?? .null else {
                return rejected(record, "column '\(dialect.columns[column].name)' is no \(type)")
            }
            if value == .null, dialect.columns[column].name == dialect.eventTime {
                return rejected(record, "the event time is NULL")
            }
            row[column] = value
        }
        return .good(row)
    }

    private func convert(_ field: NaiveCSV.Field, to column: Column) -> Value? {
        let isNull = !field.wasQuoted && dialect.nullWords.contains { $0.utf8.elementsEqual(field.bytes) }
        if isNull { return .null }
        if let clock = dialect.clocks[column.name] { return clock.value(of: field.bytes) }
        return NaiveText.value(of: field.bytes, as: column.type)
    }

    private func rejected(_ record: NaiveCSV.Record, _ reason: String) -> Row {
        .bad(BadRow(file: name, line: record.line, offset: record.offset, reason: reason))
    }
}

/// All rows of a file in memory.
package struct NaiveTable {
    package var rows: [[Value]] = []
    package var badRows: [BadRow] = []

    /// - Throws: `BadFile` when the header is wrong.
    package init(_ file: NaiveFile, dialect: NaiveDialect, used: Set<Int>) throws {
        let input = NaiveInput(file)
        var reader = try NaiveRows(file.name, dialect: dialect, used: used, pieces: try input.open())
        while let row = try reader.next() {
            switch row {
            case .good(let values): rows.append(values)
            case .bad(let row): badRows.append(row)
            }
        }
    }
}
