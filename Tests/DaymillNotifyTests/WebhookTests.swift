import DaymillCore
import DaymillHTTP
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillNotify

/// What webhooks get, and what their answers mean.
@Suite struct WebhookTests {
    private let url = "https://hooks.x.test/services/T0000000/verysecret"

    private func deliver(_ transport: MemoryTransport, _ message: Message = .made()) -> Delivery {
        Courier.with(transport).deliver(message, over: .webhook(WebhookChannel(url: Secret(url))))
    }

    @Test func theMessageIsJSON() throws {
        let transport = MemoryTransport(204)
        let message = Message.made(
            id: "run/1", subject: "a \"b\"", text: "c\nd", fields: [("z", "1"), ("a", "é"), ("z", "2\u{7}")])
        #expect(deliver(transport, message) == .delivered("204"))
        let call = try #require(transport.calls.first)
        #expect(call.method == "POST" && call.url == url && !call.followsRedirects)
        #expect(call.headers.map(\.name) == ["Content-Type", "Idempotency-Key"])
        #expect(call.headers.map(\.value) == ["application/json; charset=utf-8", "run=2F1"])
        let json = #"{"id":"run/1","subject":"a \"b\"","text":"c\nd","fields":{"z":"1\n2\u0007","a":"é"},"#
        #expect(call.sent == json + #""created":"2026-11-17T07:00:00.000Z"}"#)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(call.sent.utf8)) }
    }

    @Test func headersOfTheChannelComeFirst() throws {
        let transport = MemoryTransport(200)
        let channel = WebhookChannel(
            url: Secret(url), headers: [("authorization", Secret("Bearer x")), ("content-type", Secret("text/x"))],
            method: "PUT", certificates: "/ca.pem", timeoutSeconds: 5)
        _ = Courier.with(transport).deliver(.made(), over: .webhook(channel))
        let call = try #require(transport.calls.first)
        #expect(call.headers.map(\.name) == ["Idempotency-Key", "authorization", "content-type"])
        #expect(call.method == "PUT" && call.certificates == "/ca.pem" && call.timeoutSeconds == 5)
    }

    @Test(arguments: [200, 201, 202, 204])
    func anySuccessIsADelivery(status: Int) {
        #expect(deliver(MemoryTransport(status, " fine\n")) == .delivered("\(status): fine"))
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 599])
    func someStatusesMayWorkLater(status: Int) {
        let text = "the server answered \(status): no"
        #expect(deliver(MemoryTransport(status, "no")) == .failed(text, retryAfterSeconds: nil))
        let waits: [(String, Double)] = [("17", 17), ("Tue, 17 Nov 2026 07:01:00 GMT", 60)]
        for (header, seconds) in waits {
            let transport = MemoryTransport(status, "", [("retry-after", header)])
            #expect(
                deliver(transport) == .failed("the server answered \(status)", retryAfterSeconds: seconds))
        }
    }

    @Test(arguments: [301, 302, 307, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451])
    func otherStatusesDoNotGetBetter(status: Int) {
        guard case .refused(let text) = deliver(MemoryTransport(status, "why")) else {
            return #expect(Bool(false), "\(status)")
        }
        #expect(text.contains("\(status)"))
    }

    @Test func failuresOfTheCallAreMapped() {
        func with(_ failure: HTTPFailure) -> Delivery { deliver(MemoryTransport([.failure(failure)])) }
        #expect(with(.invalid("a")) == .refused("a") && with(.untrusted("b")) == .refused("b"))
        #expect(with(.notSent("c")) == .failed("c", retryAfterSeconds: nil))
        #expect(with(.uncertain("d")) == .uncertain("no answer came: d"))
        #expect(with(.tooLong(status: 200, "")) == .delivered("200"))
        #expect(with(.tooLong(status: 500, "")) == .failed("the server answered 500", retryAfterSeconds: nil))
    }

    @Test func noSecretComesBack() {
        let echo = "cannot POST /services/T0000000/verysecret with Bearer topsecret1 \(url)\0\n"
        let channel = WebhookChannel(url: Secret(url), headers: [("Authorization", Secret("Bearer topsecret1"))])
        for answer in [404, 500, 200] {
            let text = Courier.with(MemoryTransport(answer, echo)).deliver(.made(), over: .webhook(channel)).text
            #expect(!text.contains("verysecret") && !text.contains("topsecret1") && text.contains("cannot POST ***"))
        }
        let failures: [HTTPFailure] = [.invalid(url), .untrusted(url), .notSent(url), .uncertain(url)]
        for failure in failures {
            #expect(!deliver(MemoryTransport([.failure(failure)])).text.contains("verysecret"))
        }
        #expect(deliver(MemoryTransport(500, String(repeating: "x", count: 5000))).text.count == 1000)
        // A secret is not cut in halves by the bound.
        let long = String(repeating: "x", count: 980) + "https://hooks.x.test/services/T0000000/verysecret"
        #expect(!deliver(MemoryTransport(500, long)).text.contains("T0000"))
    }

    // MARK: Slack

    private func slack(_ transport: MemoryTransport, _ message: Message = .made()) -> Delivery {
        Courier.with(transport).deliver(message, over: .slack(SlackChannel(url: Secret(url))))
    }

    @Test func slackGetsEscapedText() throws {
        let transport = MemoryTransport(200, "ok")
        let message = Message.made(subject: "<!channel> & co", text: "a > b \"c\"", fields: [("d", "<@U1>")])
        #expect(slack(transport, message) == .delivered("ok"))
        let text = #"*&lt;!channel&gt; &amp; co*\na &gt; b \"c\"\n\nd: &lt;@U1&gt;"#
        #expect(transport.calls.first?.sent == "{\"text\":\"\(text)\"}")
    }

    @Test(arguments: ["x", "&", "🧪", " "])
    func longTextsAreCut(unit: String) throws {
        let transport = MemoryTransport(200, "ok")
        _ = slack(transport, .made(text: String(repeating: unit, count: 50_000), fields: [("end", "1")]))
        let sent = try #require(transport.calls.first?.sent)
        let text = try #require(try JSONDecoder().decode([String: String].self, from: Data(sent.utf8))["text"])
        #expect(text.utf16.count <= 30_000 && text.hasPrefix("*shop failed*\n"))
        #expect(unit == " " || text.hasSuffix("left out)"))
    }

    @Test func slackSaysOK() {
        #expect(slack(MemoryTransport(200, "ok\n")) == .delivered("ok"))
        #expect(slack(MemoryTransport(200, #"{"success":true}"#)) == .delivered(#"200: {"success":true}"#))
        #expect(slack(MemoryTransport(200, #"{"ok":false}"#)) == .refused(#"the server answered 200: {"ok":false}"#))
        guard case .uncertain = slack(MemoryTransport(200, "<html>log in</html>")) else {
            return #expect(Bool(false), "a page is no delivery")
        }
        guard case .refused(let text) = slack(MemoryTransport(404, "no_service")) else { return #expect(Bool(false)) }
        #expect(text.contains("no_service"))
        let limited = MemoryTransport(429, "rate_limited", [("Retry-After", "30")])
        #expect(slack(limited) == .failed("the server answered 429: rate_limited", retryAfterSeconds: 30))
    }
}

/// Webhooks through a real server's hands.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the server"))
struct WebhookPeerTests {
    @Test func webhooksArrive() throws {
        let first = "200,429:7,503:Tue;_17_Nov_2026_07:00:09_GMT,echo,drop,page"
        let peer = try Peer("http_peer.py", ["--first", first])
        defer { peer.end() }
        let secret = Secret("\(peer.address)/hooks/verysecret?token=alsosecret")
        let channel = WebhookChannel(url: secret, headers: [("Authorization", Secret("Bearer topsecret1"))])
        let courier = Courier(clock: .fixed(atMicroseconds: now))
        func deliver() -> Delivery { courier.deliver(.made(text: "ä🧪"), over: .webhook(channel)) }
        #expect(deliver() == .delivered("200: ok"))
        #expect(deliver() == .failed("the server answered 429: no", retryAfterSeconds: 7))
        #expect(deliver() == .failed("the server answered 503: no", retryAfterSeconds: 9))
        guard case .refused(let echo) = deliver() else { return #expect(Bool(false), "404") }
        #expect(echo.contains("cannot POST ***") && echo.contains("shop-1"))
        for secret in ["verysecret", "alsosecret", "topsecret1"] { #expect(!echo.contains(secret)) }
        guard case .uncertain(let cut) = deliver() else { return #expect(Bool(false), "cut") }
        #expect(!cut.contains("verysecret"))
        guard case .uncertain = courier.deliver(.made(), over: .slack(SlackChannel(url: secret))) else {
            return #expect(Bool(false), "a page")
        }
        #expect(courier.deliver(.made(), over: .slack(SlackChannel(url: secret))) == .delivered("ok"))
        let calls = try peer.records(Peer.Call.self)
        #expect(calls.count == 7 && calls[0].headers["Idempotency-Key"] == "shop-1" && calls[0].body.contains("ä🧪"))
        #expect(calls[0].headers["Authorization"] == "Bearer topsecret1")
        #expect(calls[0].body == calls[1].body)
    }
}
