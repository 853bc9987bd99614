import DaymillCore

/// `channels` of the project file, and `notify` of it and of pipelines.
extension FileReader {
    mutating func channels(_ field: Field?) -> [ChannelDefinition] {
        guard let field, let entries = namedEntries(field, of: "channels", example: "a name, and below it 'email:'")
        else { return [] }
        return entries.compactMap { entry in
            guard case .mapping = entry.value.content else {
                report(
                    wrong: entry, "\(entry.title) takes a mapping",
                    hint: "write email, telegram, webhook or slack below it")
                return nil
            }
            let fields = fields(of: entry.value, .channel, owner: "channel '\(Self.shortened(entry.name))'")
            guard fields.count == 1, let kind = fields.first?.value else {
                report(
                    "channel '\(Self.shortened(entry.name))' is of \(fields.isEmpty ? "no kind" : "several kinds")",
                    hint: "give it one of email, telegram, webhook and slack", at: entry.place)
                return nil
            }
            return self.kind(kind).map { ChannelDefinition(name: entry.name, kind: $0, place: entry.place) }
        }
    }

    private mutating func kind(_ field: Field) -> ChannelDefinition.Kind? {
        guard case .mapping = field.value.content else {
            report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)", hint: "write its keys below it"
            )
            return nil
        }
        switch field.name {
        case "email": return email(field)
        case "telegram":
            let fields = fields(of: field.value, .telegram, owner: field.title)
            let token = needed("token", fields, field, "${TELEGRAM_TOKEN}", SecretText.parse)
            let chat = needed("chat", fields, field, "\"42\"") { text throws(TextProblem) in text }
            let base = string(fields["base"], "an address")
            guard let token, let chat else { return nil }
            return .telegram(token: token, chat: chat, base: base)
        case "webhook":
            let fields = fields(of: field.value, .webhook, owner: field.title)
            guard let url = needed("url", fields, field, "${HOOK_URL}", SecretText.parse) else { return nil }
            return .webhook(url: url, headers: secretHeaders(fields["headers"]))
        default:
            let fields = fields(of: field.value, .slack, owner: field.title)
            return needed("url", fields, field, "${SLACK_URL}", SecretText.parse).map { .slack(url: $0) }
        }
    }

    private mutating func email(_ field: Field) -> ChannelDefinition.Kind? {
        let fields = fields(of: field.value, .email, owner: field.title)
        func plain(_ text: String) throws(TextProblem) -> String { text }
        let host = needed("host", fields, field, "smtp.example.org", plain)
        let from = needed("from", fields, field, "Daymill <daymill@example.org>", plain)
        let security = choice(fields["security"], EmailDefinition.Security.self) ?? .starttls
        let port = fields["port"].flatMap { number in
            parsed(number, "a port") { text throws(TextProblem) in
                guard let port = Int(text), 1...65_535 ~= port else {
                    throw TextProblem("'\(text)' is no port", hint: "write a number of 1 to 65535")
                }
                return port
            }
        }
        guard let toField = fields["to"] else {
            report("\(field.title) does not say to whom", hint: "add 'to: team@example.org'", at: field.place)
            return nil
        }
        let to = (items(toField, of: "an address or a list of them") ?? []).compactMap {
            string($0, title: toField.title, "an address", emptyAt: toField.place)
        }
        let usual = security == .tls ? 465 : security == .starttls ? 587 : 25
        guard let host, let from, !to.isEmpty else { return nil }
        return .email(
            EmailDefinition(
                host: host, port: port ?? usual, security: security, user: string(fields["user"], "a name"),
                password: parsed(fields["password"], "${SMTP_PASSWORD}", SecretText.parse), from: from, to: to,
                certificates: string(fields["certificates"], "a file")))
    }

    private mutating func secretHeaders(_ field: Field?) -> [String: SecretText] {
        guard let field,
            let entries = namedEntries(field, of: "secrets", example: "for example { Authorization: ${HOOK_KEY} }")
        else { return [:] }
        var headers: [String: SecretText] = [:]
        for entry in entries { headers[entry.name] = parsed(entry, "${NAME} or file:PATH", SecretText.parse) }
        return headers
    }

    mutating func needed<Value>(
        _ name: String, _ fields: [String: Field], _ owner: Field, _ example: String,
        _ parse: (String) throws(TextProblem) -> Value
    ) -> Value? {
        guard let field = fields[name] else {
            report("\(owner.title) has no '\(name)'", hint: "add '\(name): \(example)'", at: owner.place)
            return nil
        }
        return parsed(field, example, parse)
    }

    // MARK: notify

    /// `notify: { on: [failure, recovery], to: [ops] }`.
    ///
    /// - Parameter channels: the names there are.
    mutating func notices(_ field: Field?, channels: [String]) -> NoticeRule? {
        guard let field else { return nil }
        guard case .mapping = field.value.content else {
            report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                hint: "write { on: [failure, recovery], to: [ops] }")
            return nil
        }
        let fields = fields(of: field.value, .notify, owner: field.title)
        guard let toField = fields["to"] else {
            report("\(field.title) does not say to whom", hint: "add 'to:' and the name of a channel", at: field.place)
            return nil
        }
        var on: Set<NoticeKind> = [.failure, .recovery, .late]
        if let onField = fields["on"] {
            on = Set((items(onField, of: "success, failure, recovery or late") ?? []).compactMap { kind($0, onField) })
        }
        let to = (items(toField, of: "the name of a channel") ?? []).compactMap { channel($0, toField, channels) }
        return NoticeRule(on: on, to: to, place: field.place)
    }

    private mutating func kind(_ node: YAMLNode, _ field: Field) -> NoticeKind? {
        let words = NoticeKind.allCases.map(\.rawValue), text = node.text ?? ""
        if let kind = NoticeKind(rawValue: text) { return kind }
        let hint = nearestWord(to: text, in: words).map { "did you mean '\($0)'?" }
        report(
            "\(field.title) cannot be '\(Self.shortened(text))'",
            hint: hint ?? "it can be \(Self.alternatives(words))", at: node.place)
        return nil
    }

    private mutating func channel(_ node: YAMLNode, _ field: Field, _ channels: [String]) -> String? {
        guard let name = string(node, title: field.title, "the name of a channel", emptyAt: field.place) else {
            return nil
        }
        if channels.contains(name) { return name }
        let hint =
            nearestWord(to: name, in: channels).map { "did you mean '\($0)'?" }
            ?? (channels.isEmpty
                ? "add it to 'channels' of daymill.yaml"
                : "the channels of daymill.yaml are \(channels.joined(separator: ", "))")
        report("there is no channel '\(Self.shortened(name))'", hint: hint, at: node.place)
        return nil
    }
}
