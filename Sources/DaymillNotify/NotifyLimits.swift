/// The bounds of messages, each with its reason.
enum NotifyLimits {
    /// Characters of a subject: longer ones are no subjects, and every mail program cuts them much earlier.
    static let subjectCharactersMax = 250
    /// Characters of what is told about a delivery, the names of refused recipients included.
    static let answerCharactersMax = 1000
    /// Bytes of an answer to a message: real ones have a few hundred.
    static let answerBytesMax = 256 << 10
    /// The longest text of a Telegram message, in the units in which it counts (UTF-16), after the markup is taken
    /// away.
    static let telegramUnitsMax = 4096
    /// Telegram messages for one text: more is a file and not a message.
    static let telegramPartsMax = 5
    /// Slack cuts what has more than 40 000 characters; escapes count.
    static let slackCharactersMax = 30_000
    /// Recipients of one mail: servers commonly allow 100.
    static let recipientsMax = 100
}
