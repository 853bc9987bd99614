import DaymillCore
import DaymillSQL
import DaymillTestKit
import Synchronization

@testable import DaymillColumns
@testable import DaymillEngine

/// A column and where it stands.
struct Wanted {
    var column: Column
    var path: JSONPath

    init(_ name: String, _ type: SQLType, _ path: String? = nil) {
        column = Column(name, type)
        self.path = path.map { try! JSONPath.parse($0) } ?? JSONPath(key: name)
    }
}

/// Reads JSON Lines as a scan does, in any of the ways in which it can be told to work, and keeps every row.
struct JSONReading: CustomStringConvertible {
    var threads = 1
    var chunkBytes = ContentID.block
    var level: Int32 = 3
    var supply = NativeEngine.Supply.random
    var nullWords: [String] = []
    var fillsMissing = true

    var description: String { "threads \(threads), chunks of \(chunkBytes), level \(level), \(supply)" }

    struct Row: Hashable {
        var offset: Int
        var values: [Value]
    }

    /// A record that did not fit.
    struct Bad: Hashable, CustomStringConvertible {
        var offset: Int
        var at: Int
        var reason: String
        var description: String { "\(offset):\(at) \(reason)" }
    }

    /// What came out, in the order of the file.
    struct Outcome: Equatable {
        var rows: [Row] = []
        var bad: [Bad] = []
    }

    func read(_ bytes: [UInt8], _ wanted: [Wanted]) throws -> Outcome {
        let columns = wanted.map(\.column)
        let plan = ScanPlan(try JSONReading.rollup(columns), format(wanted))
        let scan = try FileScan(
            MemoryFile(path: "lines.jsonl", bytes: bytes, supply: supply), [plan], hashing: false,
            chunkBytes: chunkBytes)
        let found = Mutex(Outcome())
        try Workers.run(threads) { _ in
            let reader = plan.format.records.reader(plan, batchCapacity: 7)
            let chunk = CSVChunk(
                dialect: plan.format.records.dialect, level: KernelLevel(atMost: level), bytes: chunkBytes)
            reader.begin(scan.prologues[0]!)
            while try scan.next(into: chunk) != nil {
                reader.begin(chunk)
                while reader.next() {
                    let part = JSONReading.part(reader, columns)
                    found.withLock {
                        $0.rows += part.rows
                        $0.bad += part.bad
                    }
                }
            }
        }
        var all = found.withLock { $0 }
        all.rows.sort { $0.offset < $1.offset }
        all.bad.sort { $0.offset < $1.offset }
        return all
    }

    /// The same by the naive engine: the rows, and where the lines of bad ones begin.
    func naive(_ bytes: [UInt8], _ wanted: [Wanted]) throws -> (rows: [[Value]], bad: [Int]) {
        var dialect = TestDialect(columns: wanted.map(\.column), nullWords: nullWords, badRows: .skip)
        dialect.paths = wanted.map(\.path)
        dialect.fillsMissingFields = fillsMissing
        let table = try NaiveTable(TestFile("lines.jsonl", bytes), dialect: dialect, used: Set(wanted.indices))
        return (table.rows, table.badRows.map(\.offset))
    }

    func format(_ wanted: [Wanted]) -> ScanFormat {
        ScanFormat(
            .jsonl(paths: wanted.map(\.path)), nullWords: nullWords, fillsMissingFields: fillsMissing,
            leavesOutBadRows: true)
    }

    /// All columns are read, whatever is done with them.
    static func rollup(_ columns: [Column]) throws -> Rollup {
        let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        return try Rollup.parse("SELECT \(names), count(*) AS n FROM t GROUP BY \(names)", sources: ["t": columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
    }

    /// Offsets of rows are known only while none of the batch has been left out, so they come from the texts around.
    private static func part(_ reader: any BatchReader, _ columns: [Column]) -> Outcome {
        var outcome = Outcome()
        for bad in reader.bad {
            outcome.bad.append(Bad(offset: bad.offset, at: bad.fieldOffset, reason: bad.reason))
        }
        let left = Set(outcome.bad.map(\.offset))
        var place = 0
        for row in 0..<reader.count {
            while left.contains(reader.offset(ofRow: place)) { place += 1 }
            let values = zip(reader.columns, columns).map { $0.value(row, $1.type) }
            outcome.rows.append(.init(offset: reader.offset(ofRow: place), values: values))
            place += 1
        }
        return outcome
    }
}
