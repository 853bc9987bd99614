import CCurl
import Synchronization

/// The one file that calls libcurl. It is opened when the first exchange is made; nothing else of the program needs it.
///
/// A call blocks its thread. Calls on different threads do not meet.
package enum CurlDoor {
    /// libcurl and what it is built on, as in `libcurl/8.5.0 OpenSSL/3.0.13 zlib/1.3`.
    ///
    /// - Throws: `.notSent` when it cannot be used, with what to do.
    package static func version() throws(HTTPFailure) -> String {
        if let words = unsafe dm_curl_version() { return unsafe String(cString: words) }
        throw HTTPFailure(TransferReport(end: .noLibrary, problem: missing))
    }

    /// Why libcurl cannot be used; empty when it can.
    private static var missing: String { unsafe dm_curl_missing().map { unsafe String(cString: $0) } ?? "" }

    /// Makes the exchange, within its limits.
    ///
    /// - Parameters:
    ///   - body: where the body comes from, in place of the order's.
    ///   - sink: where the answer's body goes, if it wants it.
    ///   - connections: kept ones to use, and to leave this one with.
    package static func perform(
        _ order: TransferOrder, body: (any HTTPBody)? = nil, sink: (any HTTPSink)? = nil,
        connections: HTTPConnections? = nil
    ) -> TransferReport {
        guard let transfer = unsafe connections?.take() ?? dm_transfer_new() else {
            return TransferReport(end: .noLibrary, problem: missing)
        }
        unsafe fill(transfer, order)
        if connections != nil { unsafe dm_transfer_set_keeps_connection(transfer) }
        let flow = Flow(transfer, sink, body)
        let end = withExtendedLifetime((order.stop, flow)) { unsafe dm_transfer_perform(transfer) }
        let report = unsafe TransferReport(
            end: TransferEnd(end), problem: text(transfer, .problem), status: dm_transfer_status(transfer),
            headers: text(transfer, .headers), answer: bytes(transfer, .answer),
            sentBytes: dm_transfer_sent(transfer), dialogue: text(transfer, .dialogue), error: flow.error)
        if let connections { unsafe connections.give(transfer) } else { unsafe dm_transfer_free(transfer) }
        return report
    }

    /// What comes and goes while an exchange goes on. It belongs to the thread that the exchange blocks.
    @safe
    private final class Flow {
        private let transfer: OpaquePointer
        private let sink: (any HTTPSink)?
        private let body: (any HTTPBody)?
        private var wantsBody: Bool?
        /// Thrown by the sink or the body.
        private(set) var error: (any Error)?

        init(_ transfer: OpaquePointer, _ sink: (any HTTPSink)?, _ body: (any HTTPBody)?) {
            unsafe (self.transfer, self.sink, self.body) = (transfer, sink, body)
            let me = unsafe Unmanaged.passUnretained(self).toOpaque()
            if sink != nil {
                unsafe dm_transfer_set_sink(
                    transfer, { unsafe Flow.at($0).take(UnsafeRawBufferPointer(start: $1, count: $2).bytes) }, me)
            }
            if let body {
                unsafe dm_transfer_set_source(
                    transfer, { unsafe Flow.at($0).fill(UnsafeMutableBufferPointer(start: $1, count: $2)) }, me,
                    body.byteCount ?? -1)
            }
        }

        private static func at(_ context: UnsafeMutableRawPointer?) -> Flow {
            // It was set above, and is alive while the exchange goes on.
            unsafe Unmanaged<Flow>.fromOpaque(context!).takeUnretainedValue()
        }

        private func take(_ bytes: RawSpan) -> Int32 {
            guard let sink else { return 0 }
            do {
                let wants =
                    try wantsBody
                    ?? sink.wants(
                        unsafe HTTPResponse(
                            status: dm_transfer_status(transfer),
                            headers: HTTPResponse.headers(CurlDoor.text(transfer, .headers))))
                wantsBody = wants
                if wants { try sink.take(bytes) }
                return wants ? 1 : 0
            } catch {
                self.error = error
                return -1
            }
        }

        private func fill(_ room: UnsafeMutableBufferPointer<UInt8>) -> Int {
            do {
                var span = unsafe room.mutableSpan
                return try min(body?.fill(&span) ?? 0, room.count)
            } catch {
                self.error = error
                return -1
            }
        }
    }

    private static func fill(_ transfer: OpaquePointer, _ order: TransferOrder) {
        unsafe dm_transfer_set_limits(
            transfer, milliseconds(order.timeoutSeconds), milliseconds(order.connectTimeoutSeconds),
            max(0, order.answerBytesMax))
        unsafe dm_transfer_set_text(transfer, .url, order.url)
        if let seconds = order.idleTimeoutSeconds {
            unsafe dm_transfer_set_idle_limit(transfer, Int(min(max(seconds.rounded(.up), 1), 86_400)))
        }
        if !order.usesProxies { unsafe dm_transfer_set_no_proxy(transfer) }
        if let file = order.certificates { unsafe dm_transfer_set_text(transfer, .certificates, file) }
        if let body = order.body { unsafe dm_transfer_set_body(transfer, body, body.count) }
        if let stop = order.stop { unsafe dm_transfer_set_stop(transfer, stop.flag) }
        if let envelope = order.envelope {
            unsafe fill(transfer, envelope)
        } else {
            unsafe dm_transfer_set_text(transfer, .method, order.method)
            for header in order.headers { unsafe dm_transfer_set_text(transfer, .header, header) }
        }
    }

    private static func fill(_ transfer: OpaquePointer, _ envelope: TransferOrder.Envelope) {
        unsafe dm_transfer_set_text(transfer, .mail_from, envelope.from)
        for recipient in envelope.to { unsafe dm_transfer_set_text(transfer, .mail_to, recipient) }
        unsafe dm_transfer_set_needs_tls(transfer, envelope.startsTLS ? 1 : 0)
        guard let user = envelope.user else { return }
        unsafe dm_transfer_set_text(transfer, .user, user)
        unsafe dm_transfer_set_text(transfer, .password, envelope.password)
    }

    /// At least one, since libcurl takes 0 for no limit; at most a day.
    private static func milliseconds(_ seconds: Double) -> Int {
        Int(min(max(seconds.isNaN ? 0 : seconds * 1000, 1), 86_400_000))
    }

    fileprivate static func bytes(_ transfer: OpaquePointer, _ what: dm_result) -> [UInt8] {
        let result = unsafe dm_transfer_result(transfer, what)
        return unsafe [UInt8](UnsafeBufferPointer(start: result.bytes, count: result.count))
    }

    fileprivate static func text(_ transfer: OpaquePointer, _ what: dm_result) -> String {
        unsafe String(decoding: bytes(transfer, what), as: UTF8.self)
    }
}

/// Connections that are left open for the next call to the same server. Any number of threads may use it; each call has
/// a connection of its own.
package final class HTTPConnections: Sendable {
    /// A transfer between two exchanges.
    ///
    /// Unchecked because whoever takes it out of the list is the only one that has it.
    @safe
    private struct Idle: @unchecked Sendable {
        let transfer: OpaquePointer
    }
    private let idle = Mutex<[Idle]>([])
    /// At most so many are left open.
    private let most: Int

    package init(most: Int = 16) { self.most = most }

    deinit { for one in idle.withLock(\.self) { unsafe dm_transfer_free(one.transfer) } }

    /// The one that was used last, since its server has had the least time to close it.
    fileprivate func take() -> OpaquePointer? { unsafe idle.withLock { $0.popLast() }?.transfer }

    fileprivate func give(_ transfer: OpaquePointer) {
        unsafe dm_transfer_reset(transfer)
        let one = unsafe Idle(transfer: transfer)
        let isKept = idle.withLock { idle in
            guard idle.count < most else { return false }
            idle.append(one)
            return true
        }
        if !isKept { unsafe dm_transfer_free(transfer) }
    }
}

/// A flag that ends exchanges from another thread, within about a second.
///
/// Unchecked because the flag is an atomic number of C, and its pointer never changes.
@safe
package final class TransferStop: @unchecked Sendable {
    fileprivate let flag: OpaquePointer

    package init() { unsafe flag = dm_stop_new() }

    deinit { unsafe dm_stop_free(flag) }

    /// Ends every exchange that has this flag, and those that would still begin with it.
    package func stop() { unsafe dm_stop_set(flag) }
}

extension TransferEnd {
    fileprivate init(_ end: dm_end) {
        self =
            switch end {
            case .done: .done
            case .invalid: .invalid
            case .no_host: .noHost
            case .no_connection: .noConnection
            case .untrusted: .untrusted
            case .no_tls: .noTLS
            case .login_denied: .loginDenied
            case .timed_out: .timedOut
            case .cut: .cut
            case .too_long: .tooLong
            case .stopped: .stopped
            case .given_up: .givenUp
            case .other: .other
            }
    }
}
