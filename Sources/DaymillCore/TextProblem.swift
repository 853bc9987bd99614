/// What is wrong with a short piece of text that a person wrote: a window, a path, a size, a time zone.
///
/// Parsers of such texts throw it because they do not know where the text stands. Whoever does turns it into a
/// `DaymillError` with `error(_:at:)`, or with the place moved right by `offset`.
public struct TextProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong: one sentence without a final full stop.
    public var message: String
    /// How to mend it; empty when nothing helps.
    public var hint: String
    /// The offending character, counted from 0 in characters.
    public var offset: Int
    /// The text is good, but Daymill cannot do it yet.
    public var isLater: Bool

    public init(_ message: String, hint: String = "", offset: Int = 0, isLater: Bool = false) {
        self.message = message
        self.hint = hint
        self.offset = offset
        self.isLater = isLater
    }

    /// `message; hint`, one line.
    public var description: String { hint.isEmpty ? message : "\(message); \(hint)" }

    /// The same as an error with `code`, or with `.unsupported` when the text is only ahead of its time.
    public func error(_ code: ErrorCode, at place: SourcePlace? = nil) -> DaymillError {
        DaymillError(isLater ? .unsupported : code, at: place, message, hint: hint)
    }
}
