public import DaymillCore

/// A text with places for what is known when a step starts: `{date}`, `{date:yyyyMMdd}`, `{region}`, `{extract.rows}`.
///
/// Braces with anything but a name between them stand for themselves, so JSON needs no care; `{{name}}` is `{name}`.
public struct TextTemplate: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        /// The day, by a format; letters are those of `PathTemplate`.
        case date(String)
        /// A param, a fact or the item.
        case name(String)
    }
    let pieces: [Piece]
    /// As written.
    public let text: String

    /// The names that it asks for, without the date.
    public var names: [String] { pieces.compactMap { if case .name(let name) = $0 { name } else { nil } } }

    /// Reads a text.
    ///
    /// - Parameter known: names that may stand in braces.
    /// - Throws: `TextProblem` for a name that is not known, and for a format of the date that is none.
    public static func parse(_ text: String, known: [String]) throws(TextProblem) -> TextTemplate {
        var pieces: [Piece] = [], plain = ""
        var rest = Substring(text)
        while let brace = rest.firstIndex(of: "{") {
            plain += rest[..<brace]
            rest = rest[brace...]
            if let match = rest.prefixMatch(of: #/\{\{(?<name>[A-Za-z_][\w.\-]*(?::[^{}"]+)?)\}\}/#) {
                plain += "{\(match.name)}"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: #/\{(?<name>[A-Za-z_][\w.\-]*)(?::(?<format>[^{}"]+))?\}/#) {
                let offset = text.distance(from: text.startIndex, to: brace) + 1
                let piece = try piece(String(match.name), match.format.map(String.init), known, offset)
                pieces += (plain.isEmpty ? [] : [.literal(plain)]) + [piece]
                plain = ""
                rest = rest[match.range.upperBound...]
            } else {
                plain.append(rest.removeFirst())
            }
        }
        plain += rest
        return TextTemplate(pieces: pieces + (plain.isEmpty ? [] : [.literal(plain)]), text: text)
    }

    private static func piece(
        _ name: String, _ format: String?, _ known: [String], _ offset: Int
    ) throws(TextProblem) -> Piece {
        if name == "date" {
            let runs = (format ?? "").matches(of: #/([A-Za-z])\1*/#).map { String($0.output.0) }
            if let wrong = runs.first(where: { !["yyyy", "yy", "MM", "M", "dd", "d"].contains($0) }) {
                throw TextProblem(
                    "'\(wrong)' is no part of a day", hint: "parts are yyyy, yy, MM, M, dd and d", offset: offset)
            }
            return .date(format ?? "yyyy-MM-dd")
        }
        guard format == nil, known.contains(name) else {
            let meant = nearestWord(to: name, in: known + ["date"]).map { "did you mean '{\($0)}'?" }
            let list = (["date"] + known.sorted()).prefix(20).joined(separator: ", ")
            throw TextProblem(
                "there is no value '\(name)'",
                hint: meant ?? "there are \(list); for braces as they are write {{\(name)}}", offset: offset)
        }
        return .name(name)
    }

    /// Whether it is nothing but one value.
    package var isOneValue: Bool { if case .name? = pieces.first { pieces.count == 1 } else { false } }

    /// The text for a date and some values; what has none is empty.
    public func render(_ date: Day, _ values: (String) -> String?) -> String {
        pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .date(let format): TextTemplate.text(date, format)
            case .name(let name): values(name) ?? ""
            }
        }.joined()
    }

    private static func text(_ day: Day, _ format: String) -> String {
        let (year, month, date) = day.civil
        var text = "", rest = Substring(format)
        while let first = rest.first {
            let run = rest.prefix { $0 == first }
            switch String(run) {
            case "yyyy": text += zeroPadded(year, 4)
            case "yy": text += zeroPadded(year % 100, 2)
            case "MM": text += zeroPadded(month, 2)
            case "M": text += "\(month)"
            case "dd": text += zeroPadded(date, 2)
            case "d": text += "\(date)"
            default: text += run
            }
            rest = rest.dropFirst(run.count)
        }
        return text
    }
}

extension TextTemplate {
    /// A text that asks for nothing.
    static func plain(_ text: String) -> TextTemplate { TextTemplate(pieces: [.literal(text)], text: text) }
}
