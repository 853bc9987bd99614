import DaymillCore
import DaymillTestKit
import Foundation
import Testing

@testable import DaymillNotify

/// Mails are what RFC 5322 and MIME want, whatever is in them.
@Suite struct MailMessageTests {
    private func mail(_ message: Message) throws -> MailMessage {
        let from = try #require(MailAddress("Daymill <bot@x.test>"))
        return MailMessage(message: message, from: from, to: [try #require(MailAddress("a@x.test"))])
    }

    private func text(_ message: Message) throws -> String {
        String(decoding: try mail(message).bytes, as: UTF8.self)
    }

    @Test func aMailLooksLikeThis() throws {
        let expected = """
            Date: Tue, 17 Nov 2026 07:00:00 +0000
            From: Daymill <bot@x.test>
            To: a@x.test
            Message-ID: <shop-1@x.test>
            Subject: shop failed
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            It broke.

            Again.

            pipeline: shop
            date: 2026-11-17

            """
        #expect(try text(.made()) == expected.replacing("\n", with: "\r\n"))
    }

    @Test func anAlternativeIsAPartOfItsOwn() throws {
        let text = try text(.made(text: "plain", html: "<p class=\"x\">häß</p>", fields: []))
        let parts = text.components(separatedBy: "--=_daymill_\(Message.made().hash)")
        #expect(parts.count == 4 && parts[3] == "--\r\n")
        #expect(parts[1].hasSuffix("\r\n\r\nplain\r\n"))
        #expect(parts[2].hasSuffix("\r\n\r\n<p class=3D\"x\">h=C3=A4=C3=9F</p>\r\n"))
    }

    @Test func longHeadersAreFolded() throws {
        let plain = MailHeader.text("Subject", String(repeating: "words ", count: 30))
        #expect(plain.hasPrefix("Subject: words words") && plain.components(separatedBy: "\r\n words").count == 3)
        let name = String(repeating: "ü", count: 60)
        let header = MailHeader.addresses("From", [try #require(MailAddress("\(name) <bot@x.test>"))])
        let words = header.dropFirst("From: ".count).split(whereSeparator: \.isWhitespace)
        #expect(words.count == 4 && words.last == "<bot@x.test>")
        #expect(header.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        let coded = words.dropLast().map { String($0.dropFirst(10).dropLast(2)) }
        let bytes = coded.flatMap { [UInt8](Data(base64Encoded: $0) ?? Data()) }
        #expect(String(decoding: bytes, as: UTF8.self) == name)
    }

    @Test func theSameMessageGivesTheSameBytes() throws {
        let message = Message.made(html: "<p>x</p>")
        #expect(try mail(message).bytes == mail(message).bytes)
    }

    @Test func nothingCanBeginAHeader() throws {
        let text = try text(
            .made(id: "x>\r\nBcc: a@b.test", subject: "a\r\nBcc: a@b.test\n\nbody", text: "b", fields: []))
        let head = text.components(separatedBy: "\r\n\r\n")[0]
        #expect(!head.contains("\r\nBcc") && text.hasSuffix("\r\n\r\nb\r\n"))
        #expect(head.contains("Subject: a Bcc: a@b.test  body") || head.contains("Subject: =?UTF-8?B?"))
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@b>", "a\r\n@b",
        "a@b\r\nRCPT TO:<x@y>", "x\r\nBcc: y <a@b>", "ä@b", "a@ä.test",
        "a..b@c", ".a@c", "a.@c", "a@.c", "a@c.", "a@b\0", "N <a@b> x", "N <a@b", "<>", "\"a b\"@c", "a,b@c", "a<b@c>d",
    ])
    func otherTextsAreNoAddresses(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(arguments: [
        ("a@b", "", "a@b", "b"), ("  a.b+c@x-y.test ", "", "a.b+c@x-y.test", "x-y.test"), ("<a@b>", "", "a@b", "b"),
        ("Day Mill <a@b>", "Day Mill", "a@b", "b"), ("\"Mill, Day\" <a@b>", "Mill, Day", "a@b", "b"),
        ("Дневная <a@b>", "Дневная", "a@b", "b"), ("a < b <c@d>", "a < b", "c@d", "d"),
    ])
    func addressesAreRead(text: String, name: String, address: String, domain: String) throws {
        let read = try #require(MailAddress(text))
        #expect(read.name == name && read.address == address && read.domain == domain)
    }

    @Test(arguments: [
        ("a=b", "a=3Db\r\n"), ("a \nb\t", "a=20\r\nb=09\r\n"), (".\n..a", "=2E\r\n=2E.a\r\n"),
        ("From me\n From\nFromage", "=46rom me\r\n From\r\nFromage\r\n"), ("", "\r\n"), ("é", "=C3=A9\r\n"),
        ("a\r\nb\rc\0", "a\r\nb\r\nc=EF=BF=BD\r\n"),
    ])
    func textIsQuotedPrintable(text: String, quoted: String) {
        #expect(String(decoding: QuotedPrintable.encoded(text), as: UTF8.self) == quoted)
    }

    @Test(arguments: ["x", "é", "🧪", ".", " ", "From ", "a.", "=", ". "])
    func longLinesAreParted(unit: String) {
        let lines = String(decoding: QuotedPrintable.encoded(String(repeating: unit, count: 500)), as: UTF8.self)
            .components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasPrefix(".") && !$0.hasPrefix("From ") })
        #expect(lines.allSatisfy { !$0.hasSuffix(" ") } && lines.last == "")
    }
}

/// Mails as Python's email library reads them, with nothing to overlook.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that reads mails"))
struct MailReadingTests {
    private struct Read: Decodable {
        var headers: [String: String]
        var order: [String]
        var types: [String]
        var texts: [String: String]
        var defects: [String]
    }

    static let ugly = [
        "plain",
        "Größe: 5 µm — “done” 🧪", String(repeating: "x", count: 2000), String(repeating: "ы", count: 700),
        ".\n..\n.hidden\n...", "From me\nFrom \n>From you",
        "trailing   \ntabs\t\t\n   leading", "a\rb\r\nc\n\rd", "a\0b\u{1B}[31m",
        "=3D =?UTF-8?B?eA==?= =",
        String(repeating: "long words in a row ", count: 200),
        "--=_daymill_0\n--\n-- \nsignature",
        "e\u{301}\u{200B}\u{FEFF}\u{2028}x",
        "👨‍👩‍👧‍👦" + String(repeating: "\u{301}", count: 300),
        "Subject: x\nBcc: y@x.test\n\nz", "  ",
    ]

    @Test func uglyTextsComeBack() throws {
        let folder = try Peer.scratchFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let from = try #require(MailAddress("Größte Mühle, “Tag” <bot@x.test>"))
        let to = try (1...20).map { try #require(MailAddress("\"Name, \\ \($0)\" <somebody.\($0)@x.test>")) }
        let messages = MailReadingTests.ugly.enumerated().map { index, text in
            Message.made(
                id: "id/\(index)", subject: text, text: text, html: index % 2 == 0 ? "<p>\(text)</p>" : nil, fields: [])
        }
        let paths = try messages.enumerated().map { index, message in
            let path = "\(folder)/\(index).eml"
            try Data(MailMessage(message: message, from: from, to: to).bytes).write(to: URL(filePath: path))
            return path
        }
        let read = try JSONDecoder().decode([Read].self, from: Peer.run("read_mail.py", paths))
        try #require(read.count == messages.count)
        for (message, read) in zip(messages, read) { try check(message, read, from) }
    }

    private func check(_ message: Message, _ read: Read, _ from: MailAddress) throws {
        #expect(read.defects == [], "\(message.subject.prefix(40).debugDescription)")
        #expect(read.headers["Subject"] == message.subjectLine)
        #expect(read.headers["Auto-Submitted"] == "auto-generated")
        #expect(read.headers["Message-ID"] == "<\(message.headerID)@x.test>")
        #expect(read.headers["From"].map(unquoted) == "\(from.name) <\(from.address)>")
        #expect(read.headers["To"]?.split(separator: "@").count == 21)
        #expect(Set(read.order).count == read.order.count)
        // The last line break of a part among others belongs to the boundary.
        let end = message.html == nil ? "\n" : ""
        #expect(read.texts["text/html"]?.replacing("\r\n", with: "\n") == message.html.map(CleanText.paragraphs))
        #expect(read.texts["text/plain"]?.replacing("\r\n", with: "\n") == message.plainText + end)
        #expect(
            read.types == (message.html == nil ? ["text/plain"] : ["multipart/alternative", "text/plain", "text/html"]))
    }

    /// Python puts a name in quotes where commas want it.
    private func unquoted(_ text: String) -> String { text.replacing("\"", with: "") }
}
