import DaymillCore
import DaymillHTTP
import Foundation

/// What Slack gets: `{"text": "*subject*\n…"}` with `& < >` escaped, so that no text of ours becomes a link or calls
/// `<!channel>`. Texts of more than 30 000 characters are cut, with a note.
extension Courier {
    func deliver(_ message: Message, over channel: SlackChannel) -> Delivery {
        let json = JSONText.object([("text", JSONText.quoted(message.slackText))])
        let request = post(json, to: channel.url.reveal, timeoutSeconds: channel.timeoutSeconds)
        do { return slackOutcome(try transport.send(request)) } catch {
            return Delivery(error) { slackOutcome(HTTPResponse(status: $0)) }
        }
    }

    /// Slack says `ok`, and a word such as `no_service` otherwise; what a status means is as for webhooks.
    private func slackOutcome(_ response: HTTPResponse) -> Delivery {
        guard 200...299 ~= response.status else { return outcome(response) }
        if response.body.isEmpty || response.text.trimmed == "ok" { return .delivered("ok") }
        // Others that take the same shape answer in JSON.
        let answer = try? JSONDecoder().decode(SlackAnswer.self, from: Data(response.body))
        guard let answer else { return .uncertain("the answer is not Slack's \"ok\" but \(response.summary)") }
        return answer.ok ?? answer.success ?? true
            ? .delivered(response.summary) : .refused("the server answered \(response.summary)")
    }
}

private struct SlackAnswer: Decodable {
    var ok: Bool?
    var success: Bool?
}

extension Message {
    fileprivate var slackText: String {
        let head = subjectLine.isEmpty ? "" : "*\(MarkupText.angles(subjectLine))*\n"
        let room = NotifyLimits.slackCharactersMax - head.utf16.count
        // Escaped it may be five times as long.
        let starts = [room, room / 5].map { TextParts.parts(plainText, unitsMax: $0, partsMax: 1).joined() }
        return head + (([plainText] + starts).map(MarkupText.angles).first { $0.utf16.count <= room } ?? "")
    }
}
