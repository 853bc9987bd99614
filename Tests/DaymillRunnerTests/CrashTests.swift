import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillRunner
import Foundation
import Synchronization
import Testing

/// A run that stops at any change to the file system loses nothing, doubles nothing and leaves nothing behind.
///
/// The steps of all files of the process pass through one hook; these tests touch those below their own folder only, and
/// run one after another.
@Suite(.serialized) struct CrashTests {
    /// What makes steps fail.
    private struct Broken: Error {
        var step: FileStep
        var path: String
    }

    /// Lets `body` run while some file steps below a folder fail; returns how many steps there were.
    private func breaking(
        below folder: String, _ isBroken: @escaping @Sendable (Int) -> Bool, _ body: () throws -> Void
    ) throws -> (steps: Int, failure: (any Error)?) {
        let counter = StepCounter()
        FileSteps.intercept { step, path in
            guard path.hasPrefix(folder) else { return }
            if isBroken(counter.next()) { throw Broken(step: step, path: path) }
        }
        defer { FileSteps.intercept(nil) }
        do { try body() } catch { return (counter.count, error) }
        return (counter.count, nil)
    }

    private final class StepCounter: Sendable {
        private let value = Atomic<Int>(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
        var count: Int { value.load(ordering: .relaxed) }
    }

    /// A situation in which a run takes place, made anew for each way of breaking it.
    enum Scene: String, CaseIterable, Sendable {
        case nothingYet = "nothing has been computed yet"
        case nextDate = "the day before has been computed"
        case changedFile = "the same date has been computed, and a file has changed since"
        case noStore = "nothing is to be stored"
        case littleMemory = "groups do not fit into memory"
        case onceWithLittleMemory = "groups do not fit into memory, and nothing is to be stored"
        case firstWindow = "a long window is computed for the first time, and kept"
        case nextWindow = "a long window rolls forward"
        case largeFiles = "files are so large that the last one is made durable while the window is merged"

        static let date = "2024-09-13"
        static let yaml = """
            sources:
              actions:
                files: input/{date}-*.csv
                columns: { email: text, action: text, cost: double, dt: timestamp }
                on_bad_row: quarantine
                start: 2024-09-11
            steps:
              users:
                window: last 2 days
                rollup: SELECT email, count(DISTINCT action) AS kinds, sum(cost) AS cost FROM actions GROUP BY email
                to: output/{date}-users.csv
            """

        /// A window that is kept in the order of keys.
        static let longYaml = Scene.yaml.replacing("last 2 days", with: "last 12 days")
            .replacing("start: 2024-09-11", with: "missing: empty")
            .replacing("count(DISTINCT action)", with: "count(*)")

        var isLong: Bool { self == .firstWindow || self == .nextWindow }

        func make() throws -> TestProject {
            let project = try TestProject(isLong ? Scene.longYaml : Scene.yaml)
            for (day, number) in [("11", 0), ("11", 1), ("12", 1)] {
                let date = "2024-09-\(day)"
                try project.write("input/\(date)-\(number).csv", TestLogs.file(date, number))
            }
            switch self {
            case .nothingYet, .noStore, .largeFiles, .littleMemory, .onceWithLittleMemory, .firstWindow: break
            case .nextWindow: try project.run("2024-09-12", windowOperator: .rollForward)
            case .nextDate: try project.run("2024-09-12")
            case .changedFile:
                try project.run(Scene.date)
                try project.write("input/2024-09-11-1.csv", TestLogs.file("2024-09-11", 2))
            }
            return project
        }

        var usesStore: Bool { self != .noStore && self != .onceWithLittleMemory }

        func run(_ project: TestProject, threads: Int = 1) throws {
            let largeFileBytes = self == .largeFiles ? 1 : 8 << 20
            let isLittle = self == .littleMemory || self == .onceWithLittleMemory
            try project.run(
                Scene.date, usesStore: usesStore, threads: threads, largeFileBytes: largeFileBytes,
                windowOperator: isLong ? .rollForward : .automatic, groupsMax: isLittle ? 2 : .max)
        }
    }

    private struct Undisturbed {
        var outputs: [String: String]
        /// What stood there before the run.
        var before: [String: String]
        var quarantine: [String: String]
        var steps: Int
    }

    private func undisturbed(_ scene: Scene) throws -> Undisturbed {
        let project = try scene.make()
        let before = project.contents(of: "output")
        let (steps, failure) = try breaking(below: project.root, { _ in false }) { try scene.run(project) }
        #expect(failure == nil)
        return Undisturbed(
            outputs: project.contents(of: "output"), before: before,
            quarantine: project.contents(of: ".daymill/quarantine"), steps: steps)
    }

    /// Breaks a run, looks at what is there, runs again undisturbed, looks again.
    private func check(
        _ scene: Scene, _ expected: Undisturbed, threads: Int, _ about: Comment,
        _ isBroken: @escaping @Sendable (Int) -> Bool
    ) throws {
        let project = try scene.make()
        let (_, failure) = try breaking(below: project.root, isBroken) { try scene.run(project, threads: threads) }
        for (name, text) in project.contents(of: "output") where !name.hasSuffix(".tmp") {
            #expect(text == expected.outputs[name] || text == expected.before[name], "half written: \(name), \(about)")
        }
        if failure == nil {
            // Where only the removal of a temporary file failed, the run succeeded; the next one removes it.
            let published = project.contents(of: "output").filter { !$0.key.hasSuffix(".tmp") }
            #expect(published == expected.outputs, about)
        }

        try scene.run(project)
        #expect(project.contents(of: "output") == expected.outputs, about)
        #expect(project.contents(of: ".daymill/quarantine") == expected.quarantine, about)
        #expect(project.temporaryFiles.isEmpty, about)
        guard scene.usesStore else { return }
        try project.checkOrder(steps: ["users"], date: Scene.date, about)
        let again = try project.run(Scene.date)[0]
        #expect(again.status == .upToDate && again.filesRead == 0, about)
    }

    @Test(arguments: Scene.allCases)
    func aProcessMayStopAtEveryStep(_ scene: Scene) throws {
        let expected = try undisturbed(scene)
        #expect(expected.outputs.count >= 1 && !expected.quarantine.isEmpty)
        #expect(expected.steps > 10)
        for stop in 1...expected.steps {
            try check(scene, expected, threads: 1, "\(scene.rawValue); stopped at step \(stop)") { $0 >= stop }
        }
    }

    @Test(arguments: Scene.allCases)
    func everySingleStepMayFail(_ scene: Scene) throws {
        let expected = try undisturbed(scene)
        for broken in 1...expected.steps {
            try check(scene, expected, threads: 1, "\(scene.rawValue); step \(broken) fails") { $0 == broken }
        }
    }

    /// With several threads the steps come in any order.
    @Test(arguments: [Scene.nothingYet, .changedFile, .littleMemory, .nextWindow])
    func threadsMayStopAtEveryStep(_ scene: Scene) throws {
        let expected = try undisturbed(scene)
        for stop in stride(from: 1, through: expected.steps, by: 3) {
            try check(scene, expected, threads: 3, "\(scene.rawValue); stopped at step \(stop)") { $0 >= stop }
        }
    }

    @Test func severalStopsInARowDoNoHarm() throws {
        func make() throws -> TestProject {
            let project = try TestProject(TestLogs.yaml)
            try TestLogs.fill(project)
            return project
        }
        let whole = try make()
        let (steps, _) = try breaking(below: whole.root, { _ in false }) { try whole.run(Scene.date, threads: 2) }
        for first in stride(from: 2, through: steps, by: 17) {
            let project = try make()
            for stop in [first, first + 3, first / 2 + 1] {
                _ = try breaking(below: project.root, { $0 >= stop }) { try project.run(Scene.date, threads: 2) }
            }
            try project.run(Scene.date)
            #expect(project.contents(of: "output") == whole.contents(of: "output"))
            try project.checkOrder(steps: TestLogs.steps, date: Scene.date, "stopped at step \(first) and twice more")
        }
    }
}
