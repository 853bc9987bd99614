public import DaymillCore

/// Who is told of what.
public struct NoticeRule: Sendable, Hashable {
    public var on: Set<NoticeKind>
    /// Names of channels of the project.
    public var to: [String]
    public var place: SourcePlace

    public init(on: Set<NoticeKind>, to: [String], place: SourcePlace) {
        (self.on, self.to, self.place) = (on, to, place)
    }
}

/// What people are told of.
public enum NoticeKind: String, Sendable, CaseIterable {
    case success, failure
    /// A success after a failure.
    case recovery
    /// A run that had not succeeded at its deadline.
    case late
}

/// A way to people, as the project file names it; its secrets are not read before something is sent.
public struct ChannelDefinition: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case email(EmailDefinition)
        case telegram(token: SecretText, chat: String, base: String?)
        case webhook(url: SecretText, headers: [String: SecretText])
        case slack(url: SecretText)
    }
    public var name: String
    public var kind: Kind
    public var place: SourcePlace

    /// The secrets that it needs.
    public var secrets: [SecretText] {
        switch kind {
        case .email(let email): email.password.map { [$0] } ?? []
        case .telegram(let token, _, _): [token]
        case .webhook(let url, let headers): [url] + headers.sorted { $0.key < $1.key }.map(\.value)
        case .slack(let url): [url]
        }
    }
}

/// A mail server, and whose mail it takes.
public struct EmailDefinition: Sendable, Hashable {
    public enum Security: String, Sendable, CaseIterable {
        case none, starttls, tls
    }
    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    public var password: SecretText?
    public var from: String
    public var to: [String]
    /// A file of certificates to trust, relative to the project's folder.
    public var certificates: String?
}

/// Where a secret is: `${NAME}` of the environment, or `file:PATH`. Never the secret itself.
public enum SecretText: Sendable, Hashable {
    case variable(String)
    /// Relative to the project's folder.
    case file(String)

    /// - Throws: for a text that would be the secret itself.
    public static func parse(_ text: String) throws(TextProblem) -> SecretText {
        if let match = text.wholeMatch(of: #/\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}/#) {
            return .variable(String(match.name))
        }
        if text.hasPrefix("file:"), text.count > 5 { return .file(String(text.dropFirst(5))) }
        throw TextProblem(
            "a secret does not stand in a file that people share",
            hint: "write ${NAME} for a variable of the environment, or file:PATH for a file that holds it")
    }

    /// For messages.
    public var description: String {
        switch self {
        case .variable(let name): "${\(name)}"
        case .file(let path): "file:\(path)"
        }
    }
}
