import DaymillCore
import DaymillHTTP
import Testing

@testable import DaymillNotify

/// The small pieces that messages are made of.
@Suite struct TextTests {
    @Test(arguments: [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"), ("\r\n\r\n", "\n\n"), ("\n\r", "\n\n"), ("a\tb", "a\tb"),
        ("a\0b\u{7}\u{7F}\u{85}", "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}"), ("", ""), ("🧪é", "🧪é"),
    ])
    func lineBreaksAreOfOneKind(text: String, clean: String) {
        #expect(CleanText.paragraphs(text) == clean)
    }

    @Test func aLineHasNoBreaks() {
        #expect(CleanText.line("  a\r\nBcc: x@x.test\n\tb \u{0} ") == "a Bcc: x@x.test  b \u{FFFD}")
        #expect(CleanText.line("\n \r") == "")
        #expect(CleanText.clipped("abcdef", 4) == "abc…" && CleanText.clipped("abcd", 4) == "abcd")
    }

    @Test func markupIsEscaped() {
        #expect(MarkupText.html("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;")
        #expect(MarkupText.angles("a<\u{301}b> & \"c\"") == "a&lt;\u{301}b&gt; &amp; \"c\"")
    }

    @Test func jsonIsQuoted() {
        #expect(JSONText.quoted("a\"\\\r\n\t\0\u{1F}é🧪/") == #""a\"\\\r\n\t\u0000\u001Fé🧪/""#)
    }

    @Test(arguments: [
        (now, "Tue, 17 Nov 2026 07:00:00 +0000", "2026-11-17T07:00:00.000Z"),
        (0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"),
        (-1, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59.999Z"),
        (1_709_251_199_999_999, "Thu, 29 Feb 2024 23:59:59 +0000", "2024-02-29T23:59:59.999Z"),
    ])
    func momentsAreWritten(microseconds: Int64, mail: String, iso: String) {
        #expect(InternetDate.mail(microseconds) == mail && InternetDate.iso(microseconds) == iso)
    }

    @Test(arguments: [
        ("120", 120), (" 7 ", 7), ("1.5", 1.5), ("-3", 0), ("99999999999999", 604_800),
        ("Tue, 17 Nov 2026 07:02:00 GMT", 120), ("Tue, 17 Nov 2026 06:00:00 GMT", 0),
        ("Tue, 17 Nov 2036 06:00:00 GMT", 604_800),
    ])
    func retryAfterIsRead(header: String, seconds: Double) {
        #expect(RetryAfter.seconds(header, nowMicroseconds: now) == seconds)
    }

    @Test(arguments: [nil, "", "soon", "nan", "inf", "Tue, 31 Feb 2026 07:02:00 GMT", "Tue, 17 Nov 2026 25:02:00 GMT"])
    func otherRetryAfterIsNone(header: String?) {
        #expect(RetryAfter.seconds(header, nowMicroseconds: now) == nil)
    }

    // MARK: Parts

    @Test func partsAreCutAtLineEnds() {
        let text = (1...10).map { "line \($0)" }.joined(separator: "\n")
        let parts = TextParts.parts(text, unitsMax: 21, partsMax: 9)
        #expect(parts == ["line 1\nline 2\nline 3", "line 4\nline 5\nline 6", "line 7\nline 8\nline 9", "line 10"])
        #expect(TextParts.parts("short", unitsMax: 21, partsMax: 9) == ["short"])
        #expect(TextParts.parts(" \n\n \n", unitsMax: 21, partsMax: 9) == [])
    }

    @Test func longLinesAreCutAtSpacesElseBetweenCharacters() {
        #expect(TextParts.parts("aaaa bbbb cccc", unitsMax: 10, partsMax: 9) == ["aaaa bbbb", "cccc"])
        #expect(TextParts.parts("aaaaaaaaaaaaaa", unitsMax: 10, partsMax: 9) == ["aaaaaaaaaa", "aaaa"])
        let families = String(repeating: "👨‍👩‍👧‍👦", count: 5)
        #expect(TextParts.parts(families, unitsMax: 25, partsMax: 9).map(\.count) == [2, 2, 1])
        // A character of a thousand marks is one that nobody wrote.
        let monster = "e" + String(repeating: "\u{301}", count: 1000)
        let parts = TextParts.parts(monster, unitsMax: 300, partsMax: 9)
        #expect(parts.allSatisfy { $0.utf16.count <= 300 } && parts.joined() == monster)
    }

    @Test func whatDoesNotFitIsTold() throws {
        let text = String(repeating: "0123456789\n", count: 100)
        let parts = TextParts.parts(text, unitsMax: 100, partsMax: 3)
        #expect(parts.count == 3 && parts.allSatisfy { $0.utf16.count <= 100 })
        let last = try #require(parts.last)
        #expect(last.hasSuffix("characters more are left out)"))
    }

    // MARK: Messages

    @Test func factsFollowTheText() {
        #expect(Message.made().plainText == "It broke.\n\nAgain.\n\npipeline: shop\ndate: 2026-11-17")
        #expect(Message.made(text: "\n").plainText == "pipeline: shop\ndate: 2026-11-17")
        #expect(Message.made(text: "", fields: []).plainText == "")
    }

    @Test func aPageIsEscaped() {
        let page = Message.made(text: "a <b>\nc\n\nd", fields: [("<n>", "1 & 2\n3")]).page
        #expect(page.contains("<p>a &lt;b&gt;<br>\nc</p>\n<p>d</p>\n"))
        #expect(page.contains("<th align=\"left\">&lt;n&gt;</th><td>1 &amp; 2<br>\n3</td>"))
    }

    @Test(arguments: [
        ("shop-1_a.b", "shop-1_a.b"), ("a/b c", "a=2Fb=20c"), (".a..b.", "=2Ea.=2Eb=2E"), ("a=2F", "a=3D2F"),
        ("é\r\n", "=C3=A9=0D=0A"), ("", "="),
    ])
    func idsFitIntoHeaders(id: String, header: String) {
        #expect(Message.made(id: id).headerID == header)
    }

    @Test func longIDsStayDifferent() {
        let ids = ["a", "b"].map { Message.made(id: String(repeating: "/", count: 300) + $0).headerID }
        #expect(ids[0] != ids[1] && ids.allSatisfy { $0.utf8.count <= 200 })
    }
}
