package import DaymillCore
package import DaymillPipeline
package import DaymillState
import Foundation
import Synchronization

/// What a server knows, for those who ask it from other threads.
package final class ServeBoard: Sendable {
    private struct Facts {
        var pipelines: [String: Pipeline] = [:]
        var wrong: [String: String] = [:]
        var nextStart: [String: Int64] = [:]
        var settling: [String: Int] = [:]
        var running = 0
        var queued = 0
        var isReady = false
        var trouble: String?
        var ended: [String: [String: Int]] = [:]
        var decided: [String: Int] = [:]
        var lastSuccess: [String: Int64] = [:]
    }
    private let facts = Mutex(Facts())

    package init() {}

    func noteReady() { facts.withLock { $0.isReady = true } }

    func note(_ pipelines: [String: Pipeline], wrong: [String: String], lastSuccess: [String: Int64]) {
        facts.withLock { facts in
            (facts.pipelines, facts.wrong) = (pipelines, wrong)
            facts.lastSuccess.merge(lastSuccess) { max($0, $1) }
        }
    }

    /// Why nothing can be decided now; nil: all is well.
    func note(trouble: String?) { facts.withLock { $0.trouble = trouble } }

    var trouble: String? { facts.withLock { $0.trouble } }

    func note(running: Int, queued: Int, nextStart: [String: Int64], settling: [String: Int]) {
        facts.withLock {
            ($0.running, $0.queued, $0.nextStart, $0.settling) = (running, queued, nextStart, settling)
        }
    }

    func note(_ decision: ServeMachine.Decision) {
        facts.withLock { $0.decided[decision.verdict.rawValue, default: 0] += 1 }
    }

    func note(ended run: RunRecord) {
        facts.withLock { facts in
            facts.ended[run.pipeline, default: [:]][run.state.rawValue, default: 0] += 1
            if run.state == .succeeded { facts.lastSuccess[run.pipeline] = run.ended }
        }
    }

    /// A pipeline that is served.
    package func pipeline(_ name: String) -> Pipeline? { facts.withLock { $0.pipelines[name] } }

    /// Nil when all is well.
    package var whyNotReady: String? {
        facts.withLock { $0.isReady ? $0.trouble : "it is still reading the project" }
    }

    /// Numbers as Prometheus reads them, in its text format 0.0.4.
    package var metrics: String {
        let facts = facts.withLock { $0 }
        var lines: [String] = []
        func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines += ["# HELP daymill_\(name) \(help)", "# TYPE daymill_\(name) \(type)"]
            lines += samples.map { "daymill_\(name)\($0.labels) \($0.value)" }
        }
        metric("info", "gauge", "The version that serves.", [("{version=\"\(daymillVersion)\"}", "1")])
        metric("pipelines", "gauge", "Pipelines that are served.", [("", "\(facts.pipelines.count)")])
        metric("pipelines_wrong", "gauge", "Pipeline files that cannot be understood.", [("", "\(facts.wrong.count)")])
        metric("runs_running", "gauge", "Runs at work.", [("", "\(facts.running)")])
        metric("runs_queued", "gauge", "Runs that wait for their turn.", [("", "\(facts.queued)")])
        metric(
            "files_settling", "gauge", "Files that start a run when they have held still for long enough.",
            facts.settling.sorted { $0.key < $1.key }.map { ("{pipeline=\(ServeBoard.quoted($0.key))}", "\($0.value)") }
        )
        metric(
            "runs_ended_total", "counter", "Runs that have ended since the server started.",
            facts.ended.sorted { $0.key < $1.key }.flatMap { pipeline, states in
                states.sorted { $0.key < $1.key }.map { state, count in
                    ("{pipeline=\(ServeBoard.quoted(pipeline)),state=\"\(state)\"}", "\(count)")
                }
            })
        metric(
            "firings_total", "counter", "Moments of schedules, by what became of them, since the server started.",
            facts.decided.sorted { $0.key < $1.key }.map { ("{verdict=\"\($0.key)\"}", "\($0.value)") })
        metric(
            "next_start_timestamp_seconds", "gauge", "When a schedule starts its pipeline next.",
            facts.nextStart.sorted { $0.key < $1.key }.map {
                ("{pipeline=\(ServeBoard.quoted($0.key))}", "\($0.value)")
            })
        metric(
            "last_success_timestamp_seconds", "gauge", "When a run of a pipeline last ended well.",
            facts.lastSuccess.sorted { $0.key < $1.key }.map {
                ("{pipeline=\(ServeBoard.quoted($0.key))}", "\($0.value / 1_000_000)")
            })
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
    }

    /// The same as JSON, for programs that want to see more than numbers.
    package var status: String {
        let facts = facts.withLock { $0 }
        struct Status: Encodable {
            var version: String
            var pipelines: [String]
            var wrong: [String: String]
            var running: Int
            var queued: Int
            var nextStart: [String: Int64]
            var filesSettling: [String: Int]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let status = Status(
            version: daymillVersion, pipelines: facts.pipelines.keys.sorted(), wrong: facts.wrong,
            running: facts.running, queued: facts.queued, nextStart: facts.nextStart,
            filesSettling: facts.settling)
        return String(decoding: (try? encoder.encode(status)) ?? Data("{}".utf8), as: UTF8.self)
    }
}
