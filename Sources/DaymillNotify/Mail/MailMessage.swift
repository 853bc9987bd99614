import DaymillHTTP

/// A message as mail: RFC 5322 and MIME, ASCII bytes, lines of at most 998 that end with CR LF.
///
/// The same message gives the same bytes: date, id and boundary come from it. Nothing of its texts can begin a header.
struct MailMessage {
    var message: Message
    var from: MailAddress
    var to: [MailAddress]

    /// The headers, an empty line, the body.
    var bytes: [UInt8] {
        let plain = part("text/plain", message.plainText)
        guard let html = message.html else { return Array(headers.utf8) + plain }
        // "=_" stands nowhere in quoted-printable text, so this cannot occur in a part.
        let boundary = "=_daymill_\(message.hash)"
        let kind = "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"\r\n\r\n"
        let start = Array("--\(boundary)\r\n".utf8)
        return Array((headers + kind).utf8) + start + plain + start + part("text/html", html)
            + Array("--\(boundary)--\r\n".utf8)
    }

    /// What is the same for repetitions of a message: `<shop-1@x.test>`.
    var messageID: String { "<\(message.headerID)@\(from.domain)>" }

    private var headers: String {
        "Date: \(InternetDate.mail(message.createdMicroseconds))\r\n"
            + MailHeader.addresses("From", [from])
            + MailHeader.addresses("To", to)
            + "Message-ID: \(messageID)\r\n"
            + MailHeader.text("Subject", message.subjectLine)
            // No out-of-office notes in return.
            + "Auto-Submitted: auto-generated\r\n"
            + "MIME-Version: 1.0\r\n"
    }

    private func part(_ type: String, _ text: String) -> [UInt8] {
        let head = "Content-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        return Array(head.utf8) + QuotedPrintable.encoded(text)
    }
}
