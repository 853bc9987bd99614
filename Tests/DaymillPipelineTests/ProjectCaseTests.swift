import DaymillCore
import DaymillPipeline
import Foundation
import Testing

/// Each folder of `Tests/Cases/project/` holds a `daymill.yaml` and `expected.txt`: what was understood, or the problems as
/// people see them. `DAYMILL_REFILL=1` writes the expectations anew, to be read in the diff.
@Suite struct ProjectCaseTests {
    static let folder = PipelineCaseTests.folder.deletingLastPathComponent().appendingPathComponent("project")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { !$0.hasPrefix(".") }.sorted()

    static func yaml(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("\(name)/daymill.yaml"), encoding: .utf8)
    }

    @Test func thereAreCases() {
        #expect(Self.names.count >= 10)
    }

    @Test(arguments: names)
    func theFileIsReadAsExpected(name: String) throws {
        let expectedFile = Self.folder.appendingPathComponent("\(name)/expected.txt")
        let found = Self.outcome(of: try Self.yaml(name)) + "\n"
        if PipelineCaseTests.refills { try found.write(to: expectedFile, atomically: true, encoding: .utf8) }
        #expect(found == (try? String(contentsOf: expectedFile, encoding: .utf8)) ?? "")
        #expect(!found.contains("hunter22"))
    }

    /// Codes other than the usual one stand in brackets.
    static func outcome(of yaml: String) -> String {
        do {
            let project = try Project.parse(yaml)
            let connections = project.connections.map { connection in
                let secrets = connection.secrets.map(\.description).joined(separator: " ")
                return "connection \(connection.name) \(connection.type.rawValue) at \(connection.place): \(secrets)"
            }
            return (connections + ["limits \(project.maxRuns) \(project.threads ?? 0) \(project.memory?.bytes ?? 0)"])
                .joined(separator: "\n")
        } catch let errors as DaymillErrors {
            return errors.all.map { $0.code == .pipelineInvalid ? "\($0)" : "\($0) [\($0.code.rawValue)]" }
                .joined(separator: "\n")
        } catch {
            return "not DaymillErrors: \(error)"
        }
    }

    // MARK: What pipelines name

    static let project = """
        connections: { shop-api: { type: http, url: https://x.test } }
        channels: { ops: { slack: { url: "${S}" } } }
        """

    /// The problems of a pipeline with such steps, in that project.
    static func problems(_ steps: String, top: String = "", project: String = project) throws -> [String] {
        let yaml = "\(top)steps:\n\(steps)"
        do {
            _ = try Pipeline.parse(yaml, file: "p.yaml", project: try Project.parse(project))
            return []
        } catch let errors as DaymillErrors { return errors.all.map { "\($0)" } }
    }

    @Test(arguments: [
        ("call: { connection: shop-api, path: '/orders/{date}' }", []), ("call: { connection: shop-api }", []),
        ("wait: { call: { connection: shop-api, path: /up }, at_most: 1h }", []),
        (
            "call: { connection: shop-ap, path: /a }",
            ["p.yaml:2:28: there is no connection 'shop-ap'; did you mean 'shop-api'?"]
        ),
        (
            "wait: { call: { connection: other, path: /up }, at_most: 1h }",
            ["p.yaml:2:36: there is no connection 'other'; the connections of daymill.yaml are shop-api"]
        ),
        (
            "call: { connection: shop-api, url: 'https://x.test' }",
            [
                "p.yaml:2:38: 'url' of 'call' of step 's' does not go with 'connection', which has an address; write what follows that as 'path: /...'"
            ]
        ),
        (
            "call: { path: /a }",
            [
                "p.yaml:2:16: 'path' of 'call' of step 's' does not say of which server; add 'connection:', or write all of it as 'url'"
            ]
        ),
        (
            "call: { connection: shop-api, path: 'https://evil.test/' }",
            [
                "p.yaml:2:45: 'https://evil.test/' is an address, and the connection has one; write the part of it that follows the connection's"
            ]
        ),
        (
            "call: { connection: shop-api, path: '/{nothing}' }",
            [
                "p.yaml:2:47: there is no value 'nothing'; there are date, s.bytes, s.status; for braces as they are write {{nothing}}"
            ]
        ),
    ])
    func connectionsOfStepsAreChecked(step: String, problems: [String]) throws {
        #expect(try Self.problems("  s: { \(step) }") == problems)
    }

    @Test func withoutConnectionsItSaysWhereTheyGo() throws {
        #expect(
            try Self.problems("  s: { call: { connection: api } }", project: "")
                == ["p.yaml:2:28: there is no connection 'api'; add it to 'connections' of daymill.yaml"])
    }

    @Test func channelsOfNotifyAreChecked() throws {
        let step = "  s: { shell: ':', notify: { to: [ops, opss] } }"
        #expect(
            try Self.problems(step, top: "notify: { to: pager }\n") == [
                "p.yaml:1:15: there is no channel 'pager'; the channels of daymill.yaml are ops",
                "p.yaml:3:40: there is no channel 'opss'; did you mean 'ops'?",
            ])
        #expect(
            try Self.problems("  s: { shell: ':' }", top: "notify: { to: pager }\n", project: "")
                == ["p.yaml:1:15: there is no channel 'pager'; add it to 'channels' of daymill.yaml"])
    }

    @Test func aPipelineShowsTheNameAndNoAddress() throws {
        let pipeline = try Pipeline.parse(
            "steps: { s: { call: { connection: shop-api, path: '/orders/{date}' } } }", file: "p.yaml",
            project: try Project.parse(Self.project))
        #expect(pipeline.description.contains("call GET shop-api: /orders/{date}"))
        #expect(!pipeline.description.contains("x.test"))
    }
}
