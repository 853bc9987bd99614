import DaymillCore
import DaymillHTTP
import DaymillNotify
import Foundation
import Testing

/// A secret shows nowhere but where it is used.
@Suite struct SecretTests {
    @Test func printingShowsStars() {
        let secret = Secret("hunter22")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "***" && secret.debugDescription == "***" && !dumped.contains("hunter22"))
        #expect(secret.reveal == "hunter22")
    }

    @Test func channelsPrintNoSecrets() {
        let secret = Secret("hunter22")
        let channels: [Channel] = [
            .email(EmailChannel(host: "h", port: 25, security: .none, password: secret, from: "a@x.test", to: [])),
            .telegram(TelegramChannel(token: secret, chat: "1")),
            .webhook(WebhookChannel(url: secret, headers: [("Authorization", secret)])),
            .slack(SlackChannel(url: secret)),
        ]
        for channel in channels {
            var dumped = ""
            dump(channel, to: &dumped)
            #expect(!"\(channel) \(String(reflecting: channel)) \(dumped)".contains("hunter22"))
        }
    }

    @Test func requestsPrintTheirHostOnly() {
        let request = HTTPRequest(method: "POST", url: "https://u:pw@x.test/a/SECRET?k=v", headers: [("A", "SECRET")])
        var dumped = ""
        dump(request, to: &dumped)
        #expect(request.description == "POST to x.test")
        #expect(!"\(String(reflecting: request)) \(dumped)".contains("SECRET"))
    }

    @Test(arguments: [
        ("hunter22", "no hunter22, but hunter22", "no ***, but ***"),
        ("a/b\"c", #"{"said":"a\/b\"c","and":"a/b\"c"}"#, #"{"said":"***","and":"***"}"#),
        ("pä ss", "p%C3%A4%20ss", "***"), ("s3cret", "AUTH czNjcmV0", "AUTH ***"), ("", "nothing", "nothing"),
        ("Bearer abcdefgh", "bad token abcdefgh", "bad token ***"), ("e", "see e\u{301}", "s****** ***\u{301}"),
        (
            "https://me:pass@hooks.x.test/services/T0000000/B0000000/verysecret?key=alsosecret",
            "hooks.x.test: no /services/T0000000/B0000000/verysecret; verysecret, alsosecret, B0000000, pass",
            "hooks.x.test: no ***; ***, ***, ***, ***"
        ), ("https://x.test/hook", "cannot POST /hook at x.test", "cannot POST *** at x.test"),
        ("https://x.test/a%2Fb%20verylong", "no a/b verylong", "no ***"),
    ])
    func textsAreMasked(secret: String, text: String, masked: String) {
        #expect(Secret(secret).masked(text) == masked)
    }
}
