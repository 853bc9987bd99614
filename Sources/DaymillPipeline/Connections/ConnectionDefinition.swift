public import DaymillCore

/// A server or service that sources, steps and outputs use by name, as the project file gives it. Its secrets are not read
/// before it is used.
public struct ConnectionDefinition: Sendable, Hashable {
    /// What it is, with what that needs. Each kind has a reader file of its own beside this one.
    public enum Kind: Sendable, Hashable {
        case http(HTTPDefinition)
    }
    public var name: String
    public var kind: Kind
    public var place: SourcePlace

    /// The words that `type` takes.
    public enum KindWord: String, Sendable, CaseIterable {
        case http
    }

    /// Types that are to come.
    static let laterKinds = ["postgres", "clickhouse", "s3", "kafka", "bigquery"]

    /// The word of the project file.
    public var type: KindWord {
        switch kind {
        case .http: .http
        }
    }

    /// The secrets that it needs.
    public var secrets: [SecretText] {
        switch kind {
        case .http(let http): http.secrets
        }
    }
}

/// A text of the project file, or where it is.
public enum SettingText: Sendable, Hashable {
    case plain(String)
    case secret(SecretText)

    /// `${NAME}`, `file:PATH`, or the text itself.
    ///
    /// - Throws: for a text that holds a `${NAME}` beside others.
    static func parse(_ text: String) throws(TextProblem) -> SettingText {
        if let secret = try? SecretText.parse(text) { return .secret(secret) }
        guard text.contains("${") else { return .plain(text) }
        throw TextProblem("a ${NAME} stands alone", hint: "let the variable hold the whole text")
    }

    /// Where it is, when it does not stand in the file.
    var secret: SecretText? { if case .secret(let secret) = self { secret } else { nil } }
}

/// A server that is called over HTTP.
public struct HTTPDefinition: Sendable, Hashable {
    /// Who we are.
    public enum Login: Sendable, Hashable {
        case bearer(SecretText)
        case basic(user: SettingText, password: SecretText)
        case oauth(url: String, id: SettingText, secret: SecretText, scope: String?)
    }
    /// Where its paths start.
    public var url: SettingText
    public var headers: [String: SettingText] = [:]
    public var login: Login?
    /// How long a call may take that does not say it.
    public var timeout: Duration?
    /// A file of certificates to trust, relative to the project's folder.
    public var certificates: String?
    /// What `daymill doctor` asks for.
    public var test: String?

    var secrets: [SecretText] {
        let all: [SettingText?]
        switch login {
        case nil: all = []
        case .bearer(let token): all = [.secret(token)]
        case .basic(let user, let password): all = [user, .secret(password)]
        case .oauth(_, let id, let secret, _): all = [id, .secret(secret)]
        }
        return ([url] + headers.sorted { $0.key < $1.key }.map(\.value) + all).compactMap { $0?.secret }
    }
}
