import Foundation
import Testing

/// Each folder of `Tests/Cases/runs/` is a project with a `pipeline.yaml` (it becomes `pipelines/job.yaml`) and input
/// files. `run.txt` holds lines for the shell, carried out one after another; `expected.txt` what they say: standard
/// output as it is, standard error after `! `, the exit code where it is not 0, and times as `...`.
///
/// `DAYMILL_REFILL=1 swift test --filter RunCaseTests` writes the expectations anew, to be read in the diff.
@Suite struct RunCaseTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Cases/runs").standardizedFileURL
    private static let refills = ProcessInfo.processInfo.environment["DAYMILL_REFILL"] == "1"

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { !$0.hasPrefix(".") }.sorted()

    @Test func thereAreCases() {
        #expect(Self.names.count >= 25)
    }

    @Test(arguments: names)
    func theRunGoesAsExpected(_ name: String) throws {
        let origin = Self.folder.appending(path: name)
        let scratch = try Scratch()
        try copy(origin.path, to: scratch)
        let lines = try String(contentsOf: origin.appending(path: "run.txt"), encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        let found = try lines.map { try transcript(of: String($0), in: scratch) }.joined()
        let expectedFile = origin.appending(path: "expected.txt")
        if Self.refills { try found.write(to: expectedFile, atomically: true, encoding: .utf8) }
        let expected = (try? String(contentsOf: expectedFile, encoding: .utf8)) ?? ""
        #expect(found == expected)
        #expect(scratch.files().filter { $0.hasSuffix(".tmp") } == [])
    }

    private func copy(_ origin: String, to scratch: Scratch) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: origin) where !["run.txt", "expected.txt"].contains(name) {
            let isPipeline = name == "pipeline.yaml"
            if isPipeline {
                try files.createDirectory(atPath: "\(scratch.path)/pipelines", withIntermediateDirectories: true)
            }
            try files.copyItem(
                atPath: "\(origin)/\(name)",
                toPath: isPipeline ? "\(scratch.path)/pipelines/job.yaml" : "\(scratch.path)/\(name)")
        }
    }

    private func transcript(of line: String, in scratch: Scratch) throws -> String {
        let ending = try Program.shell(line, in: scratch.path)
        let complaints = ending.complaints.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        var text = "$ \(line)\n" + ending.output
        if !text.hasSuffix("\n") { text += "\n(no newline at the end)\n" }
        text += complaints.map { "! \($0)\n" }.joined()
        if ending.status != 0 { text += "exit \(ending.status)\n" }
        return masked(text)
    }

    /// What differs from run to run.
    private func masked(_ text: String) -> String {
        text.replacing(#/  took       .*/#, with: "  took       ...")
            .replacing(#/ at [0-9.]+ (?:[kM] )?rows/s/#, with: " at ... rows/s")
            .replacing(#/segments/[0-9a-f]{2}/[0-9a-f]{32}/#, with: "segments/../...")
            .replacing(#/(?m)^  [0-9a-f]{12}  /#, with: "  ............  ")
            .replacing(#/(?m)^  (?:started|process)  .*/#, with: "  ...")
            .replacing(#/(, |The run )took (?:under 1 ms|[0-9.]+ m?s)/#) { "\($0.output.1)took ..." }
            .replacing(#/(?m)(^|at |since )\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) { "\($0.output.1)TIME" }
            .replacing(#/port 1 after \d+ ms/#, with: "port 1 after ... ms")
            .replacing(#/"seconds" : [-0-9.e]+/#, with: "\"seconds\" : ...")
            .replacing(#/\b\d{8}-\d{6}-\d{3}\b/#, with: "RUN")
    }
}
