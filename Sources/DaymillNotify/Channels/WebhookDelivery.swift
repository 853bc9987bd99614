import DaymillCore
import DaymillHTTP

/// What a webhook gets: a POST with the header `Idempotency-Key`, which is the same when a message comes again, and
///
///     {"id": "2026-11-17/shop/1", "subject": "shop failed", "text": "…",
///      "fields": {"pipeline": "shop", "date": "2026-11-17"}, "created": "2026-11-17T07:00:00.000Z"}
///
/// Everything is text. `fields` keep their order; of fields with one name the values stand in one text, a line each.
/// `created` is UTC. New members may come; none goes away. The header is the id, with all but letters, digits, `-`, `_`
/// and single dots written as `=2F`.
///
/// Any 2xx means that the message has arrived. 408, 425, 429 and 5xx mean: later, after `Retry-After` where it is
/// given. Anything else means: no. Redirections are not followed.
extension Courier {
    func deliver(_ message: Message, over channel: WebhookChannel) -> Delivery {
        var request = post(message.json, to: channel.url.reveal, timeoutSeconds: channel.timeoutSeconds)
        request.method = channel.method
        request.certificates = channel.certificates
        request.headers.append(("Idempotency-Key", message.headerID))
        let own = channel.headers.map { (name: $0.name, value: $0.value.reveal) }
        let names = Set(own.map { $0.name.lowercased() })
        request.headers = request.headers.filter { !names.contains($0.name.lowercased()) } + own
        do { return outcome(try transport.send(request)) } catch {
            return Delivery(error) { outcome(HTTPResponse(status: $0)) }
        }
    }

    /// What an answer of a webhook means.
    func outcome(_ response: HTTPResponse) -> Delivery {
        switch response.status {
        case 200...299: .delivered(response.summary)
        case 300...399: .refused("the address has moved (\(response.status)): use the one that it leads to")
        case 408, 425, 429, 500...599:
            .failed("the server answered \(response.summary)", retryAfterSeconds: retryAfter(response))
        case 401, 403: .refused("the server answered \(response.summary); see whether the credentials are still good")
        case 404, 410: .refused("the server answered \(response.summary); see whether the address is still good")
        default: .refused("the server answered \(response.summary)")
        }
    }
}

extension Message {
    /// As webhooks get it.
    var json: String {
        var order: [String] = []
        let values = fields.reduce(into: [String: String]()) { values, field in
            if values[field.name] == nil { order.append(field.name) }
            values[field.name] = values[field.name].map { "\($0)\n\(field.value)" } ?? field.value
        }
        let facts = order.map { (name: $0, value: JSONText.quoted(values[$0] ?? "")) }
        return JSONText.object([
            ("id", JSONText.quoted(id)), ("subject", JSONText.quoted(subject)), ("text", JSONText.quoted(text)),
            ("fields", JSONText.object(facts)), ("created", JSONText.quoted(InternetDate.iso(createdMicroseconds))),
        ])
    }
}
