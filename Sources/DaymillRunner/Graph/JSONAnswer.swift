import DaymillCore
import Foundation

/// A JSON value whose kind is known, and its text: what others answer, and what a query gives.
enum JSONAnswer: Decodable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([JSONAnswer])
    case object([String: JSONAnswer])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONAnswer].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONAnswer].self))
        }
    }

    /// Nil for text that is no JSON.
    init?(_ bytes: some Sequence<UInt8>) {
        guard let value = try? JSONDecoder().decode(JSONAnswer.self, from: Data(bytes)) else { return nil }
        self = value
    }

    /// What stands at a path; nil when nothing does.
    func value(at path: JSONPath) -> JSONAnswer? {
        var value = self
        for step in path.steps {
            switch (step, value) {
            case (.key(let key), .object(let object)):
                guard let inner = object[key] else { return nil }
                value = inner
            case (.element(let place), .list(let list)):
                guard list.indices.contains(place) else { return nil }
                value = list[place]
            default: return nil
            }
        }
        return value
    }

    /// As a fact; nil for null. Lists and objects are JSON again.
    var text: String? {
        switch self {
        case .null: nil
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .number(let number): FactValues.plain(number)
        case .text(let text): text
        case .list, .object: json
        }
    }

    private var json: String {
        switch self {
        case .text(let text): JSONText.quoted(text)
        case .list(let list): "[" + list.map(\.json).joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + object.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)):\($0.value.json)" }
                .joined(separator: ",") + "}"
        default: text ?? "null"
        }
    }

    /// As it stands between the quotes of a JSON text.
    static func inside(_ text: String) -> String { String(JSONText.quoted(text).dropFirst().dropLast()) }
}
