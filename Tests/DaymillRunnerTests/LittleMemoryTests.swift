import DaymillColumns
import DaymillCore
import DaymillRunner
import Foundation
import Testing

/// Whole runs with hardly any memory for groups: the same outputs and the same store.
@Suite struct LittleMemoryTests {
    private static let distinct = """
        sources:
          actions:
            files: input/{date}-*.csv
            columns: { email: text, action: text, cost: double, dt: timestamp }
            distinct_on: [email, action]
            on_bad_row: skip
        steps:
          users:
            window: last 3 days
            rollup: SELECT email, count(*) AS n, sum(cost) AS cost, max(dt) AS dt FROM actions GROUP BY email
            to: output/{date}-users.csv
        """
    static let yamls = [
        TestLogs.yaml, distinct, dated(TestLogs.yaml), dated(distinct),
    ]

    private static func dated(_ yaml: String) -> String {
        yaml.replacingOccurrences(of: "    columns:", with: "    event_time: dt\n    columns:")
            .replacingOccurrences(of: "input/{date}-*.csv", with: "input/*.csv")
    }

    private func segments(_ project: TestProject) throws -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: try project.files(in: ".daymill/segments").map { ($0, try project.bytes($0)) })
    }

    @Test(arguments: yamls.indices, [1, 3])
    func outputsAndSegmentsAreTheSame(_ yaml: Int, _ threads: Int) throws {
        let project = try TestProject(Self.yamls[yaml]), little = try TestProject(Self.yamls[yaml])
        let once = try TestProject(Self.yamls[yaml])
        for each in [project, little, once] { try TestLogs.fill(each) }
        for date in ["2024-09-13", "2024-09-12"] {
            try project.run(date, threads: threads)
            try little.run(date, threads: threads, groupsMax: 1)
            try once.run(date, usesStore: false, threads: threads, groupsMax: 2)
        }
        let expected = project.contents(of: "output")
        #expect(!expected.isEmpty)
        #expect(little.contents(of: "output") == expected)
        #expect(once.contents(of: "output") == expected)
        #expect(try segments(little) == segments(project))
        #expect(little.temporaryFiles.isEmpty && once.temporaryFiles.isEmpty)
    }
}

/// A disk that is really full: a file system in memory, where this user may mount one.
@Suite struct FullDiskTests {
    /// A small file system that is there for one test; nil where mounting is not allowed.
    private final class SmallDisk {
        let path: String

        init?(_ size: String) {
            path = FileManager.default.temporaryDirectory.appending(path: "daymill-disk-\(UUID().uuidString)").path
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            guard SmallDisk.run("mount", "-t", "tmpfs", "-o", "size=\(size)", "none", path) else {
                try? FileManager.default.removeItem(atPath: path)
                return nil
            }
        }

        deinit {
            _ = SmallDisk.run("umount", path)
            try? FileManager.default.removeItem(atPath: path)
        }

        private static func run(_ command: String...) -> Bool {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = command
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }

    private static let canMount = SmallDisk("1m") != nil

    private static let yaml = """
        sources:
          actions:
            files: input/{date}.csv
            columns: { k: text, v: integer }
        steps:
          sums:
            window: this day
            rollup: SELECT k, sum(v) AS v FROM actions GROUP BY k
            to: output/{date}.csv
        """

    @Test(.enabled(if: canMount), arguments: [true, false], [10, 400, 3000])
    func aFullDiskEndsARunAndNothingElse(_ usesStore: Bool, _ groupsMax: Int) throws {
        let disk = try #require(SmallDisk("400k"))
        let project = try TestProject(Self.yaml, root: disk.path)
        let lines = (0..<9000).map { "key number \($0 * 7919 % 4000),\($0)\n" }
        try project.write("input/2024-09-15.csv", lines.joined())
        let error = #expect(throws: DaymillError.self) {
            try project.run("2024-09-15", usesStore: usesStore, threads: 2, groupsMax: groupsMax)
        }
        #expect(error?.code == .io)
        let told = error.map { "\($0)" } ?? ""
        #expect(told.contains("No space left on device") || told.contains("no room in"), "\(told)")
        #expect(project.contents(of: "output").isEmpty)
        #expect(project.temporaryFiles.isEmpty)
    }
}
