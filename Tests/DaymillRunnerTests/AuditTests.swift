import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation
import Testing

/// What is wrong in the store, and no checksum can tell, is found by comparing it with what it was made of.
@Suite struct AuditTests {
    private static let dates = ["2024-09-12", "2024-09-13"]

    static let sources = ["", "event_time: dt", "distinct_on: [email, action]"]

    private static func yaml(_ source: String) -> String {
        TestLogs.yaml.replacing("on_bad_row: quarantine", with: "on_bad_row: quarantine\n    \(source)")
    }

    private func made(_ source: String = "") throws -> TestProject {
        let project = try TestProject(Self.yaml(source))
        try TestLogs.fill(project)
        for date in Self.dates { try project.run(date) }
        return project
    }

    /// The first step, and what there is to audit of it.
    private func audit(_ project: TestProject) throws -> (StoreAudit, [AuditEntry], StepDefinition) {
        let pipeline = try project.pipeline(nil)
        let definition = StepDefinition(pipeline.steps[0], of: pipeline, project: Project(root: project.root))
        let store = project.store()
        let audit = StoreAudit(definition, store, threads: 1)
        let files = try project.files(in: "input").map { path in
            let stamp = try #require(try FileDoor.stamp(of: project.path(path)))
            let file = LocalFile(path: path, realPath: project.path(path), stamp: stamp)
            return (file: file, content: try file.contentID(threads: 1))
        }
        return (audit, try audit.entries(files), definition)
    }

    private func isFile(_ entry: AuditEntry) -> Bool { path(of: entry) != nil }

    /// Nil for a day's.
    private func path(of entry: AuditEntry) -> String? {
        if case .file(let file) = entry.origin { file.path } else { nil }
    }

    /// Everything that the rotation comes to, one run after another, until something is wrong.
    private func firstFinding(_ project: TestProject) throws -> (runs: Int, finding: AuditFinding)? {
        let (audit, entries, _) = try audit(project)
        for counter in 0..<16 * 4 {
            for task in AuditPlan.tasks(entries, counter: counter, maxBytes: .max) {
                if case .wrong(let finding) = try audit.audit(task) { return (counter + 1, finding) }
            }
        }
        return nil
    }

    @Test(arguments: sources)
    func whatIsRightIsFoundRight(_ source: String) throws {
        let project = try made(source)
        let before = project.contents(of: ".daymill/segments")
        let (audit, entries, _) = try audit(project)
        #expect(entries.filter(isFile).count == 10)
        #expect(entries.filter { !isFile($0) }.count == 4)
        for counter in stride(from: 0, to: 64, by: 3) {
            let tasks = AuditPlan.tasks(entries, counter: counter, maxBytes: .max)
            #expect(tasks.count == 2)
            for task in tasks { #expect(try audit.audit(task) == .right, "\(task)") }
        }
        #expect(project.contents(of: ".daymill/segments") == before)
        #expect(project.temporaryFiles.isEmpty)
    }

    /// Writes a segment anew with the partials of another content: name, id and checksums all fit.
    private func forge(_ entry: AuditEntry, _ definition: StepDefinition, _ project: TestProject) throws {
        let store = project.store()
        let rows = ScanGroups(definition.scan)
        let text = TestLogs.file("2024-09-10", 0).replacing("UPDATE", with: "ZAP")
        try project.write("forged.csv", text)
        let stamp = try #require(try FileDoor.stamp(of: project.path("forged.csv")))
        let file = LocalFile(path: "forged.csv", realPath: project.path("forged.csv"), stamp: stamp)
        _ = try Scan.run([file], definition.scan, into: rows, hashing: false, options: ScanOptions(threads: 1))
        let whole = try #require(try store.segment(entry.id))
        var groups = rows, prefixed = definition.scan.hasDays
        if !isFile(entry) {
            groups = ScanGroups(definition.scan.counting)
            prefixed = false
            if definition.scan.distinct != nil {
                try RowFold.fold(rows, of: definition.scan, keysHaveDays: false, into: groups, threads: 1)
            } else if !definition.scan.hasDays {
                groups = rows
            }
        }
        let pending = try store.write(
            groups, id: entry.id, rows: whole.footer.rows, badRows: whole.footer.badRows,
            dayPrefixed: prefixed, threads: 1)
        try pending.commit()
        try #require(try store.segment(entry.id)).check()
    }

    @Test(arguments: sources)
    func aForgedSegmentIsFoundInItsTurn(_ source: String) throws {
        let fresh = try made(source)
        let right = fresh.contents(of: "output")
        let all = try audit(fresh).1.sorted { $0.id.text < $1.id.text }
        for entry in [all.first(where: isFile), all.last(where: isFile), all.last { !isFile($0) }] {
            let entry = try #require(entry)
            let project = try made(source)
            try forge(entry, try audit(project).2, project)
            let (runs, finding) = try #require(try firstFinding(project), "\(entry)")
            #expect(runs <= (isFile(entry) ? 10 : 16 * 4))
            // A wrong part may show first in the segment of its day, which is not what its parts give.
            if finding.segment == entry.id.text { #expect(try !project.store().hasSegment(entry.id)) }
            #expect(finding.outputs.contains { $0.hasSuffix("-users.csv") })
            while try firstFinding(project) != nil {}
            for date in Self.dates { try project.run(date) }
            #expect(project.contents(of: "output") == right)
        }
    }

    @Test func swappedSegmentFilesAreFound() throws {
        let project = try made()
        let (_, entries, _) = try audit(project)
        let two = entries.filter(isFile).prefix(2).map { ".daymill/segments/\($0.id.text.prefix(2))/\($0.id.text).seg" }
        let first = try project.bytes(two[0])
        try project.write(two[0], try project.bytes(two[1]))
        try project.write(two[1], first)
        var found: Set<String> = []
        while let (_, finding) = try firstFinding(project) { found.insert(finding.segment) }
        #expect(found.isSuperset(of: entries.filter(isFile).prefix(2).map(\.id.text)))
    }

    /// Outputs that a wrong segment may have spoilt are made anew, though their inputs are the same.
    @Test func outputsOfAWrongSegmentAreStale() throws {
        let project = try made()
        let (_, entries, definition) = try audit(project)
        let entry = try #require(entries.first { path(of: $0) == "input/2024-09-10-0.csv" })
        try forge(entry, definition, project)
        let finding = try #require(try firstFinding(project)).finding
        #expect(finding.outputs == ["output/2024-09-12-users.csv", "output/2024-09-13-users.csv"])
        #expect(try project.run("2024-09-13").map(\.status) == [.made, .upToDate])
        #expect(try project.run("2024-09-13").map(\.status) == [.upToDate, .upToDate])
    }

    /// Another step that reads the same partials is told of too; one of another file is not.
    @Test func outputsOfOtherStepsOverAWrongSegmentAreStale() throws {
        let again = """
              users-again:
                window: last 2 days
                rollup: |
                  SELECT email, count(*) AS n, count(DISTINCT action) AS kinds, sum(cost) AS cost, max(action) AS last
                  FROM actions GROUP BY email ORDER BY n DESC
                to: output/{date}-again.csv
            """
        let project = try TestProject(Self.yaml("") + "\n" + again)
        try TestLogs.fill(project)
        for date in Self.dates { try project.run(date) }
        let (_, entries, definition) = try audit(project)
        let entry = try #require(entries.first { path(of: $0) == "input/2024-09-10-0.csv" })
        try forge(entry, definition, project)
        let finding = try #require(try firstFinding(project)).finding
        #expect(
            finding.outputs == [
                "output/2024-09-12-again.csv", "output/2024-09-12-users.csv", "output/2024-09-13-users.csv",
            ])
        #expect(try project.run("2024-09-12").map(\.status) == [.made, .upToDate, .made])
    }

    /// The turn moves on when the same date is made again and again.
    @Test func theSameDateMadeAgainAuditsOtherThings() throws {
        let project = try made()
        var audited: Set<String> = []
        let (_, entries, _) = try audit(project)
        let files = entries.filter { path(of: $0) ?? "" > "input/2024-09-10" }
        for _ in files {
            try project.remove("output/2024-09-13-users.csv")
            let outcome = try project.run("2024-09-13")[0]
            #expect(outcome.status == .made)
            audited.formUnion(outcome.audited.filter { $0.what == "file" }.map(\.segment))
        }
        #expect(audited == Set(files.map(\.id.text)))
    }

    @Test func aFileThatHasChangedIsPassedOver() throws {
        let project = try made()
        let (audit, entries, _) = try audit(project)
        for name in project.files(in: "input") { try project.edit(name) { $0 + "\n" } }
        for entry in entries.filter(isFile) { #expect(try audit.audit(.file(entry)) == .skipped) }
        for name in project.files(in: "input") { try project.remove(name) }
        for entry in entries.filter(isFile) { #expect(try audit.audit(.file(entry)) == .skipped) }
    }

    // MARK: What is chosen

    private func file(_ number: UInt64, _ bytes: Int) -> AuditEntry {
        let stamp = FileStamp(size: bytes, modified: 0, changed: 0, inode: number, device: 0)
        return AuditEntry(
            id: ContentID(high: number, low: 0), bytes: 10, origin: .file(LocalFile(path: "\(number)", stamp: stamp)))
    }

    private func day(_ number: UInt64, _ bytes: Int, isFolded: Bool = false) -> AuditEntry {
        AuditEntry(
            id: ContentID(high: number, low: 1), bytes: bytes,
            origin: .day(nil, parts: [], bytes: bytes, isFolded: isFolded))
    }

    @Test func everythingHasItsTurn() {
        let entries = (1...7).map { file($0, 100) } + (1...3).map { day($0, 1600) } + [day(9, 10, isFolded: true)]
        var files: [ContentID: Int] = [:], slices: [AuditTask: Int] = [:]
        for counter in 0..<7 * 49 {
            for task in AuditPlan.tasks(entries.shuffled(), counter: counter, maxBytes: 1000) {
                if case .file(let entry) = task {
                    files[entry.id, default: 0] += 1
                } else {
                    slices[task, default: 0] += 1
                }
            }
        }
        #expect(files.count == 7 && Set(files.values) == [49])
        #expect(slices.count == 3 * 16 + 1 && Set(slices.values) == [7])
    }

    /// Of single outputs each part has its turn; of rolls over several every roll has an audit, and each part comes up.
    @Test func windowsHaveTheirTurns() {
        #expect((1..<20).map { AuditPlan.turn(in: $0..<$0 + 1, every: 1) } == (1..<20).map { $0 })
        #expect((1..<10).map { AuditPlan.turn(in: $0..<$0 + 1, every: 3) } == [nil, nil, 1, nil, nil, 2, nil, nil, 3])
        for count in [2, 7, 32] {
            let numbers = stride(from: 1, to: 4000, by: count).map { AuditPlan.turn(in: $0..<$0 + count, every: 1) }
            #expect(!numbers.contains(nil))
            #expect(Set(numbers.map { $0! % 16 }).count == 16)
            let seldom = stride(from: 1, to: 4000, by: count).map { AuditPlan.turn(in: $0..<$0 + count, every: 64) }
            #expect(seldom.count { $0 != nil } == 3999 / 64)
        }
    }

    @Test func whatCostsTooMuchIsPassedOver() {
        let entries = [
            file(1, 90), file(2, 91), day(1, 800), day(2, 801), day(3, 50, isFolded: true), day(4, 51, isFolded: true),
        ]
        let chosen = Set((0..<100).flatMap { AuditPlan.tasks(entries, counter: $0, maxBytes: 100) })
        #expect(chosen.count == 1 + 16 * 2 + 1)
        #expect(chosen.allSatisfy { $0.cost <= 100 })
        #expect(AuditPlan.tasks(entries, counter: 5, maxBytes: 0).isEmpty)
        #expect(AuditPlan.tasks([], counter: 5, maxBytes: 100).isEmpty)
        #expect(AuditPlan.allowance(runBytes: 1000) == 20)
    }
}
