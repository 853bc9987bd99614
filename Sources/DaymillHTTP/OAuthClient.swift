package import DaymillCore
import Foundation

/// A program that is known to an authority, which gives it tokens (RFC 6749, 4.4: client credentials).
package struct OAuthClient: Sendable {
    /// The authority's address for tokens.
    package var url: String
    package var id: Secret
    package var secret: Secret
    /// What the token is to be good for, if the authority wants to know.
    package var scope: String?

    package init(url: String, id: Secret, secret: Secret, scope: String? = nil) {
        (self.url, self.id, self.secret, self.scope) = (url, id, secret, scope)
    }

    /// Asks for a token.
    ///
    /// - Returns: the token, and the seconds that it is good for where the authority says so.
    /// - Throws: `.invalid` when the authority says no, else `.notSent`: what it was wanted for was never sent.
    func token(
        _ certificates: String?, _ deadline: HTTPDeadline, _ transport: some HTTPTransport
    ) throws(HTTPFailure) -> (token: Secret, seconds: Double?) {
        var answer = try ask(certificates, deadline, transport, inBody: false)
        // RFC 6749 wants a login in the header, and some authorities know it in the body only.
        if answer.status == 400 || answer.status == 401 {
            answer = try ask(certificates, deadline, transport, inBody: true)
        }
        guard 200...299 ~= answer.status else {
            let words =
                "no token could be had: \(host) answered \(answer.status) \(CleanText.clipped(CleanText.line(answer.text), 200))"
            throw 400...499 ~= answer.status && ![408, 425, 429].contains(answer.status)
                ? .invalid(words) : .notSent(words)
        }
        guard let given = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)), !given.token.isEmpty,
            HTTPToken.isValue(given.token)
        else {
            throw .invalid("no token could be had: the answer of \(host) is none; see whether 'token_url' is right")
        }
        return (Secret(given.token), given.seconds?.number)
    }

    private func ask(
        _ certificates: String?, _ deadline: HTTPDeadline, _ transport: some HTTPTransport, inBody: Bool
    ) throws(HTTPFailure) -> HTTPResponse {
        let timeoutSeconds = try deadline.secondsLeft("no token could be had")
        var form = [("grant_type", "client_credentials")]
        if let scope { form.append(("scope", scope)) }
        var headers = [
            (name: "Content-Type", value: "application/x-www-form-urlencoded"), ("Accept", "application/json"),
        ]
        if inBody {
            form += [("client_id", id.reveal), ("client_secret", secret.reveal)]
        } else {
            headers.append(("Authorization", HTTPService.basic(encoded(id.reveal), encoded(secret.reveal))))
        }
        let body = form.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
        let request = HTTPRequest(
            method: "POST", url: url, headers: headers, body: Array(body.utf8), timeoutSeconds: timeoutSeconds,
            connectTimeoutSeconds: min(timeoutSeconds, 30), responseBytesMax: 256 << 10, certificates: certificates)
        do throws(HTTPFailure) { return try transport.send(request) } catch {
            let words = "no token could be had: \(error.text)"
            switch error {
            case .invalid: throw .invalid(words)
            case .untrusted: throw .untrusted(words)
            case .notSent, .uncertain, .tooLong: throw .notSent(words)
            }
        }
    }

    private var host: String { URL(string: url)?.host() ?? "the authority" }

    /// What must not show: as it is, and as it is sent. The pairs count with their base64, the header of the login.
    var secrets: [Secret] {
        let (id, word) = (id.reveal, secret.reveal)
        return [Secret("\(encoded(id)):\(encoded(word))"), Secret("\(id):\(word)"), Secret(encoded(word)), secret]
    }

    private func encoded(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    /// What an authority answers, as far as it is read.
    private struct Answer: Decodable {
        var token: String
        var seconds: Seconds?

        enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case seconds = "expires_in"
        }
    }

    /// A number; some authorities write it as a text. What is none is not given; more than a year is a year.
    private struct Seconds: Decodable {
        var number: Double?

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            let given = (try? value.decode(Double.self)) ?? (try? value.decode(String.self)).flatMap(Double.init)
            number = given.flatMap { $0.isFinite ? min(max($0, 0), 365 * 86_400) : nil }
        }
    }
}
