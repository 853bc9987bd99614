import DaymillCore
import DaymillRunner
import Testing

/// Steps over one source read each file once.
@Suite struct SharedScanRunTests {
    private static func yaml(_ second: String, policy: String = "fail") -> String {
        """
        sources:
          actions:
            files: input/{date}.csv
            columns: { email: text, n: integer }
            on_bad_row: \(policy)
        steps:
          users:
            window: last 3 days
            rollup: SELECT email, count(*) AS c FROM actions GROUP BY email
            to: output/{date}-users.csv
          second:
            window: last 2 days
            rollup: \(second)
            to: output/{date}-second.csv
          same-parts:
            window: last 1 day
            rollup: SELECT email, count(*) AS actions FROM actions GROUP BY email HAVING count(*) > 1
            to: output/{date}-busy.csv
        """
    }

    private static let sums = "SELECT n, count(DISTINCT email) AS users FROM actions GROUP BY n"

    private func project(_ yaml: String, lastRow: String = "c,1") throws -> TestProject {
        let project = try TestProject(yaml)
        for day in 13...15 { try project.write("input/2024-09-\(day).csv", "a,1\nb,2\na,\(day)\n\(lastRow)\n") }
        return project
    }

    @Test(arguments: [1, 1 << 20], [1, 3])
    func theSecondStepReadsNothing(largeFileBytes: Int, threads: Int) throws {
        let project = try project(Self.yaml(Self.sums))
        let outcomes = try project.run("2024-09-16", threads: threads, largeFileBytes: largeFileBytes)
        #expect(outcomes.map(\.filesRead) == [3, 0, 0])
        #expect(outcomes.map(\.filesReused) == [0, 2, 1])
        #expect(outcomes.map(\.rowsWritten) == [3, 4, 1])
        let alone = try self.project(Self.yaml(Self.sums))
        try alone.run("2024-09-16", usesStore: false)
        #expect(project.contents(of: "output") == alone.contents(of: "output"))
        // A file that only the first step's window holds was not read for the second one.
        let segments = project.files(in: ".daymill/segments").count
        #expect(segments == 3 + 2)
    }

    @Test func aChangedFileIsReadOnceForAll() throws {
        let project = try project(Self.yaml(Self.sums))
        try project.run("2024-09-16")
        try project.write("input/2024-09-15.csv", "a,1\nz,9\n")
        let outcomes = try project.run("2024-09-16")
        #expect(outcomes.map(\.filesRead) == [1, 0, 0])
        #expect(project.text("output/2024-09-16-second.csv")?.contains("9,1") == true)
    }

    @Test func aStepThatIsNewLaterReadsForItself() throws {
        let project = try project(Self.yaml(Self.sums))
        try project.run("2024-09-16")
        let other = Self.yaml("SELECT n, max(email) AS last FROM actions GROUP BY n")
        #expect(try project.run("2024-09-16", yaml: other).map(\.filesRead) == [0, 2, 0])
    }

    @Test func whatIsBadForTheSecondStepOnlyIsToldByIt() throws {
        let project = try project(Self.yaml(Self.sums), lastRow: "c,x")
        let error = #expect(throws: DaymillError.self) { try project.run("2024-09-16") }
        #expect(error?.code == .badRow && error?.place?.file == "input/2024-09-14.csv")
        #expect(project.files(in: "output") == ["output/2024-09-16-users.csv"])
    }

    @Test func eachStepKeepsItsOwnBadRowsAside() throws {
        let project = try project(Self.yaml(Self.sums, policy: "quarantine"), lastRow: "c,x")
        let outcomes = try project.run("2024-09-16")
        #expect(outcomes.map(\.badRows) == [0, 2, 0] && outcomes.map(\.filesRead) == [3, 2, 0])
        #expect(project.files(in: ".daymill/quarantine").count == 2)
    }
}
