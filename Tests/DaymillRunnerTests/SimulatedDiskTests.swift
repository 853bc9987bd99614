import DaymillProof
import DaymillRunner
import DaymillTestKit
import Testing

/// The power fails at any step of a run, and the disk holds only what it must: whatever was not synced is lost, torn or
/// zero, and names that were not synced are the old ones or the new ones, each for itself. The next run makes it good.
@Suite struct SimulatedDiskTests {
    /// A situation in which a run takes place.
    enum Scene: String, CaseIterable, Sendable {
        case nothingYet = "nothing has been computed yet"
        case nextDate = "the day before has been computed"
        case changedFile = "the same date has been computed, and files have changed since"
        case late = "rows carry their day"
        case distinct = "duplicates are removed"
        case noStore = "nothing is stored"

        static let date = "2024-09-13"

        private var yaml: String {
            let more =
                switch self {
                case .late: "\n    event_time: dt"
                case .distinct: "\n    distinct_on: [email, action]"
                default: ""
                }
            return """
                sources:
                  actions:
                    files: input/{date}-*.csv
                    columns: { email: text, action: text, cost: double, dt: timestamp }
                    on_bad_row: quarantine\(more)
                steps:
                  users:
                    window: last 2 days
                    rollup: SELECT email, count(DISTINCT action) AS kinds, sum(cost) AS cost FROM actions GROUP BY email
                    to: output/{date}-users.csv
                """
        }

        func make() throws -> ProofProject {
            let project = try ProofProject(yaml)
            for (day, number) in [("10", 0), ("11", 0), ("11", 1), ("12", 1)] {
                let date = "2024-09-\(day)"
                project.put("input/\(date)-\(number).csv", TestLogs.file(date, number))
            }
            switch self {
            case .nothingYet, .noStore, .distinct: break
            case .nextDate, .late: try project.run("2024-09-12")
            case .changedFile:
                try project.run(Scene.date)
                project.put("input/2024-09-11-1.csv", TestLogs.file("2024-09-11", 2))
                project.put("input/2024-09-12-5.csv", TestLogs.file("2024-09-12", 2))
            }
            project.disk.settle()
            return project
        }

        func run(_ project: ProofProject) throws { try project.run(Scene.date, usesStore: self != .noStore) }
    }

    private struct Undisturbed {
        var before: [String: String]
        var outputs: [String: String]
        var steps: Int
    }

    private func undisturbed(_ scene: Scene, _ start: ProofProject) throws -> Undisturbed {
        let project = start.fork()
        let (_, steps) = try project.disk.countSteps { try scene.run(project) }
        return Undisturbed(before: start.outputs, outputs: project.outputs, steps: steps)
    }

    private func fail(
        _ project: ProofProject, _ scene: Scene, atStep step: Int, data: DiskLoss?, names: Bool?, seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        try project.disk.dying(atStep: step) { try scene.run(project) }
        project.disk.losePower(data: data, names: names, &random)
    }

    private func checkRecovery(
        _ project: ProofProject, _ scene: Scene, _ expected: Undisturbed, _ about: Comment
    ) throws {
        for (name, text) in project.outputs where !name.hasSuffix(".tmp") {
            #expect(text == expected.outputs[name] || text == expected.before[name], "not whole: \(name), \(about)")
        }
        try scene.run(project)
        #expect(project.outputs == expected.outputs, about)
        guard scene != .noStore else { return }
        let again = try project.run(Scene.date)[0]
        #expect(again.status == .upToDate && again.filesRead == 0, about)
    }

    /// The plain ways of losing things, at every step.
    @Test(arguments: Scene.allCases)
    func powerMayFailAtEveryStep(_ scene: Scene) throws {
        let start = try scene.make()
        let expected = try undisturbed(scene, start)
        #expect(expected.steps > 8)
        for step in 1...(expected.steps + 1) {
            for data in DiskLoss.allCases {
                for names in [false, true] {
                    let project = start.fork()
                    try fail(project, scene, atStep: step, data: data, names: names, seed: UInt64(step))
                    let about = "\(scene.rawValue); step \(step), data \(data), names \(names ? "kept" : "lost")"
                    try checkRecovery(project, scene, expected, "\(about)")
                }
            }
        }
    }

    /// Each file and each name has a fate of its own.
    @Test(arguments: Scene.allCases, 1...3 as ClosedRange<UInt64>)
    func anyMixtureMaySurvive(_ scene: Scene, _ seed: UInt64) throws {
        let start = try scene.make()
        let expected = try undisturbed(scene, start)
        for step in 1...(expected.steps + 1) {
            let project = start.fork()
            try fail(project, scene, atStep: step, data: nil, names: nil, seed: seed &* 1000 + UInt64(step))
            try checkRecovery(project, scene, expected, "\(scene.rawValue); step \(step), seed \(seed)")
        }
    }

    @Test func severalFailuresInARowDoNoHarm() throws {
        let scene = Scene.changedFile
        let start = try scene.make()
        let expected = try undisturbed(scene, start)
        for seed in 1...40 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let project = start.fork()
            for _ in 0..<4 {
                try fail(
                    project, scene, atStep: 1 + random.below(expected.steps), data: nil, names: nil, seed: random.next()
                )
            }
            try checkRecovery(project, scene, expected, "seed \(seed)")
        }
    }

    /// What a run has said to be done stays done.
    @Test(arguments: Scene.allCases)
    func whatWasPublishedSurvives(_ scene: Scene) throws {
        for data in DiskLoss.allCases {
            let project = try scene.make()
            try scene.run(project)
            let outputs = project.outputs
            var random = SeededGenerator(seed: 1)
            project.disk.losePower(data: data, names: false, &random)
            #expect(project.outputs == outputs, "\(scene.rawValue); data \(data)")
            guard scene != .noStore else { continue }
            let again = try project.run(Scene.date)[0]
            #expect(again.status == .upToDate && again.filesRead == 0, "\(scene.rawValue); data \(data)")
        }
    }
}
