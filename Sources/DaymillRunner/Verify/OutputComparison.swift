import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// Compares a published file with the rows that its inputs give, byte for byte.
///
///     expected   a b c d e          c is missing: d stands in its place, and is what is expected next
///     published  a b d e
///
/// Where a row differs one row further is looked at on both sides, so that a row that is missing or too many is one
/// difference and not as many as there are rows after it.
struct OutputComparison {
    /// More are not collected.
    static let differencesMax = 10

    /// A row of the file, as it is written.
    private struct Written {
        var fields: [NaiveCSV.Field]
        var bytes: ArraySlice<UInt8>
    }

    private let rollup: Rollup
    private let format: FileFormat
    private let hasHeader: Bool
    /// For each output whether it need not be equal to the last digit.
    private let isClose: [Bool]
    private let file: [UInt8]
    private var reader: NaiveCSV
    private var ahead: NaiveCSV.Record?
    /// Where the next line begins, for JSON Lines.
    private var lineStart = 0
    private var published: [Written] = []
    private var expected: [[Value]] = []
    private let nextExpected: () throws -> [Value]?

    private(set) var differences: [OutputDifference] = []
    /// Whether the comparison ended before the rows did.
    private(set) var isCut = false
    /// Rows of the file that were looked at.
    private(set) var rows = 0

    /// - Parameter expected: The rows in order, nil at the end.
    init(
        _ rollup: Rollup, _ format: FileFormat, hasHeader: Bool, isClose: [Bool], file: [UInt8],
        expected: @escaping () throws -> [Value]?
    ) {
        self.rollup = rollup
        self.format = format
        self.hasHeader = hasHeader
        self.isClose = isClose
        self.file = file
        nextExpected = expected
        var whole: [UInt8]? = file
        reader = NaiveCSV(delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "\"")) {
            defer { whole = nil }
            return whole
        }
    }

    /// Compares everything, or up to the first differences.
    ///
    /// - Throws: what computing the expected rows throws.
    mutating func run() throws {
        // A byte order mark would be passed over by the reader.
        ahead = try reader.next()
        if ahead != nil { ahead!.offset = 0 }
        if hasHeader { try compareHeader() }
        while !isCut, try fill() {
            if differences.count == OutputComparison.differencesMax { isCut = true } else { try step() }
        }
    }

    private mutating func compareHeader() throws {
        let names = NaiveEngine.Result.header(rollup.outputs.map(\.name))
        let found = try nextWritten()
        guard found.map({ Array($0.bytes) }) != names else { return }
        differences.append(
            OutputDifference(kind: .header, row: 0, expected: shown(names[...]), found: found.map { shown($0.bytes) }))
    }

    private mutating func nextWritten() throws -> Written? {
        if format == .jsonl { return nextLine() }
        guard let record = ahead else { return nil }
        ahead = try reader.next()
        return Written(fields: record.fields, bytes: file[record.offset..<(ahead?.offset ?? file.count)])
    }

    /// Objects are compared as lines: no two values are written alike in another way.
    private mutating func nextLine() -> Written? {
        guard lineStart < file.count else { return nil }
        let end = file[lineStart...].firstIndex(of: 0x0A).map { $0 + 1 } ?? file.count
        defer { lineStart = end }
        return Written(fields: [], bytes: file[lineStart..<end])
    }

    /// How a row is written.
    private func line(_ row: [Value]) -> [UInt8] {
        switch format {
        case .csv: NaiveEngine.Result.line(row)
        case .jsonl: NaiveEngine.Result.jsonLine(rollup.outputs.map(\.name), row)
        }
    }

    /// Two rows of each side, as far as there are; false when there is none.
    private mutating func fill() throws -> Bool {
        while expected.count < 2, let row = try nextExpected() { expected.append(row) }
        while published.count < 2, let row = try nextWritten() { published.append(row) }
        return !expected.isEmpty || !published.isEmpty
    }

    private mutating func step() throws {
        guard let wanted = expected.first else { return takeSurplus() }
        guard let found = published.first else { return takeMissing() }
        if !isEqual(wanted, found) {
            if published.count > 1, isEqual(wanted, published[1]) { return takeSurplus() }
            if expected.count > 1, isEqual(expected[1], found) { return takeMissing() }
            differences += difference(wanted, found)
        }
        expected.removeFirst()
        published.removeFirst()
        rows += 1
    }

    private mutating func takeSurplus() {
        let row = published.removeFirst()
        rows += 1
        differences.append(OutputDifference(kind: .surplusRow, row: rows, found: shown(row.bytes)))
    }

    private mutating func takeMissing() {
        let row = expected.removeFirst()
        differences.append(
            OutputDifference(
                kind: .missingRow, row: rows + 1, key: key(row), expected: shown(line(row)[...])))
    }

    private func isEqual(_ wanted: [Value], _ found: Written) -> Bool {
        line(adjusted(wanted, found)).elementsEqual(found.bytes)
    }

    /// The expected values, with what the file has where that is close enough.
    private func adjusted(_ wanted: [Value], _ found: Written) -> [Value] {
        guard isClose.contains(true), found.fields.count == wanted.count else { return wanted }
        return wanted.indices.map { i in
            guard isClose[i], case .double(let x) = wanted[i],
                case .double(let y) = NaiveText.value(of: found.fields[i].bytes, as: .double)
            else { return wanted[i] }
            return abs(x - y) <= 1e-9 * max(abs(x), abs(y)) ? .double(y) : wanted[i]
        }
    }

    /// The columns that differ; where none does, or they are not as many as there should be, the whole line.
    private func difference(_ wanted: [Value], _ found: Written) -> [OutputDifference] {
        let wanted = adjusted(wanted, found)
        let row = rows + 1, key = key(wanted)
        let whole = OutputDifference(
            kind: .writing, row: row, key: key, expected: shown(line(wanted)[...]),
            found: shown(found.bytes))
        guard found.fields.count == wanted.count, format == .csv else { return [whole] }
        let columns = wanted.indices.compactMap { i -> OutputDifference? in
            let text = NaiveText.text(of: wanted[i]), field = found.fields[i]
            let isNull = field.bytes.isEmpty && !field.wasQuoted
            if text.map({ !isNull && $0.utf8.elementsEqual(field.bytes) }) ?? isNull { return nil }
            return OutputDifference(
                kind: .value, row: row, key: key, column: rollup.outputs[i].name, expected: text,
                found: isNull ? nil : shown(field.bytes[...]))
        }
        return columns.isEmpty ? [whole] : Array(columns.prefix(OutputComparison.differencesMax - differences.count))
    }

    /// The columns of the output that the row is grouped by.
    private func key(_ row: [Value]) -> String? {
        let parts = rollup.outputs.indices.compactMap { i -> String? in
            guard case .key = rollup.outputs[i].expression else { return nil }
            return
                "\(rollup.outputs[i].name) = \(NaiveText.text(of: row[i]).map { shown(Array($0.utf8)[...]) } ?? "NULL")"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// Text for a message: one line, and not too long.
    private func shown(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String(decoding: bytes.prefix(200), as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        let plain = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        return (plain ? text : text.debugDescription) + (bytes.count > 200 ? "..." : "")
    }
}
