import DaymillCore
import Testing

@testable import DaymillNotify

/// What a server's replies mean for a mail.
@Suite struct EmailDeliveryTests {
    private static let accepted = [
        MailReply(command: "", code: 220, text: "220 hi"), MailReply(command: "EHLO", code: 250, text: "250 ok"),
        MailReply(command: "MAIL", code: 250, text: "250 ok"),
        MailReply(command: "RCPT TO:<a@x.test>", code: 250, text: ""),
        MailReply(command: "DATA", code: 354, text: "354 go on"),
    ]

    private func delivery(
        _ trouble: MailOutcome.Trouble?, _ replies: [MailReply] = [MailReply(command: "", code: nil, text: "")]
    ) -> Delivery {
        MailOutcome(trouble: trouble, replies: replies).delivery(to: "m:25")
    }

    private func end(_ code: Int?, _ trouble: MailOutcome.Trouble? = nil) -> Delivery {
        let text = code.map { "\($0) said" } ?? ""
        return delivery(trouble, EmailDeliveryTests.accepted + [MailReply(command: ".", code: code, text: text)])
    }

    @Test func theLastWordCounts() {
        #expect(end(250) == .delivered("250 said"))
        #expect(end(250, .broken("cut afterwards")) == .delivered("250 said"))
        #expect(end(451, .broken("x")) == .failed("m:25 refused the mail: 451 said", retryAfterSeconds: nil))
        #expect(end(554, .broken("x")) == .refused("m:25 refused the mail: 554 said"))
    }

    @Test func withoutALastWordNobodyKnows() {
        let text = "m:25 had the whole mail and did not say whether it takes it: cut"
        #expect(end(nil, .broken("cut")) == .uncertain(text))
        #expect(delivery(.broken("cut"), EmailDeliveryTests.accepted) == .failed("m:25: cut", retryAfterSeconds: nil))
    }

    @Test func troubleIsTold() {
        #expect(delivery(.broken("no route")) == .failed("m:25: no route", retryAfterSeconds: nil))
        #expect(delivery(.untrusted("bad certificate")) == .refused("m:25: bad certificate"))
        #expect(delivery(.invalid("bad URL")) == .refused("m:25: bad URL"))
        guard case .refused = delivery(.login("denied")) else { return #expect(Bool(false), "not refused") }
    }

    @Test(arguments: [
        ("", 554, false), ("", 421, true), ("AUTH", 535, false), ("AUTH", 454, true), ("MAIL", 530, false),
    ])
    func aNoBeforeTheMailCounts(command: String, code: Int, isTemporary: Bool) {
        let replies = [
            MailReply(command: "", code: 220, text: "220"),
            MailReply(command: command, code: code, text: "\(code) no"),
        ]
        // libcurl calls some of them a denied login, some a weird reply.
        for trouble: MailOutcome.Trouble in [.login("denied"), .broken("weird")] {
            switch delivery(trouble, replies) {
            case .failed(let text, _): #expect(isTemporary && text.contains("\(code) no"))
            case .refused(let text): #expect(!isTemporary && text.contains("\(code) no"))
            default: #expect(Bool(false))
            }
        }
    }

    @Test func refusedRecipientsAreNamed() {
        func recipient(_ name: String, _ code: Int) -> MailReply {
            MailReply(command: "RCPT TO:<\(name)@x.test>", code: code, text: "\(code) no")
        }
        let last = MailReply(command: ".", code: 250, text: "250 kept")
        #expect(
            delivery(nil, [recipient("a", 250), recipient("b", 550), recipient("c", 450), last])
                == .delivered("250 kept; but refused: b@x.test (550 no), c@x.test (450 no)"))
        #expect(
            delivery(.broken("x"), [recipient("a", 550), recipient("b", 551)])
                == .refused("m:25 refused a@x.test (550 no), b@x.test (551 no)"))
        #expect(
            delivery(.broken("x"), [recipient("a", 550), recipient("b", 450)])
                == .failed("m:25 refused a@x.test (550 no), b@x.test (450 no)", retryAfterSeconds: nil))
    }

    /// What others were refused is no reason to give up when the connection breaks.
    @Test func onlyTheLastNoCounts() {
        func reply(_ command: String, _ code: Int?) -> MailReply {
            MailReply(command: command, code: code, text: code.map { "\($0)" } ?? "")
        }
        let cut: MailOutcome.Trouble = .broken("cut")
        let failed = Delivery.failed("m:25: cut", retryAfterSeconds: nil)
        let (first, second) = ("RCPT TO:<a@x>", "RCPT TO:<b@x>")
        #expect(delivery(cut, [reply(first, 250), reply(second, 550), reply("DATA", nil)]) == failed)
        #expect(delivery(cut, [reply(first, 550), reply(second, nil)]) == failed)
        #expect(delivery(cut, [reply("EHLO", 502), reply("HELO", 250), reply("MAIL", nil)]) == failed)
        #expect(delivery(cut, [reply("AUTH", 535), reply("AUTH", nil)]) == failed)
        let refused = delivery(cut, [reply("MAIL", 530), reply("QUIT", 221)])
        #expect(refused == .refused("m:25 refused the sender: 530"))
    }

    @Test func theDialogueIsRead() {
        let dialogue = """
            < 220 hi
            > EHLO
            < 250-x
            < 250 AUTH PLAIN
            > AUTH
            < 334
            > AUTH
            < 535 5.7.8 no
            > .

            """
        #expect(
            CurlMail.replies(dialogue) == [
                MailReply(command: "", code: 220, text: "220 hi"),
                MailReply(command: "EHLO", code: 250, text: "250-x 250 AUTH PLAIN"),
                MailReply(command: "AUTH", code: 334, text: "334"),
                MailReply(command: "AUTH", code: 535, text: "535 5.7.8 no"),
                MailReply(command: ".", code: nil, text: ""),
            ])
    }

    @Test func badSettingsAreRefusedBeforeAnythingIsSent() {
        let good = EmailChannel(host: "m.test", port: 25, security: .none, from: "bot@x.test", to: ["a@x.test"])
        func with(_ change: (inout EmailChannel) -> Void) -> EmailChannel {
            var channel = good
            change(&channel)
            return channel
        }
        let bad = [
            with { $0.to = [] }, with { $0.to = ["a@x.test", "b"] }, with { $0.from = "bot" },
            with { $0.to = ["a@x.test\r\nDATA"] }, with { $0.host = "" }, with { $0.host = "m.test/x" },
            with { $0.host = "u@m.test" }, with { $0.port = 0 }, with { $0.port = 65536 }, with { $0.user = "a\r\nb" },
            with { $0.password = Secret("a\0b") }, with { $0.to = Array(repeating: "a@x.test", count: 101) },
        ]
        for channel in bad {
            let mail = MemoryMail()
            guard case .refused = Courier(mail: mail).deliver(.made(), over: .email(channel)) else {
                #expect(Bool(false), "\(channel)")
                continue
            }
            #expect(mail.mail == nil)
        }
        let mail = MemoryMail()
        #expect(Courier(mail: mail).deliver(.made(), over: .email(good)) == .delivered("250 OK"))
        #expect(mail.mail?.to == ["a@x.test"] && mail.mail?.from == "bot@x.test" && mail.mail?.user == nil)
    }

    @Test func passwordsAreMasked() {
        let words = "500 what is 'AUTH PLAIN AGJvdABzM2NyZXQ=' or s3cret"
        let mail = MemoryMail(
            MailOutcome(trouble: .broken("x"), replies: [MailReply(command: "AUTH", code: 500, text: words)]))
        let channel = EmailChannel(
            host: "m.test", port: 25, security: .none, user: "bot", password: Secret("s3cret"), from: "b@x.test",
            to: ["a@x.test"])
        let text = Courier(mail: mail).deliver(.made(), over: .email(channel)).text
        #expect(text.contains("'AUTH PLAIN ***' or ***"))
    }
}
