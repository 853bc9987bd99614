import DaymillWeb
import Testing

/// A trigger arrives as it was sent, its answer leaves as it was given, and what cannot be understood starts nothing.
@Suite struct WebTriggerTests {
    @Test func everythingOfATriggerArrives() async throws {
        try await blocking {
            let server = try TestServer()
            let headers = ["Authorization: bearer  s3cret", "Idempotency-Key: k-1", "X-Daymill-Token: other"]
            let body = #"{"date": "2026-11-21", "params": {"region": "eu", "ü \"": ""}}"#
            let reply = try server.request("POST /trigger/my%20logs%2f1", headers: headers, body: body)
            #expect(reply.status == 202 && reply["run"] == "r1")
            let trigger = WebTrigger(
                pipeline: "my logs/1", token: "s3cret", date: "2026-11-21", params: ["region": "eu", "ü \"": ""],
                idempotencyKey: "k-1")
            #expect(server.triggers == [trigger])
        }
    }

    @Test(arguments: ["", "{}", " \n", #"{"date": null, "params": null}"#, #"{"params": {}}"#])
    func everythingMayBeMissing(body: String) async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.trigger(body, headers: ["X-Daymill-Token: t", "Idempotency-Key:"])
            #expect(reply.status == 202)
            #expect(server.triggers == [WebTrigger(pipeline: "logs", token: "t")])
        }
    }

    @Test func onlyABearerIsAToken() async throws {
        try await blocking {
            let server = try TestServer()
            for header in ["Authorization: Basic abc", "Authorization: Bearer", "Cookie: token=abc"] {
                #expect(try server.trigger("", headers: [header]).status == 202)
            }
            #expect(server.triggers.map(\.token) == [nil, nil, nil])
        }
    }

    @Test func nothingIsReadFromTheQuery() async throws {
        try await blocking {
            let server = try TestServer()
            for query in ["?token=abc", "?date=2026-11-21", "?"] {
                let reply = try server.request("POST /trigger/logs\(query)")
                #expect(reply.status == 400)
                #expect(reply["error"] == "nothing is read after '?': send the date and params as JSON in the body")
            }
            #expect(server.triggers.isEmpty)
        }
    }

    @Test(arguments: [
        (WebAnswer.accepted(run: "r2"), 202, "run", "r2"), (.duplicate(run: "r1"), 200, "run", "r1"),
        (.unknown("there is no 'logs'"), 404, "error", "there is no 'logs'"),
        (.forbidden, 401, "error", "the token is missing or wrong"),
        (.refused("a/b is no date"), 422, "error", "a/b is no date"),
        (.busy("too much is waiting"), 429, "error", "too much is waiting"),
    ])
    func answersHaveTheirStatus(answer: WebAnswer, status: Int, key: String, text: String) async throws {
        try await blocking {
            let reply = try TestServer { _ in answer }.trigger("{}")
            #expect(reply.status == status && reply[key] == text)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.headers["www-authenticate"] == (answer == .forbidden ? "Bearer" : nil))
            #expect(reply.headers["retry-after"] == (status == 429 ? "5" : nil))
        }
    }

    @Test(arguments: [
        (#"{"date": "a"#, "the body is not JSON: unexpected end of file during JSON parse"),
        ("nope", "the body is not JSON: invalid value around character 1"),
        (#"{"date": nope, "params": {}}"#, "the body is not JSON: invalid value around character 10"),
        ("[1]", #"the body has to be an object such as {"date": "2026-11-21", "params": {"region": "eu"}}"#),
        ("5", #"the body has to be an object such as {"date": "2026-11-21", "params": {"region": "eu"}}"#),
        (#"{"date": 20261121}"#, #"'date' has to be a text in quotes, such as "2026-11-21""#),
        (#"{"date": true}"#, #"'date' has to be a text in quotes, such as "2026-11-21""#),
        (#"{"date": ["2026-11-21"]}"#, #"'date' has to be a text in quotes, such as "2026-11-21""#),
        (#"{"params": "region=eu"}"#, #"'params' has to be an object of texts such as {"region": "eu"}"#),
        (#"{"params": {"a": "x", "n": 5}}"#, #"in 'params', 'n' has to be a text in quotes, such as "eu""#),
        (#"{"params": {"n": null}}"#, #"in 'params', 'n' has to be a text in quotes, such as "eu""#),
        (#"{"Date": "2026-11-21"}"#, "'Date' is not known here; the body has 'date' and 'params'"),
    ])
    func aWrongBodyIsToldWhere(body: String, problem: String) async throws {
        try await blocking {
            let server = try TestServer()
            let reply = try server.trigger(body)
            #expect(reply.status == 400)
            #expect(reply["error"] == problem)
            #expect(server.triggers.isEmpty)
        }
    }

    @Test func deepBodiesAreRefused() async throws {
        try await blocking {
            let server = try TestServer()
            let body = String(repeating: #"{"a":"#, count: 10_000)
            #expect(try server.trigger(body).status == 400)
            #expect(try server.trigger(String(repeating: "[", count: 60_000)).status == 400)
            #expect(try server.request("GET /healthz").status == 200)
        }
    }

    @Test func keysHaveALength() async throws {
        try await blocking {
            let server = try TestServer()
            let longest = String(repeating: "k", count: 255)
            #expect(try server.trigger("", headers: ["Idempotency-Key: \(longest)"]).status == 202)
            let reply = try server.trigger("", headers: ["Idempotency-Key: \(longest)k"])
            #expect(reply.status == 400 && reply["error"] == "the Idempotency-Key is longer than 255 characters")
            #expect(server.triggers.map(\.idempotencyKey) == [longest])
        }
    }

    @Test func bodiesInPiecesAreOne() async throws {
        try await blocking {
            let server = try TestServer()
            let socket = try PlainSocket(port: server.port)
            socket.send("POST /trigger/logs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in [#"{"date""#, #": "2026-"#, #"11-21"}"#] {
                socket.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
            }
            socket.send("0\r\n\r\n")
            #expect(try socket.read(until: "}\n").hasPrefix("HTTP/1.1 202 Accepted\r\n"))
            #expect(server.triggers == [WebTrigger(pipeline: "logs", date: "2026-11-21")])
        }
    }
}
