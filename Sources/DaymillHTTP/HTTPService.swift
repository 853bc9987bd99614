package import DaymillCore
import Foundation
import Synchronization

/// A server with its address, headers and login: what a connection of the project file is.
///
/// Requests name their address relative to that of the service. What is secret goes to its host, and to no other that it
/// redirects to. Any number of threads may use it.
package final class HTTPService: Sendable {
    /// Who we are.
    package enum Login: Sendable {
        case none
        /// A token.
        case bearer(Secret)
        case basic(user: Secret, password: Secret)
        /// A token of an authority, which is asked for one when there is none or it is not good any more.
        case oauth(OAuthClient)
    }

    /// Without a slash at its end.
    package let address: String
    private let headers: [(name: String, value: String)]
    private let secretHeaders: [(name: String, value: Secret)]
    private let login: Login
    private let certificates: String?
    private let clock: WallClock
    private let steadyClock: SteadyClock
    private let secrets: [Secret]
    private let token = Mutex<Token?>(nil)

    /// - Parameters:
    ///   - hidesAddress: whether the address must not show either.
    ///   - headers: of each request that does not give them itself.
    ///   - secretHeaders: the same, for this host only.
    ///   - certificates: a file of certificates (PEM) to trust in place of the system's.
    package init(
        address: Secret, hidesAddress: Bool = false, headers: [(name: String, value: String)] = [],
        secretHeaders: [(name: String, value: Secret)] = [], login: Login = .none, certificates: String? = nil,
        clock: WallClock = .system, steadyClock: SteadyClock = .system
    ) {
        self.address = String(address.reveal.reversed().drop { $0 == "/" }.reversed())
        (self.headers, self.secretHeaders, self.login) = (headers, secretHeaders, login)
        (self.certificates, self.clock, self.steadyClock) = (certificates, clock, steadyClock)
        secrets = (hidesAddress ? [address] : []) + secretHeaders.map(\.value) + login.secrets
    }

    /// Where a path leads. It cannot leave the service: a host in it is a part of the path.
    package func url(of path: String) -> String {
        let isQuery = path.hasPrefix("?") || path.isEmpty
        return isQuery ? address + path : "\(address)/\(path.drop { $0 == "/" })"
    }

    /// A text without any secret of the service, tokens included.
    package func masked(_ text: String) -> String {
        let all = secrets + [token.withLock { $0?.secret }].compactMap(\.self)
        return all.reduce(text) { $1.masked($0) }
    }

    /// Makes a call, with what the service knows. One that is answered with 401 under a token of an authority is made once
    /// more under a new one. What is thrown holds no secret. All of it together takes no longer than the request may.
    ///
    /// - Parameters:
    ///   - request: its `url` is a path.
    ///   - transport: what carries it, and what fetches a token.
    package func send(
        _ request: HTTPRequest, over transport: some HTTPTransport
    ) throws(HTTPFailure) -> HTTPResponse {
        let deadline = HTTPDeadline(after: request.timeoutSeconds, steadyClock)
        let (first, used) = try authorized(request, deadline, over: transport)
        do throws(HTTPFailure) {
            let answer = try transport.send(first)
            guard answer.status == 401, let used else { return answer }
            token.withLock { if $0?.secret == used { $0 = nil } }
            return try transport.send(try authorized(request, deadline, over: transport).request)
        } catch {
            throw error.rewritten(masked)
        }
    }

    /// The request as it is sent, and the token of an authority that is in it.
    private func authorized(
        _ request: HTTPRequest, _ deadline: HTTPDeadline, over transport: some HTTPTransport
    ) throws(HTTPFailure) -> (request: HTTPRequest, token: Secret?) {
        var whole = request
        whole.url = url(of: request.url)
        whole.certificates = request.certificates ?? certificates
        whole.headers += headers.filter { !request.hasHeader($0.name) }
        whole.hostHeaders += secretHeaders.filter { !request.hasHeader($0.name) }
            .map { (name: $0.name, value: $0.value.reveal) }
        var used: Secret?
        switch login {
        case .none: break
        case .bearer(let secret): whole.hostHeaders.append(("Authorization", "Bearer \(secret.reveal)"))
        case .basic(let user, let password):
            whole.hostHeaders.append(("Authorization", HTTPService.basic(user.reveal, password.reveal)))
        case .oauth(let client):
            let secret = try current(client, deadline, transport)
            whole.hostHeaders.append(("Authorization", "Bearer \(secret.reveal)"))
            used = secret
            whole.timeoutSeconds = try deadline.secondsLeft("the call was not made")
            whole.connectTimeoutSeconds = min(whole.connectTimeoutSeconds, whole.timeoutSeconds)
        }
        return (whole, used)
    }

    /// The header of a login with name and password.
    static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    // MARK: Tokens

    private struct Token {
        var secret: Secret
        /// Since 1970; nil: nobody said.
        var endsMicroseconds: Int64?
    }

    /// The token, a new one where it has ended or is about to. Whoever comes while one is fetched waits for it.
    private func current(
        _ client: OAuthClient, _ deadline: HTTPDeadline, _ transport: some HTTPTransport
    ) throws(HTTPFailure) -> Secret {
        let found = token.withLock { token -> Result<Secret, HTTPFailure> in
            let now = clock.nowMicroseconds
            if let token, token.endsMicroseconds.map({ now < $0 }) ?? true { return .success(token.secret) }
            do throws(HTTPFailure) {
                let answer = try client.token(certificates, deadline, transport)
                // A little earlier, since the call takes its time.
                let seconds = answer.seconds.map { max($0 - 30, $0 / 2) }
                token = Token(secret: answer.token, endsMicroseconds: seconds.map { now + Int64($0 * 1e6) })
                return .success(answer.token)
            } catch { return .failure(error) }
        }
        do throws(HTTPFailure) { return try found.get() } catch {
            throw error.rewritten { text in login.secrets.reduce(text) { $1.masked($0) } }
        }
    }
}

extension HTTPService.Login {
    /// What must not show. The name of a user may, but its pair with the password as a login writes it may not.
    fileprivate var secrets: [Secret] {
        switch self {
        case .none: []
        case .bearer(let secret): [secret]
        case .basic(let user, let password): [Secret("\(user.reveal):\(password.reveal)"), password]
        case .oauth(let client): client.secrets
        }
    }
}

/// When a call with all that belongs to it is to be over.
struct HTTPDeadline {
    private let clock: SteadyClock
    private let end: Int64

    init(after seconds: Double, _ clock: SteadyClock) {
        self.clock = clock
        end = clock.nowMicroseconds + Duration.seconds(seconds).microseconds
    }

    /// - Parameter problem: what cannot be done when nothing is left.
    /// - Throws: `.notSent`.
    func secondsLeft(_ problem: String) throws(HTTPFailure) -> Double {
        let left = end - clock.nowMicroseconds
        guard left > 0 else { throw .notSent("\(problem): its time was over before") }
        return Double(left) / 1e6
    }
}

extension HTTPFailure {
    /// With other words.
    func rewritten(_ words: (String) -> String) -> HTTPFailure {
        switch self {
        case .invalid(let text): .invalid(words(text))
        case .untrusted(let text): .untrusted(words(text))
        case .notSent(let text): .notSent(words(text))
        case .uncertain(let text): .uncertain(words(text))
        case .tooLong(let status, let text): .tooLong(status: status, words(text))
        }
    }
}
