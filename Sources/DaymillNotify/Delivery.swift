import DaymillCore
import DaymillHTTP

/// What became of a message. No text holds a secret of its channel.
package enum Delivery: Sendable, Equatable {
    /// The other side has it; what it answered. Where some recipients of a mail were refused, the text says who and
    /// why.
    case delivered(String)
    /// It will not get better by itself: a bad address, a bad token, a certificate that nobody trusts. Says what to do.
    case refused(String)
    /// Surely not delivered, and may work later; not before some seconds where the other side said so.
    case failed(String, retryAfterSeconds: Double?)
    /// It may have arrived or not: sending it again may show it twice.
    case uncertain(String)

    /// What happened, in one line.
    package var text: String {
        switch self {
        case .delivered(let text), .refused(let text), .failed(let text, _), .uncertain(let text): text
        }
    }

    /// With another text.
    func with(_ text: String) -> Delivery {
        switch self {
        case .delivered: .delivered(text)
        case .refused: .refused(text)
        case .failed(_, let seconds): .failed(text, retryAfterSeconds: seconds)
        case .uncertain: .uncertain(text)
        }
    }

    /// Without secrets, in one line of bounded length. Secrets go first: half a secret would not be found.
    func presentable(without secrets: [Secret]) -> Delivery {
        let masked = secrets.reduce(text) { $1.masked($0) }
        return with(CleanText.clipped(CleanText.line(masked), NotifyLimits.answerCharactersMax))
    }
}

extension Delivery {
    /// What a call without an answer means for a message.
    ///
    /// - Parameter status: what a status means, for an answer that was longer than anybody wants to read.
    init(_ failure: HTTPFailure, status: (Int) -> Delivery) {
        switch failure {
        case .invalid(let text), .untrusted(let text): self = .refused(text)
        case .notSent(let text): self = .failed(text, retryAfterSeconds: nil)
        case .uncertain(let text): self = .uncertain("no answer came: \(text)")
        case .tooLong(let code, _): self = status(code)
        }
    }
}

extension HTTPResponse {
    /// `404: no such hook`
    var summary: String {
        let words = CleanText.line(text)
        return words.isEmpty ? "\(status)" : "\(status): \(words)"
    }
}
