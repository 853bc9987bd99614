import DaymillWeb
import Foundation
import Testing

/// What can be read from the server, and what it says to what it does not do.
@Suite struct WebAnswerTests {
    @Test func metricsAreForPrometheus() async throws {
        try await blocking {
            let reply = try TestServer().request("GET /metrics?x=1")
            #expect(reply.status == 200 && reply.body == "daymill_runs 1\n")
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.headers["date"] == "Sat, 21 Nov 2026 22:02:13 GMT")
            #expect(reply.headers["cache-control"] == "no-store")
        }
    }

    @Test func healthIsAlwaysGood() async throws {
        try await blocking {
            let reply = try TestServer(unready: "the store is being opened").request("GET /healthz")
            #expect(reply.status == 200 && reply.body == "ok\n")
        }
    }

    @Test func readinessSaysWhyNot() async throws {
        try await blocking {
            let ready = try TestServer().request("GET /readyz")
            #expect(ready.status == 200 && ready.body == "ready\n")
            let unready = try TestServer(unready: "the store is being opened").request("GET /readyz")
            #expect(unready.status == 503 && unready.body == "the store is being opened\n")
        }
    }

    @Test func statusIsJSON() async throws {
        try await blocking {
            let reply = try TestServer().request("GET /status")
            #expect(reply.status == 200 && reply.body == #"{"runs": 0}"#)
            #expect(reply.headers["content-type"] == "application/json")
        }
    }

    @Test(arguments: ["/metrics", "/healthz", "/readyz", "/status"])
    func headIsGetWithoutBody(path: String) async throws {
        try await blocking {
            let server = try TestServer()
            let get = try server.request("GET \(path)")
            let head = try server.request("HEAD \(path)")
            #expect(head.status == 200 && head.body.isEmpty && head.headers == get.headers)
            #expect(head.headers["content-length"] == "\(get.body.utf8.count)")
        }
    }

    @Test(arguments: [
        "/", "/metrics/", "/nothing", "/trigger", "/trigger/", "/trigger/a/b", "/trigger/%ff", "//metrics",
        "*", "/Metrics",
    ])
    func elsewhereIsNothing(path: String) async throws {
        try await blocking {
            let server = try TestServer()
            for method in ["GET", "POST"] {
                let reply = try server.request("\(method) \(path)")
                #expect(reply.status == 404 && reply["error"] == "there is nothing at '\(path)'")
            }
            #expect(server.triggers.isEmpty)
        }
    }

    @Test(arguments: [
        ("POST", "/metrics", "GET, HEAD"), ("DELETE", "/healthz", "GET, HEAD"), ("PUT", "/readyz", "GET, HEAD"),
        ("OPTIONS", "/status", "GET, HEAD"), ("GET", "/trigger/logs", "POST"), ("PATCH", "/trigger/logs", "POST"),
        ("QUERY", "/trigger/logs", "POST"),
    ])
    func otherMethodsAreNamedInAllow(method: String, path: String, allowed: String) async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.request("\(method) \(path)")
            #expect(reply.status == 405 && reply.headers["allow"] == allowed)
            #expect(reply["error"] == "\(method) is not done here; \(allowed) is")
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func headOfATriggerStartsNothing() async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.request("HEAD /trigger/logs")
            #expect(reply.status == 405 && reply.body.isEmpty && server.triggers.isEmpty)
        }
    }

    @Test func oneConnectionServesManyRequests() async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            for _ in 0..<3 {
                socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try socket.read(until: "ok\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            // Three at once.
            let requests = ["healthz", "metrics", "readyz"].map { "GET /\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }
            socket.send(requests.joined())
            let text = try socket.read(until: "ready\n")
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
            #expect(text.contains("ok\nHTTP/1.1") && text.contains("daymill_runs 1\nHTTP/1.1"))
        }
    }

    @Test func curlReadsIt() async throws {
        try await blocking {
            let server = try TestServer()
            let url = "http://localhost:\(server.port)"
            #expect(try curl(["\(url)/metrics"]).output == "daymill_runs 1\n")
            #expect(try curl(["-I", "-4", "\(url)/status"]).output.hasPrefix("HTTP/1.1 200 OK\r\n"))
            // As old clients ask.
            #expect(try curl(["-0", "\(url)/healthz"]).output == "ok\n")
            #expect(try curl(["-d", "{}", "\(url)/trigger/logs"]).output == "{\"run\":\"r1\"}\n")
        }
    }
}
