import DaymillCore
import DaymillHTTP
import Foundation

/// What Telegram gets: `sendMessage` with the subject in bold, then text and fields. A text of more than 4096
/// characters becomes several messages, cut at line ends, five at most; the last one says what is left out.
///
/// Telegram does not recognise repetitions. When some of several messages were sent and one was not, the outcome is
/// uncertain: sending again would show the first ones twice.
extension Courier {
    func deliver(_ message: Message, over channel: TelegramChannel) -> Delivery {
        if let problem = channel.problem { return .refused(problem) }
        let texts = message.telegramTexts
        var answers: [String] = []
        for text in texts {
            let delivery = send(text, over: channel)
            guard case .delivered(let answer) = delivery else {
                if answers.isEmpty { return delivery }
                return .uncertain("\(answers.count) of \(texts.count) parts were sent, then: \(delivery.text)")
            }
            answers.append(answer)
        }
        return .delivered(answers.joined(separator: ", "))
    }

    private func send(_ text: String, over channel: TelegramChannel) -> Delivery {
        let json = JSONText.object([
            ("chat_id", JSONText.quoted(channel.chat.trimmed)), ("text", JSONText.quoted(text)),
            ("parse_mode", "\"HTML\""), ("link_preview_options", "{\"is_disabled\":true}"),
        ])
        let base = channel.base.hasSuffix("/") ? String(channel.base.dropLast()) : channel.base
        let request = post(
            json, to: "\(base)/bot\(channel.token.reveal)/sendMessage", timeoutSeconds: channel.timeoutSeconds)
        do { return telegramOutcome(try transport.send(request)) } catch {
            return Delivery(error) { telegramOutcome(HTTPResponse(status: $0)) }
        }
    }

    /// What Telegram's answer means.
    func telegramOutcome(_ response: HTTPResponse) -> Delivery {
        let answer = try? JSONDecoder().decode(TelegramAnswer.self, from: Data(response.body))
        let words = answer?.description ?? response.summary
        switch response.status {
        case 200...299:
            guard let answer, answer.ok else { return .uncertain("the answer is not Telegram's: \(response.summary)") }
            return .delivered("message \(answer.result?.messageID.map(String.init) ?? "sent")")
        case 420, 429:
            let waits = [answer?.parameters?.retryAfter.map(RetryAfter.bounded), retryAfter(response)]
            return .failed("Telegram: \(words)", retryAfterSeconds: waits.compactMap(\.self).max())
        case 500...599: return .failed("Telegram: \(words)", retryAfterSeconds: retryAfter(response))
        default:
            let hint = TelegramAnswer.hint(response.status, answer)
            return .refused("Telegram: \(words)\(hint.isEmpty ? "" : "; \(hint)")")
        }
    }
}

/// What the Bot API answers, as far as it is read.
private struct TelegramAnswer: Decodable {
    var ok: Bool
    var description: String?
    var parameters: Parameters?
    var result: Result?

    struct Parameters: Decodable {
        var retryAfter: Double?
        var newChat: Int64?

        enum CodingKeys: String, CodingKey {
            case retryAfter = "retry_after"
            case newChat = "migrate_to_chat_id"
        }
    }

    struct Result: Decodable {
        var messageID: Int64?

        enum CodingKeys: String, CodingKey {
            case messageID = "message_id"
        }
    }

    /// What to do about a refusal.
    static func hint(_ status: Int, _ answer: TelegramAnswer?) -> String {
        if let chat = answer?.parameters?.newChat { return "the group has a new number: set the chat to \(chat)" }
        switch status {
        case 400 where answer?.description?.contains("chat not found") ?? false:
            return "see whether the chat is right and the bot is in it; a person has to write to the bot first"
        case 401, 404: return "see whether the token is the one that BotFather gave"
        case 403: return "the bot may not write there: add it to the chat, or unblock it"
        default: return ""
        }
    }
}

extension TelegramChannel {
    /// What forbids to try; nil when nothing does. A wrong token could else become another path.
    fileprivate var problem: String? {
        let parts = token.reveal.split(separator: ":", omittingEmptySubsequences: false)
        let isToken =
            parts.count == 2 && !parts[1].isEmpty && Int(parts[0]) != nil
            && parts[1].utf8.allSatisfy { HTTPToken.isLetterOrDigit($0) || "-_".utf8.contains($0) }
        if !isToken { return "the token does not look like one of a bot: 123456:ABC-DEF" }
        return chat.trimmed.isEmpty ? "no chat is given" : nil
    }
}

extension Message {
    /// Each not empty, in Telegram's HTML.
    fileprivate var telegramTexts: [String] {
        let subject = subjectLine
        let whole = [subject, plainText].filter { !$0.isEmpty }.joined(separator: "\n\n")
        var parts = TextParts.parts(
            whole, unitsMax: NotifyLimits.telegramUnitsMax, partsMax: NotifyLimits.telegramPartsMax)
        guard let first = parts.first else { return ["(an empty message)"] }
        parts = parts.map(MarkupText.angles)
        guard !subject.isEmpty, first.hasPrefix(subject) else { return parts }
        let rest = MarkupText.angles(String(first.dropFirst(subject.count)))
        parts[0] = "<b>\(MarkupText.angles(subject))</b>\(rest)"
        return parts
    }
}
