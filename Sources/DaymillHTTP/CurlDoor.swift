import CCurl

/// The one file that calls libcurl. It is opened when the first exchange is made; nothing else of the program needs it.
///
/// A call blocks its thread. Calls on different threads do not meet.
package enum CurlDoor {
    /// Makes the exchange, within its limits.
    package static func perform(_ order: TransferOrder) -> TransferReport {
        guard let transfer = unsafe dm_transfer_new() else {
            let problem = unsafe dm_curl_missing().map { unsafe String(cString: $0) } ?? ""
            return TransferReport(end: .noLibrary, problem: problem)
        }
        defer { unsafe dm_transfer_free(transfer) }
        unsafe fill(transfer, order)
        let end = withExtendedLifetime(order.stop) { unsafe dm_transfer_perform(transfer) }
        return unsafe TransferReport(
            end: TransferEnd(end), problem: text(transfer, .problem), status: dm_transfer_status(transfer),
            headers: text(transfer, .headers), answer: bytes(transfer, .answer),
            sentBytes: dm_transfer_sent(transfer), dialogue: text(transfer, .dialogue))
    }

    private static func fill(_ transfer: OpaquePointer, _ order: TransferOrder) {
        unsafe dm_transfer_set_limits(
            transfer, milliseconds(order.timeoutSeconds), milliseconds(order.connectTimeoutSeconds),
            max(0, order.answerBytesMax))
        unsafe dm_transfer_set_text(transfer, .url, order.url)
        if let file = order.certificates { unsafe dm_transfer_set_text(transfer, .certificates, file) }
        if let body = order.body { unsafe dm_transfer_set_body(transfer, body, body.count) }
        if let stop = order.stop { unsafe dm_transfer_set_stop(transfer, stop.flag) }
        if let envelope = order.envelope {
            unsafe fill(transfer, envelope)
        } else {
            unsafe dm_transfer_set_text(transfer, .method, order.method)
            for header in order.headers { unsafe dm_transfer_set_text(transfer, .header, header) }
            unsafe dm_transfer_set_follows(transfer, order.followsRedirects ? 1 : 0)
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

    private static func bytes(_ transfer: OpaquePointer, _ what: dm_result) -> [UInt8] {
        let result = unsafe dm_transfer_result(transfer, what)
        return unsafe [UInt8](UnsafeBufferPointer(start: result.bytes, count: result.count))
    }

    private static func text(_ transfer: OpaquePointer, _ what: dm_result) -> String {
        unsafe String(decoding: bytes(transfer, what), as: UTF8.self)
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
            case .other: .other
            }
    }
}
