import DaymillWeb
import Testing

/// A server on the loopback address talks to this machine only, whatever a name that leads here may be.
@Suite struct WebCallerTests {
    @Test(arguments: [
        "localhost", "localhost:8080", "LocalHost:1", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080",
        "10.0.0.1:80",
        "[fe80::1]",
    ])
    func thisMachineAndAddressesAreAnswered(host: String) async throws {
        try await blocking {
            let server = try TestServer()
            #expect(try server.request("GET /status", host: host).status == 200)
            let reply = try server.request("POST /trigger/a", host: host, headers: ["Origin: http://\(host)"])
            #expect(reply.status == 202)
        }
    }

    @Test(arguments: [
        "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3.4.5",
        "[::1", "[::1]x", "[localhost]", "localhost:80:80", "localhost:8a", "user@localhost", "", "::1",
    ])
    func namesAreRefused(host: String) async throws {
        try await blocking {
            let server = try TestServer()
            for line in ["GET /metrics", "GET /healthz", "POST /trigger/logs", "GET /nothing"] {
                let reply = try server.request(line, host: host)
                #expect(reply.status == 403)
                #expect(reply["error"] == "the host '\(host)' is not this machine's: use 127.0.0.1 or localhost")
            }
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func whoNamesNoHostIsNoBrowser() async throws {
        try await blocking {
            let server = try TestServer()
            #expect(try server.request("GET /status", host: nil).status == 200)
        }
    }

    @Test(arguments: [
        "http://evil.example", "https://evil.example:8080", "null", "", "localhost", "http://", "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
    ])
    func pagesFromElsewhereStartNothing(origin: String) async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.trigger("{}", headers: ["Origin: \(origin)"])
            #expect(reply.status == 403)
            #expect(reply["error"] == "the page at '\(origin)' may not send requests here")
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func onOtherAddressesNamesAreFine() async throws {
        try await blocking {
            let questions = WebQuestions(
                metrics: { "" }, isReady: { nil }, trigger: { _ in .forbidden }, status: { "{}" })
            let server = try WebServer(host: "0.0.0.0", port: 0, questions: questions)
            let port = try server.start()
            defer { server.stop() }
            let socket = try PlainSocket(port: port)
            socket.send("GET /status HTTP/1.1\r\nHost: daymill.example\r\nConnection: close\r\n\r\n")
            #expect(Reply(try socket.readToEnd()).status == 200)
        }
    }
}
