/// From the texts of a batch to typed columns, the same for all formats of text. Rows with a text that is no such value
/// are left out at the end.
final class ColumnConversion {
    let rules: CSVRules
    /// The texts of each column, for the reader to fill: pointers, lengths and NULLs.
    let texts: [Vector]
    private let converted: [Vector]
    private let gathered: [Vector]
    private let good: RowList
    /// What is wrong with rows, by row.
    private(set) var faults: [Int: Fault] = [:]

    /// What is wrong with a row. An empty reason: not a value of the column's type.
    struct Fault {
        var column: Int
        var reason: String
    }

    init(_ rules: CSVRules, batchCapacity: Int) {
        self.rules = rules
        texts = rules.columns.map { _ in Vector(.text, capacity: batchCapacity) }
        converted = zip(rules.columns, texts).map {
            $0.kind == .text ? $1 : Vector($0.kind.form, capacity: batchCapacity)
        }
        gathered = rules.columns.map { Vector($0.kind.form, capacity: batchCapacity) }
        good = RowList(capacity: batchCapacity)
    }

    func begin() { faults.removeAll(keepingCapacity: true) }

    /// Notes what is wrong with a row; the first thing wrong stands.
    func fault(_ row: Int, _ column: Int, _ reason: String) {
        guard faults[row] == nil else { return }
        faults[row] = Fault(column: column, reason: reason)
    }

    /// Makes the typed column of texts that have been filled, their NULLs marked.
    ///
    /// - Parameter high: whether there may be bytes above 127.
    func convert(_ column: Int, high: Bool) {
        let text = texts[column]
        if rules.columns[column].isRequired && text.hasNulls { requireValues(column) }
        if case .text = rules.columns[column].kind {
            if high { checkUTF8(column) }
            return
        }
        let target = converted[column]
        target.count = text.count
        target.hasNulls = text.hasNulls
        if text.hasNulls { target.nulls.update(from: text.nulls, count: text.count) }
        parse(column, text, target)
    }

    /// The columns of the batch without its faulty rows, and how many rows that are.
    func result(count: Int) -> (columns: [Vector], count: Int) {
        guard !faults.isEmpty else { return (converted, count) }
        good.removeAll()
        for row in 0..<count where faults[row] == nil { good.append(row) }
        for i in converted.indices { gathered[i].gather(converted[i], good) }
        return (gathered, good.count)
    }

    /// What is wrong with a row, for people.
    func words(_ row: Int, _ fault: Fault) -> String {
        let name = rules.columns[fault.column].name, kind = rules.columns[fault.column].kind
        let shown = ColumnConversion.shorten(texts[fault.column].bytes(row))
        return fault.reason.isEmpty
            ? "column '\(name)': '\(shown)' is not \(kind == .integer ? "an" : "a") \(kind.name)"
            : "column '\(name)' has \(fault.reason)" + (shown.isEmpty ? "" : ": '\(shown)'")
    }

    /// The event time says which day a row belongs to.
    private func requireValues(_ column: Int) {
        let text = texts[column]
        for row in 0..<text.count where text.nulls[row] != 0 {
            fault(row, column, "no value, so the row belongs to no day")
        }
    }

    private func checkUTF8(_ column: Int) {
        let text = texts[column]
        for row in 0..<text.count where !TextParsing.isValidUTF8(text.pointers[row], Int(text.lengths[row])) {
            fault(row, column, "bytes that are not UTF-8")
        }
    }

    private func parse(_ column: Int, _ text: Vector, _ target: Vector) {
        switch rules.columns[column].kind {
        case .text: break
        case .integer:
            each(column, text) {
                TextParsing.parseInteger($0, $1)
            } store: {
                target.int64s[$0] = $1
            }
        case .double:
            each(column, text) {
                TextParsing.parseDouble($0, $1)
            } store: {
                target.doubles[$0] = $1
            }
        case .boolean:
            each(column, text) {
                TextParsing.parseBoolean($0, $1)
            } store: {
                target.bools[$0] = $1 ? 1 : 0
            }
        case .date:
            each(column, text) {
                TextParsing.parseDate($0, $1)
            } store: {
                target.int64s[$0] = Int64($1)
            }
        case .timestamp:
            var last = LastDate()
            each(column, text) {
                TextParsing.parseTimestamp($0, $1, &last)
            } store: {
                target.int64s[$0] = $1
            }
        case .moment(let shift, let saysZone):
            var cursor = ClockCursor(shift)
            each(column, text) {
                TextParsing.parseMoment($0, $1, &cursor, saysZone: saysZone)
            } store: {
                target.int64s[$0] = $1
            }
        case .decimal(let scale):
            each(column, text) {
                TextParsing.parseDecimal($0, $1, scale)
            } store: {
                target.int128s[$0] = $1
            }
        }
    }

    @inline(__always)
    private func each<T>(
        _ column: Int, _ text: Vector, _ parse: (UnsafePointer<UInt8>, Int) -> T?, store: (Int, T) -> Void
    ) {
        let nulls = text.hasNulls ? text.nulls : nil
        for row in 0..<text.count {
            if let nulls, nulls[row] != 0 { continue }
            if let value = parse(text.pointers[row], Int(text.lengths[row])) {
                store(row, value)
            } else {
                fault(row, column, "")
            }
        }
    }

    /// At most 40 characters of some text, for messages.
    private static func shorten(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(200), as: UTF8.self)
        let clean = String(text.map { $0.isNewline ? " " : $0 }.prefix(40))
        return clean.utf8.count < bytes.count ? clean + "..." : clean
    }
}
