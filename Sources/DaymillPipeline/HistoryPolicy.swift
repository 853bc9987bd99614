public import DaymillCore

/// How much of what was is remembered; what goes beyond one of the bounds is forgotten, the oldest first.
public struct HistoryPolicy: Sendable, Hashable {
    /// How old runs may be.
    public var keep: Duration = .seconds(400 * 86_400)
    /// How many runs there may be.
    public var runs = 20_000
    /// How much disk runs and their logs may take.
    public var size = ByteCount.gib(2)

    public init() {}
}

extension FileReader {
    /// `history: { keep: 400d, runs: 20000, size: 2GiB }`.
    mutating func history(_ field: Field?) -> HistoryPolicy {
        var policy = HistoryPolicy()
        guard let field else { return policy }
        guard case .mapping = field.value.content else {
            report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                hint: "write { keep: 400d, runs: 20000, size: 2GiB }")
            return policy
        }
        let fields = fields(of: field.value, .history, owner: field.title)
        let keep = parsed(fields["keep"], "a length of time such as 90d") { text throws(TextProblem) in
            let length = try DurationText.parse(text)
            guard length >= .seconds(86_400) else {
                throw TextProblem("'\(text)' is less than a day", hint: "write 1d or more")
            }
            return length
        }
        let size = parsed(fields["size"], "a size such as 2GiB") { text throws(TextProblem) in
            let size = try ByteCount.parse(text)
            guard size >= .mib(16) else { throw TextProblem("'\(text)' is too little", hint: "write 16MiB or more") }
            return size
        }
        policy.keep = keep ?? policy.keep
        policy.runs = count(fields["runs"], 10...10_000_000) ?? policy.runs
        policy.size = size ?? policy.size
        return policy
    }
}
