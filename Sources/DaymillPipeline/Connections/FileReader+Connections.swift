import DaymillCore

/// `connections` of the project file.
extension FileReader {
    mutating func connections(_ field: Field?) -> [ConnectionDefinition] {
        guard let field,
            let entries = namedEntries(field, of: "connections", example: "a name, and below it 'type: http'")
        else { return [] }
        return entries.compactMap { entry in
            connectionKind(entry).map { ConnectionDefinition(name: entry.name, kind: $0, place: entry.place) }
        }
    }

    private mutating func connectionKind(_ entry: Field) -> ConnectionDefinition.Kind? {
        guard isName(entry, "connection") else { return nil }
        guard case .mapping(let keys) = entry.value.content else {
            report(
                wrong: entry, "\(entry.title) takes a mapping, not \(entry.value.kind)",
                hint: "write { type: http, url: https://... }")
            return nil
        }
        let owner = "connection '\(Self.shortened(entry.name))'"
        guard let type = keys.last(where: { $0.key.text == "type" }) else {
            report(
                "\(owner) has no 'type'", hint: "it can be \(Self.alternatives(ConnectionDefinition.words))",
                at: entry.place)
            return nil
        }
        let typeField = Field(name: "type", owner: owner, key: type.key, value: type.value)
        switch choice(typeField, ConnectionDefinition.KindWord.self, later: ConnectionDefinition.laterKinds) {
        case .http: return http(entry.value, owner, at: entry.place).map(ConnectionDefinition.Kind.http)
        case nil: return nil
        }
    }

    private mutating func isName(_ field: Field, _ what: String) -> Bool {
        let isPlain = field.name.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_\-]*/#) != nil
        if !isPlain {
            report(
                "'\(Self.shortened(field.name))' cannot be the name of a \(what)",
                hint: "names take letters, digits, '_' and '-', and start with a letter", at: field.place)
        }
        return isPlain
    }
}

extension ConnectionDefinition {
    static let words = KindWord.allCases.map(\.rawValue)
}
