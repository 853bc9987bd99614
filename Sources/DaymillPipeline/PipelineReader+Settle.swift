import DaymillCore

/// When the files of a source count as written to their end.
extension PipelineReader {
    /// `settle: 30s`, or `settle: { for: 30s, wait: 5m }`. Waits ten times as long as files must hold still, unless it is said.
    mutating func readSettle(_ field: FileReader.Field?) -> SettlePolicy? {
        guard let field else { return nil }
        guard case .mapping = field.value.content else { return readHold(field).map(Self.policy) }
        let fields = file.fields(of: field.value, .settle, owner: field.title)
        guard let time = fields["for"] else {
            file.report("\(field.title) does not say how long", hint: "add 'for: 30s'", at: field.place)
            return nil
        }
        guard var policy = readHold(time).map(Self.policy) else { return nil }
        guard let wait = fields["wait"] else { return policy }
        guard let most = readLength(wait) else { return nil }
        if most != .zero, most < policy.hold {
            file.report(
                "\(wait.title) is shorter than the \(DurationText.text(policy.hold)) that files must hold still",
                hint: "write \(DurationText.text(policy.hold)) or more, or 0s to fail at once", at: wait.value.place)
            return nil
        }
        policy.wait = most
        return policy
    }

    private static func policy(_ hold: Duration) -> SettlePolicy { SettlePolicy(hold: hold, wait: hold * 10) }

    private mutating func readHold(_ field: FileReader.Field) -> Duration? {
        guard let hold = readLength(field) else { return nil }
        if hold > .zero { return hold }
        file.report("\(field.title) is no time", hint: "write 30s, or remove 'settle'", at: field.value.place)
        return nil
    }

    /// At most a day: who waits longer than that wants to be told.
    private mutating func readLength(_ field: FileReader.Field) -> Duration? {
        guard let length = file.parsed(field, "a length of time such as 30s", DurationText.parse) else { return nil }
        if length <= .seconds(86_400) { return length }
        file.report("\(field.title) is longer than a day", hint: "write 1d or less", at: field.value.place)
        return nil
    }
}
