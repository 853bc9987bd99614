import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation
import Synchronization
import Testing

/// Files that are still being written are waited for, as the source says.
@Suite struct SettleTests {
    static func yaml(_ settle: String) -> String {
        """
        sources:
          actions:
            files: input/{date}.csv
            columns: { email: text }
            settle: \(settle)
        steps:
          users:
            window: last 1 day
            rollup: SELECT email, count(*) AS n FROM actions GROUP BY email
            to: output/{date}.csv
        """
    }

    /// A clock that stands still, since files get their times from the system's: time is what the pauses make of it.
    private final class Pauses: Sendable {
        private let taken = Mutex<[Duration]>([])
        let remarks = Mutex<[String]>([])
        let clock: WallClock

        init(now: Int64) { clock = .fixed(atMicroseconds: now) }

        var lengths: [Duration] { taken.withLock { $0 } }

        func pause(_ length: Duration) { taken.withLock { $0.append(length) } }
    }

    private static let file = "input/2024-09-15.csv"

    private func project(_ settle: String) throws -> TestProject {
        let project = try TestProject(Self.yaml(settle))
        try project.write(Self.file, "a\nb\n")
        return project
    }

    private func changed(_ project: TestProject) throws -> Int64 {
        let stamp = try #require(try FileDoor.stamp(of: project.path(Self.file)))
        return max(stamp.modified, stamp.changed) / 1000
    }

    @discardableResult
    private func run(
        _ project: TestProject, _ pauses: Pauses, usesStore: Bool = true,
        during: @escaping @Sendable (_ pause: Int) -> Void = { _ in }
    ) throws -> [StepOutcome] {
        var options = RunOptions(threads: 1, clock: pauses.clock) { event in
            if case .remark(let text) = event { pauses.remarks.withLock { $0.append(text) } }
        }
        options.pause = { length in
            pauses.pause(length)
            during(pauses.lengths.count)
        }
        let store = usesStore ? project.store(pauses.clock) : nil
        try store?.open()
        return try PipelineRun(
            project: Project(root: project.root), pipeline: try project.pipeline(nil), store: store, options: options
        ).run(Day("2024-09-16")!)
    }

    @Test func aFileLongUnchangedIsReadAtOnce() throws {
        let project = try project("30s")
        let pauses = Pauses(now: try changed(project) + 30_000_000)
        #expect(try run(project, pauses)[0].rowsRead == 2)
        #expect(pauses.lengths.isEmpty && pauses.remarks.withLock { $0.isEmpty })
    }

    @Test(arguments: [true, false])
    func aFreshFileIsWaitedFor(usesStore: Bool) throws {
        let project = try project("30s")
        let pauses = Pauses(now: try changed(project) + 12_000_000)
        #expect(try run(project, pauses, usesStore: usesStore)[0].rowsRead == 2)
        #expect(pauses.lengths == [.seconds(18)])
        #expect(pauses.remarks.withLock { $0 } == ["waiting until \(Self.file) has not changed for 30s"])
    }

    @Test func aFileThatGrowsIsWaitedForAnewAndReadWhole() throws {
        let project = try project("30s")
        let pauses = Pauses(now: try changed(project))
        let path = project.path(Self.file)
        let outcome = try run(project, pauses) { pause in
            guard pause == 1 else { return }
            let file = FileHandle(forWritingAtPath: path)!
            file.seekToEndOfFile()
            file.write(Data("c\n".utf8))
            try? file.close()
        }
        #expect(outcome[0].rowsRead == 3)
        #expect(pauses.lengths == [.seconds(30), .seconds(30)])
        #expect(project.text("output/2024-09-16.csv") == "email,n\na,1\nb,1\nc,1\n")
    }

    @Test func aFileThatNeverRestsFailsTheRunAndPublishesNothing() throws {
        let project = try project("{ for: 30s, wait: 70s }")
        let pauses = Pauses(now: try changed(project))
        let path = project.path(Self.file)
        let error = #expect(throws: DaymillError.self) {
            try run(project, pauses) { pause in
                try? Data(String(repeating: "a\n", count: 2 + pause).utf8).write(to: URL(filePath: path))
            }
        }
        #expect(error?.code == .inputDamaged && error?.isRetryable == true)
        #expect(error?.message.contains("\(Self.file) seems to be still written") == true)
        #expect(error?.message.contains("waited 1 min 10 s") == true)
        #expect(pauses.lengths.reduce(.zero, +) == .seconds(70))
        #expect(project.files(in: "output").isEmpty)
    }

    @Test func withoutWaitingTheRunFailsAtOnce() throws {
        let project = try project("{ for: 30s, wait: 0s }")
        let pauses = Pauses(now: try changed(project) + 1_000_000)
        let error = #expect(throws: DaymillError.self) { try run(project, pauses) }
        #expect(error?.message.contains("changed 1.00 s ago") == true && pauses.lengths.isEmpty)
    }

    /// A file server's clock may be ahead of ours: such a file must hold still before our eyes.
    @Test func aChangeInTheFutureCountsAsOneOfNow() throws {
        let project = try project("30s")
        let pauses = Pauses(now: try changed(project) - 3_600_000_000)
        #expect(try run(project, pauses)[0].rowsRead == 2)
        #expect(pauses.lengths == [.seconds(30)])
    }

    @Test func aFileThatComesMeanwhileIsReadToo() throws {
        let project = try TestProject(
            Self.yaml("30s").replacing("{date}.csv\n    columns", with: "{date}-*.csv\n    columns"))
        try project.write("input/2024-09-15-1.csv", "a\n")
        let stamp = try #require(try FileDoor.stamp(of: project.path("input/2024-09-15-1.csv")))
        let pauses = Pauses(now: max(stamp.modified, stamp.changed) / 1000)
        let other = URL(filePath: project.path("input/2024-09-15-2.csv"))
        let outcome = try run(project, pauses) { pause in
            if pause == 1 { try? Data("b\n".utf8).write(to: other) }
        }
        #expect(outcome[0].filesRead == 2)
    }

    @Test func thePlanNamesTheFilesAndDoesNotWait() throws {
        let project = try project("30s")
        let soon = WallClock.fixed(atMicroseconds: try changed(project) + 4_000_000)
        let unsettled = try project.plan("2024-09-16", clock: soon)[0].unsettled
        #expect(unsettled.map(\.path) == [Self.file])
        let late = WallClock.fixed(atMicroseconds: try changed(project) + 31_000_000)
        #expect(try project.plan("2024-09-16", clock: late)[0].unsettled.isEmpty)
    }
}
