import Foundation

/// What the body of a trigger says: `{"date": "2026-11-21", "params": {"region": "eu"}}`. Both may be missing, and so
/// may the whole body.
struct TriggerBody: Hashable {
    var date: String?
    var params: [String: String] = [:]

    /// Why a body cannot be read: a sentence that says where.
    struct Problem: Error, Hashable {
        var sentence: String
    }

    /// Reads a body, all of it: a key that nobody knows is a typing error, and would be overlooked.
    static func read(_ bytes: some Collection<UInt8>) -> Result<TriggerBody, Problem> {
        Result { () throws(Problem) in try TriggerBody(Data(bytes)) }
    }

    private init(_ data: Data) throws(Problem) {
        // Nothing but spaces.
        if data.allSatisfy({ $0 <= 0x20 }) { return }
        guard let fields = try TriggerBody.json(data) as? [String: Any] else {
            throw Problem(sentence: "the body has to be an object such as \(TriggerBody.example)")
        }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where !(value is NSNull) { try take(key, value) }
    }

    private static let example = #"{"date": "2026-11-21", "params": {"region": "eu"}}"#

    private mutating func take(_ key: String, _ value: Any) throws(Problem) {
        switch key {
        case "date": date = try TriggerBody.text(value, "'date'", such: "2026-11-21")
        case "params":
            guard let fields = value as? [String: Any] else {
                throw Problem(sentence: #"'params' has to be an object of texts such as {"region": "eu"}"#)
            }
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                params[key] = try TriggerBody.text(value, "in 'params', '\(key)'", such: "eu")
            }
        default: throw Problem(sentence: "'\(key)' is not known here; the body has 'date' and 'params'")
        }
    }

    private static func text(_ value: Any, _ place: String, such example: String) throws(Problem) -> String {
        guard let text = value as? String else {
            throw Problem(sentence: "\(place) has to be a text in quotes, such as \"\(example)\"")
        }
        return text
    }

    private static func json(_ data: Data) throws(Problem) -> Any {
        do { return try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) } catch {
            // The place is in it: "Invalid value around character 10."
            let what = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
            let sentence = what.hasSuffix(".") ? what.dropLast() : what[...]
            throw Problem(sentence: "the body is not JSON: \(sentence.prefix(1).lowercased())\(sentence.dropFirst())")
        }
    }
}
