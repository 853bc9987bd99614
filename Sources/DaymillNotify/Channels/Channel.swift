package import DaymillCore

/// A way to people. Secrets in it print as `***`.
package enum Channel: Sendable {
    case email(EmailChannel)
    case telegram(TelegramChannel)
    case webhook(WebhookChannel)
    case slack(SlackChannel)

    /// What must not show in any text about a delivery.
    var secrets: [Secret] {
        switch self {
        case .email(let channel): channel.secrets
        case .telegram(let channel): [channel.token]
        case .webhook(let channel): [channel.url] + channel.headers.map(\.value)
        case .slack(let channel): [channel.url]
        }
    }
}

/// Mail through a server of the user's choice.
package struct EmailChannel: Sendable {
    /// How the way to the server is made safe.
    package enum Security: String, Sendable, CaseIterable {
        /// Not at all, login included: for a server on the same machine.
        case none
        /// TLS by STARTTLS, usually on port 587; a server that does not offer it gets nothing.
        case startTLS
        /// TLS from the first byte, usually on port 465.
        case tls
    }

    package var host: String
    package var port: Int
    package var security: Security
    /// Nil or empty: sends without login.
    package var user: String?
    package var password: Secret?
    /// `bot@x.test` or `Daymill <bot@x.test>`.
    package var from: String
    /// Written like `from`. All of them read each other's addresses.
    package var to: [String]
    /// A file of certificates (PEM) to trust in place of the system's.
    package var certificates: String?
    package var timeoutSeconds: Double

    package init(
        host: String, port: Int, security: Security, user: String? = nil, password: Secret? = nil, from: String,
        to: [String], certificates: String? = nil, timeoutSeconds: Double = 60
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.from = from
        self.to = to
        self.certificates = certificates
        self.timeoutSeconds = timeoutSeconds
    }

    /// The password, also as a login writes it: some servers answer with the line that they did not understand.
    var secrets: [Secret] {
        guard let password else { return [] }
        return [password, Secret("\0\(user ?? "")\0\(password.reveal)")]
    }
}

/// A chat of Telegram, through a bot that is in it.
package struct TelegramChannel: Sendable {
    /// Of the bot, as BotFather gives it: `123456:ABC-DEF`.
    package var token: Secret
    /// A number (`-100123…` for groups) or `@name` of a channel.
    package var chat: String
    /// Another address for a server of your own, or for tests.
    package var base: String
    package var timeoutSeconds: Double

    package init(
        token: Secret, chat: String, base: String = "https://api.telegram.org", timeoutSeconds: Double = 30
    ) {
        self.token = token
        self.chat = chat
        self.base = base
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Any program that takes JSON over HTTP. `WebhookDelivery.swift` tells what it gets.
package struct WebhookChannel: Sendable {
    /// Addresses of hooks are secrets themselves.
    package var url: Secret
    /// For instance `Authorization`. One named like a header of ours takes its place.
    package var headers: [(name: String, value: Secret)]
    package var method: String
    /// A file of certificates (PEM) to trust in place of the system's.
    package var certificates: String?
    package var timeoutSeconds: Double

    package init(
        url: Secret, headers: [(name: String, value: Secret)] = [], method: String = "POST",
        certificates: String? = nil, timeoutSeconds: Double = 30
    ) {
        self.url = url
        self.headers = headers
        self.method = method
        self.certificates = certificates
        self.timeoutSeconds = timeoutSeconds
    }
}

/// An incoming webhook of Slack, or of what takes the same shape: Mattermost, Rocket.Chat, Discord (`…/slack`).
package struct SlackChannel: Sendable {
    package var url: Secret
    package var timeoutSeconds: Double

    package init(url: Secret, timeoutSeconds: Double = 30) {
        self.url = url
        self.timeoutSeconds = timeoutSeconds
    }
}
