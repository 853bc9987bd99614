import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation

// What long windows cost: Benchmarks/README.md says how to run it.
//
//     windows-bench FOLDER [--days 365] [--rows 1000000] [--keys 20000000] [--dates 5] [--backfill 5] [--threads 2]
//     windows-bench FOLDER --prepare 100 …
//
// Each day has one file of `rows` rows with keys drawn from `keys`. Everything is left in FOLDER; what is there is used
// again. With --prepare so many days are made and read, and nothing is measured: a large case is made in several goes.

func number(_ name: String, _ usual: Int) -> Int {
    let words = CommandLine.arguments
    guard let i = words.firstIndex(of: "--\(name)"), i + 1 < words.count else { return usual }
    return Int(words[i + 1]) ?? usual
}

guard CommandLine.arguments.count > 1, !CommandLine.arguments[1].hasPrefix("-") else {
    print(
        "windows-bench FOLDER [--days N] [--rows N] [--keys N] [--dates N] [--backfill N] [--threads N] [--prepare N]")
    exit(2)
}
let folder = CommandLine.arguments[1]
let days = number("days", 365), rows = number("rows", 1_000_000), keys = number("keys", 20_000_000)
let dates = number("dates", 5), backfill = number("backfill", 5), threads = number("threads", 2)
let bench = try WindowBench(folder, days: days, rows: rows, keys: keys, threads: threads)
let prepared = number("prepare", 0)
if prepared > 0 {
    try bench.prepare(prepared)
} else {
    try bench.prepare(days + max(dates, backfill))
    if dates > 0 { try bench.refresh(dates) }
    if backfill > 0 { try bench.backfill(backfill) }
}

/// The scenarios.
final class WindowBench {
    private let folder: String
    private let days: Int
    private let rows: Int
    private let keys: Int
    private let threads: Int
    private let first = Day("2024-01-01")!
    private let definition: StepDefinition
    private let store: Store

    init(_ folder: String, days: Int, rows: Int, keys: Int, threads: Int) throws {
        (self.folder, self.days, self.rows, self.keys, self.threads) = (folder, days, rows, keys, threads)
        try FileManager.default.createDirectory(atPath: "\(folder)/input", withIntermediateDirectories: true)
        let project = Project(root: folder)
        let yaml = """
            sources:
              t:
                files: input/{date}.csv
                header: false
                columns: { k: text, v: integer }
            steps:
              totals:
                window: last \(days) days
                rollup: SELECT k, count(*) AS n, sum(v) AS total FROM t GROUP BY k
                to: output/{date}.csv
            """
        let pipeline = try Pipeline.parse(yaml, file: "pipelines/job.yaml", project: project)
        definition = StepDefinition(pipeline.steps[0], of: pipeline, project: project)
        store = Store(folder: "\(folder)/.daymill", clock: .system)
        try store.open()
    }

    private func date(_ number: Int) -> Day { first.adding(days: number) }

    func generate(_ count: Int) throws {
        let (folder, first, rows, keys) = (folder, first, rows, keys)
        try Workers.eachThrowing(count, threads) { i in
            let path = "\(folder)/input/\(first.adding(days: i)).csv"
            guard !FileManager.default.fileExists(atPath: path) else { return }
            var random = UInt64(i) &* 0x9E37_79B9_7F4A_7C15
            var bytes: [UInt8] = []
            bytes.reserveCapacity(rows * 16)
            for _ in 0..<rows {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes += "user\((random >> 33) % UInt64(keys)),\(random >> 60)\n".utf8
            }
            try Data(bytes).write(to: URL(filePath: path))
        }
    }

    private func session(_ dates: ClosedRange<Day>, _ way: WindowOperator) throws -> StepSession {
        var options = RunOptions(threads: threads)
        options.windowOperator = way
        let span = definition.days(dates.lowerBound)!.lowerBound...definition.days(dates.upperBound)!.upperBound
        store.refresh()
        return try StepSession(definition, days: span, store: store, options: options)
    }

    private func make(_ date: Day, _ way: WindowOperator) throws -> (outcome: StepOutcome, seconds: Double) {
        try? FileManager.default.removeItem(atPath: definition.output(date))
        let start = ContinuousClock.now
        let outcome = try session(date...date, way).make(date)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let parts = outcome.timings.map { "\($0.part) \(Self.shown($0.seconds))" }.joined(separator: ", ")
        print(
            "\(way) \(date): \(Self.shown(seconds)) s (\(parts)), \(outcome.window ?? "all days"), \(outcome.rowsWritten) rows"
        )
        return (outcome, seconds)
    }

    static func shown(_ seconds: Double) -> String { String(format: "%.2f", seconds) }

    /// Makes files and their segments; that is not what is measured.
    func prepare(_ count: Int) throws {
        let start = ContinuousClock.now
        try generate(count)
        store.refresh()
        let session = try StepSession(
            definition, days: date(0)...date(count - 1), store: store, options: RunOptions(threads: threads))
        try session.readNew(Array(session.inputs.files.indices), store)
        try session.settle()
        print("\(count) days of \(rows) rows of \(keys) keys: made and read in \(Self.shown(since(start))) s")
    }

    private func since(_ start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }

    /// A window that is refreshed by one day, for some days in turn, each beside reading the old window and writing the
    /// new one.
    func refresh(_ count: Int) throws {
        _ = try make(date(days), .rollForward)
        var rolls: [Double] = [], copies: [Double] = [], withOutputs: [Double] = [], alone: [Double] = []
        for number in days + 1...days + count {
            let kept = try newestWindow()
            let roll = try make(date(number), .rollForward)
            guard roll.outcome.window == "roll-forward" else { fatalError("the window was not rolled") }
            rolls.append(roll.seconds)
            let output = definition.output(date(number))
            let (old, new) = (store.path(ofSegment: kept.id), store.path(ofSegment: try newestWindow().id))
            copies.append(try copy([(from: old, bytes: new)]))
            withOutputs.append(try copy([(from: old, bytes: new), (from: nil, bytes: output)]))
            alone.append(try rollAlone(try newestWindow()))
        }
        let last = date(days + count)
        let rolled = try Data(contentsOf: URL(filePath: definition.output(last)))
        let plainSeconds = try make(last, .plain).seconds
        let plain = try Data(contentsOf: URL(filePath: definition.output(last)))
        let kept = try newestWindow()
        print("window: \(kept.groups) groups, \(kept.bytes) bytes; output: \(plain.count) bytes")
        print(
            "medians: roll \(Self.median(rolls)) s; old window read and new one written \(Self.median(copies)) s,",
            "the output too \(Self.median(withOutputs)) s; window rolled without an output \(Self.median(alone)) s")
        print(
            "window alone: \(Self.ratio(alone, copies)) of copying it;",
            "with the output: \(Self.ratio(rolls, withOutputs)) of copying both; plain merge \(Self.shown(plainSeconds)) s"
        )
        guard plain == rolled else {
            print("THE OUTPUTS ARE NOT THE SAME")
            exit(1)
        }
    }

    private static func median(_ values: [Double]) -> String { shown(values.sorted()[values.count / 2]) }

    private static func ratio(_ a: [Double], _ b: [Double]) -> String {
        shown(a.sorted()[a.count / 2] / b.sorted()[b.count / 2])
    }

    private func newestWindow() throws -> SegmentRecord {
        store.refresh()
        return try store.catalog.segments(of: definition.windowState).values.max { $0.made < $1.made }!
    }

    /// The time to read some files and to write as many bytes as others have, one after another, synced at the end.
    private func copy(_ pairs: [(from: String?, bytes: String)]) throws -> Double {
        let buffer = ByteBuffer(capacity: 1 << 20)
        let start = ContinuousClock.now
        for (number, pair) in pairs.enumerated() {
            if let from = pair.from {
                let old = try FileDoor.open(from)
                for offset in stride(from: 0, to: old.size, by: 1 << 20) {
                    _ = try old.read(into: buffer, at: 0, offset: offset, count: 1 << 20)
                }
            }
            let file = try FileDoor.create("\(folder)/copy\(number)")
            let size = try FileDoor.open(pair.bytes).size
            for offset in stride(from: 0, to: size, by: 1 << 20) {
                try file.write(buffer, count: min(1 << 20, size - offset))
                file.beginSync(at: offset + min(1 << 20, size - offset))
            }
            try file.sync()
        }
        let seconds = since(start)
        for number in pairs.indices { try FileDoor.remove("\(folder)/copy\(number)") }
        return seconds
    }

    /// The window alone: read, changed by a day that comes and one that goes, and written, without an output.
    private func rollAlone(_ kept: SegmentRecord) throws -> Double {
        let start = ContinuousClock.now
        let window = try store.segment(kept.id)!, layout = window.footer.layouts[0]
        guard window.footer.order == .keys else { fatalError("the window is not in the order of keys") }
        let days = try kept.days.prefix(1).map { try segment(of: $0.digest) }
        let changes = RollForward.changes(added: days, removed: days)
        let roll = try KeyedRoll(window, try SortedGroups(merging: [changes], layout, threads: threads))
        let pending = try store.writeSegment(.ofNothing) { path in
            let writer = try SegmentStreamWriter(path, id: .ofNothing, [layout], hasDays: false, order: .keys)
            let box = SharedWriter(writer: writer), turns = Turns(ahead: 2 * threads)
            let spare = SendableStack<EncodedGroups>(), batches = SendableStack<SharedBatch>()
            try Workers.eachThrowing(roll.count, threads) { i in
                try turns.work(i) {
                    let records = spare.pop() ?? EncodedGroups(layout, order: .keys)
                    let shared = batches.pop() ?? SharedBatch(batch: RolledGroups(layout, dates: 1))
                    let batch = shared.batch
                    records.removeAll()
                    let cursor = try roll.cursor(i)
                    while try cursor.next(into: batch) { records.append(lasting: batch) }
                    batches.push(shared)
                    return {
                        defer { spare.push(records) }
                        try box.writer.append(records, section: 0)
                        box.writer.beginSync()
                    }
                }
            }
            return try writer.finish(rows: 0, badRows: 0)
        }
        try pending.sync()
        return since(start)
    }

    // Unchecked because parts come one at a time, in turn.
    private struct SharedWriter: @unchecked Sendable { let writer: SegmentStreamWriter }

    // Unchecked because one thread at a time has it.
    private struct SharedBatch: @unchecked Sendable { let batch: RolledGroups }

    private func segment(of digest: ContentID) throws -> SegmentMerge.Input {
        let records = try store.catalog.segments(of: definition.fileState).values
        let record = records.first { $0.days.contains { $0.digest == digest } }!
        return SegmentMerge.Input(try store.segment(record.id)!, days: nil)
    }

    /// Many dates at once.
    func backfill(_ count: Int) throws {
        let dates = (days..<days + count).map { date($0 + 1) }
        for date in dates { try? FileManager.default.removeItem(atPath: definition.output(date)) }
        store.refresh()
        try store.dropSegments(
            Array(try store.catalog.segments(of: definition.windowState).keys), state: definition.windowState)
        var parts: [String: Double] = [:], ways: [String: Int] = [:], bytes = 0
        let start = ContinuousClock.now
        try session(dates[0]...dates[count - 1], .automatic).makeAll(dates) { outcome in
            guard case .done(let outcome) = outcome else { return }
            bytes += outcome.bytesWritten
            ways[outcome.window ?? "all days", default: 0] += 1
            for timing in outcome.timings { parts[timing.part, default: 0] += timing.seconds }
        }
        let seconds = since(start)
        let writing = try write(dates.map { definition.output($0) })
        let last = dates[count - 1], made = try Data(contentsOf: URL(filePath: definition.output(last)))
        let plain = try make(last, .plain).seconds
        let same = try Data(contentsOf: URL(filePath: definition.output(last))) == made
        let shown = parts.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.shown($0.value))" }.joined(separator: ", ")
        print("backfill of \(count) dates: \(Self.shown(seconds)) s (\(shown)), \(bytes) bytes of output, \(ways)")
        print(
            "one plain merge \(Self.shown(plain)) s, as many bytes written and synced \(Self.shown(writing)) s:",
            "backfill / both: \(Self.shown(seconds / (plain + writing)))")
        guard same else {
            print("THE OUTPUTS ARE NOT THE SAME")
            exit(1)
        }
    }

    /// The time to write and sync files as large as others, one after another.
    private func write(_ paths: [String]) throws -> Double {
        try paths.reduce(0) { try $0 + copy([(from: nil, bytes: $1)]) }
    }
}
