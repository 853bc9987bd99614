package import DaymillCore
package import DaymillHTTP

/// A mail on its way: the envelope, the server, and the bytes.
package struct MailSubmission: Sendable {
    package var host: String
    package var port: Int
    package var security: EmailChannel.Security
    /// Nil: no login.
    package var user: String?
    package var password: Secret
    /// Bare addresses.
    package var from: String
    package var to: [String]
    /// Headers and body, lines that end with CR LF.
    package var bytes: [UInt8]
    package var certificates: String?
    package var timeoutSeconds: Double
}

/// A command of the SMTP dialogue and what the server said to it.
package struct MailReply: Sendable, Equatable {
    /// `EHLO`, `RCPT TO:<a@x.test>`; `AUTH` for all of a login; `.` for the whole mail; empty for the greeting.
    package var command: String
    /// Nil: it said nothing.
    package var code: Int?
    /// Its lines, with their codes.
    package var text: String

    package init(command: String, code: Int?, text: String) {
        self.command = command
        self.code = code
        self.text = text
    }
}

/// How the handing over of a mail ended.
package struct MailOutcome: Sendable {
    /// Why there is no (further) reply; nil when the dialogue went to its end.
    package var trouble: Trouble?
    /// In the order of the dialogue.
    package var replies: [MailReply]

    package init(trouble: Trouble? = nil, replies: [MailReply] = []) {
        self.trouble = trouble
        self.replies = replies
    }

    /// What broke it off, in words.
    package enum Trouble: Sendable, Equatable {
        /// It cannot be sent as it is.
        case invalid(String)
        /// Certificates or TLS settings have to be mended.
        case untrusted(String)
        /// The login did not work.
        case login(String)
        /// Anything that may be better next time: no connection, a time-out, a cut.
        case broken(String)
    }
}

/// What hands mail to a server: `CurlMail`, or something in memory for tests.
package protocol MailTransport: Sendable {
    /// Hands it over once. Blocks its thread within the time-out.
    func submit(_ mail: MailSubmission) -> MailOutcome
}

/// Mail by libcurl.
package struct CurlMail: MailTransport {
    private let stop: TransferStop?

    /// - Parameter stop: ends the handing over early when it is set.
    package init(stop: TransferStop? = nil) {
        self.stop = stop
    }

    package func submit(_ mail: MailSubmission) -> MailOutcome {
        let report = CurlDoor.perform(order(mail))
        return MailOutcome(trouble: CurlMail.trouble(report), replies: CurlMail.replies(report.dialogue))
    }

    private func order(_ mail: MailSubmission) -> TransferOrder {
        let host = mail.host.contains(":") ? "[\(mail.host)]" : mail.host
        // The name with which we greet: servers want one with a domain, and the machine's own name tells too much.
        let name = mail.from.split(separator: "@").last ?? "localhost"
        var order = TransferOrder(
            url: "\(mail.security == .tls ? "smtps" : "smtp")://\(host):\(mail.port)/\(name)", body: mail.bytes,
            certificates: mail.certificates, timeoutSeconds: mail.timeoutSeconds,
            connectTimeoutSeconds: mail.timeoutSeconds, answerBytesMax: NotifyLimits.answerBytesMax, stop: stop)
        order.envelope = TransferOrder.Envelope(
            from: mail.from, to: mail.to, user: mail.user, password: mail.password.reveal,
            startsTLS: mail.security == .startTLS)
        return order
    }

    private static func trouble(_ report: TransferReport) -> MailOutcome.Trouble? {
        let words = report.problem.trimmed
        return switch report.end {
        case .done: nil
        case .invalid: .invalid(words)
        case .untrusted: .untrusted("\(words); \(TLSHint.text(report.end))")
        case .noTLS:
            .untrusted("\(words); set the kind of security that the server offers on this port: startTLS, tls or none")
        case .loginDenied: .login(words)
        case .noLibrary: .broken("\(words); install libcurl (Debian: libcurl4)")
        case .stopped: .broken("it was stopped")
        case .cut: .broken("the connection broke (\(words))")
        case .timedOut, .noHost, .noConnection, .tooLong, .givenUp, .other: .broken(words)
        }
    }

    /// Commands of the dialogue with what follows each. Replies of several lines are one.
    static func replies(_ dialogue: String) -> [MailReply] {
        var replies = [MailReply(command: "", code: nil, text: "")]
        for line in dialogue.split(separator: "\n") {
            let text = String(line.dropFirst(2))
            if line.hasPrefix("> ") {
                replies.append(MailReply(command: text, code: nil, text: ""))
            } else {
                let said = replies[replies.count - 1].text
                replies[replies.count - 1].text = said.isEmpty ? text : "\(said) \(text)"
                // The last line of a reply has no hyphen after its code.
                if !text.dropFirst(3).hasPrefix("-") { replies[replies.count - 1].code = Int(text.prefix(3)) }
            }
        }
        return replies
    }
}
