import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation
import Testing

/// History takes no more disk than it may.
@Suite struct HistoryPruningTests {
    private let root = "\(NSTemporaryDirectory())daymill-pruning-\(UUID().uuidString)"

    private func state(_ day: Int64) throws -> StateDatabase {
        let now = 1_800_000_000_000_000 + day * 86_400_000_000
        return try StateDatabase("\(root)/.daymill/state.db", clock: .fixed(atMicroseconds: now))
    }

    private func log(_ project: Project, _ run: String, bytes: Int) throws {
        let folder = project.logFolder(ofRun: run)
        try FileManager.default.createDirectory(atPath: "\(folder)/step.items", withIntermediateDirectories: true)
        try Data(repeating: 120, count: bytes / 2).write(to: URL(filePath: "\(folder)/step.1.log"))
        try Data(repeating: 120, count: bytes / 2).write(to: URL(filePath: "\(folder)/step.items/1"))
    }

    @Test func theOldestGoFirstUntilTheRestHasRoom() throws {
        var project = Project(root: root)
        project.history.size = .mib(16)
        try FileManager.default.createDirectory(atPath: project.storeFolder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        var runs: [String] = []
        for day in 0..<10 as Range<Int64> {
            let state = try state(day)
            let run = try state.begin("p", command: "run", dates: "2026-11-20", params: [:])
            // The first one goes on, and its log counts all the same.
            if day > 0 { try state.end(run.id, .succeeded, []) }
            try log(project, run.id, bytes: 2 << 20)
            runs.append(run.id)
        }
        try log(project, "20200101-000000-000", bytes: 1 << 20)
        let state = try state(20)
        try project.prune(state)
        // Six logs of 2 MiB are less than nine tenths of 16 MiB, seven are not.
        let left = [runs[0]] + runs[5...]
        #expect(try state.runs(limit: 20).map(\.id).sorted() == left)
        func logs() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "\(project.storeFolder)/logs").sorted()
        }
        #expect(try logs() == left)
        // Within the hour nobody looks again; afterwards what has room stays.
        project.history.size = .mib(1)
        try project.prune(state)
        #expect(try logs() == left)
        project.history.size = .mib(16)
        try project.pruneBySize(state)
        #expect(try logs() == left)
        // What may not be forgotten stays, whatever it takes.
        project.history.size = .mib(1)
        try project.pruneBySize(state)
        #expect(try logs() == [runs[0], runs[9]])
    }
}
