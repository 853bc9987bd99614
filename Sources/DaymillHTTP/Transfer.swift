/// One exchange with a server, as the door to libcurl takes it: an HTTP call, or a mail when there is an envelope.
package struct TransferOrder: Sendable {
    /// Without control characters.
    package var url: String
    /// Of an HTTP call.
    package var method = "GET"
    /// `Name: value`, without line breaks.
    package var headers: [String] = []
    /// Of the call, or the whole mail.
    package var body: [UInt8]?
    /// A file of certificates to trust in place of the system's.
    package var certificates: String?
    /// For all of it.
    package var timeoutSeconds: Double
    /// Until there is a connection.
    package var connectTimeoutSeconds: Double
    package var answerBytesMax: Int
    /// Ends it when nothing has moved for so long; nil: as long as it takes in all.
    package var idleTimeoutSeconds: Double?
    /// Goes through the proxies that the environment names for the web. Mail never does.
    package var usesProxies = true
    package var envelope: Envelope?
    package var stop: TransferStop?

    package init(
        url: String, body: [UInt8]? = nil, certificates: String? = nil, timeoutSeconds: Double,
        connectTimeoutSeconds: Double, answerBytesMax: Int, stop: TransferStop? = nil
    ) {
        (self.url, self.body, self.certificates, self.stop) = (url, body, certificates, stop)
        (self.timeoutSeconds, self.connectTimeoutSeconds) = (timeoutSeconds, connectTimeoutSeconds)
        self.answerBytesMax = answerBytesMax
    }

    /// What an SMTP server is told beside the mail.
    package struct Envelope: Sendable {
        package var from: String
        package var to: [String]
        /// Logs in when there is one.
        package var user: String?
        package var password: String
        /// Goes over to TLS by STARTTLS before anything else.
        package var startsTLS: Bool

        package init(from: String, to: [String], user: String?, password: String, startsTLS: Bool) {
            (self.from, self.to, self.user) = (from, to, user)
            (self.password, self.startsTLS) = (password, startsTLS)
        }
    }
}

/// How an exchange ended.
package enum TransferEnd: Sendable, Equatable {
    /// The server answered.
    case done
    /// libcurl is not there.
    case noLibrary
    /// It cannot be sent as it is: a malformed URL, a protocol that is not allowed.
    case invalid
    /// The server's name has no address.
    case noHost
    /// Nobody accepts the connection.
    case noConnection
    /// The certificate is not trusted, or the file of certificates is no good.
    case untrusted
    /// No agreement about TLS.
    case noTLS
    /// The server refused the login.
    case loginDenied
    case timedOut
    /// The connection broke.
    case cut
    /// The answer is longer than allowed.
    case tooLong
    /// Somebody asked to stop.
    case stopped
    /// Whoever gives or takes a body has thrown an error.
    case givenUp
    /// What libcurl's words say.
    case other
}

/// What is left of an exchange.
package struct TransferReport: Sendable {
    package var end: TransferEnd
    /// libcurl's words about a failure.
    package var problem = ""
    /// Of an HTTP answer; 0 when there was none.
    package var status = 0
    /// Status line and headers of the last answer.
    package var headers = ""
    package var answer: [UInt8] = []
    /// Bytes of the request that left; when 0, the server has surely seen nothing.
    package var sentBytes: UInt64 = 0
    /// The SMTP dialogue without secrets, a line each: `> RCPT TO:<a@x.test>`, `< 250 OK`; `> .` once the whole mail
    /// was handed over.
    package var dialogue = ""
    /// What was thrown by whoever gives or takes a body.
    package var error: (any Error)?
}
