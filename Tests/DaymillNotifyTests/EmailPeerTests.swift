import DaymillCore
import DaymillNotify
import DaymillTestKit
import Foundation
import Testing

/// Mail through a real server's hands.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the mail server"))
struct EmailPeerTests {
    /// What the peer notes of a mail that it took.
    private struct Note: Decodable {
        var from: String
        var to: [String]
        var tls: String
        var user: String
        var greeting: String
    }

    private func channel(_ peer: Peer, _ security: EmailChannel.Security = .none) -> EmailChannel {
        EmailChannel(
            host: security == .none ? "127.0.0.1" : "localhost", port: peer.port, security: security,
            from: "Daymill <bot@x.test>", to: ["a@x.test"], timeoutSeconds: 60)
    }

    private func deliver(_ channel: EmailChannel, _ message: Message = .made()) -> Delivery {
        Courier().deliver(message, over: .email(channel))
    }

    @Test(arguments: EmailChannel.Security.allCases)
    func mailArrives(security: EmailChannel.Security) throws {
        let peer = try Peer(
            "smtp_peer.py", ["--security", security.rawValue.lowercased(), "--user", "bot=s3cret ü"],
            hasTLS: true)
        defer { peer.end() }
        var channel = channel(peer, security)
        (channel.user, channel.password, channel.certificates) = ("bot", Secret("s3cret ü"), peer.certificate)
        #expect(deliver(channel) == .delivered("250 2.0.0 kept"))
        let note = try #require(try peer.records(Note.self).first)
        #expect(note.from == "bot@x.test" && note.to == ["a@x.test"] && note.user == "bot" && note.greeting == "x.test")
        #expect(note.tls.isEmpty == (security == .none))
    }

    @Test func theBytesArriveAsTheyAre() throws {
        let peer = try Peer("smtp_peer.py")
        defer { peer.end() }
        let texts = MailReadingTests.ugly + [String(repeating: ".\r\n.long text é\n", count: 20_000)]
        for (index, text) in texts.enumerated() {
            let message = Message.made(id: "\(index)", subject: text, text: text, html: text)
            let before = MemoryMail()
            _ = Courier(mail: before).deliver(message, over: .email(channel(peer)))
            #expect(deliver(channel(peer), message) == .delivered("250 2.0.0 kept"))
            let path = try #require(peer.files("eml").last)
            #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == before.mail?.bytes)
        }
    }

    @Test func aRefusedRecipientDoesNotHarmTheOthers() throws {
        let peer = try Peer("smtp_peer.py", ["--refuse", "no@x.test", "--postpone", "later@x.test"])
        defer { peer.end() }
        var channel = channel(peer)
        channel.to = ["no@x.test", "A <a@x.test>", "later@x.test", "b@x.test"]
        let both = "no@x.test (550 5.1.1 no such user here), later@x.test (450 4.2.1 greylisted)"
        #expect(deliver(channel) == .delivered("250 2.0.0 kept; but refused: \(both)"))
        #expect(try peer.records(Note.self).map(\.to) == [["a@x.test", "b@x.test"]])
        channel.to = ["no@x.test"]
        let refused = "127.0.0.1:\(peer.port) refused no@x.test (550 5.1.1 no such user here)"
        #expect(deliver(channel) == .refused(refused))
        channel.to = ["no@x.test", "later@x.test"]
        let failed = "\(refused), later@x.test (450 4.2.1 greylisted)"
        #expect(deliver(channel) == .failed(failed, retryAfterSeconds: nil))
    }

    @Test func temporaryFailuresMayWorkLater() throws {
        let peer = try Peer("smtp_peer.py", ["--fail-first", "1"])
        defer { peer.end() }
        let text = "127.0.0.1:\(peer.port) refused the sender: 451 4.3.0 try again later"
        #expect(deliver(channel(peer)) == .failed(text, retryAfterSeconds: nil))
        #expect(deliver(channel(peer)) == .delivered("250 2.0.0 kept"))
    }

    @Test(arguments: [("452 4.3.1 full", true), ("554 5.7.1 spam", false)])
    func repliesToTheMailCount(reply: String, isTemporary: Bool) throws {
        let peer = try Peer("smtp_peer.py", ["--data-reply", reply])
        defer { peer.end() }
        let text = "127.0.0.1:\(peer.port) refused the mail: \(reply)"
        #expect(deliver(channel(peer)) == (isTemporary ? .failed(text, retryAfterSeconds: nil) : .refused(text)))
    }

    // MARK: Logins and TLS

    @Test func aWrongPasswordIsRefused() throws {
        let peer = try Peer(
            "smtp_peer.py", ["--security", "tls", "--user", "bot=s3cret"], hasTLS: true)
        defer { peer.end() }
        var channel = channel(peer, .tls)
        (channel.user, channel.password, channel.certificates) = ("bot", Secret("wrong"), peer.certificate)
        let text = "localhost:\(peer.port) refused the login: 535 5.7.8 Authentication credentials invalid; "
        #expect(deliver(channel) == .refused(text + "see whether user and password are right"))
        // And so is none.
        channel.user = nil
        #expect(deliver(channel).text.contains("530 5.7.0 Authentication required"))
        #expect(try peer.records(Note.self).isEmpty)
    }

    @Test func aLoginMayFailForNow() throws {
        let peer = try Peer("smtp_peer.py", ["--user", "bot=s3cret", "--auth-reply", "454 4.7.0 later"])
        defer { peer.end() }
        var channel = channel(peer)
        (channel.user, channel.password) = ("bot", Secret("s3cret"))
        let text = "127.0.0.1:\(peer.port) refused the login: 454 4.7.0 later"
        #expect(deliver(channel) == .failed(text, retryAfterSeconds: nil))
    }

    @Test(arguments: [EmailChannel.Security.startTLS, .tls])
    func anUnknownCertificateIsRefused(security: EmailChannel.Security) throws {
        let peer = try Peer(
            "smtp_peer.py", ["--security", security.rawValue.lowercased()], hasTLS: true)
        defer { peer.end() }
        guard case .refused(let text) = deliver(channel(peer, security)) else {
            return #expect(Bool(false), "an unknown certificate was trusted")
        }
        #expect(text.contains("certificate") && text.contains("name that authority's file"))
        // The name counts too.
        var other = channel(peer, security)
        (other.host, other.certificates) = ("127.0.0.1", peer.certificate)
        guard case .refused = deliver(other) else { return #expect(Bool(false), "another host was trusted") }
        // A file that is not there is no reason to trust.
        var absent = channel(peer, security)
        absent.certificates = "\(peer.folder)/absent.pem"
        guard case .refused = deliver(absent) else { return #expect(Bool(false), "trusted without certificates") }
        #expect(try peer.records(Note.self).isEmpty)
    }

    @Test func aServerWithoutTLSGetsNothing() throws {
        let peer = try Peer("smtp_peer.py")
        defer { peer.end() }
        for security in [EmailChannel.Security.startTLS, .tls] {
            guard case .refused(let text) = deliver(channel(peer, security)) else {
                #expect(Bool(false), "sent without TLS")
                continue
            }
            #expect(text.contains("startTLS, tls or none"))
        }
        #expect(try peer.records(Note.self).isEmpty)
    }

    // MARK: Broken connections

    @Test(arguments: ["drop", "hang"])
    func withoutAnAnswerNobodyKnows(what: String) throws {
        let peer = try Peer("smtp_peer.py", ["--after-data", what])
        defer { peer.end() }
        var channel = channel(peer)
        if what == "hang" { channel.timeoutSeconds = 3 }
        guard case .uncertain(let text) = deliver(channel) else { return #expect(Bool(false), "it is not known") }
        #expect(text.contains("had the whole mail"))
        #expect(try peer.records(Note.self).count == 1)
    }

    @Test func aServerThatDoesNotSayGoodbyeHasTheMail() throws {
        let peer = try Peer("smtp_peer.py", ["--after-data", "hang-at-quit"])
        defer { peer.end() }
        let start = ContinuousClock.now
        #expect(deliver(channel(peer)) == .delivered("250 2.0.0 kept"))
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test(arguments: [
        (["close"], ""), (["hang"], ""), (["say", "421 4.3.2 too busy"], "421 4.3.2 too busy"),
        (["say", "220 hi", "250 ok", "250 ok", "250 ok", "354 go on"], "uncertain"),
        (["say", "220 hi", "250 ok", "250 ok", "250 ok"], ""),
    ])
    func brokenDialoguesMayWorkLater(what: [String], words: String) throws {
        let peer = try Peer("tcp_peer.py", what, records: false)
        defer { peer.end() }
        var channel = channel(peer)
        if what == ["hang"] { channel.timeoutSeconds = 1 }
        switch deliver(channel) {
        case .failed(let text, nil): #expect(words.isEmpty || text.contains(words))
        case .uncertain: #expect(words == "uncertain")
        default: #expect(Bool(false), "neither failed nor uncertain")
        }
    }

    @Test func anAngryGreetingIsRefused() throws {
        let peer = try Peer("tcp_peer.py", ["say", "554 5.7.1 go away"], records: false)
        defer { peer.end() }
        let text = "127.0.0.1:\(peer.port) refused the connection: 554 5.7.1 go away"
        #expect(deliver(channel(peer)) == .refused(text))
    }

    @Test func nobodyThereMayWorkLater() throws {
        let peer = try Peer("tcp_peer.py", ["close"], records: false)
        let nobody = channel(peer)
        peer.end()
        guard case .failed = deliver(nobody) else { return #expect(Bool(false), "nobody is there") }
        var nameless = nobody
        (nameless.host, nameless.timeoutSeconds) = ("no-such-host.invalid", 10)
        guard case .failed(let text, nil) = deliver(nameless) else { return #expect(Bool(false), "no such host") }
        #expect(text.hasPrefix("no-such-host.invalid:"))
    }
}
