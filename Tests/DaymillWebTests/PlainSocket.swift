import DaymillCore
import Foundation
import Glibc

/// A connection to a server on this machine that sends what it is told, byte by byte where a test needs that.
final class PlainSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw DaymillError(.io, "no connection to port \(port): error \(errno)") }
    }

    deinit { close(descriptor) }

    /// - Returns: whether it went out.
    @discardableResult
    func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// Nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether there is something to read, or an end, within a time.
    func hasNews(milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, milliseconds) > 0
    }

    /// What comes until the other side closes; fails when it does not within ten seconds.
    func readToEnd() throws -> String {
        var text: [UInt8] = []
        while let bytes = try read() { text += bytes }
        return String(decoding: text, as: UTF8.self)
    }

    /// What comes until the text is in it.
    func read(until end: String) throws -> String {
        var text = ""
        while !text.contains(end), let bytes = try read() { text += String(decoding: bytes, as: UTF8.self) }
        return text
    }

    /// Nil at the end.
    private func read() throws -> [UInt8]? {
        guard hasNews(milliseconds: 10_000) else { throw DaymillError(.io, "nothing came, and the connection is open") }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}
