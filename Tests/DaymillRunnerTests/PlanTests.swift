import DaymillCore
import DaymillRunner
import Foundation
import Testing

/// What a run would do, told from names, stamps and records alone.
@Suite struct PlanTests {
    /// Clocks that leave no doubt whether files have rested since their last change.
    private static let longAfter = WallClock.fixed(atMicroseconds: 4_000_000_000_000_000)
    private static let longBefore = WallClock.fixed(atMicroseconds: 0)

    private func project() throws -> TestProject {
        let project = try TestProject(
            """
            sources:
              actions:
                files: input/{date}.csv
                columns: { email: text, action: text }
            steps:
              result:
                window: last 3 days
                rollup: SELECT email, count(*) AS n FROM actions GROUP BY email
                to: output/{date}.csv
            """)
        for day in 9...13 {
            let rows = (0..<day).map { "user\($0),READ\n" }.joined()
            try project.write("input/2024-09-\(day < 10 ? "0" : "")\(day).csv", rows)
        }
        return project
    }

    private func actions(_ project: TestProject, _ date: String) throws -> [StepPlan.Action] {
        try project.plan(date)[0].files.map(\.action)
    }

    @Test func beforeTheFirstRunEverythingIsNew() throws {
        let project = try project()
        let plan = try project.plan("2024-09-12")[0]
        #expect(plan.files.map(\.path) == ["input/2024-09-09.csv", "input/2024-09-10.csv", "input/2024-09-11.csv"])
        #expect(plan.files.allSatisfy { $0.action == .scan(.new) })
        #expect(plan.isFresh == false)
        #expect(plan.bytesToRead == plan.files.reduce(0) { $0 + $1.bytes })
        #expect(project.files(in: ".daymill").isEmpty)
    }

    @Test func afterARunThereIsNothingToDo() throws {
        let project = try project()
        try project.run("2024-09-12", clock: Self.longAfter)
        let plan = try project.plan("2024-09-12")[0]
        #expect(plan.files.allSatisfy { $0.action == .reuse })
        #expect(plan.isFresh == true && plan.bytesToRead == 0)
    }

    @Test func theNextDateReadsOneFile() throws {
        let project = try project()
        try project.run("2024-09-12", clock: Self.longAfter)
        #expect(try actions(project, "2024-09-13") == [.reuse, .reuse, .scan(.new)])
        #expect(try project.plan("2024-09-13")[0].isFresh == false)
    }

    /// A file that was recorded right after it was written may have changed again without showing it.
    @Test func filesThatHadNotRestedAreLookedInto() throws {
        let project = try project()
        try project.run("2024-09-12", clock: Self.longBefore)
        let plan = try project.plan("2024-09-12")[0]
        #expect(plan.files.allSatisfy { $0.action == .identify })
        #expect(plan.isFresh == nil)
        let outcome = try project.run("2024-09-12", clock: Self.longAfter)[0]
        #expect(outcome.status == .upToDate && outcome.filesRead == 0)
    }

    @Test func changedMovedAndNewFilesAreToldApart() throws {
        let project = try project()
        try project.run("2024-09-12", clock: Self.longAfter)
        let moved = try project.bytes("input/2024-09-11.csv")
        try project.write("input/2024-09-10.csv", "somebody,READ\n")
        try project.write("input/2024-09-12.csv", moved)
        #expect(try actions(project, "2024-09-13") == [.identify, .reuse, .identify])
        let outcome = try project.run("2024-09-13", clock: Self.longAfter)[0]
        #expect(outcome.filesRead == 1 && outcome.filesReused == 2)
    }

    @Test func anotherMeaningReadsEverythingAgain() throws {
        let project = try project()
        try project.run("2024-09-12", clock: Self.longAfter)
        let same = try project.plan("2024-09-12")[0]
        let changed = try TestProject(
            """
            sources:
              actions:
                files: input/{date}.csv
                columns: { email: text, action: text }
            steps:
              result:
                window: last 3 days
                rollup: SELECT email, count(DISTINCT action) AS n FROM actions GROUP BY email
                to: output/{date}.csv
            """)
        for folder in ["input", "output", ".daymill"] {
            try FileManager.default.moveItem(atPath: project.path(folder), toPath: changed.path(folder))
        }
        let plan = try changed.plan("2024-09-12")[0]
        #expect(plan.files.allSatisfy { $0.action == .scan(.definition) })
        #expect(plan.isFresh == false)
        #expect(plan.definition.definition(plan.date) != same.definition.definition(same.date))
    }

    /// With an event time every file belongs to every run, and nothing is lost when windows move on.
    @Test func storedAndDirectRunsAgreeOverAllDates() throws {
        let yaml = TestLogs.yaml.replacing("    on_bad_row:", with: "    event_time: dt\n    on_bad_row:")
        let stored = try TestProject(yaml), direct = try TestProject(yaml)
        try TestLogs.fill(stored)
        try TestLogs.fill(direct)
        for day in 9...16 {
            let date = Day(year: 2024, month: 9, day: day)!.description
            try stored.run(date, threads: 2)
            try direct.run(date, usesStore: false, threads: 2)
        }
        #expect(stored.contents(of: "output") == direct.contents(of: "output"))
        #expect(stored.files(in: "output").count == 16)
        try stored.checkOrder(steps: TestLogs.steps, date: "2024-09-16")
    }
}
