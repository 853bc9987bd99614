import DaymillCore
import DaymillPipeline
import Foundation
import Testing

/// Each folder of `Tests/Cases/pipeline/` holds a `pipeline.yaml` and `expected.txt`: what was understood, or the
/// problems as people see them. `DAYMILL_REFILL=1 swift test --filter PipelineCaseTests` writes the expectations anew,
/// to be read in the diff.
@Suite struct PipelineCaseTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Cases/pipeline").standardizedFileURL

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { !$0.hasPrefix(".") }.sorted()

    static let refills = ProcessInfo.processInfo.environment["DAYMILL_REFILL"] == "1"

    @Test func thereAreCases() {
        #expect(Self.names.count >= 60)
    }

    @Test(arguments: names)
    func theFileIsReadAsExpected(name: String) throws {
        let folder = Self.folder.appendingPathComponent(name)
        let expectedFile = folder.appendingPathComponent("expected.txt")
        let yaml = try String(contentsOf: folder.appendingPathComponent("pipeline.yaml"), encoding: .utf8)
        let found = Self.outcome(of: yaml) + "\n"
        if Self.refills { try found.write(to: expectedFile, atomically: true, encoding: .utf8) }
        let expected = (try? String(contentsOf: expectedFile, encoding: .utf8)) ?? ""
        #expect(found == expected)
    }

    /// Codes other than the usual one stand in brackets.
    static func outcome(of yaml: String) -> String {
        do {
            return try Pipeline.parse(yaml, file: "pipeline.yaml").description
        } catch let errors as DaymillErrors {
            return errors.all.map { $0.code == .pipelineInvalid ? "\($0)" : "\($0) [\($0.code.rawValue)]" }
                .joined(separator: "\n")
        } catch {
            return "not DaymillErrors: \(error)"
        }
    }

    /// What a person sees as wrong stands in one line, with its place and without a final full stop.
    @Test(arguments: names)
    func problemsAreWordedAlike(name: String) throws {
        let yaml = try String(
            contentsOf: Self.folder.appendingPathComponent(name).appendingPathComponent("pipeline.yaml"),
            encoding: .utf8)
        do {
            _ = try Pipeline.parse(yaml, file: "pipeline.yaml")
        } catch let errors as DaymillErrors {
            for error in errors.all {
                #expect(!"\(error)".contains("\n"))
                #expect(error.place?.line != nil && error.place?.column != nil || error.message.hasPrefix("there are"))
                #expect(!error.message.hasSuffix(".") && !error.hint.hasSuffix("."))
                #expect(error.code != .bug)
            }
        }
    }
}
