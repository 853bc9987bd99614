package import DaymillCore
package import DaymillHTTP

/// Takes messages to people.
///
/// Each call sends once and says what became of it; what to repeat, and when, is the caller's to decide. A call blocks
/// its thread within the channel's time-outs, so it does not belong on the threads of Swift's tasks.
package struct Courier: Sendable {
    let transport: any HTTPTransport
    let mail: any MailTransport
    let clock: WallClock

    package init(
        transport: any HTTPTransport = CurlTransport(), mail: any MailTransport = CurlMail(),
        clock: WallClock = .system
    ) {
        self.transport = transport
        self.mail = mail
        self.clock = clock
    }

    /// Sends a message, once. No secret of the channel is in what it returns.
    package func deliver(_ message: Message, over channel: Channel) -> Delivery {
        let delivery =
            switch channel {
            case .email(let channel): deliver(message, over: channel)
            case .telegram(let channel): deliver(message, over: channel)
            case .webhook(let channel): deliver(message, over: channel)
            case .slack(let channel): deliver(message, over: channel)
            }
        return delivery.presentable(without: channel.secrets)
    }

    /// A call of a channel that takes JSON.
    func post(_ json: String, to url: String, timeoutSeconds: Double) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: url, headers: [("Content-Type", "application/json; charset=utf-8")],
            body: Array(json.utf8), timeoutSeconds: timeoutSeconds,
            connectTimeoutSeconds: min(timeoutSeconds, 10), responseBytesMax: NotifyLimits.answerBytesMax)
    }

    /// The header of an answer that says when to come again.
    func retryAfter(_ response: HTTPResponse) -> Double? {
        RetryAfter.seconds(response.header("Retry-After"), nowMicroseconds: clock.nowMicroseconds)
    }
}
