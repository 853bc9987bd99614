import DaymillCore
import DaymillHTTP
import DaymillTestKit
import Foundation
import Testing

/// Bodies that come and go piece by piece, connections that are kept, and what does not go along to another host.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the server"))
struct HTTPStreamTests {
    struct Enough: Error {}

    /// Keeps what it takes, up to a length.
    final class Basket: HTTPSink {
        var heads: [Int] = []
        var bytes: [UInt8] = []
        var most = Int.max
        var statuses: ClosedRange<Int> = 200...299

        func wants(_ head: HTTPResponse) throws -> Bool {
            heads.append(head.status)
            return statuses.contains(head.status)
        }

        func take(_ bytes: RawSpan) throws {
            for place in 0..<bytes.byteCount {
                self.bytes.append(bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self))
            }
            if self.bytes.count > most { throw Enough() }
        }
    }

    /// So many bytes, a few at a time.
    final class Letters: HTTPBody {
        let byteCount: Int64?
        private var left: Int
        private let failsAt: Int?

        init(_ count: Int, tells: Bool = true, failsAt: Int? = nil) {
            (left, byteCount, self.failsAt) = (count, tells ? Int64(count) : nil, failsAt)
        }

        func fill(_ room: inout MutableSpan<UInt8>) throws -> Int {
            if let failsAt, left <= failsAt { throw Enough() }
            let count = min(left, room.count, 1000)
            for place in 0..<count { room[place] = UInt8(ascii: "a") + UInt8((left - place) % 26) }
            left -= count
            return count
        }
    }

    static func content(_ range: Range<Int>) -> [UInt8] { range.map { UInt8($0 % 251) } }

    private func failure(_ body: () throws -> Void) -> HTTPFailure? {
        do {
            try body()
            return nil
        } catch { return error as? HTTPFailure }
    }

    @Test func anAnswerIsTakenAsItComes() throws {
        let peer = try Peer("http_peer.py", ["--first", "data:3000000"])
        defer { peer.end() }
        let basket = Basket()
        // The limit is for what is kept, and a sink keeps what it likes.
        let response = try CurlTransport().send(
            HTTPRequest(url: peer.address, responseBytesMax: 10), into: basket)
        #expect(response.status == 200 && response.body.isEmpty && basket.heads == [200])
        #expect(basket.bytes == Self.content(0..<3_000_000))
    }

    @Test func whatIsNotWantedIsTheBody() throws {
        let peer = try Peer("http_peer.py", ["--first", "503,long:5000"])
        defer { peer.end() }
        let basket = Basket()
        let response = try CurlTransport().send(HTTPRequest(url: peer.address), into: basket)
        #expect(response.status == 503 && response.text == "no" && basket.bytes.isEmpty)
        basket.statuses = 500...599
        let request = HTTPRequest(url: peer.address, responseBytesMax: 4999)
        let told = failure { _ = try CurlTransport().send(request, into: basket) }
        #expect(told == .tooLong(status: 200, "the answer is longer than allowed"))
    }

    @Test func whoeverTakesMayEndIt() throws {
        let peer = try Peer("http_peer.py", ["--first", "data:3000000"])
        defer { peer.end() }
        let basket = Basket()
        basket.most = 100_000
        #expect(throws: Enough.self) { try CurlTransport().send(HTTPRequest(url: peer.address), into: basket) }
        #expect(basket.bytes.count > 100_000 && basket.bytes.count < 3_000_000)
    }

    @Test(arguments: [("PUT", true), ("PUT", false), ("POST", true), ("POST", false)])
    func aBodyIsReadAsItIsSent(method: String, tells: Bool) throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let request = HTTPRequest(method: method, url: peer.address)
        #expect(try CurlTransport().send(request, body: Letters(300_000, tells: tells)).status == 200)
        let call = try #require(try peer.records(Peer.Call.self).first)
        #expect(call.method == method && call.body.utf8.count == 300_000)
        #expect(call.headers["Content-Length"] == (tells ? "300000" : nil))
        #expect(call.headers["Transfer-Encoding"] == (tells ? nil : "chunked") && call.headers["Expect"] == nil)
    }

    @Test func whoeverGivesMayEndIt() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let request = HTTPRequest(method: "PUT", url: peer.address)
        #expect(throws: Enough.self) {
            try CurlTransport().send(request, body: Letters(300_000, failsAt: 100_000))
        }
        #expect(try peer.records(Peer.Call.self).isEmpty)
    }

    @Test func partsAreReadSideBySide() throws {
        let peer = try Peer(
            "http_peer.py", ["--first", Array(repeating: "data:1000000", count: 8).joined(separator: ",")])
        defer { peer.end() }
        let connections = HTTPConnections(), address = peer.address
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            var request = HTTPRequest(url: address)
            request.ask(for: Int64(index * 125_000)..<Int64((index + 1) * 125_000))
            let basket = Basket()
            let response = try? CurlTransport(connections: connections).send(request, into: basket)
            #expect(response?.status == 206 && response?.header("content-range")?.hasSuffix("/1000000") == true)
            #expect(basket.bytes == Self.content(index * 125_000..<(index + 1) * 125_000))
        }
    }

    @Test func silenceEndsACall() throws {
        let peer = try Peer("http_peer.py", ["--first", "stall:5000"])
        defer { peer.end() }
        var request = HTTPRequest(url: peer.address, timeoutSeconds: 600)
        request.idleTimeoutSeconds = 1
        guard case .uncertain = failure({ _ = try CurlTransport().send(request) }) else {
            return #expect(Bool(false), "it went on")
        }
    }

    // MARK: Connections

    @Test func connectionsAreKeptForWhatMayBeRepeated() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        let transport = CurlTransport(connections: HTTPConnections())
        for method in ["GET", "PUT", "HEAD", "DELETE", "GET", "POST", "POST", "PATCH", "GET"] {
            let body = method == "PUT" || method == "POST" ? Array("x".utf8) : nil
            let request = HTTPRequest(method: method, url: peer.address, headers: [("X-\(method)", "1")], body: body)
            #expect(try transport.send(request).status == 200)
        }
        let calls = try peer.records(Peer.Call.self)
        let connections = calls.map(\.connection)
        // What must not happen twice has a connection of its own.
        #expect(Set(connections.enumerated().filter { ![5, 6, 7].contains($0.offset) }.map(\.element)).count == 1)
        #expect(Set(connections).count == 4)
        // Nothing of one call is in the next.
        for call in calls { #expect(call.headers.keys.filter { $0.hasPrefix("X-") } == ["X-\(call.method)"]) }
        #expect(calls[8].body == "" && calls[8].method == "GET")
    }

    @Test func aConnectionThatWasClosedIsNoFailure() throws {
        let peer = try Peer("http_peer.py", ["--first", "close,close,200"])
        defer { peer.end() }
        let transport = CurlTransport(connections: HTTPConnections())
        for _ in 0..<3 { #expect(try transport.send(HTTPRequest(url: peer.address)).text == "ok") }
        #expect(try Set(peer.records(Peer.Call.self).map(\.connection)).count == 3)
    }

    @Test func callsHaveAConnectionEachUnlessToldOtherwise() throws {
        let peer = try Peer("http_peer.py")
        defer { peer.end() }
        for _ in 0..<3 { _ = try CurlTransport().send(HTTPRequest(url: peer.address)) }
        #expect(try Set(peer.records(Peer.Call.self).map(\.connection)).count == 3)
    }

    // MARK: Redirections

    /// localhost and 127.0.0.1 are one machine, and two hosts to whoever has a token for one of them.
    @Test(arguments: [true, false])
    func secretsStayWithTheirHost(isOther: Bool) throws {
        let end = try Peer("http_peer.py")
        defer { end.end() }
        let same = try Peer("http_peer.py", ["--first", "to:/next"])
        defer { same.end() }
        let other = try Peer("http_peer.py", ["--first", "to:\(end.address)/next"])
        defer { other.end() }
        var request = HTTPRequest(
            url: (isOther ? other : same).address + "/start",
            headers: [("Authorization", "Bearer one"), ("Cookie", "two"), ("X-Plain", "three"), ("X-Key", "plain")],
            followsRedirects: true)
        request.hostHeaders = [("X-Key", "four")]
        #expect(try CurlTransport().send(request).status == 200)
        let calls =
            try isOther ? other.records(Peer.Call.self) + end.records(Peer.Call.self) : same.records(Peer.Call.self)
        try #require(calls.map(\.path) == ["/start", "/next"])
        #expect(calls[0].headers["X-Key"] == "four" && calls[0].headers["Authorization"] == "Bearer one")
        #expect(calls[1].headers["X-Plain"] == "three")
        for name in ["Authorization", "Cookie", "X-Key"] {
            let expected = name == "X-Key" && isOther ? "plain" : isOther ? nil : calls[0].headers[name]
            #expect(calls[1].headers[name] == expected, "\(name)")
        }
    }

    @Test func redirectionsSayWhatBecomesOfAMethod() throws {
        let peer = try Peer("http_peer.py", ["--first", "to:/a,200,to307:/b,200,to:/c,200"])
        defer { peer.end() }
        let basket = Basket()
        for (method, sink) in [("POST", nil), ("POST", nil), ("PUT", nil)] as [(String, Basket?)] {
            let request = HTTPRequest(
                method: method, url: peer.address, headers: [("Content-Type", "text/x")], body: Array("b".utf8),
                followsRedirects: true)
            #expect(try CurlTransport().send(request, into: sink).status == 200)
        }
        let calls = try peer.records(Peer.Call.self)
        #expect(calls.map(\.method) == ["POST", "GET", "POST", "POST", "PUT", "PUT"])
        #expect(calls.map(\.body) == ["b", "", "b", "b", "b", "b"])
        #expect(calls[1].headers["Content-Type"] == nil && calls[3].headers["Content-Type"] == "text/x")
        #expect(basket.heads == [])
    }

    @Test func aSinkGetsTheLastAnswer() throws {
        let peer = try Peer("http_peer.py", ["--first", "to:/a,to:/b,data:1000"])
        defer { peer.end() }
        let basket = Basket()
        _ = try CurlTransport().send(HTTPRequest(url: peer.address, followsRedirects: true), into: basket)
        #expect(basket.heads == [200] && basket.bytes.count == 1000)
    }

    @Test func circlesEnd() throws {
        let peer = try Peer(
            "http_peer.py", ["--first", Array(repeating: "to:/again", count: 20).joined(separator: ",")])
        defer { peer.end() }
        let told = failure { _ = try CurlTransport().send(HTTPRequest(url: peer.address, followsRedirects: true)) }
        #expect(told == .uncertain("it was redirected more than 5 times"))
        #expect(try peer.records(Peer.Call.self).count == 6)
    }
}
