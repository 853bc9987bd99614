import DaymillCore
import DaymillHTTP

/// A mail is plain text, with an HTML alternative where the message has one. Its Message-ID comes from the message's
/// id, so that programs which see it twice can tell.
///
/// A reply of 4xx means later, one of 5xx means no. A connection that breaks after the whole mail was handed over and
/// before the server's last word means that nobody knows. A refused recipient does not keep the mail from others: then
/// it is delivered, and the text names who was refused.
extension Courier {
    func deliver(_ message: Message, over channel: EmailChannel) -> Delivery {
        guard let from = MailAddress(channel.from) else {
            return .refused("'\(channel.from)' is no address to send from; write bot@example.com")
        }
        let to = channel.to.map { MailAddress($0) }
        if let index = to.firstIndex(of: nil) {
            let hint = "write name@example.com, and letters beyond ASCII in a domain as xn--…"
            return .refused("'\(channel.to[index])' is no address; \(hint)")
        }
        if let problem = channel.problem { return .refused(problem) }
        let recipients = to.compactMap(\.self)
        let mail = MailMessage(message: message, from: from, to: recipients)
        let outcome = self.mail.submit(channel.submission(mail, recipients.map(\.address), from: from.address))
        return outcome.delivery(to: "\(channel.host):\(channel.port)")
    }
}

extension EmailChannel {
    /// What forbids to try; nil when nothing does.
    fileprivate var problem: String? {
        if to.isEmpty { return "there is nobody to send to" }
        if to.count > NotifyLimits.recipientsMax { return "more than \(NotifyLimits.recipientsMax) recipients" }
        let isName = host.utf8.allSatisfy { HTTPToken.isLetterOrDigit($0) || ".-_:".utf8.contains($0) }
        if host.isEmpty || !isName { return "'\(CleanText.line(host))' is no name of a server" }
        if !(1...65535).contains(port) { return "\(port) is no port" }
        let texts = [user ?? "", password?.reveal ?? "", certificates ?? ""]
        if texts.contains(where: { !HTTPToken.isValue($0) }) {
            return "user, password or path of the certificates has control characters"
        }
        return nil
    }

    fileprivate func submission(_ mail: MailMessage, _ to: [String], from: String) -> MailSubmission {
        MailSubmission(
            host: host, port: port, security: security, user: user.flatMap { $0.isEmpty ? nil : $0 },
            password: password ?? Secret(""), from: from, to: to, bytes: mail.bytes, certificates: certificates,
            timeoutSeconds: timeoutSeconds)
    }
}

extension MailOutcome {
    /// What it means for the message.
    func delivery(to server: String) -> Delivery {
        if let end = replies.last(where: { $0.command == "." }) { return afterwards(end, server) }
        if let refusal = recipientsRefused(server) { return refusal }
        // A no that ended the dialogue: the server's words tell more than libcurl's. Earlier ones did not matter.
        if let no = replies.last(where: { $0.command != "QUIT" }), no.code ?? 0 >= 400 {
            return no.isTemporary ? .failed(no.words(server), retryAfterSeconds: nil) : .refused(no.words(server))
        }
        switch trouble {
        case .invalid(let text), .untrusted(let text): return .refused("\(server): \(text)")
        case .login(let text):
            let hint = "see whether the server takes logins on this port and with this security"
            return .refused("\(server): \(text); \(hint)")
        case .broken(let text): return .failed("\(server): \(text)", retryAfterSeconds: nil)
        case nil: return .uncertain("\(server) ended the dialogue without a word about the mail")
        }
    }

    /// The whole mail was handed over.
    private func afterwards(_ end: MailReply, _ server: String) -> Delivery {
        guard let code = end.code else {
            let why = if case .broken(let text) = trouble { ": \(text)" } else { "" }
            return .uncertain("\(server) had the whole mail and did not say whether it takes it\(why)")
        }
        guard 200...299 ~= code else {
            return end.isTemporary
                ? .failed(end.words(server), retryAfterSeconds: nil) : .refused(end.words(server))
        }
        let refused = recipients.filter { $0.code ?? 0 >= 400 }.map { "\($0.recipient) (\($0.text))" }
        return .delivered(end.text + (refused.isEmpty ? "" : "; but refused: \(refused.joined(separator: ", "))"))
    }

    /// Nobody is left to send to. One who may be taken later is worth another try.
    private func recipientsRefused(_ server: String) -> Delivery? {
        let all = recipients
        guard !all.isEmpty, all.allSatisfy({ $0.code ?? 0 >= 400 }) else { return nil }
        let text = "\(server) refused \(all.map { "\($0.recipient) (\($0.text))" }.joined(separator: ", "))"
        return all.contains(where: \.isTemporary) ? .failed(text, retryAfterSeconds: nil) : .refused(text)
    }

    private var recipients: [MailReply] { replies.filter { $0.command.hasPrefix("RCPT ") } }
}

extension MailReply {
    fileprivate var isTemporary: Bool { 400...499 ~= code ?? 0 }

    /// `RCPT TO:<a@x.test>`, maybe with more after it.
    fileprivate var recipient: String {
        String(command.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
    }

    /// What the server said to what.
    fileprivate func words(_ server: String) -> String {
        let what =
            switch command.prefix(4) {
            case "": "the connection"
            case "AUTH": "the login"
            case "MAIL": "the sender"
            case ".": "the mail"
            case "STAR": "TLS"
            default: String(command.prefix(4))
            }
        let hint = command == "AUTH" && !isTemporary ? "; see whether user and password are right" : ""
        return "\(server) refused \(what): \(text)\(hint)"
    }
}
