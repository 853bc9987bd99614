import DaymillCore

/// A mistake in SQL text, before its position is mapped to the user's file.
struct SQLProblem: Hashable {
    var code: ErrorCode = .sqlInvalid
    /// The byte of the SQL text it starts at.
    var offset: Int
    var message: String
    var hint: String = ""

    /// SQL that is right, but that Daymill does not do.
    static func unsupported(_ offset: Int, _ message: String, _ hint: String) -> SQLProblem {
        SQLProblem(code: .unsupported, offset: offset, message: message, hint: hint)
    }
}

// The wording, one factory for each kind of mistake that more than one place can find.
extension SQLProblem {
    static func unknownColumn(
        _ name: String, of source: String, columns: [String], isQuoted: Bool, at offset: Int
    ) -> Self {
        let near = nearestWord(to: name, in: columns)
        let list = columns.isEmpty ? "it has no columns" : "its columns are \(columns.joined(separator: ", "))"
        let meant = near.map { "did you mean '\(identifier($0))'?" } ?? list
        let hint = isQuoted && near == nil ? "text is written in single quotes: '\(name)'; \(list)" : meant
        return SQLProblem(offset: offset, message: "source '\(source)' has no column '\(name)'", hint: hint)
    }

    static func ambiguousColumn(_ name: String, matches: [String], at offset: Int) -> Self {
        let quoted = matches.map { "\"\($0)\"" }.joined(separator: " or ")
        return SQLProblem(
            offset: offset, message: "column '\(name)' is ambiguous", hint: "write \(quoted), with the quotes")
    }

    static func unknownSource(_ name: String, sources: [String], at offset: Int) -> Self {
        let meant = nearestWord(to: name, in: sources).map { "did you mean '\(identifier($0))'?" }
        let list =
            sources.isEmpty
            ? "declare it under 'sources'" : "the sources are \(sources.map(identifier).joined(separator: ", "))"
        return SQLProblem(offset: offset, message: "there is no source '\(name)'", hint: meant ?? list)
    }

    static func notGrouped(_ name: String, clause: String, at offset: Int) -> Self {
        SQLProblem(
            offset: offset,
            message: "column '\(name)' in \(clause) must appear in GROUP BY or inside an aggregate",
            hint: "add \(identifier(name)) to GROUP BY, or write for example max(\(identifier(name)))")
    }

    static func notSelected(_ name: String, clause: String, at offset: Int) -> Self {
        SQLProblem(
            offset: offset, message: "column '\(name)' in \(clause) must be an output of SELECT DISTINCT",
            hint: "add \(identifier(name)) to the select list, or leave it out here")
    }

    static func misplacedAggregate(_ function: String, in clause: String, at offset: Int) -> Self {
        let hint =
            switch clause {
            case "WHERE": "WHERE chooses rows before they are grouped; move the condition to HAVING"
            case "GROUP BY": "group by a column or an expression of columns"
            case "LIMIT", "OFFSET": "write a whole number"
            default: "an aggregate's argument is computed for each row; aggregate only once"
            }
        return SQLProblem(
            offset: offset, message: "aggregate \(function)() cannot stand inside \(clause)", hint: hint)
    }

    static func wrongType(_ what: String, wants: String, got: SQLType, at offset: Int, hint: String) -> Self {
        SQLProblem(offset: offset, message: "\(what) must be \(wants), but is \(got)", hint: hint)
    }

    static func incomparable(_ a: SQLType, _ b: SQLType, what: String, at offset: Int) -> Self {
        SQLProblem(
            offset: offset, message: "\(what) cannot combine \(a) with \(b)", hint: bridge(from: a, to: b))
    }

    static func badLiteral(_ text: String, as type: SQLType, at offset: Int) -> Self {
        SQLProblem(offset: offset, message: "'\(shortened(text))' is no \(type)", hint: spelling(of: type))
    }

    static func clock(_ function: String, at offset: Int) -> Self {
        .unsupported(
            offset, "\(function) would make the output depend on when it is computed",
            "an output depends on its inputs alone: let the step's window choose the days, "
                + "or compare with the event-time column")
    }

    static func wordAsColumn(_ name: String, column: String, at offset: Int) -> Self {
        SQLProblem(
            offset: offset, message: "'\(name)' is a word of SQL",
            hint: "as a column write \"\(column)\", with the quotes")
    }

    static func openInterval(at offset: Int) -> Self {
        .unsupported(
            offset, "an interval with months or years has no fixed length",
            "it can be added to or subtracted from a date or timestamp; elsewhere write days")
    }
}

extension SQLProblem {
    /// How a value of a type is written, for the end of a message about one that is not.
    static func spelling(of type: SQLType) -> String {
        switch type {
        case .text: "write it in single quotes"
        case .integer: "write digits, such as 42"
        case .decimal: "write digits and a point, such as 12.50"
        case .double: "write a number, such as 0.5 or 1e9"
        case .boolean: "write true or false"
        case .date: "write a day that exists as YYYY-MM-DD, such as '2024-09-15'"
        case .timestamp: "write YYYY-MM-DD HH:MM:SS, such as '2024-09-15 03:11:30'"
        case .interval: "write a number and a unit, such as '90 minutes' or '1 day 12 hours'"
        }
    }

    /// What to write where two types meet that have nothing in common.
    static func bridge(from a: SQLType, to b: SQLType) -> String {
        switch (a, b) {
        case (.text, let other), (let other, .text):
            "cast the text with ::\(other.castWord), or the other side with ::text"
        case (.interval, let other) where other.isTime, (let other, .interval) where other.isTime:
            "compare with a time: \(other == .date ? "date" : "timestamp") + interval '1 day'"
        case (.boolean, let other) where other.isNumeric, (let other, .boolean) where other.isNumeric:
            "turn the boolean into a number with ::integer"
        case (.interval, let other) where other.isNumeric, (let other, .interval) where other.isNumeric:
            "use extract(epoch FROM ...), which gives seconds, or write interval '1 day'"
        case (.date, let other) where other.isNumeric, (let other, .date) where other.isNumeric,
            (.timestamp, let other) where other.isNumeric, (let other, .timestamp) where other.isNumeric:
            "use extract(epoch FROM ...), or write the date in single quotes: '2024-09-15'"
        default: "cast one side to the type of the other"
        }
    }

    /// How a value of a type that is no number becomes one, beside a number of another type.
    static func numberHint(_ type: SQLType, beside number: SQLType) -> String {
        switch type {
        case .text where number.isNumeric: "cast the text with ::\(number.castWord)"
        case .text: "cast it with ::integer, ::decimal(18,2) or ::double precision"
        case .boolean: "turn the boolean into a number with ::integer"
        default: "use extract(epoch FROM ...)"
        }
    }

    /// A name as it must be written in SQL: quoted where it would not be understood otherwise.
    static func identifier(_ name: String) -> String {
        let isPlain =
            name.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 32 && byte > 64 || byte == UInt8(ascii: "_")
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            } && name.first.map { !$0.isNumber } == true && !SQLText.reservedWords.contains(name.lowercased())
        return isPlain
            ? name : "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    /// Long literals are cut; a message is no place for them.
    static func shortened(_ text: String, to countMax: Int = 40) -> String {
        text.count <= countMax ? text : text.prefix(countMax - 3) + "..."
    }
}
