import DaymillCore
import DaymillPipeline
import DaymillProcess
import DaymillState
import Foundation
import Synchronization
import Testing

@testable import DaymillRunner

/// What files start where the system tells little: by a made clock, and a system that is made to refuse.
@Suite final class FileTriggersTests {
    /// What the triggers ask the system.
    private final class Machine {
        var steady: Int64 = 0
        var mounts = "one"
        var watches = true
        var isRemote = false
    }

    private let machine = Machine()
    private let project: TestProject
    private let setting: ServeLoop.Setting
    private let said = Said()

    private final class Said: Sendable {
        let remarks = Mutex<[String]>([])
    }

    init() throws {
        project = try TestProject("")
        try project.write(
            "pipelines/p.yaml",
            """
            triggers: { file: "in/{date}.csv", settle: 30s }
            steps: { x: { shell: "true" } }
            """)
        try project.write(".daymill/none", "")
        let state = try StateDatabase("\(project.root)/.daymill/state.db", clock: .system)
        setting = ServeLoop.Setting(
            project: Project(root: project.root), state: state, clock: .system, program: "", environment: [:]
        ) { [said] in
            if case .remark(_, let text) = $0 { said.remarks.withLock { $0.append(text) } }
        }
    }

    private func served() throws -> FileTriggers {
        let machine = machine
        var system = FileTriggers.System(steady: { machine.steady })
        system.mounts = { machine.mounts }
        system.folders.watches = { machine.watches ? FolderWatches() : nil }
        system.folders.isRemote = { _ in machine.isRemote }
        let triggers = FileTriggers(setting, system)
        var pipelines = ServePipelines(setting)
        pipelines.load()
        try #require(pipelines.all.count == 1, "\(pipelines.problems)")
        try triggers.load(pipelines, pauses: [:])
        return triggers
    }

    /// Dates of runs that start when so many seconds have passed.
    private func starts(_ triggers: FileTriggers, after seconds: Int64) throws -> [String] {
        machine.steady += seconds * 1_000_000
        return try triggers.starts().map(\.dates)
    }

    @Test func whereNothingIsWatchedAllIsLookedAtOnceAMinute() throws {
        machine.watches = false
        try project.write("in/2026-11-18.csv", "a\n")
        let triggers = try served()
        #expect(triggers.descriptor < 0 && triggers.nextWake != nil)
        // What was there first is known.
        #expect(try setting.state.arrivals(of: "p").keys.sorted() == ["in/2026-11-18.csv"])
        try project.write("in/2026-11-19.csv", "a\n")
        #expect(try starts(triggers, after: 59) == [] && triggers.settling.isEmpty)
        #expect(try starts(triggers, after: 1) == [] && triggers.settling == ["p": 1])
        #expect(try starts(triggers, after: 30) == ["2026-11-19"])
        for _ in 0..<3 { #expect(try starts(triggers, after: 60) == []) }
        #expect(said.remarks.withLock { $0 }.filter { $0.contains("max_user_instances") }.count == 1)
        // The system can watch again.
        machine.watches = true
        #expect(try starts(triggers, after: 60) == [] && triggers.descriptor >= 0)
        try project.write("in/2026-11-20.csv", "a\n")
        try triggers.takeEvents()
        #expect(triggers.settling == ["p": 1])
        #expect(try starts(triggers, after: 30) == ["2026-11-20"])
    }

    /// What one server without watches has noted another finds as it was.
    @Test func aServerWithoutWatchesLeavesNothingForTheNext() throws {
        machine.watches = false
        for day in 10..<19 { try project.write("in/2026-11-\(day).csv", "a\n") }
        _ = try served()
        machine.watches = true
        let triggers = try served()
        #expect(triggers.settling.isEmpty)
        #expect(try starts(triggers, after: 3600) == [])
    }

    /// A folder that is mounted over another says nothing; only the table of mounts does.
    @Test func aFolderThatWasMountedIsWatched() throws {
        try project.write("in/2026-11-18.csv", "a\n")
        let triggers = try served()
        // No event is read: as if it had come with the mount.
        try project.write("in/2026-11-19.csv", "a\n")
        #expect(try starts(triggers, after: 60) == [] && triggers.settling.isEmpty)
        machine.mounts = "two"
        #expect(try starts(triggers, after: 60) == [] && triggers.settling == ["p": 1])
        #expect(try starts(triggers, after: 30) == ["2026-11-19"])
    }

    /// Its times are another machine's, so they tell nothing of how long a file has held still.
    @Test func onARemoteFolderOnlyOurOwnTimeCounts() throws {
        machine.isRemote = true
        _ = try served()
        try project.write("in/2026-11-19.csv", "a\n")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: project.path("in/2026-11-19.csv"))
        var other = setting
        other.clock = WallClock { WallClock.system.nowMicroseconds + 3_600_000_000 }
        for isRemote in [true, false] {
            machine.isRemote = isRemote
            let machine = machine
            var system = FileTriggers.System(steady: { machine.steady })
            system.folders.isRemote = { _ in isRemote }
            let triggers = FileTriggers(other, system)
            var pipelines = ServePipelines(other)
            pipelines.load()
            try triggers.load(pipelines, pauses: [:])
            if isRemote {
                #expect(try starts(triggers, after: 29) == [] && triggers.settling == ["p": 1])
            } else {
                // A file of our own that was there first is as old as it says.
                #expect(try starts(triggers, after: 0) == ["2026-11-19"])
            }
        }
    }

    /// The clock of the day is set forward by an hour while a server looks: what comes is not old.
    @Test func aClockThatIsSetMakesNoFileOld() throws {
        try FileManager.default.createDirectory(atPath: project.path("in"), withIntermediateDirectories: true)
        let machine = machine
        var other = setting
        other.clock = WallClock { WallClock.system.nowMicroseconds + 3_600_000_000 }
        let triggers = FileTriggers(other, FileTriggers.System(steady: { machine.steady }))
        var pipelines = ServePipelines(other)
        pipelines.load()
        try triggers.load(pipelines, pauses: [:])
        machine.steady += 10_000_000
        try project.write("in/2026-11-19.csv", "a\n")
        try triggers.takeEvents()
        #expect(try starts(triggers, after: 19) == [])
        #expect(try starts(triggers, after: 1) == ["2026-11-19"])
    }

    /// A folder that cannot be listed is not one without files: a loop of links cannot be looked into.
    @Test func aListThatWasNotMadeIsNotEmpty() throws {
        try FileManager.default.createSymbolicLink(
            atPath: project.path("in"), withDestinationPath: project.path("in"))
        let triggers = try served()
        #expect(try setting.state.watchedPatterns()["p"] == nil)
        #expect(said.remarks.withLock { $0 }.count == 1)
        try FileManager.default.removeItem(atPath: project.path("in"))
        try project.write("in/2026-11-18.csv", "a\n")
        #expect(try starts(triggers, after: 60) == [] && triggers.settling.isEmpty)
        #expect(try setting.state.arrivals(of: "p").count == 1)
    }
}
