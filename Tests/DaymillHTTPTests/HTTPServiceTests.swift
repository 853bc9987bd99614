import DaymillCore
import DaymillHTTP
import DaymillTestKit
import Foundation
import Synchronization
import Testing

/// Calls to a server that knows who we are.
@Suite struct HTTPServiceTests {
    /// Answers by what is asked for, and remembers the calls.
    final class Server: HTTPTransport {
        private let calls = Mutex<[HTTPRequest]>([])
        private let answer: @Sendable (HTTPRequest, Int) -> Result<HTTPResponse, HTTPFailure>

        init(_ answer: @escaping @Sendable (HTTPRequest, Int) -> Result<HTTPResponse, HTTPFailure>) {
            self.answer = answer
        }

        var all: [HTTPRequest] { calls.withLock(\.self) }

        func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
            let count = calls.withLock { calls in
                calls.append(request)
                return calls.count
            }
            return try answer(request, count).get()
        }
    }

    static func answer(_ status: Int, _ text: String = "") -> Result<HTTPResponse, HTTPFailure> {
        .success(HTTPResponse(status: status, body: Array(text.utf8)))
    }

    static func header(_ request: HTTPRequest, _ name: String) -> String? {
        request.hostHeaders.first { $0.name == name }?.value
    }

    static let client = OAuthClient(
        url: "https://auth.test/token", id: Secret("me:too"), secret: Secret("hunter22&3"), scope: "read write")

    @Test(arguments: [
        ("https://x.test/v1", "/a?b=c", "https://x.test/v1/a?b=c"), ("https://x.test/v1/", "a", "https://x.test/v1/a"),
        ("https://x.test", "", "https://x.test"), ("https://x.test/q/", "?a=b", "https://x.test/q?a=b"),
        ("https://x.test", "//evil.test/a", "https://x.test/evil.test/a"),
        ("https://x.test", "@evil.test/a", "https://x.test/@evil.test/a"),
        ("https://x.test", "https://evil.test/", "https://x.test/https://evil.test/"),
    ])
    func aPathStaysBelowTheAddress(address: String, path: String, url: String) {
        #expect(HTTPService(address: Secret(address)).url(of: path) == url)
    }

    @Test func headersAndLoginGoToTheHostOnly() throws {
        let server = Server { _, _ in Self.answer(200) }
        let service = HTTPService(
            address: Secret("https://x.test"), headers: [("Accept", "a/b"), ("X-Own", "service")],
            secretHeaders: [("X-Key", Secret("hunter22"))],
            login: .basic(user: Secret("ann"), password: Secret("pässword")), certificates: "ca.pem")
        _ = try service.send(HTTPRequest(url: "/a", headers: [("x-own", "step")]), over: server)
        let call = try #require(server.all.first)
        #expect(call.url == "https://x.test/a" && call.certificates == "ca.pem")
        #expect(call.headers.map(\.name) == ["x-own", "Accept"])
        #expect(call.hostHeaders.map(\.name) == ["X-Key", "Authorization"])
        #expect(Self.header(call, "Authorization") == "Basic YW5uOnDDpHNzd29yZA==")
        #expect(!"\(call)".contains("hunter22"))
        #expect(service.masked("X hunter22, pässword, YW5uOnDDpHNzd29yZA==") == "X ***, ***, ***")
    }

    // MARK: Tokens

    @Test func aTokenIsFetchedOnceAndKept() throws {
        let server = Server { request, _ in
            Self.answer(
                200, request.url.hasSuffix("/token") ? #"{"access_token":"tok-12345","expires_in":3600}"# : "ok")
        }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client))
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            #expect((try? service.send(HTTPRequest(url: "/a"), over: server))?.text == "ok")
        }
        let asked = server.all.filter { $0.url == Self.client.url }
        #expect(asked.count == 1 && server.all.count == 9)
        #expect(
            asked.first.map { String(decoding: $0.body ?? [], as: UTF8.self) }
                == "grant_type=client_credentials&scope=read%20write")
        // RFC 6749, 2.3.1: both are encoded before they are joined.
        let login = asked.first?.headers.first { $0.name == "Authorization" }?.value
        #expect(login == "Basic " + Data("me%3Atoo:hunter22%263".utf8).base64EncodedString())
        for call in server.all where call.url != Self.client.url {
            #expect(Self.header(call, "Authorization") == "Bearer tok-12345")
        }
        #expect(service.masked("tok-12345 and hunter22&3 and hunter22%263") == "*** and *** and ***")
    }

    @Test(arguments: [
        ("3600", 3570), ("\"60\"", 30), ("20", 10), ("1e300", 31_535_970), ("\"1e300\"", 31_535_970),
    ])
    func aTokenThatIsAboutToEndIsRenewed(seconds: String, lasts: Int64) throws {
        let now = Mutex<Int64>(1_000_000_000)
        let server = Server { request, count in
            let token = #"{"access_token":"token-\#(count)","expires_in":\#(seconds)}"#
            return Self.answer(200, request.url.hasSuffix("/token") ? token : "ok")
        }
        let clock = WallClock { now.withLock(\.self) }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client), clock: clock)
        for (pause, tokens) in [(0, 1), (lasts * 1_000_000 - 1, 1), (1, 2)] {
            now.withLock { $0 += pause }
            _ = try service.send(HTTPRequest(url: "/a"), over: server)
            #expect(server.all.count { $0.url == Self.client.url } == tokens)
        }
        #expect(server.all.last.flatMap { Self.header($0, "Authorization") } == "Bearer token-4")
    }

    @Test(arguments: ["\"nan\"", "\"inf\"", "\"-inf\"", "\"soon\"", "null"])
    func anEndThatIsNoneIsNotGiven(seconds: String) throws {
        let server = Server { _, _ in Self.answer(200, #"{"access_token":"t","expires_in":\#(seconds)}"#) }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client))
        for _ in 0..<2 { _ = try service.send(HTTPRequest(url: "/a"), over: server) }
        #expect(server.all.count { $0.url == Self.client.url } == 1)
    }

    /// Each exchange takes four seconds: the token twice, the call twice.
    @Test(arguments: [(17, [17, 13, 9, 5]), (10, [10, 6, 2]), (4, [4])])
    func allExchangesShareOneTimeLimit(limit: Int, given: [Int]) {
        let now = Mutex<Int64>(0)
        let server = Server { request, _ in
            now.withLock { $0 += 4_000_000 }
            return request.url.hasSuffix("/token") ? Self.answer(200, #"{"access_token":"t"}"#) : Self.answer(401)
        }
        let clock = SteadyClock { now.withLock(\.self) }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client), steadyClock: clock)
        let status = try? service.send(HTTPRequest(url: "/a", timeoutSeconds: Double(limit)), over: server).status
        #expect(status == (limit == 17 ? 401 : nil))
        #expect(server.all.map { Int($0.timeoutSeconds) } == given)
        #expect(server.all.allSatisfy { $0.connectTimeoutSeconds <= $0.timeoutSeconds })
    }

    @Test func anAddressThatIsSecretDoesNotShow() {
        let address = Secret("https://x.test/v1?key=alsosecret")
        let server = Server { _, _ in .failure(.notSent("no /v1?key=alsosecret; alsosecret")) }
        let service = HTTPService(address: address, hidesAddress: true)
        #expect(throws: HTTPFailure.notSent("no ***; ***")) { try service.send(HTTPRequest(url: ""), over: server) }
        #expect(HTTPService(address: address).masked("alsosecret") == "alsosecret")
    }

    /// What is sent is masked as it is sent: encoded with `-._~` as they are, and the pair in base64.
    @Test func aLoginIsMaskedAsItIsSent() {
        let client = OAuthClient(url: "https://auth.test/token", id: Secret("me:too"), secret: Secret("a-b.c~d&1"))
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(client))
        let header = Data("me%3Atoo:a-b.c~d%261".utf8).base64EncodedString()
        #expect(service.masked("a-b.c~d%261 and \(header)") == "*** and ***")
    }

    @Test(arguments: [true, false])
    func aTokenThatIsRefusedIsRenewedOnce(helps: Bool) throws {
        let server = Server { request, count in
            if request.url.hasSuffix("/token") { return Self.answer(200, #"{"access_token":"token-\#(count)"}"#) }
            return Self.answer(helps && Self.header(request, "Authorization") != "Bearer token-1" ? 200 : 401)
        }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client))
        #expect(try service.send(HTTPRequest(url: "/a"), over: server).status == (helps ? 200 : 401))
        #expect(server.all.map(\.url).map { $0.hasSuffix("/token") } == [true, false, true, false])
        // Another login has nothing to renew.
        let other = HTTPService(address: Secret("https://x.test"), login: .bearer(Secret("hunter22")))
        let once = Server { _, _ in Self.answer(401) }
        #expect(try other.send(HTTPRequest(url: "/a"), over: once).status == 401 && once.all.count == 1)
    }

    @Test func aLoginThatIsNotKnownInTheHeaderGoesIntoTheBody() throws {
        let server = Server { request, _ in
            let body = String(decoding: request.body ?? [], as: UTF8.self)
            if !request.url.hasSuffix("/token") { return Self.answer(200) }
            let isGood = body.hasSuffix("&client_id=me%3Atoo&client_secret=hunter22%263")
            return isGood ? Self.answer(200, #"{"access_token":"t"}"#) : Self.answer(400, "invalid_client")
        }
        let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client))
        #expect(try service.send(HTTPRequest(url: "/a"), over: server).status == 200)
    }

    /// What was wanted was never sent, so nobody has to ask whether it arrived.
    @Test func withoutATokenNothingIsSent() {
        let cases: [(Result<HTTPResponse, HTTPFailure>, HTTPFailure)] = [
            (Self.answer(401, "no hunter22&3"), .invalid("no token could be had: auth.test answered 401 no ***")),
            (Self.answer(503, "busy"), .notSent("no token could be had: auth.test answered 503 busy")),
            (.failure(.uncertain("it broke")), .notSent("no token could be had: it broke")),
            (.failure(.untrusted("bad")), .untrusted("no token could be had: bad")),
            (
                Self.answer(200, "<html>"),
                .invalid("no token could be had: the answer of auth.test is none; see whether 'token_url' is right")
            ),
        ]
        for (answer, failure) in cases {
            let server = Server { _, _ in answer }
            let service = HTTPService(address: Secret("https://x.test"), login: .oauth(Self.client))
            #expect(throws: failure) { try service.send(HTTPRequest(url: "/a"), over: server) }
            #expect(server.all.allSatisfy { $0.url == Self.client.url })
        }
    }

    @Test func failuresHoldNoSecret() {
        let server = Server { _, _ in .failure(.notSent("cannot find hunter22.example")) }
        let service = HTTPService(address: Secret("https://x.test"), login: .bearer(Secret("hunter22")))
        #expect(throws: HTTPFailure.notSent("cannot find ***.example")) {
            try service.send(HTTPRequest(url: "/a"), over: server)
        }
    }
}
