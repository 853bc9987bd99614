import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation
import Testing

/// A project in a folder of its own that is there for one test.
final class TestProject {
    let root: String
    private let yaml: String

    /// - Parameter yaml: the text of the pipeline `job`.
    /// - Parameter root: the project's folder; nil: one of its own.
    init(_ yaml: String, root: String? = nil) throws {
        self.root = root ?? TestProject.scratch.appending(path: "daymill-project-\(UUID().uuidString)").path
        self.yaml = yaml
        try FileManager.default.createDirectory(atPath: self.root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// In memory where the system offers that: these tests wait for the disk thousands of times.
    private static let scratch: URL = {
        let memory = "/dev/shm"
        return FileManager.default.isWritableFile(atPath: memory)
            ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    }()

    // MARK: Files

    func path(_ name: String) -> String { "\(root)/\(name)" }

    /// Puts a file there as a careful person would: under another name first, so that it never is half there.
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let folder = URL(filePath: path(name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path(name)), options: .atomic)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }

    /// Nil where there is no such file.
    func text(_ name: String) -> String? { (try? bytes(name)).map { String(decoding: $0, as: UTF8.self) } }

    /// All files below a folder, by their paths from the root, sorted.
    func files(in folder: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: path(folder))?.compactMap { $0 as? String } ?? []
        return found.map { "\(folder)/\($0)" }.filter { !FileDoor.isDirectory(path($0)) }.sorted()
    }

    /// The files below a folder with what they hold.
    func contents(of folder: String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: files(in: folder).map { ($0, text($0) ?? "") })
    }

    var temporaryFiles: [String] {
        (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter {
            $0.hasSuffix(".tmp")
        }
    }

    // MARK: Runs

    func store(_ clock: WallClock = .system) -> Store { Store(folder: path(".daymill"), clock: clock) }

    /// What the program does for `daymill run`.
    @discardableResult
    func run(
        _ date: String, yaml: String? = nil, usesStore: Bool = true, threads: Int = 1, clock: WallClock = .system,
        largeFileBytes: Int = 8 << 20, windowOperator: WindowOperator = .automatic, groupsMax: Int = .max
    ) throws -> [StepOutcome] {
        let store = usesStore ? store(clock) : nil
        try store?.open()
        var options = RunOptions(threads: threads, clock: clock)
        options.largeFileBytes = largeFileBytes
        options.groupsMax = groupsMax
        options.windowOperator = windowOperator
        let run = PipelineRun(
            project: Project(root: root), pipeline: try pipeline(yaml), store: store, options: options)
        return try run.run(Day(date)!)
    }

    /// Makes many dates of the first step at once.
    @discardableResult
    func makeAll(
        _ dates: [Day], sweepBytes: Int = 16 << 30, done: (StepOutcome) throws -> Void = { _ in }
    ) throws -> [StepOutcome] {
        let store = store()
        try store.open()
        let definition = try definition()
        var options = RunOptions(threads: 2)
        options.sweepBytes = sweepBytes
        let windows = dates.compactMap { definition.days($0) }
        let days = windows.isEmpty ? nil : windows.map(\.lowerBound).min()!...windows.map(\.upperBound).max()!
        var made: [StepOutcome] = []
        try StepSession(definition, days: days, store: store, options: options).makeAll(dates) { outcome in
            switch outcome {
            case .done(let outcome):
                made.append(outcome)
                try done(outcome)
            case .failed(let error, _): throw error
            }
        }
        return made
    }

    /// What the first step computes.
    func definition() throws -> StepDefinition {
        let pipeline = try pipeline(nil)
        return StepDefinition(pipeline.steps[0], of: pipeline, project: Project(root: root))
    }

    func plan(_ date: String, clock: WallClock = .system) throws -> [StepPlan] {
        try PipelineRun(
            project: Project(root: root), pipeline: try pipeline(nil), store: store(clock),
            options: RunOptions(threads: 1, clock: clock)
        ).plan(Day(date)!)
    }

    func pipeline(_ yaml: String?) throws -> Pipeline {
        try Pipeline.parse(yaml ?? self.yaml, file: "pipelines/job.yaml", project: Project(root: root))
    }

    // MARK: What must hold after every run

    /// The store and what was published agree with each other, and nothing is left lying about.
    func checkOrder(steps: [String], date: String, _ about: Comment? = nil) throws {
        #expect(temporaryFiles.isEmpty, about)
        let catalog = store().catalog
        let known = try catalog.states().flatMap { try catalog.segments(of: $0).keys }
        for id in known {
            let segment = try #require(try store().segment(id), about)
            try segment.check()
        }
        let onDisk = files(in: ".daymill/segments").map { $0.split(separator: "/").last!.dropLast(4) }
        #expect(Set(onDisk) == Set(known.map { $0.text[...] }), about)
        for step in steps {
            let key = try #require(try catalog.outputs(of: "job", step).keys.first { $0.date == date }, about)
            let receipt = try #require(try store().receipt("job", step, key), about)
            let output = try Data(contentsOf: URL(filePath: path(receipt.output)))
            let hasher = StreamHasher()
            hasher.add(Array(output))
            #expect(receipt.content == hasher.contentID.text, about)
            #expect(receipt.bytes == output.count, about)
        }
    }
}

/// Logs of a few users with something of everything: a bad row, an odd double, an empty file.
enum TestLogs {
    static let yaml = """
        sources:
          actions:
            files: input/{date}-*.csv
            columns: { email: text, action: text, cost: double, dt: timestamp }
            on_bad_row: quarantine
        steps:
          users:
            window: last 3 days
            rollup: |
              SELECT email, count(*) AS n, count(DISTINCT action) AS kinds, sum(cost) AS cost, max(action) AS last
              FROM actions GROUP BY email
            to: output/{date}-users.csv
          actions-per-day:
            window: last 3 days
            rollup: SELECT action, count(*) AS n FROM actions WHERE cost > 0 GROUP BY action ORDER BY n DESC
            to: output/{date}-actions.csv
        """
    static let steps = ["users", "actions-per-day"]

    static func file(_ day: String, _ number: Int) -> String {
        let actions = ["CREATE", "READ", "UPDATE", "DELETE"]
        let lines = (0..<12).map { row in
            let user = (row * 7 + number * 5 + day.utf8.reduce(0) { $0 + Int($1) }) % 6
            let cost = ["1e308", "0.1", "-1e308", "1e-308", "", "2"][(row + number) % 6]
            return "user\(user)@example.org,\(actions[(row + user) % 4]),\(cost),\(day) 0\(row % 10):00:00\n"
        }
        return lines.joined() + (number == 1 ? "user1@example.org,READ,dear,\(day) 10:00:00\n" : "")
    }

    /// Four days of two or three files each.
    static func fill(_ project: TestProject) throws {
        for day in ["09", "10", "11", "12"] {
            let date = "2024-09-\(day)"
            for number in 0..<(day == "10" ? 3 : 2) {
                try project.write("input/\(date)-\(number).csv", file(date, number))
            }
        }
        try project.write("input/2024-09-11-empty.csv", "")
    }
}
