import DaymillCore
import Foundation

/// Connections of the type `http`.
extension FileReader {
    mutating func http(_ node: YAMLNode, _ owner: String, at place: SourcePlace) -> HTTPDefinition? {
        let fields = fields(of: node, .httpConnection, owner: owner)
        guard let urlField = fields["url"] else {
            report("\(owner) has no 'url'", hint: "add 'url: https://api.example.org'", at: place)
            return nil
        }
        let login = fields["auth"].map { self.login($0) }
        let url = parsed(urlField, "an address", Self.address)
        // What is wrong with it must not hide what is wrong with the rest.
        var http = HTTPDefinition(url: url ?? .plain(""))
        http.headers = connectionHeaders(fields["headers"])
        http.login = login ?? nil
        http.timeout = fields["timeout"].flatMap { field in
            parsed(field, "a length of time such as 30s") { text throws(TextProblem) in
                let length = try DurationText.parse(text)
                if .zero < length && length <= .seconds(86_400) { return length }
                throw TextProblem("'\(text)' is no time for a call", hint: "write 1s to 24h")
            }
        }
        http.certificates = string(fields["certificates"], "a file")
        http.test = fields["test"].flatMap { parsed($0, "a path such as /health", Self.path) }
        if http.login != nil, let name = http.headers.keys.first(where: { $0.lowercased() == "authorization" }),
            let field = fields["headers"]
        {
            report("\(owner) has both 'auth' and a header '\(name)'", hint: "keep one of them", at: field.place)
        }
        return url == nil ? nil : http
    }

    /// An address that is no secret, or where it is.
    private static func address(_ text: String) throws(TextProblem) -> SettingText {
        let setting = try SettingText.parse(text)
        if case .plain = setting { try check(address: text) }
        return setting
    }

    private static func check(address text: String) throws(TextProblem) {
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), let url = URL(string: text),
            !(url.host() ?? "").isEmpty
        else { throw TextProblem("'\(shortened(text))' is no address", hint: "write it with http:// or https://") }
        if url.user() != nil {
            throw TextProblem(
                "a login does not stand in an address",
                hint: "write auth: { basic: { user: ..., password: \"${NAME}\" } }")
        }
        if url.query() != nil || url.fragment() != nil {
            throw TextProblem("the address of a connection ends with its path", hint: "move the rest to the steps")
        }
    }

    /// What is below an address.
    static func path(_ text: String) throws(TextProblem) -> String {
        guard text.contains("://") || text.hasPrefix("//") else { return text }
        throw TextProblem(
            "'\(shortened(text))' is an address, and the connection has one",
            hint: "write the part of it that follows the connection's")
    }

    private mutating func connectionHeaders(_ field: Field?) -> [String: SettingText] {
        guard let field,
            let entries = namedEntries(field, of: "texts", example: "for example { X-Api-Key: \"${API_KEY}\" }")
        else { return [:] }
        var headers: [String: SettingText] = [:]
        for entry in entries {
            if entry.name.wholeMatch(of: #/[A-Za-z0-9!#$%&'*+.^_`|~\-]+/#) == nil {
                report("'\(Self.shortened(entry.name))' is no name of a header", at: entry.place)
                continue
            }
            headers[entry.name] = parsed(entry, "a text or ${NAME}") { text throws(TextProblem) in
                let setting = try SettingText.parse(text)
                if case .plain = setting, Self.isSecretName(entry.name) { return .secret(try SecretText.parse(text)) }
                return setting
            }
        }
        return headers
    }

    /// Headers whose value nobody writes into a file that is shared.
    private static func isSecretName(_ name: String) -> Bool {
        let name = name.lowercased().replacing("-", with: "").replacing("_", with: "")
        let words = ["authorization", "cookie", "token", "secret", "password", "apikey", "accesskey", "privatekey"]
        return words.contains { name.contains($0) }
    }

    // MARK: auth

    private mutating func login(_ field: Field) -> HTTPDefinition.Login? {
        guard case .mapping = field.value.content else {
            report(
                wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                hint: "write { bearer: \"${TOKEN}\" }")
            return nil
        }
        let fields = fields(of: field.value, .auth, owner: field.title)
        guard fields.count == 1, let kind = fields.first?.value else {
            // An unknown key is told already.
            if fields.count > 1 || field.value.keys.isEmpty {
                report(
                    "\(field.title) is of \(fields.isEmpty ? "no kind" : "several kinds")",
                    hint: "give it one of bearer, basic and oauth", at: field.place)
            }
            return nil
        }
        if kind.name == "bearer" { return parsed(kind, "${TOKEN}", SecretText.parse).map { .bearer($0) } }
        guard case .mapping = kind.value.content else {
            report(
                wrong: kind, "\(kind.title) takes a mapping, not \(kind.value.kind)", hint: "write its keys below it")
            return nil
        }
        return kind.name == "basic" ? basic(kind) : oauth(kind)
    }

    private mutating func basic(_ field: Field) -> HTTPDefinition.Login? {
        let fields = fields(of: field.value, .basicAuth, owner: field.title)
        let user = needed("user", fields, field, "daymill", SettingText.parse)
        let password = needed("password", fields, field, "${API_PASSWORD}", SecretText.parse)
        guard let user, let password else { return nil }
        return .basic(user: user, password: password)
    }

    private mutating func oauth(_ field: Field) -> HTTPDefinition.Login? {
        let fields = fields(of: field.value, .oauth, owner: field.title)
        let url = needed("token_url", fields, field, "https://auth.example.org/token") { text throws(TextProblem) in
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
                throw TextProblem("'\(Self.shortened(text))' is no address", hint: "write it with http:// or https://")
            }
            return text
        }
        let id = needed("client_id", fields, field, "daymill", SettingText.parse)
        let secret = needed("client_secret", fields, field, "${CLIENT_SECRET}", SecretText.parse)
        let scope = string(fields["scope"], "a text")
        guard let url, let id, let secret else { return nil }
        return .oauth(url: url, id: id, secret: secret, scope: scope)
    }
}
