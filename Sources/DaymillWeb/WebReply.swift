import DaymillCore
import Foundation
import HTTPTypes

/// An answer before it is written.
struct WebReply {
    var status: HTTPResponse.Status
    var contentType: String
    var body: String
    /// Beside the ones that every answer has.
    var headers: HTTPFields = [:]

    /// Plain text.
    static func text(_ body: String, _ status: HTTPResponse.Status = .ok) -> WebReply {
        WebReply(status: status, contentType: "text/plain; charset=utf-8", body: body)
    }

    /// Numbers as Prometheus reads them.
    static func metrics(_ body: String) -> WebReply {
        WebReply(status: .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: body)
    }

    /// JSON that is ready.
    static func json(_ body: String, _ status: HTTPResponse.Status = .ok) -> WebReply {
        WebReply(status: status, contentType: "application/json", body: body)
    }

    /// An object of one text.
    static func json(_ key: String, _ value: String, _ status: HTTPResponse.Status) -> WebReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let body = (try? encoder.encode([key: value])).map { String(decoding: $0, as: UTF8.self) }
        return json((body ?? "{}") + "\n", status)
    }

    /// What is wrong, as a sentence.
    static func error(_ status: HTTPResponse.Status, _ sentence: String, _ headers: HTTPFields = [:]) -> WebReply {
        var reply = json("error", sentence, status)
        reply.headers = headers
        return reply
    }

    /// Its head as it is written.
    func head(_ clock: WallClock) -> HTTPResponse {
        var fields = headers
        fields[.contentType] = contentType
        fields[.contentLength] = String(body.utf8.count)
        fields[.cacheControl] = "no-store"
        fields[.xContentTypeOptions] = "nosniff"
        fields[.date] = WebDate.text(clock.nowMicroseconds)
        return HTTPResponse(status: status, headerFields: fields)
    }
}

/// Moments as HTTP writes them: `Sat, 21 Nov 2026 22:02:13 GMT`.
enum WebDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter microseconds: since 1970, not before.
    static func text(_ microseconds: Int64) -> String {
        let seconds = Int(max(0, microseconds) / 1_000_000)
        let (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let civil = Day(daysSinceEpoch: Int32(clamping: day)).civil
        let time = [second / 3600, second / 60 % 60, second % 60].map { zeroPadded($0, 2) }.joined(separator: ":")
        return "\(days[day % 7]), \(zeroPadded(civil.day, 2)) \(months[civil.month - 1]) \(civil.year) \(time) GMT"
    }
}
