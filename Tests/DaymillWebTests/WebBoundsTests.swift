import DaymillWeb
import Testing

/// What is too large, too slow or cut short starts nothing and holds nothing.
@Suite struct WebBoundsTests {
    private static let most = 64 << 10
    private static let head = "POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\n"

    /// With a time-out that a test can wait for.
    private static var hasty: WebLimits {
        var limits = WebLimits()
        limits.idleMilliseconds = 300
        limits.transferMilliseconds = 300
        return limits
    }

    /// A body of JSON of so many bytes.
    private static func body(_ bytes: Int) -> String {
        #"{"date": ""# + String(repeating: "x", count: bytes - 12) + #""}"#
    }

    @Test func theLargestBodyIsTaken() async throws {
        try await blocking {
            let server = try TestServer()
            #expect(try server.trigger(Self.body(Self.most)).status == 202)
            #expect(server.triggers.first?.date?.count == Self.most - 12)
        }
    }

    @Test func aLargerOneIsNot() async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.trigger(Self.body(Self.most + 1))
            #expect(reply.status == 413 && reply["error"] == "the body is larger than 65536 bytes")
            #expect(reply.headers["connection"] == "close" && server.triggers.isEmpty)
        }
    }

    @Test func aLargerOneInPiecesIsNotEither() async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            socket.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
            let piece = String(repeating: " ", count: 0x4000)
            for _ in 0..<5 { socket.send("4000\r\n\(piece)\r\n") }
            #expect(try socket.read(until: "}\n").hasPrefix("HTTP/1.1 413 "))
            socket.send("0\r\n\r\n")
            #expect(try socket.readToEnd() == "" && server.triggers.isEmpty)
        }
    }

    @Test func whoSendsOnAndOnIsCutOff() async throws {
        try await blocking {
            let server = try TestServer()
            for line in ["POST /trigger/logs", "GET /healthz"] {
                let socket = try PlainSocket(port: server.port)
                socket.send("\(line) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                let piece = "4000\r\n\(String(repeating: " ", count: 0x4000))\r\n"
                var sent = 0
                while sent < 10_000, socket.send(piece) { sent += 1 }
                // Beyond what is thrown away, only what the system's buffers take.
                #expect(sent < 10_000)
            }
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func curlSeesThatABodyIsTooLarge() async throws {
        try await blocking {
            let server = try TestServer()
            let url = "http://127.0.0.1:\(server.port)/trigger/logs"
            let arguments = ["-d", Self.body(100_000), "-w", "%{http_code}", url]
            let plain = try curl(arguments)
            #expect(plain.output.hasSuffix("}\n413"))
            // It asks before it sends the body.
            let asking = try curl(["-H", "Expect: 100-continue"] + arguments)
            #expect(asking.output.hasSuffix("}\n413") && server.triggers.isEmpty)
        }
    }

    @Test func whoAsksBeforeSendingMaySend() async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            socket.send(Self.head + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try socket.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue\r\n"))
            socket.send("{}")
            #expect(try socket.read(until: "}\n").hasPrefix("HTTP/1.1 202 "))
        }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\(String(repeating: "Y: \(String(repeating: "y", count: 1000))\r\n", count: 20))\r\n",
        "GET /healthz HTTP/1.1\r\n\(String(repeating: "Z: z\r\n", count: 100))\r\n",
        "GET /\(String(repeating: "p", count: 20_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", "nonsense\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nno header\r\n\r\n", "POST /trigger/logs HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /trigger/logs HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /trigger/logs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func whatIsNoHTTPIsRefused(text: String) async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            socket.send(text)
            let reply = Reply(try socket.readToEnd())
            #expect(reply.status == 400)
            #expect(reply["error"] == "this cannot be read as HTTP, or its headers are larger than 16384 bytes")
            #expect(server.triggers.isEmpty)
            #expect(try server.request("GET /healthz").status == 200)
        }
    }

    @Test(arguments: [
        "", "GET /healthz HTTP/1.1\r\n", head + "Content-Length: 5\r\n\r\n", head + "Content-Length: 5\r\n\r\n{}",
        head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ])
    func whoStopsSendingIsCutOff(text: String) async throws {
        try await blocking {
            let server = try TestServer(limits: Self.hasty)
            let socket = try PlainSocket(port: server.port)
            socket.send(text)
            #expect(try socket.readToEnd() == "")
            #expect(server.triggers.isEmpty)
        }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nX: ", head + "Content-Length: 50000\r\n\r\n",
        head + "Content-Length: 70000\r\n\r\n",
    ])
    func whoTricklesIsCutOff(text: String) async throws {
        try await blocking {
            let server = try TestServer(limits: Self.hasty)
            let socket = try PlainSocket(port: server.port)
            socket.send(text)
            var sent = 0
            // An answer may come first; the end makes sending fail.
            while sent < 2000, socket.send("x") {
                if socket.hasNews(milliseconds: 5), try socket.read(until: "}\n") == "" { break }
                sent += 1
            }
            #expect(sent < 2000 && server.triggers.isEmpty)
        }
    }

    @Test func whoDoesNotFetchAnAnswerIsCutOff() async throws {
        try await blocking {
            let status = "\"\(String(repeating: "x", count: 32 << 20))\""
            let server = try TestServer(limits: Self.hasty, status: status)
            let slow = try PlainSocket(port: server.port)
            slow.send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            // Reads nothing until another connection has been left idle for as long, twice.
            for _ in 0..<2 { #expect(try PlainSocket(port: server.port).readToEnd() == "") }
            #expect(try slow.readToEnd().utf8.count < status.utf8.count)
            #expect(try server.request("GET /status").body.utf8.count == status.utf8.count)
        }
    }

    @Test(arguments: [
        head + "Content-Length: 5\r\n\r\n", head + "Content-Length: 5\r\n\r\n{}",
        head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ])
    func halfABodyStartsNothing(text: String) async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            socket.send(text)
            socket.finishSending()
            let reply = Reply(try socket.readToEnd())
            #expect(reply.status == 400 || reply.status == 0)
            server.stop()
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func moreConnectionsWait() async throws {
        try await blocking {
            var limits = WebLimits()
            limits.connectionsMax = 4
            let server = try TestServer(limits: limits)
            var idle = try (0..<8).map { _ in try PlainSocket(port: server.port) }
            let late = try PlainSocket(port: server.port)
            late.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(!late.hasNews(milliseconds: 100))
            idle.removeAll()
            #expect(try late.readToEnd().hasSuffix("ok\n"))
        }
    }
}
