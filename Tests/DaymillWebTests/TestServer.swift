import DaymillCore
import DaymillWeb
import Foundation
import Synchronization

/// A server on a port of the system's choice, with answers that a test knows.
final class TestServer: Sendable {
    let port: Int
    private let server: WebServer
    private let asked: Asked

    /// What has been asked of it.
    final class Asked: Sendable {
        private let list = Mutex<[WebTrigger]>([])
        var triggers: [WebTrigger] { list.withLock { $0 } }
        func note(_ trigger: WebTrigger) { list.withLock { $0.append(trigger) } }
    }

    /// 2026-11-21 22:02:13 UTC, a Saturday.
    static let now: Int64 = 1_795_298_533_000_000

    init(
        port: Int = 0, limits: WebLimits = WebLimits(), unready: String? = nil, status: String = #"{"runs": 0}"#,
        answer: @escaping @Sendable (WebTrigger) async -> WebAnswer = { _ in .accepted(run: "r1") }
    ) throws {
        let asked = Asked()
        let questions = WebQuestions(
            metrics: { "daymill_runs 1\n" }, isReady: { unready },
            trigger: {
                asked.note($0)
                return await answer($0)
            }, status: { status })
        server = try WebServer(
            host: "127.0.0.1", port: port, questions: questions, limits: limits,
            clock: .fixed(atMicroseconds: Self.now))
        self.port = try server.start()
        self.asked = asked
    }

    deinit { server.stop() }

    var triggers: [WebTrigger] { asked.triggers }
    func stop() { server.stop() }

    /// A request on a connection of its own.
    func request(
        _ line: String, host: String? = "localhost", headers: [String] = [], body: String = ""
    ) throws -> Reply {
        let socket = try PlainSocket(port: port)
        var lines = ["\(line) HTTP/1.1"] + (host.map { ["Host: \($0)"] } ?? []) + headers
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        socket.send((lines + ["Connection: close", "", body]).joined(separator: "\r\n"))
        return Reply(try socket.readToEnd())
    }

    func trigger(_ body: String, headers: [String] = []) throws -> Reply {
        try request("POST /trigger/logs", headers: headers, body: body)
    }
}

/// An answer taken apart.
struct Reply {
    var status = 0
    /// By name, in small letters.
    var headers: [String: String] = [:]
    var body = ""

    init(_ text: String) {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]) : ""
        }
        body = String(text[end.upperBound...])
    }

    /// A text of the body, which is JSON.
    subscript(key: String) -> String? {
        (try? JSONDecoder().decode([String: String].self, from: Data(body.utf8)))?[key]
    }
}

/// Does what blocks on a thread of its own: the threads of tasks are few, and the server needs one.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// Runs curl. What it writes, and its exit code.
func curl(_ arguments: [String]) throws -> (output: String, code: Int32) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["curl", "-s", "--noproxy", "*", "--max-time", "20"] + arguments
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: output, as: UTF8.self), process.terminationStatus)
}
