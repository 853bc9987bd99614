import DaymillColumns
import DaymillSQL

/// What an output file looks like.
package enum OutputFormat: Hashable, Sendable {
    /// A row is a line of fields, and perhaps the first line has the columns' names.
    case csv(hasHeader: Bool = true, delimiter: UInt8 = 0x2c)
    /// A row is a JSON object in a line of its own.
    case jsonl
}

/// How rows become the bytes of a file: one small type per format, shared by all threads.
protocol RowFormat: Sendable {
    /// Lines at the start of a file that are no rows.
    var headLines: Int { get }
    /// Writes these lines.
    func appendHead(to writer: inout ByteWriter)
    /// Writes rows of a batch, each ending in a newline.
    ///
    /// - Parameter ends: is told where each row ends; nil: nobody wants to know.
    func append(
        _ rows: Range<Int>, of columns: [(Vector, CSVTextForm)], to writer: inout ByteWriter,
        ends: RowEnds?)
}

extension RowFormat {
    func append(_ rows: Range<Int>, of columns: [(Vector, CSVTextForm)], to writer: inout ByteWriter) {
        append(rows, of: columns, to: &writer, ends: nil)
    }
}

extension OutputFormat {
    /// The format for rows with these columns.
    func rows(of outputs: [Rollup.Output]) -> any RowFormat {
        switch self {
        case .csv(let hasHeader, let delimiter):
            CSVRows(names: outputs.map(\.name), hasHeader: hasHeader, delimiter: delimiter)
        case .jsonl: JSONRows(JSONKeys(outputs.map(\.name)))
        }
    }
}

private struct CSVRows: RowFormat {
    let names: [String]
    let hasHeader: Bool
    let delimiter: UInt8

    var headLines: Int { hasHeader ? 1 : 0 }

    func appendHead(to writer: inout ByteWriter) {
        guard hasHeader else { return }
        for (i, name) in names.enumerated() {
            if i > 0 { writer.append(delimiter) }
            writer.appendCSVField(name, delimiter: delimiter)
        }
        writer.append(0x0a)
    }

    func append(
        _ rows: Range<Int>, of columns: [(Vector, CSVTextForm)], to writer: inout ByteWriter,
        ends: RowEnds?
    ) {
        writer.appendCSV(rows: rows, columns: columns, delimiter: delimiter, ends: ends)
    }
}

private struct JSONRows: RowFormat {
    let keys: JSONKeys

    init(_ keys: JSONKeys) { self.keys = keys }

    var headLines: Int { 0 }

    func appendHead(to writer: inout ByteWriter) {}

    func append(
        _ rows: Range<Int>, of columns: [(Vector, CSVTextForm)], to writer: inout ByteWriter,
        ends: RowEnds?
    ) {
        writer.appendJSON(rows: rows, columns: columns, keys: keys, ends: ends)
    }
}
