package import DaymillCore
package import DaymillHTTP
package import DaymillPipeline
import Synchronization

/// The connections of a project, opened when they are first used and kept: their tokens are fetched once.
package final class Connections: Sendable {
    private let project: Project
    private let environment: [String: String]
    private let clock: WallClock
    private let services = Mutex<[String: HTTPService]>([:])

    package init(of project: Project, _ environment: [String: String], clock: WallClock) {
        (self.project, self.environment, self.clock) = (project, environment, clock)
    }

    /// A connection of the type `http`.
    ///
    /// - Throws: `.notFound` when there is none of that name or a secret is not there, with the connection's name.
    package func service(_ name: String) throws -> HTTPService {
        if let service = services.withLock({ $0[name] }) { return service }
        guard let definition = project.connections.first(where: { $0.name == name }) else {
            let near = nearestWord(to: name, in: project.connections.map(\.name)).map { "did you mean '\($0)'?" }
            throw DaymillError(
                .notFound, "there is no connection '\(name)'", hint: near ?? "add it to 'connections' of daymill.yaml")
        }
        let service: HTTPService
        do {
            switch definition.kind {
            case .http(let http): service = try made(http)
            }
        } catch var error as DaymillError {
            error.message = "connection '\(name)': \(error.message)"
            throw error
        }
        // Whoever was first is the one whose token all use.
        return services.withLock { services in
            let first = services[name] ?? service
            services[name] = first
            return first
        }
    }

    /// How long a call over a connection may take that does not say it.
    package func timeout(_ name: String) -> Duration? {
        switch project.connections.first(where: { $0.name == name })?.kind {
        case .http(let http)?: http.timeout
        case nil: nil
        }
    }

    private func made(_ http: HTTPDefinition) throws -> HTTPService {
        var plain: [(name: String, value: String)] = [], hidden: [(name: String, value: Secret)] = []
        for (name, value) in http.headers.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .plain(let text): plain.append((name, text))
            case .secret(let secret): hidden.append((name, try reveal(secret)))
            }
        }
        let address = try text(http.url)
        guard address.reveal.hasPrefix("http://") || address.reveal.hasPrefix("https://") else {
            throw DaymillError(
                .usage, "its address does not start with http:// or https://", hint: "see what the variable holds")
        }
        let hidesAddress = if case .secret = http.url { true } else { false }
        return HTTPService(
            address: address, hidesAddress: hidesAddress, headers: plain, secretHeaders: hidden,
            login: try login(http.login),
            certificates: http.certificates.map(project.path), clock: clock)
    }

    private func login(_ login: HTTPDefinition.Login?) throws -> HTTPService.Login {
        switch login {
        case nil: .none
        case .bearer(let token): .bearer(try reveal(token))
        case .basic(let user, let password): .basic(user: try text(user), password: try reveal(password))
        case .oauth(let url, let id, let secret, let scope):
            .oauth(OAuthClient(url: url, id: try text(id), secret: try reveal(secret), scope: scope))
        }
    }

    private func text(_ setting: SettingText) throws -> Secret {
        switch setting {
        case .plain(let text): Secret(text)
        case .secret(let secret): try reveal(secret)
        }
    }

    private func reveal(_ secret: SecretText) throws -> Secret {
        Secret(try Secrets.reveal(secret, project, environment))
    }
}
