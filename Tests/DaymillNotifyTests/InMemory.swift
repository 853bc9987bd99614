import DaymillCore
import DaymillHTTP
import DaymillNotify
import Foundation
import Synchronization

/// Answers from a list, and remembers the calls.
final class MemoryTransport: HTTPTransport {
    private let state: Mutex<(answers: [Result<HTTPResponse, HTTPFailure>], calls: [HTTPRequest])>

    init(_ answers: [Result<HTTPResponse, HTTPFailure>]) {
        state = Mutex((answers, []))
    }

    convenience init(_ status: Int, _ body: String = "", _ headers: [(name: String, value: String)] = []) {
        self.init([.success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))])
    }

    var calls: [HTTPRequest] { state.withLock(\.calls) }

    func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        let answer = state.withLock { state in
            state.calls.append(request)
            return state.answers.isEmpty ? .failure(.notSent("nothing planned")) : state.answers.removeFirst()
        }
        return try answer.get()
    }
}

/// Ends every handing over in the same way, and remembers the last mail.
final class MemoryMail: MailTransport {
    private let outcome: MailOutcome
    private let last = Mutex<MailSubmission?>(nil)

    init(_ outcome: MailOutcome = MailOutcome(replies: [MailReply(command: ".", code: 250, text: "250 OK")])) {
        self.outcome = outcome
    }

    var mail: MailSubmission? { last.withLock(\.self) }

    func submit(_ mail: MailSubmission) -> MailOutcome {
        last.withLock { $0 = mail }
        return outcome
    }
}

/// 2026-11-17 07:00:00 UTC.
let now: Int64 = 1_794_898_800_000_000

extension Message {
    static func made(
        id: String = "shop-1", subject: String = "shop failed", text: String = "It broke.\n\nAgain.",
        html: String? = nil, fields: [(name: String, value: String)] = [("pipeline", "shop"), ("date", "2026-11-17")]
    ) -> Message {
        Message(id: id, subject: subject, text: text, html: html, fields: fields, createdMicroseconds: now)
    }
}

extension Courier {
    static func with(_ transport: MemoryTransport) -> Courier {
        Courier(transport: transport, mail: MemoryMail(), clock: .fixed(atMicroseconds: now))
    }
}

extension HTTPRequest {
    /// The body as text.
    var sent: String { String(decoding: body ?? [], as: UTF8.self) }
}
