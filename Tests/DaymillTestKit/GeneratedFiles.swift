import DaymillCore
import DaymillSQL

/// A table written as CSV files, in a dialect and with spellings chosen at random.
package struct GeneratedFiles: Sendable {
    package var dialect: TestDialect
    package var files: [TestFile] = []
    /// The table as the files hold it: text that the dialect cannot hold was replaced.
    package var table: GeneratedTable

    private enum Quoting: CaseIterable { case needed, always, random }

    private var quoting = Quoting.needed
    private var newline = "\n"
    private var hasHeader = false
    private var hasBadRows = false
    private let used: Set<Int>

    /// - Parameter used: The columns a rollup reads; files with a header may lack the others.
    package init(_ table: GeneratedTable, used: Set<Int>, using random: inout SeededGenerator) {
        self.table = table
        self.used = used
        dialect = TestDialect(columns: table.columns)
        dialect.delimiter = UInt8(ascii: random.pick([",", ",", ";", "|", "\t"]))
        dialect.quote = random.pick([34, 34, 34, 34, 39, nil])
        dialect.nullWords = random.pick([[""], [""], ["NULL"], ["", "NULL"], ["\\N"], ["-", "null"]])
        hasHeader = random.once(in: 2)
        dialect.header = random.pick([.auto, hasHeader ? .yes : .no])
        dialect.badRows = random.once(in: 5) ? .skip : .fail
        hasBadRows = dialect.badRows == .skip
        quoting = random.pick(Quoting.allCases)
        newline = random.pick(["\n", "\n", "\r\n"])
        replaceWhatCannotBeWritten()
        write(using: &random)
    }

    private var width: Int { table.columns.count }

    // MARK: - Files

    private mutating func write(using random: inout SeededGenerator) {
        let count = random.pick([1, 1, 2, 3])
        var parts = [[[Value]]](repeating: [], count: count)
        for row in table.rows { parts[random.below(count)].append(row) }
        let start = Day(daysSinceEpoch: Int32(random.number(19_700...19_760)))
        for (index, part) in parts.enumerated() {
            let bytes = file(part, using: &random)
            files.append(TestFile("part\(index).csv", bytes, day: start.adding(days: index)))
        }
    }

    private func file(_ rows: [[Value]], using random: inout SeededGenerator) -> [UInt8] {
        let order = columnOrder(using: &random)
        var lines = hasHeader ? [header(order, using: &random)] : []
        for row in rows {
            if hasBadRows, random.once(in: 8) { lines.append(badLine(using: &random)) }
            if order.count > 1, random.once(in: 40) { lines.append("") }
            lines.append(line(row, order, using: &random))
        }
        var text = random.once(in: 6) ? "\u{FEFF}" : ""
        text += lines.map { $0 + newline }.joined()
        let mayEndBare = lines.last.map { !$0.isEmpty } ?? false
        if mayEndBare, random.once(in: 3) { text.removeLast() }
        return Array(text.utf8)
    }

    /// Declared columns by position, nil for columns nobody declared. Without a header: all, in order.
    private func columnOrder(using random: inout SeededGenerator) -> [Int?] {
        var order: [Int?] = Array(0..<width)
        guard hasHeader else { return order }
        if random.once(in: 2) { order.shuffle(using: &random) }
        if random.once(in: 3) { order.removeAll { !used.contains($0!) } }
        if order.isEmpty { order = Array(0..<width) }
        if dialect.header == .yes, random.once(in: 3) { order.insert(nil, at: random.below(order.count + 1)) }
        return order
    }

    private func header(_ order: [Int?], using random: inout SeededGenerator) -> String {
        let names = order.map { index in
            let name = index.map { table.columns[$0].name } ?? "other"
            return random.pick([name, name, name.uppercased(), " \(name) "])
        }
        return names.joined(separator: delimiter)
    }

    private func badLine(using random: inout SeededGenerator) -> String {
        let tooMany = [String](repeating: "1", count: width + 3).joined(separator: delimiter)
        return dialect.quote == 34 ? random.pick([tooMany, "\"1\"1"]) : tooMany
    }

    // MARK: - Fields

    private var delimiter: String { String(UnicodeScalar(dialect.delimiter)) }
    private var quote: UnicodeScalar? { dialect.quote.map { UnicodeScalar($0) } }

    private func line(_ row: [Value], _ order: [Int?], using random: inout SeededGenerator) -> String {
        order.map { index in
            index.map { field(row[$0], using: &random) } ?? "7"
        }.joined(separator: delimiter)
    }

    private func field(_ value: Value, using random: inout SeededGenerator) -> String {
        if value == .null { return random.pick(dialect.nullWords) }
        let text = GeneratedSpelling.text(of: value, using: &random)
        guard let quote else { return text }
        let wantsQuotes = quoting == .always || (quoting == .random && random.once(in: 2))
        guard wantsQuotes || needsQuotes(text) else { return text }
        return NaiveText.quoted(text, by: quote)
    }

    /// A quote needs quotes at the start only.
    private func needsQuotes(_ text: String) -> Bool {
        let special = text.unicodeScalars.contains { "\r\n".unicodeScalars.contains($0) || String($0) == delimiter }
        let startsWithQuote = quote != nil && text.unicodeScalars.first == quote
        let startsWithMark = text.unicodeScalars.first == "\u{FEFF}"
        return special || startsWithQuote || startsWithMark || dialect.nullWords.contains { isSame($0, text) }
    }

    private func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

    private mutating func replaceWhatCannotBeWritten() {
        guard dialect.quote == nil else { return }
        for row in table.rows.indices {
            for column in 0..<width {
                if case .text(let text) = table.rows[row][column], needsQuotes(text) {
                    table.rows[row][column] = .text("plain")
                }
            }
        }
    }
}
