/// One exchange with a server, as the door to libcurl takes it: an HTTP call, or a mail when there is an envelope.
struct TransferOrder: Sendable {
    /// Without control characters.
    var url: String
    /// Of an HTTP call.
    var method = "GET"
    /// `Name: value`, without line breaks.
    var headers: [String] = []
    /// Of the call, or the whole mail.
    var body: [UInt8]?
    /// A file of certificates to trust in place of the system's.
    var certificates: String?
    /// For all of it.
    var timeoutSeconds: Double
    /// Until there is a connection.
    var connectTimeoutSeconds: Double
    var answerBytesMax: Int
    /// Follows up to five redirections, to http and https only.
    var followsRedirects = false
    var envelope: Envelope?
    var stop: TransferStop?

    /// What an SMTP server is told beside the mail.
    struct Envelope: Sendable {
        var from: String
        var to: [String]
        /// Logs in when there is one.
        var user: String?
        var password: String
        /// Goes over to TLS by STARTTLS before anything else.
        var startsTLS: Bool
    }
}

/// How an exchange ended.
enum TransferEnd: Sendable, Equatable {
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
    /// What libcurl's words say.
    case other
}

/// What is left of an exchange.
struct TransferReport: Sendable {
    var end: TransferEnd
    /// libcurl's words about a failure.
    var problem = ""
    /// Of an HTTP answer; 0 when there was none.
    var status = 0
    /// Status line and headers of the last answer.
    var headers = ""
    var answer: [UInt8] = []
    /// Bytes of the request that left; when 0, the server has surely seen nothing.
    var sentBytes: UInt64 = 0
    /// The SMTP dialogue without secrets, a line each: `> RCPT TO:<a@x.test>`, `< 250 OK`; `> .` once the whole mail
    /// was handed over.
    var dialogue = ""
}
