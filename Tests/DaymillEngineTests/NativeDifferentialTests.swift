import DaymillCore
import DaymillEngine
import DaymillSQL
import DaymillTestKit
import Foundation
import Testing

/// The native engine gives the bytes of the naive one, whatever the case and however it is told to work.
///
/// `DAYMILL_FUZZ_CASES=100000 swift test --filter NativeDifferentialTests` looks at more cases than the usual 480;
/// `DAYMILL_FUZZ_SEED` is the first seed. A difference is shown with its seed and cut down to the least that shows it.
@Suite struct NativeDifferentialTests {
    private static func number(_ name: String, orElse usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? usual
    }

    private static let cases = number("DAYMILL_FUZZ_CASES", orElse: 480)
    private static let firstSeed = number("DAYMILL_FUZZ_SEED", orElse: 0)

    /// Ways of working that have little in common; each gets a share of the seeds.
    private static let engines: [NativeEngine] = [
        NativeEngine(threads: 1),
        NativeEngine(threads: 2, chunkBytes: 64, level: 0),
        NativeEngine(threads: 3, chunkBytes: 7, level: 2, way: .segments),
        NativeEngine(threads: 2, level: 1, way: .segments),
        NativeEngine(threads: 8, chunkBytes: 1, level: 1),
        NativeEngine(threads: 2, chunkBytes: 100, supply: .stream(bytesPerRead: 13)),
    ]

    private func seeds(_ share: Int, of cases: UInt64) -> Range<UInt64> {
        let each = (cases + UInt64(Self.engines.count) - 1) / UInt64(Self.engines.count)
        let start = Self.firstSeed + UInt64(share) * each
        return start..<start + each
    }

    @Test(arguments: engines.indices)
    func agreesWithTheNaiveEngine(_ share: Int) throws {
        try assertNativeMatchesNaive(Self.engines[share], seeds: seeds(share, of: Self.cases))
    }

    @Test(arguments: engines.indices)
    func agreesOnWhatFails(_ share: Int) throws {
        try assertNativeMatchesNaive(Self.engines[share], seeds: seeds(share, of: Self.cases / 2), .failing)
    }

    @Test(arguments: engines.indices)
    func agreesOnThousandsOfRows(_ share: Int) throws {
        var engine = Self.engines[share]
        engine.chunkBytes = max(engine.chunkBytes, 1000)
        try assertNativeMatchesNaive(engine, seeds: seeds(share, of: Self.cases / 20), size: .large)
    }

    // MARK: What fails, fails alike

    @Test(arguments: engines.indices)
    func failsInTheSameWay(_ share: Int) throws {
        for seed in seeds(share, of: Self.cases / 2) {
            let example = try DifferentialCase(seed: seed, .failing)
            compare(example, Self.engines[share])
        }
    }

    @Test(arguments: engines.indices)
    func findsTheSameFirstBadRow(_ share: Int) throws {
        for seed in seeds(share, of: Self.cases) {
            var example = try DifferentialCase(seed: seed, .safe)
            guard example.dialect.badRows == .skip else { continue }
            example.dialect.badRows = .fail
            compare(example, Self.engines[share])
        }
    }

    /// The second reading would be as good as the first.
    @Test(arguments: ["c,d,C\n1,2,3\n", "d\n1\n", "\n\r\nx,y\n"])
    func aHeaderThatDoesNotTellIsRefused(_ text: String) throws {
        let columns = [Column("c", .text), Column("d", .text)]
        let dialect = TestDialect(columns: columns, header: .yes)
        let rollup = try Rollup.parse("SELECT c, d FROM t GROUP BY c, d", sources: ["t": columns]) {
            SourcePlace(file: "test.sql", line: 1, column: $0 + 1)
        }
        let files = [TestFile("part.csv", text)]
        #expect(throws: BadFile.self) { try NaiveEngine(dialect: dialect, rollup: rollup).run(files) }
        let error = #expect(throws: DaymillError.self) {
            try NativeEngine().run(files: files, dialect: dialect, rollup: rollup)
        }
        #expect(error?.code == .badRow && error?.message.hasPrefix("the header has ") == true)
        #expect(error?.place?.line == (text.hasPrefix("\n") ? 3 : 1))
    }

    private func compare(_ example: DifferentialCase, _ engine: NativeEngine) {
        let naive = NativeFailure { try example.naiveResult() }
        let native = NativeFailure {
            try engine.run(files: example.files, dialect: example.dialect, rollup: example.rollup)
        }
        #expect(native.isSame(as: naive, over: example), "\(engine): \(native), not \(naive)\n\(example)")
    }

    @Test(arguments: engines.indices)
    func leavesOutTheSameBadRows(_ share: Int) throws {
        for seed in seeds(share, of: Self.cases) {
            let example = try DifferentialCase(seed: seed, .safe)
            guard example.dialect.badRows == .skip else { continue }
            // Dates may leave the years there are, even in a query made to be safe.
            guard let expected = try? example.naiveResult().badRows else { continue }
            let scanned = try Self.engines[share].compute(example.files, example.dialect, example.rollup).scanned
            let lines = scanned.flatMap { file in file.bad.map { "\(file.path):\($0.line)" } }
            #expect(lines == expected.map { "\($0.file):\($0.line)" }, "\(example)")
            #expect(scanned.map(\.badRows).reduce(0, +) == expected.count)
            #expect(scanned.map(\.rows).reduce(0, +) == example.table.rows.count)
        }
    }
}

/// How a computation failed, as far as engines have to agree.
enum NativeFailure: Equatable {
    case none
    case badRow(file: String, line: Int)
    case badFile(String)
    case evaluation
    case other(String)

    init(_ compute: () throws -> some Any) {
        do {
            _ = try compute()
            self = .none
        } catch let bad as BadRow {
            self = .badRow(file: bad.file, line: bad.line)
        } catch let bad as BadFile {
            self = .badFile(bad.file)
        } catch let failure as DaymillTestKit.EvaluationFailure {
            self = failure.kind == .malformed ? .other("\(failure)") : .evaluation
        } catch let error as DaymillError where error.code == .badRow {
            self = .badRow(file: error.place?.file ?? "", line: error.place?.line ?? 0)
        } catch let error as DaymillError where error.code == .evaluation {
            self = .evaluation
        } catch {
            self = .other("\(error)")
        }
    }

    /// The naive engine names the line where a record begins, the native one that of the offending field.
    func isSame(as naive: NativeFailure, over example: DifferentialCase) -> Bool {
        switch (self, naive) {
        case (.badRow(let file, 1), .badFile(let naiveFile)): return file == naiveFile
        case (.badRow(let file, let line), .badRow(let naiveFile, let naiveLine)):
            guard file == naiveFile, let bytes = example.files.first(where: { $0.name == file })?.bytes else {
                return false
            }
            let dialect = example.dialect
            let records = NaiveCSV.records(of: bytes, delimiter: dialect.delimiter, quote: dialect.quote)
            return records.last { $0.line <= line }?.line == naiveLine
        default: return self == naive
        }
    }
}
