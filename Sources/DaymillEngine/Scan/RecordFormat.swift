package import DaymillColumns
package import DaymillCore
import DaymillSQL

/// How the bytes of a file are records: the one place that knows all formats of input. Another one needs a case here
/// with a reader of batches, and chunks of whole records, which lines are already.
package enum RecordFormat: Hashable, Sendable {
    case csv(CSVDialect, header: CSVPrologue.Header, ignoresExtraFields: Bool = false)
    /// An object per line; for each declared column where its values stand.
    case jsonl(paths: [JSONPath])
}

extension RecordFormat {
    /// How files are cut into chunks.
    var dialect: CSVDialect {
        switch self {
        case .csv(let dialect, _, _): dialect
        case .jsonl: .lines
        }
    }

    var ignoresExtraFields: Bool {
        switch self {
        case .csv(_, _, let ignores): ignores
        case .jsonl: true
        }
    }

    /// Everything of it that can change a value, for the ids of segments.
    var identity: [String] {
        switch self {
        case .csv(let dialect, let header, let ignoresExtraFields):
            [
                "delimiter \(dialect.delimiter) quote \(dialect.quote.map(Int.init) ?? -1)",
                "header \(header) extra \(ignoresExtraFields)",
            ]
        case .jsonl(let paths): ["jsonl \(paths.map { Array($0.description.utf8) })"]
        }
    }

    /// What one worker reads this format with.
    func reader(_ plan: ScanPlan, batchCapacity: Int) -> any BatchReader {
        switch self {
        case .csv: CSVBatchReader(plan.rules, batchCapacity: batchCapacity)
        case .jsonl(let paths):
            JSONBatchReader(plan.rules, paths: plan.needed.map { paths[$0] }, batchCapacity: batchCapacity)
        }
    }

    /// Looks at the start of a file; nil when more of it is needed.
    ///
    /// - Parameter head: its first bytes; all of them when `isWhole`.
    func start(_ head: [UInt8], isWhole: Bool, _ plan: ScanPlan, path: String) throws -> FileStart? {
        switch self {
        case .csv(let dialect, let header, _):
            let prologue = try CSVPrologue(
                head, isWhole: isWhole, dialect: dialect, header: header, columns: plan.rollup.columns.map(\.name),
                needed: plan.needed, missingIsNull: plan.format.fillsMissingFields, path: path)
            return prologue.map { prologue in
                let fields = plan.needed.map { prologue.fieldOfColumn[$0] }
                return FileStart(
                    dataStart: prologue.dataStart, prologue: .csv(fields: prologue.fields, fieldOfColumn: fields))
            }
        case .jsonl:
            return FileStart(dataStart: head.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0, prologue: .lines)
        }
    }
}

/// Where the records of a file begin, and what its start says about them.
struct FileStart {
    var dataStart: Int
    var prologue: FilePrologue
}
