import DaymillCore
import DaymillWeb
import Foundation
import Synchronization
import Testing

/// How a server begins and ends.
@Suite struct WebServerTests {
    private static let questions = WebQuestions(
        metrics: { "" }, isReady: { nil }, trigger: { _ in .forbidden }, status: { "{}" })

    private static func problem(_ host: String, _ port: Int) -> DaymillError? {
        do { _ = try WebServer(host: host, port: port, questions: questions).start() } catch {
            return error as? DaymillError
        }
        return nil
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        try await blocking {
            let first = try TestServer()
            let error = try #require(Self.problem("127.0.0.1", first.port))
            #expect(error.code == .io)
            #expect(error.message == "cannot listen on 127.0.0.1:\(first.port): the port is in use")
            #expect(error.hint == "stop the program that uses it, perhaps another server, or choose another port")
            #expect(try first.request("GET /healthz").status == 200)
        }
    }

    @Test(arguments: [
        ("192.0.2.1", 0, "cannot listen on 192.0.2.1:0: this machine has no such address", ErrorCode.io),
        ("example.org", 0, "cannot listen on 'example.org': it is not an IP address", .usage),
        ("", 0, "cannot listen on '': it is not an IP address", .usage),
        ("127.0.0.1", 65_536, "cannot listen on port 65536", .usage), ("::1", -1, "cannot listen on port -1", .usage),
    ])
    func whereNobodyCanListenIsSaid(host: String, port: Int, message: String, code: ErrorCode) async throws {
        try await blocking {
            let error = try #require(Self.problem(host, port))
            #expect(error.message == message && error.code == code && !error.hint.isEmpty)
        }
    }

    @Test func itListensAgainAfterAStop() async throws {
        try await blocking {
            let first = try TestServer()
            #expect(try first.request("GET /healthz").status == 200)
            first.stop()
            first.stop()
            #expect(throws: DaymillError.self) { _ = try PlainSocket(port: first.port) }
            let second = try TestServer(port: first.port)
            #expect(try second.request("GET /healthz").status == 200)
        }
    }

    @Test(.enabled("this machine has IPv6") { FileManager.default.fileExists(atPath: "/proc/net/if_inet6") })
    func itListensOnSixToo() async throws {
        try await blocking {
            let server = try WebServer(host: "::1", port: 0, questions: Self.questions)
            let port = try server.start()
            defer { server.stop() }
            #expect(try curl(["-g", "http://[::1]:\(port)/status"]).output == "{}")
            let error = try #require(Self.problem("::1", port))
            #expect(error.message == "cannot listen on [::1]:\(port): the port is in use")
        }
    }

    @Test func stoppingBeforeTheStartIsNothing() async throws {
        try await blocking { try WebServer(host: "localhost", port: 0, questions: Self.questions).stop() }
    }

    @Test func aStopClosesOpenConnections() async throws {
        try await blocking {
            let server = try TestServer()
            let used = try PlainSocket(port: server.port)
            used.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try used.read(until: "ok\n")
            let begun = try PlainSocket(port: server.port)
            begun.send("GET /healthz HTTP/1.1\r\n")
            let fresh = try PlainSocket(port: server.port)
            let time = ContinuousClock().measure { server.stop() }
            #expect(time < .milliseconds(1500))
            for socket in [used, begun, fresh] { #expect(try socket.readToEnd() == "") }
        }
    }

    @Test func aStopWaitsForARequestAtWork() async throws {
        try await blocking {
            let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
            let (leaves, leave) = AsyncStream.makeStream(of: Void.self)
            let server = try TestServer { _ in
                arrived.finish()
                for await _ in leaves {}
                return .accepted(run: "late")
            }
            let socket = try PlainSocket(port: server.port)
            socket.send("POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait(for: arrivals)
            let stopped = DispatchGroup()
            stopped.enter()
            Thread.detachNewThread {
                server.stop()
                stopped.leave()
            }
            #expect(stopped.wait(timeout: .now() + .milliseconds(100)) == .timedOut)
            leave.finish()
            #expect(Reply(try socket.readToEnd())["run"] == "late")
            stopped.wait()
        }
    }

    @Test func aStopWaitsNoLongerThanTwoSeconds() async throws {
        try await blocking {
            let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
            let server = try TestServer { _ in
                arrived.finish()
                // For ever, and whatever happens.
                await withUnsafeContinuation { Self.kept.keep($0) }
                return .accepted(run: "never")
            }
            let socket = try PlainSocket(port: server.port)
            socket.send("POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait(for: arrivals)
            let half = try PlainSocket(port: server.port)
            half.send("POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
            let time = ContinuousClock().measure { server.stop() }
            #expect(time > .seconds(1) && time < .milliseconds(2500))
            for socket in [socket, half] { #expect(try socket.readToEnd() == "") }
            #expect(server.triggers.count == 1)
            Self.kept.release()
        }
    }

    @Test func aStopInTheMiddleOfABodyStartsNothing() async throws {
        try await blocking {
            var limits = WebLimits()
            limits.graceMilliseconds = 50
            let server = try TestServer(limits: limits)
            let sockets = try ["", "{}"].map { body in
                let socket = try PlainSocket(port: server.port)
                socket.send("POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n")
                socket.send("Content-Length: 9\r\n\r\n\(body)")
                _ = try socket.read(until: "\r\n\r\n")
                return socket
            }
            server.stop()
            for socket in sockets { #expect(try socket.readToEnd() == "") }
            #expect(server.triggers.isEmpty)
        }
    }

    private static let kept = Kept()

    /// What nobody resumes while a test looks.
    private final class Kept: Sendable {
        private let continuation = Mutex<UnsafeContinuation<Void, Never>?>(nil)
        func keep(_ new: UnsafeContinuation<Void, Never>) { continuation.withLock { $0 = new } }
        func release() { continuation.withLock { $0.take() }?.resume() }
    }
}

/// Blocks its thread until the stream ends.
private func wait(for stream: AsyncStream<Void>) {
    let done = DispatchGroup()
    done.enter()
    Task {
        for await _ in stream {}
        done.leave()
    }
    done.wait()
}
