import DaymillTestKit
import Foundation
import Testing

/// Steps that call a server: what arrives there, what comes back, and what is never shown.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the server"))
struct CallTests {
    static let secret = "hunter22-SECRET"

    struct Run: Decodable {
        struct Attempt: Decodable {
            var step: String
            var state: String
            var reason: String?
            var facts: [String: String]?
        }
        var state: String
        var attempts: [Attempt]?
    }
    struct Runs: Decodable {
        struct One: Decodable { var id: String }
        var runs: [One]
    }

    /// A project with a connection `api` to a server.
    static func project(_ peer: Peer, _ keys: String, _ steps: String) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(
            "daymill.yaml", "connections:\n  api:\n    type: http\n    url: \(peer.address)/v1\n\(keys)")
        try scratch.write("pipelines/job.yaml", "steps:\n\(steps)")
        return scratch
    }

    static func run(_ scratch: Scratch, _ words: String = "run job 2026-11-20") throws -> Program.Ending {
        try Program.shell("API_TOKEN='\(secret)' daymill \(words)", in: scratch.path)
    }

    static func last(_ scratch: Scratch) throws -> Run {
        func read<Value: Decodable>(_ words: [String], _ type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(Program.run(words, in: scratch.path).output.utf8))
        }
        let id = try #require(try read(["runs", "--json"], Runs.self).runs.first?.id)
        return try read(["show", id, "--json"], Run.self)
    }

    /// Every spelling of the secret, in all that was said and kept.
    static func expectNoSecret(_ scratch: Scratch, _ said: [String]) throws {
        let spellings = [secret, Data(secret.utf8).base64EncodedString(), "hunter22"]
        for text in said { for spelling in spellings { #expect(!text.contains(spelling)) } }
        for name in scratch.files() where name.hasPrefix(".daymill") {
            let bytes = try Data(contentsOf: URL(filePath: "\(scratch.path)/\(name)"))
            for spelling in spellings { #expect(bytes.range(of: Data(spelling.utf8)) == nil, "\(name)") }
        }
    }

    // MARK: Connections

    @Test func aCallOverAConnectionHasItsAddressAndLogin() throws {
        let peer = try Peer("http_peer.py", ["--first", #"json:{"order":{"id":"A7";"total":12.5;"paid":null}}"#])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "    auth: { bearer: \"${API_TOKEN}\" }\n    headers: { X-Region: eu, Accept: a/b }\n",
            """
              book:
                call:
                  connection: api
                  path: /orders/{date}?region=a%20b
                  method: PUT
                  headers: { Accept: application/json, X-Date: "{date:yyyyMMdd}" }
                  body: { day: "{date}", rows: 3, tags: [a, null] }
                  expect: [2xx, 409]
                  capture: { id: order.id, total: { path: order.total, type: "decimal(18,2)" }, paid: order.paid }
              next: { shell: 'echo "$DAYMILL_FACT_BOOK_ID $DAYMILL_FACT_BOOK_TOTAL" > seen', needs: [book], when: "book.total > 12" }
            """)
        let ending = try Self.run(scratch)
        #expect(ending.status == 0, "\(ending.complaints)")
        let call = try #require(try peer.records(Peer.Call.self).first)
        #expect(call.method == "PUT" && call.path == "/v1/orders/2026-11-20?region=a%20b")
        #expect(call.headers["Authorization"] == "Bearer \(Self.secret)" && call.headers["X-Region"] == "eu")
        #expect(call.headers["Accept"] == "application/json" && call.headers["X-Date"] == "20261120")
        #expect(call.headers["Content-Type"] == "application/json")
        #expect(call.body == #"{"day": "2026-11-20", "rows": 3, "tags": ["a", null]}"#)
        #expect(try String(contentsOfFile: "\(scratch.path)/seen", encoding: .utf8) == "A7 12.5\n")
        let facts = try #require(try Self.last(scratch).attempts?.first { $0.step == "book" }?.facts)
        #expect(facts["id"] == "A7" && facts["total"] == "12.5" && facts["status"] == "200" && facts["paid"] == nil)
    }

    /// A server that says back all that it got, as those do that are being set up.
    @Test(arguments: ["bearer: \"${API_TOKEN}\"", "basic: { user: ann, password: \"${API_TOKEN}\" }"])
    func secretsShowNowhere(auth: String) throws {
        let answers = ["echo", #"json:{"said":"\#(Self.secret)"}"#]
        let peer = try Peer("http_peer.py", ["--first", answers.joined(separator: ",")])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "    auth: { \(auth) }\n    headers: { X-Key: \"${API_TOKEN}\" }\n",
            """
              a: { call: { connection: api, path: /a } }
              b: { call: { connection: api, path: /b, capture: { said: said } }, needs: [a], run_if: all_done }
            """)
        let ending = try Self.run(scratch)
        #expect(ending.status != 0 && ending.complaints.contains("it answered 404: cannot GET /v1/a"))
        let id = try #require(
            try JSONDecoder().decode(
                Runs.self, from: Data(Self.run(scratch, "runs --json").output.utf8)
            ).runs.first?.id)
        var said = [ending.output, ending.complaints]
        for words in [
            "show \(id)", "show \(id) --json", "logs \(id)", "check --verbose", "why job 2026-11-20", "doctor",
        ] {
            let other = try Self.run(scratch, words)
            said += [other.output, other.complaints]
        }
        try Self.expectNoSecret(scratch, said)
        #expect(said.joined().contains("***"))
        let calls = try peer.records(Peer.Call.self)
        #expect(calls[0].headers["X-Key"] == Self.secret && calls[1].headers["Authorization"] != nil)
    }

    @Test func anotherHostGetsNoSecrets() throws {
        let end = try Peer("http_peer.py")
        defer { end.end() }
        let peer = try Peer("http_peer.py", ["--first", "to:\(end.address)/next"])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "    auth: { bearer: \"${API_TOKEN}\" }\n    headers: { X-Key: \"${API_TOKEN}\", X-Plain: a }\n",
            "  a: { call: { connection: api, path: /a } }\n")
        #expect(try Self.run(scratch).status == 0)
        let call = try #require(try end.records(Peer.Call.self).first)
        #expect(call.path == "/next" && call.headers["X-Plain"] == "a")
        #expect(call.headers["Authorization"] == nil && call.headers["X-Key"] == nil)
    }

    @Test func aTokenIsFetchedForAllCallsOfARun() throws {
        let peer = try Peer(
            "http_peer.py",
            [
                "--first",
                #"json:{"access_token":"tok-one";"expires_in":3600},200,401,json:{"access_token":"tok-two"},200"#,
            ])
        defer { peer.end() }
        let scratch = try Self.project(
            peer,
            """
                auth:
                  oauth: { token_url: "\(peer.address)/token", client_id: me, client_secret: "${API_TOKEN}", scope: read }

            """,
            "  a: { call: { connection: api, path: /a } }\n  b: { call: { connection: api, path: /b }, needs: [a] }\n")
        let ending = try Self.run(scratch)
        #expect(ending.status == 0, "\(ending.complaints)")
        let calls = try peer.records(Peer.Call.self)
        #expect(calls.map(\.path) == ["/token", "/v1/a", "/v1/b", "/token", "/v1/b"])
        #expect(calls[0].method == "POST" && calls[0].body == "grant_type=client_credentials&scope=read")
        #expect(
            calls.map { $0.headers["Authorization"]?.prefix(14) }.suffix(4) == [
                "Bearer tok-one", "Bearer tok-one", "Basic bWU6aHVu", "Bearer tok-two",
            ])
        try Self.expectNoSecret(scratch, [ending.output, ending.complaints])
    }

    @Test func aMissingSecretIsToldByNameBeforeAnythingRuns() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "    auth: { bearer: \"${NO_SUCH_TOKEN}\" }\n", "  a: { call: { connection: api, path: /a } }\n")
        let check = try Self.run(scratch, "check")
        let line = "daymill.yaml:2:3: connection 'api': the variable NO_SUCH_TOKEN is not set"
        #expect(check.status != 0 && check.complaints.contains(line), "\(check.complaints)")
        let run = try Self.run(scratch)
        #expect(run.status != 0 && run.complaints.contains("connection 'api': the variable NO_SUCH_TOKEN is not set"))
        #expect(try peer.records(Peer.Call.self).isEmpty)
    }

    @Test func aWaitLooksOverAConnection() throws {
        let peer = try Peer("http_peer.py", ["--first", "503,404,200"])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "    auth: { bearer: \"${API_TOKEN}\" }\n",
            "  a: { wait: { call: { connection: api, path: /up }, every: 10ms, at_most: 1m } }\n")
        #expect(try Self.run(scratch).status == 0)
        let calls = try peer.records(Peer.Call.self)
        #expect(calls.count == 3 && calls.allSatisfy { $0.path == "/v1/up" && $0.headers["Authorization"] != nil })
    }

    // MARK: Answers

    @Test(arguments: [
        ("404", "", "it answered 404: no"), ("204", "expect: 200", "it answered 204"),
        ("page", "capture: { a: a }", "its answer is no JSON, and facts are captured from it"),
        (#"json:{"a":1}"#, "capture: { b: a.b }", "its answer has nothing at 'a.b'"),
        (
            #"json:{"a":"x"}"#, "capture: { b: { path: a, type: integer } }",
            "'a' of its answer is 'x', which is no integer"
        ),
        ("hang", "timeout: 300ms", "it may have been received"), ("drop", "", "it may have been received"),
        ("long:16777217", "", "its answer is longer than 16.0 MiB"),
    ])
    func failuresSayWhatHappened(answer: String, keys: String, words: String) throws {
        let peer = try Peer("http_peer.py", ["--first", answer])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "", "  a: { call: { connection: api, \(keys.isEmpty ? "" : keys + ",") path: /a } }\n")
        let ending = try Self.run(scratch)
        #expect(ending.status != 0 && ending.complaints.contains(words), "\(ending.complaints)")
        #expect(try peer.records(Peer.Call.self).count == 1)
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
    func everyMethodArrives(method: String) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let scratch = try Self.project(peer, "", "  a: { call: { connection: api, method: \(method) } }\n")
        #expect(try Self.run(scratch).status == 0)
        #expect(try peer.records(Peer.Call.self).map { "\($0.method) \($0.path)" } == ["\(method) /v1"])
    }

    // MARK: Trying again

    @Test func aServerThatWantsToBeLeftAloneIs() throws {
        let peer = try Peer("http_peer.py", ["--first", "429:1,503:1,200"])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "", "  a: { call: { connection: api }, retry: { times: 2, delay: 1ms, backoff: 1, max_delay: 1m } }\n"
        )
        let start = ContinuousClock.now
        #expect(try Self.run(scratch).status == 0)
        #expect(ContinuousClock.now - start >= .seconds(2))
        #expect(try peer.records(Peer.Call.self).count == 3)
    }

    /// A day is more than the step allows, and of a failure of another kind nobody asks to wait.
    @Test(arguments: ["429:86400", "500:86400"])
    func aWaitIsBounded(answer: String) throws {
        let peer = try Peer("http_peer.py", ["--first", "\(answer),200"])
        defer { peer.end() }
        let scratch = try Self.project(
            peer, "", "  a: { call: { connection: api }, retry: { times: 1, delay: 1ms, max_delay: 100ms } }\n")
        #expect(try Self.run(scratch).status == 0)
        #expect(try peer.records(Peer.Call.self).count == 2)
    }
}
