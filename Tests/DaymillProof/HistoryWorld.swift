package import DaymillCore
package import DaymillEngine
package import DaymillPipeline
package import DaymillRunner
import DaymillSQL
import DaymillTestKit

/// A project on a disk in memory, and what its outputs must be.
package final class HistoryWorld {
    package let disk: MemoryDisk
    /// For each shape, which of its texts stands in the pipeline file.
    package var texts: [Int]
    var windowOperator = WindowOperator.automatic
    /// Whether runs audit the store.
    var audits = false
    /// Packed files, by what they hold packed: what they hold unpacked.
    var unpacked: [[UInt8]: [UInt8]] = [:]
    private let answers: Answers

    /// Noon of the first day of which histories have files.
    private static let start: Int64 = 1_709_035_200_000_000_000
    package static let firstDay = Day("2024-02-27")!
    package static let days = 5

    package init(answers: Answers) {
        disk = MemoryDisk(now: HistoryWorld.start)
        texts = HistoryPipelines.shapes.map { _ in 0 }
        self.answers = answers
    }

    deinit { disk.close() }

    package func pipeline(_ shape: Int) throws -> Pipeline {
        try HistoryPipelines.pipeline(HistoryPipelines.shapes[shape], texts[shape])
    }

    // MARK: Runs, as the program does them

    package func project(_ disk: MemoryDisk? = nil) -> Project { Project(root: (disk ?? self.disk).root) }

    private func runner(_ shape: Int, usesStore: Bool, threads: Int, on disk: MemoryDisk) throws -> PipelineRun {
        let store = usesStore ? Store(folder: project(disk).storeFolder, clock: disk.clock) : nil
        try store?.open()
        return PipelineRun(
            project: project(disk), pipeline: try pipeline(shape), store: store,
            options: options(threads, disk))
    }

    /// `daymill run`.
    @discardableResult
    package func run(
        _ shape: Int, _ date: Day, usesStore: Bool = true, threads: Int = 1, on disk: MemoryDisk? = nil
    ) throws -> [StepOutcome] {
        let disk = disk ?? self.disk
        return try runner(shape, usesStore: usesStore, threads: threads, on: disk).run(date)
    }

    /// `daymill plan`.
    package func plan(_ shape: Int, _ date: Day) throws -> [StepPlan] {
        try PipelineRun(
            project: project(), pipeline: try pipeline(shape), store: store(), options: options(1, disk)
        ).plan(date)
    }

    private func options(_ threads: Int, _ disk: MemoryDisk) -> RunOptions {
        var options = RunOptions(threads: threads, clock: disk.clock)
        options.windowOperator = windowOperator
        if !audits { options.auditBytesMin = 0 }
        return options
    }

    package func store(_ disk: MemoryDisk? = nil) -> Store {
        Store(folder: project(disk).storeFolder, clock: (disk ?? self.disk).clock)
    }

    /// `daymill status`.
    package func status(_ shape: Int, on disk: MemoryDisk? = nil) throws -> [StepStatus] {
        try StatusRun(project: project(disk), store: store(disk), options: options(1, disk ?? self.disk))
            .status(of: try pipeline(shape))
    }

    /// What the program can be told to do, each time by a process of its own.
    ///
    /// - Returns: what became of each date; one that failed for lack of input where others went on is `failed`.
    @discardableResult
    package func perform(_ work: HistoryOperation.Work, on disk: MemoryDisk? = nil) throws -> [DateOutcome] {
        let disk = disk ?? self.disk
        switch work {
        case .run(let shape, let date):
            return try run(shape, HistoryPipelines.shapes[shape].day(date), on: disk).map { .done($0) }
        case .backfill(let shape, let from, let to):
            let dates = (from...to).map { HistoryPipelines.shapes[shape].day($0) }
            return try many(disk).backfill(try pipeline(shape), dates)
        case .repair(let shape): return try many(disk).repair(try pipeline(shape))
        case .collect: try collect(disk)
        case .compact: if store(disk).exists { try store(disk).compact() }
        }
        return []
    }

    private func many(_ disk: MemoryDisk) throws -> ManyRun {
        let store = store(disk)
        try store.open()
        return ManyRun(project: project(disk), store: store, options: options(1, disk))
    }

    private func collect(_ disk: MemoryDisk) throws {
        let store = store(disk)
        guard store.exists else { return }
        let definitions = try HistoryPipelines.shapes.indices.flatMap { shape in
            let pipeline = try pipeline(shape)
            return pipeline.steps.map { StepDefinition($0, of: pipeline, project: project(disk)) }
        }
        _ = try StoreCollection.run(store, StoreUses(definitions), isTrial: false)
    }

    /// The path of a step's output.
    package func output(_ shape: Int, _ step: Int, _ date: Day) throws -> String {
        try pipeline(shape).steps[step].to.render(for: date)
    }

    // MARK: What must come out

    /// What a run must make, step by step, computed from the raw bytes in two ways that know no store.
    package func expected(_ shape: Int, _ date: Day) throws -> Answer {
        let files = inputs(shape, date)
        let key = Answers.Key(shape: shape, text: texts[shape], date: date, files: files)
        if let known = answers[key] { return known }
        let once = try noStore(shape, date)
        let answer = try naive(shape, date, files)
        guard once == answer.outputs.prefix(while: { $0 != nil }).map({ $0! }) else {
            throw Broken("without a store \(Answer(outputs: once)), by the naive engine \(answer)")
        }
        answers[key] = answer
        return answer
    }

    /// An answer by the naive engine alone, found once.
    func answer(_ shape: Int, _ day: Day, _ files: [Answers.File], _ find: () throws -> [UInt8]) throws -> [UInt8] {
        let key = Answers.Key(shape: shape, text: texts[shape], date: day, files: files)
        if let known = answers[key]?.outputs[0] { return known }
        let found = try find()
        answers[key] = Answer(outputs: [found])
        return found
    }

    /// The files that a run depends on: their day by name, and their bytes unpacked.
    func inputs(_ shape: Int, _ date: Day) -> [Answers.File] {
        let naming = HistoryPipelines.shapes[shape].naming
        let pipeline = try! pipeline(shape)
        return disk.paths(below: HistoryPipelines.shapes[shape].name).compactMap { path in
            guard path.hasSuffix(".csv") else { return nil }
            let day = day(path, naming)
            if let day, !pipeline.steps.contains(where: { $0.window!.days(for: date).contains(day) }) { return nil }
            let bytes = disk.bytes(path)!
            return Answers.File(path: path, day: day, bytes: unpacked[bytes] ?? bytes)
        }
    }

    /// The day that a path names; nil where it names none.
    private func day(_ path: String, _ naming: HistoryPipelines.Naming) -> Day? {
        let name = path.split(separator: "/")[1]
        guard naming != .free, let day = Day(String(name.prefix(10))) else { return nil }
        guard naming == .hours, let hour = Int(name.dropFirst(11).prefix(2)) else { return day }
        // Almaty was six hours ahead of UTC until 18 o'clock of that day, then five.
        let hours = Int(day.daysSinceEpoch) * 24 + hour
        let change = Int(Day("2024-02-29")!.daysSinceEpoch) * 24 + 18
        return Day(daysSinceEpoch: Int32((hours + (hours < change ? 6 : 5)) / 24))
    }

    private func naive(_ shape: Int, _ date: Day, _ files: [Answers.File]) throws -> Answer {
        let pipeline = try pipeline(shape)
        return Answer(
            outputs: try pipeline.steps.map { step in
                try NaiveAnswer.bytes(step, pipeline.source(step.rollup.source)!, date, files)
            })
    }

    /// The outputs up to that of the first step that fails.
    private func noStore(_ shape: Int, _ date: Day) throws -> [[UInt8]] {
        let disk = disk.fork()
        defer { disk.close() }
        for path in disk.paths(below: "out") { disk.delete(path) }
        do { try run(shape, date, usesStore: false, on: disk) } catch is DaymillError {}
        return try pipeline(shape).steps.indices.compactMap { disk.bytes(try output(shape, $0, date)) }
    }
}

/// What the outputs of a pipeline's steps must be; nil for a step that must fail.
package struct Answer: Sendable, Equatable, CustomStringConvertible {
    package var outputs: [[UInt8]?] = []

    /// A run ends with the first step that fails.
    package var fails: Bool { outputs.contains { $0 == nil } }

    package var description: String {
        let texts = outputs.map { $0.map { String(decoding: $0, as: UTF8.self).debugDescription } ?? "a failure" }
        return "[\(texts.joined(separator: ", "))]"
    }
}

/// Answers found once, by the content of all they depend on.
package final class Answers {
    struct File: Hashable {
        var path: String
        var day: Day?
        var bytes: [UInt8]
    }

    struct Key: Hashable {
        var shape: Int
        var text: Int
        var date: Day
        var files: [File]
    }

    private var known: [Key: Answer] = [:]
    /// Questions asked, and those that had to be computed.
    package private(set) var asked = 0
    package var computed: Int { total }
    private var total = 0

    package init() {}

    subscript(key: Key) -> Answer? {
        get {
            asked += 1
            return known[key]
        }
        set {
            total += 1
            if known.count > 50_000 { known = [:] }
            known[key] = newValue
        }
    }
}

/// Something that must hold does not.
package struct Broken: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
