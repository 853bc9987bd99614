import DaymillCore
import DaymillHTTP
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillNotify

/// What Telegram gets, and what its answers mean.
@Suite struct TelegramTests {
    private let channel = TelegramChannel(token: Secret("123456:TEST-token"), chat: "42")
    private let sent = #"{"ok":true,"result":{"message_id":7}}"#

    private func deliver(_ transport: MemoryTransport, _ message: Message = .made()) -> Delivery {
        Courier.with(transport).deliver(message, over: .telegram(channel))
    }

    private func answers(_ answers: [(Int, String)]) -> MemoryTransport {
        MemoryTransport(answers.map { .success(HTTPResponse(status: $0.0, body: Array($0.1.utf8))) })
    }

    @Test func theTextIsEscaped() throws {
        let transport = MemoryTransport(200, sent)
        let message = Message.made(subject: "a < b", text: "<b>& \"c\"</b>", fields: [("d", "e")])
        #expect(deliver(transport, message) == .delivered("message 7"))
        let call = try #require(transport.calls.first)
        #expect(call.url == "https://api.telegram.org/bot123456:TEST-token/sendMessage" && call.method == "POST")
        let text = #"<b>a &lt; b</b>\n\n&lt;b&gt;&amp; \"c\"&lt;/b&gt;\n\nd: e"#
        let rest = #","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}"#
        #expect(call.sent == "{\"chat_id\":\"42\",\"text\":\"\(text)\"\(rest)")
    }

    @Test func anEmptyMessageSaysSo() throws {
        let transport = MemoryTransport(200, sent)
        #expect(deliver(transport, .made(subject: " ", text: "\n \n", fields: [])) == .delivered("message 7"))
        #expect(transport.calls.first?.sent.contains("(an empty message)") == true)
    }

    @Test(arguments: [
        (429, #"{"ok":false,"description":"slow","parameters":{"retry_after":5}}"#, "", "failed 5.0 Telegram: slow"),
        (429, #"{"ok":false,"description":"slow","parameters":{"retry_after":5}}"#, "9", "failed 9.0 Telegram: slow"),
        (429, "busy", "9", "failed 9.0 Telegram: 429: busy"), (429, "", "", "failed nil Telegram: 429"),
        (500, #"{"ok":false,"description":"Internal"}"#, "", "failed nil Telegram: Internal"),
        (502, "<html>", "", "failed nil Telegram: 502: <html>"), (504, "", "3", "failed 3.0 Telegram: 504"),
        (400, #"{"ok":false,"description":"Bad Request: bad"}"#, "", "refused Telegram: Bad Request: bad"),
        (413, "", "", "refused Telegram: 413"),
        (200, "<html>", "", "uncertain the answer is not Telegram's: 200: <html>"),
        (200, #"{"ok":false}"#, "", #"uncertain the answer is not Telegram's: 200: {"ok":false}"#),
        (200, #"{"ok":true}"#, "", "delivered message sent"),
    ])
    func answersAreUnderstood(status: Int, body: String, retryAfter: String, outcome: String) {
        let headers = retryAfter.isEmpty ? [] : [(name: "Retry-After", value: retryAfter)]
        let said =
            switch deliver(MemoryTransport(status, body, headers)) {
            case .delivered(let text): "delivered \(text)"
            case .refused(let text): "refused \(text)"
            case .failed(let text, let seconds): "failed \(seconds.map(String.init(describing:)) ?? "nil") \(text)"
            case .uncertain(let text): "uncertain \(text)"
            }
        #expect(said == outcome)
    }

    @Test func refusalsSayWhatToDo() {
        func words(_ status: Int, _ body: String) -> String { deliver(MemoryTransport(status, body)).text }
        let migrated = #"{"ok":false,"description":"moved","parameters":{"migrate_to_chat_id":-100123}}"#
        #expect(words(400, migrated).hasSuffix("set the chat to -100123"))
        #expect(words(400, #"{"ok":false,"description":"Bad Request: chat not found"}"#).contains("the bot is in it"))
        #expect(words(401, #"{"ok":false,"description":"Unauthorized"}"#).contains("BotFather"))
        #expect(words(404, #"{"ok":false,"description":"Not Found"}"#).contains("BotFather"))
        #expect(words(403, #"{"ok":false,"description":"blocked"}"#).contains("unblock"))
    }

    @Test func partlySentIsUncertain() {
        let text = (0..<400).map { "line \($0) of a rather long text" }.joined(separator: "\n")
        let message = Message.made(text: text, fields: [])
        let all = deliver(answers(Array(repeating: (200, sent), count: 4)), message)
        #expect(all == .delivered("message 7, message 7, message 7, message 7"))
        let second = deliver(answers([(200, sent), (500, "")]), message)
        #expect(second == .uncertain("1 of 4 parts were sent, then: Telegram: 500"))
        #expect(deliver(answers([(500, "")]), message) == .failed("Telegram: 500", retryAfterSeconds: nil))
    }

    @Test func badSettingsAreRefusedBeforeAnythingIsSent() {
        for token in ["", "x", "1:", ":a", "1:a/b", "1:a b", "a:b", "1:a\r\nb", "1:a:b", "1/../:a"] {
            let transport = MemoryTransport(200, sent)
            let channel = TelegramChannel(token: Secret(token), chat: "42")
            guard case .refused(let text) = Courier.with(transport).deliver(.made(), over: .telegram(channel)) else {
                #expect(Bool(false), "\(token)")
                continue
            }
            #expect(text.contains("token") && transport.calls.isEmpty)
        }
        let nowhere = TelegramChannel(token: channel.token, chat: " ")
        let refused = Courier.with(MemoryTransport([])).deliver(.made(), over: .telegram(nowhere))
        #expect(refused == .refused("no chat is given"))
    }

    @Test func noTokenComesBack() {
        let url = "https://api.telegram.org/bot123456:TEST-token/sendMessage"
        let failures: [HTTPFailure] = [.invalid(url), .untrusted(url), .notSent(url), .uncertain(url)]
        for failure in failures {
            #expect(!deliver(MemoryTransport([.failure(failure)])).text.contains("TEST-token"))
        }
        #expect(!deliver(MemoryTransport(404, "no \(url)")).text.contains("TEST-token"))
    }
}

/// Telegram through the hands of a stand-in that is as strict.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the stand-in"))
struct TelegramPeerTests {
    /// What the peer notes of a call.
    private struct Note: Decodable {
        var status: Int?
        var unknown: [String]?
        var plain: String?
    }

    private func deliver(
        _ peer: Peer, _ message: Message = .made(), token: String = "123456:TEST", chat: String = "42",
        timeoutSeconds: Double = 60
    ) -> Delivery {
        let channel = TelegramChannel(
            token: Secret(token), chat: chat, base: peer.address + "/", timeoutSeconds: timeoutSeconds)
        return Courier().deliver(message, over: .telegram(channel))
    }

    @Test func messagesArrive() throws {
        let peer = try Peer("telegram_fake.py", ["--chat", "42", "--chat", "@news"])
        defer { peer.end() }
        for (index, text) in MailReadingTests.ugly.enumerated() {
            let message = Message.made(subject: "<\(index)> & \"co\"", text: text, fields: [("a<b", "c&d")])
            #expect(deliver(peer, message, chat: index % 2 == 0 ? "42" : "@news") == .delivered("message \(index + 1)"))
            let note = try #require(try peer.records(Note.self).last)
            #expect(note.plain == "<\(index)> & \"co\"\n\n\(message.plainText)".trimmed)
            #expect(note.unknown == [])
        }
    }

    @Test func longTextsBecomeSeveralMessages() throws {
        let peer = try Peer("telegram_fake.py")
        defer { peer.end() }
        let text = (0..<500).map { "\($0): 🧪 <tag> & more" }.joined(separator: "\n")
        let message = Message.made(text: text, fields: [])
        #expect(deliver(peer, message) == .delivered("message 1, message 2, message 3"))
        #expect(try peer.records(Note.self).compactMap(\.plain).joined(separator: "\n") == "shop failed\n\n\(text)")
        let endless = Message.made(text: String(repeating: "&<>🧪", count: 10_000), fields: [])
        guard case .delivered = deliver(peer, endless) else { return #expect(Bool(false), "not delivered") }
        let plain = try peer.records(Note.self).compactMap(\.plain).dropFirst(3)
        #expect(plain.count == 5 && plain.last?.hasSuffix("characters more are left out)") == true)
        let left = try #require(plain.last?.split(separator: "(").last?.split(separator: " ").first.flatMap { Int($0) })
        // What was sent and what was left out is all there is.
        let note = "\n… (\(left) characters more are left out)"
        #expect(plain.joined().count - note.count - "shop failed\n\n".count + left == 40_000)
    }

    @Test func badDaysOfTelegramAreUnderstood() throws {
        let first = "429:2,500,502,403,migrate:-100123,drop,hang"
        let peer = try Peer("telegram_fake.py", ["--first", first, "--chat", "42", "--chat", "7!"])
        defer { peer.end() }
        let slow = "Telegram: Too Many Requests: retry after 2"
        #expect(deliver(peer) == .failed(slow, retryAfterSeconds: 2))
        #expect(deliver(peer) == .failed("Telegram: Internal Server Error", retryAfterSeconds: nil))
        guard case .failed(let page, nil) = deliver(peer) else { return #expect(Bool(false), "502") }
        #expect(page.contains("502"))
        guard case .refused(let blocked) = deliver(peer) else { return #expect(Bool(false), "403") }
        #expect(blocked.contains("blocked by the user"))
        guard case .refused(let moved) = deliver(peer) else { return #expect(Bool(false), "migrated") }
        #expect(moved.contains("set the chat to -100123"))
        guard case .uncertain(let cut) = deliver(peer) else { return #expect(Bool(false), "cut") }
        #expect(!cut.contains("TEST"))
        guard case .uncertain = deliver(peer, timeoutSeconds: 2) else { return #expect(Bool(false), "hangs") }
        #expect(deliver(peer) == .delivered("message 1"))
        guard case .refused(let unknown) = deliver(peer, chat: "43") else { return #expect(Bool(false), "no chat") }
        #expect(unknown.contains("chat not found"))
        guard case .refused = deliver(peer, chat: "7") else { return #expect(Bool(false), "blocked") }
        guard case .refused(let token) = deliver(peer, token: "123456:OTHER") else {
            return #expect(Bool(false), "a wrong token")
        }
        #expect(token.contains("Unauthorized") && !token.contains("OTHER"))
    }

    @Test func aSecondPartThatFailsIsUncertain() throws {
        let peer = try Peer("telegram_fake.py", ["--first", "ok,429:3"])
        defer { peer.end() }
        let message = Message.made(text: String(repeating: "x y ", count: 2000), fields: [])
        let text = "1 of 2 parts were sent, then: Telegram: Too Many Requests: retry after 3"
        #expect(deliver(peer, message) == .uncertain(text))
    }
}
