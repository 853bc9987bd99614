import DaymillHTTP
import DaymillTestKit
import Foundation
import Testing

/// HTTP calls through a real server's hands.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the server"))
struct HTTPPeerTests {
    private func failure(_ request: HTTPRequest, _ transport: CurlTransport = CurlTransport()) -> HTTPFailure? {
        do {
            _ = try transport.send(request)
            return nil
        } catch { return error }
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "HEAD"])
    func callsArriveAsTheyAre(method: String) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let hasBody = method != "GET" && method != "HEAD"
        let request = HTTPRequest(
            method: method, url: "\(peer.address)/a%20b?c=d", headers: [("X-One", "1: é"), ("X-Empty", "")],
            body: hasBody ? Array("{\"ä\": \"\0\"}".utf8) : nil)
        let response = try CurlTransport().send(request)
        #expect(response.status == 200 && response.text == (method == "HEAD" ? "" : "ok"))
        #expect(response.header("content-TYPE") == "text/plain" && response.header("X-None") == nil)
        let call = try #require(try peer.records(Peer.Call.self).first)
        #expect(call.method == method && call.path == "/a%20b?c=d" && call.body == (hasBody ? "{\"ä\": \"\0\"}" : ""))
        #expect(call.headers["X-Empty"] == "" && call.headers["User-Agent"]?.hasPrefix("daymill/") == true)
        // Nothing is guessed, and nobody is asked whether to go on.
        #expect(call.headers["Content-Type"] == nil && call.headers["Expect"] == nil)
        #expect(call.headers["X-One"].map { Array($0.unicodeScalars.map(\.value)) } == [0x31, 0x3A, 0x20, 0xC3, 0xA9])
    }

    @Test func aPostWithoutABodyIsEmpty() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        _ = try CurlTransport().send(HTTPRequest(method: "POST", url: peer.address))
        #expect(try peer.records(Peer.Call.self).first?.headers["Content-Length"] == "0")
    }

    @Test func largeBodiesArrive() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let body = Array(String(repeating: "0123456789", count: 300_000).utf8)
        _ = try CurlTransport().send(HTTPRequest(method: "POST", url: peer.address, body: body))
        #expect(try peer.records(Peer.Call.self).first?.body.utf8.count == 3_000_000)
    }

    @Test func redirectionsAreFollowedWhereWanted() throws {
        let end = try Peer("http_peer.py")
        defer { end.end() }
        let peer = try Peer(
            "http_peer.py", ["--first", "to:\(end.address)/end,to:\(end.address)/end,to:ftp://x.test/"])
        defer { peer.end() }
        let request = HTTPRequest(url: peer.address, followsRedirects: true)
        let followed = try CurlTransport().send(request)
        #expect(followed.status == 200 && followed.header("Location") == nil && followed.header("Date") != nil)
        #expect(try end.records(Peer.Call.self).map(\.path) == ["/end"])
        let plain = try CurlTransport().send(HTTPRequest(url: peer.address))
        #expect(plain.status == 302 && plain.header("location") == "\(end.address)/end")
        // The first server has the request already.
        guard case .uncertain = failure(request) else { return #expect(Bool(false), "went to another protocol") }
        #expect(try end.records(Peer.Call.self).count == 1)
    }

    @Test func longAnswersAreAFailure() throws {
        let peer = try Peer("http_peer.py", ["--first", "long:5000,long:5001,long:5000000"])
        defer { peer.end() }
        let request = HTTPRequest(url: peer.address, responseBytesMax: 5000)
        #expect(try CurlTransport().send(request).body.count == 5000)
        for _ in 0..<2 {
            #expect(failure(request) == .tooLong(status: 200, "the answer is longer than allowed"))
        }
    }

    @Test(arguments: [
        "ftp://127.0.0.1/x", "file:///etc/passwd", "smtp://127.0.0.1/", "127.0.0.1/x", "", "http://a b/",
        "http://a/\r\nX", "http://a/\0", "http://127.0.0.1:99999/", "http:///",
    ])
    func otherAddressesAreNotSent(url: String) {
        guard case .invalid = failure(HTTPRequest(url: url)) else { return #expect(Bool(false), "\(url)") }
    }

    @Test func headersAreOneLineEach() {
        let url = "http://127.0.0.1:9/"
        let bad = [
            HTTPRequest(method: "GET X", url: url), HTTPRequest(method: "", url: url),
            HTTPRequest(url: url, headers: [("A", "b\r\nC: d")]), HTTPRequest(url: url, headers: [("A: b\r\nC", "d")]),
            HTTPRequest(url: url, headers: [("A", "b\0")]), HTTPRequest(url: url, headers: [("", "b")]),
            HTTPRequest(url: url, certificates: "a\0"),
        ]
        for request in bad {
            guard case .invalid = failure(request) else {
                #expect(Bool(false), "\(request)")
                continue
            }
        }
    }

    // MARK: What may have arrived, and what has not

    @Test(arguments: ["drop", "hang"])
    func afterSendingNobodyKnows(what: String) throws {
        let peer = try Peer("http_peer.py", ["--first", what])
        defer { peer.end() }
        let request = HTTPRequest(url: peer.address, timeoutSeconds: what == "hang" ? 2 : 60)
        guard case .uncertain = failure(request) else { return #expect(Bool(false), "it is not known") }
        #expect(try peer.records(Peer.Call.self).count == 1)
    }

    @Test func withoutAConnectionNothingIsSent() throws {
        let peer = try Peer("tcp_peer.py", ["close"], records: false)
        peer.end()
        for url in ["http://\(peer.address)/", "https://\(peer.address)/", "http://no-such-host.invalid/"] {
            guard case .notSent(let text) = failure(HTTPRequest(url: url)) else {
                #expect(Bool(false), "\(url)")
                continue
            }
            #expect(url.contains("invalid") || text.contains("127.0.0.1"))
        }
    }

    /// Of TLS nothing is the request yet.
    @Test(arguments: ["close", "reset", "hang"])
    func brokenHandshakesSendNothing(what: String) throws {
        let peer = try Peer("tcp_peer.py", [what], records: false)
        defer { peer.end() }
        let request = HTTPRequest(url: "https://\(peer.address)/", timeoutSeconds: what == "hang" ? 1 : 60)
        guard case .notSent = failure(request) else { return #expect(Bool(false), "\(what)") }
    }

    @Test func onlyKnownCertificatesAreTrusted() throws {
        let peer = try Peer("http_peer.py", hasTLS: true)
        defer { peer.end() }
        let good = HTTPRequest(url: peer.address, certificates: peer.certificate)
        #expect(try CurlTransport().send(good).text == "ok")
        var bad = good
        bad.certificates = nil
        var other = good
        other.url = "https://127.0.0.1:\(peer.port)"
        var absent = good
        absent.certificates = "\(peer.folder)/absent.pem"
        for request in [bad, other, absent] {
            guard case .untrusted(let text) = failure(request) else {
                #expect(Bool(false), "\(request)")
                continue
            }
            #expect(text.contains("name that authority's file as certificates"))
        }
        let plain = try Peer("http_peer.py")
        defer { plain.end() }
        let confused = HTTPRequest(url: plain.address.replacing("http:", with: "https:"))
        guard case .untrusted = failure(confused) else { return #expect(Bool(false), "TLS with a plain server") }
        #expect(try peer.records(Peer.Call.self).count == 1 && plain.records(Peer.Call.self).isEmpty)
    }

    @Test func aCallCanBeStopped() throws {
        let peer = try Peer("http_peer.py", ["--first", "hang"])
        defer { peer.end() }
        let stop = TransferStop()
        let record = "\(peer.folder)/0001.json"
        let watcher = Thread {
            // Once the request is there, somebody asks to stop.
            for _ in 0..<3000 where !FileManager.default.fileExists(atPath: record) {
                Thread.sleep(forTimeInterval: 0.01)
            }
            stop.stop()
        }
        watcher.start()
        let request = HTTPRequest(url: peer.address, timeoutSeconds: 60)
        #expect(failure(request, CurlTransport(stop: stop)) == .uncertain("it was stopped"))
        #expect(failure(request, CurlTransport(stop: stop)) == .notSent("it was stopped"))
    }

    @Test func callsOnManyThreadsDoNotMeet() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let address = peer.address
        DispatchQueue.concurrentPerform(iterations: 32) { index in
            let request = HTTPRequest(method: "POST", url: "\(address)/\(index)", body: Array("\(index)".utf8))
            #expect((try? CurlTransport().send(request))?.text == "ok")
        }
        let calls = try peer.records(Peer.Call.self)
        #expect(Set(calls.map(\.path)).count == 32 && calls.allSatisfy { $0.path == "/\($0.body)" })
    }
}
