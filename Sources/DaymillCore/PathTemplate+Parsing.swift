extension PathTemplate {
    /// Reads a template.
    ///
    /// - Parameter params: what `{name}` stands for, by name; taken as it is, without wildcards or braces of its own.
    /// - Throws: `TextProblem` whose offset points at the offending character.
    public static func parse(
        _ text: some StringProtocol, params: [String: String] = [:]
    ) throws(TextProblem) -> PathTemplate {
        var parser = PathTemplateParser(String(text), params)
        let pieces = try parser.parse()
        return PathTemplate(pieces: pieces, text: parser.filled)
    }
}

private struct PathTemplateParser {
    private typealias Piece = PathTemplate.Piece
    private typealias DateField = PathTemplate.DateField

    private let text: [Character]
    private var position = 0
    private var pieces: [Piece] = []
    /// Where each piece stands in the text.
    private var offsets: [Int] = []
    private let params: [String: String]
    /// The text up to `filledTo`, with what params stand for.
    private var filledText = ""
    private var filledTo = 0

    init(_ text: String, _ params: [String: String]) {
        self.text = Array(text)
        self.params = params
    }

    /// The text with what params stand for.
    var filled: String { filledText + String(text[filledTo...]) }

    mutating func parse() throws(TextProblem) -> [PathTemplate.Piece] {
        try checkWhole()
        if text.starts(with: "./") { position = 2 }
        while position < text.count { try parseNext() }
        try checkDate()
        return pieces
    }

    private mutating func parseNext() throws(TextProblem) {
        let start = position
        switch text[position] {
        case "{" where peek(1) == "{", "}" where peek(1) == "}":
            add(literal: text[position], at: start)
            position += 2
        case "{": try parseBraces()
        case "}": throw problem("'}' closes nothing", hint: "write '}}' for a brace in the path", at: start)
        case "*": try parseStar()
        case "?":
            add(.anyCharacter, at: start)
            position += 1
        case "[": try parseSet()
        default:
            add(literal: text[position], at: start)
            position += 1
        }
    }

    private mutating func parseStar() throws(TextProblem) {
        let start = position
        guard peek(1) == "*" else {
            add(.anyText, at: start)
            position += 1
            return
        }
        let standsAlone = (start == 0 || text[start - 1] == "/") && (peek(2) == "/" || peek(2) == nil)
        guard standsAlone else {
            throw problem(
                "'**' stands for whole folders", hint: "write it between slashes, as in 'logs/**/*.csv'", at: start)
        }
        add(.anyFolders, at: start)
        if peek(2) == nil { add(.anyText, at: start) }
        position += 3
    }

    private mutating func parseSet() throws(TextProblem) {
        let start = position
        position += 1
        let negated = peek(0) == "!" || peek(0) == "^"
        if negated { position += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let first = peek(0), first != "]" || ranges.isEmpty, first != "/" {
            let isRange = peek(1) == "-" && peek(2) != nil && peek(2) != "]"
            let last = isRange ? text[position + 2] : first
            guard let low = first.unicodeScalars.first, let high = last.unicodeScalars.first, low <= high else {
                throw problem(
                    "the range '\(first)-\(last)' runs backwards", hint: "write '\(last)-\(first)'", at: position)
            }
            ranges.append(low...high)
            position += isRange ? 3 : 1
        }
        guard peek(0) == "]" else {
            throw problem("'[' is not closed", hint: "write a set of characters such as [0-9]", at: start)
        }
        position += 1
        add(.oneOf(ranges, negated: negated), at: start)
    }

    private mutating func parseBraces() throws(TextProblem) {
        let start = position
        guard let close = text[start...].firstIndex(of: "}") else {
            throw problem(
                "'{' is not closed", hint: "write '{date}' for the day, '{{' for a brace in the path", at: start)
        }
        let inside = String(text[(start + 1)..<close])
        if inside == "date" {
            try parseFormat(Array("yyyy-MM-dd"), at: nil)
        } else if inside.hasPrefix("date:") {
            try parseFormat(Array(inside.dropFirst(5)), at: start + 6)
        } else if let value = params[inside] {
            for character in value { add(literal: character, at: start) }
            filledText += String(text[filledTo..<start]) + value
            filledTo = close + 1
        } else {
            throw unknownName(inside, at: start)
        }
        position = close + 1
    }

    /// Reads the letters of a format; `offset` is where it stands, nil for the built-in one.
    private mutating func parseFormat(_ format: [Character], at offset: Int?) throws(TextProblem) {
        let start = offset ?? position
        guard !format.isEmpty else {
            throw problem("the date has no format", hint: "write {date} or {date:yyyyMMdd}", at: start)
        }
        var index = 0
        while index < format.count {
            let letter = format[index]
            let at = offset.map { $0 + index } ?? position
            let run = format[index...].prefix { $0 == letter }.count
            if letter.isLetter || letter == "%" {
                guard let field = DateField(rawValue: String(repeating: letter, count: run)) else {
                    throw unknownFormat(letter, count: run, at: at)
                }
                add(.date(field), at: at)
                index += run
            } else if "*?[]{'\"".contains(letter) {
                throw problem(
                    "'\(letter)' cannot stand in the format of a date", hint: "move it out of the braces", at: at)
            } else {
                add(literal: letter, at: at)
                index += 1
            }
        }
    }

    private mutating func add(_ piece: PathTemplate.Piece, at offset: Int) {
        pieces.append(piece)
        offsets.append(offset)
    }

    private mutating func add(literal character: Character, at offset: Int) {
        if case .literal(let before)? = pieces.last {
            pieces[pieces.count - 1] = .literal(before + String(character))
        } else {
            add(.literal(String(character)), at: offset)
        }
    }

    private func peek(_ ahead: Int) -> Character? {
        position + ahead < text.count ? text[position + ahead] : nil
    }
}

// MARK: - Checks

extension PathTemplateParser {
    private func problem(_ message: String, hint: String, at offset: Int) -> TextProblem {
        TextProblem("in the path '\(String(text))': \(message)", hint: hint, offset: offset)
    }

    private func checkWhole() throws(TextProblem) {
        let whole = String(text)
        guard !text.isEmpty else {
            throw TextProblem("the path is empty", hint: "write one such as 'input/{date}.csv'")
        }
        if let odd = text.firstIndex(where: { $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }) {
            throw TextProblem("the path holds a control character", hint: "remove it", offset: odd)
        }
        if let colon = whole.firstRange(of: "://") {
            let scheme = whole[..<colon.lowerBound]
            throw TextProblem(
                "'\(scheme)://' paths are not there yet", hint: "use files of this machine or of a mounted volume",
                isLater: true)
        }
        if let dollar = whole.firstRange(of: "${") {
            let offset = whole.distance(from: whole.startIndex, to: dollar.lowerBound)
            throw TextProblem(
                "'${NAME}' in paths is not there yet", hint: "write the folder itself", offset: offset, isLater: true)
        }
        if text.starts(with: "~/") {
            throw problem("'~' is not replaced by your home folder", hint: "write the whole path", at: 0)
        }
        if text.last == "/" {
            throw problem(
                "it names a folder, not files", hint: "add the files, as in '\(whole){date}.csv'", at: text.count - 1)
        }
    }

    private func unknownName(_ name: String, at offset: Int) -> TextProblem {
        let plain = name.filter { $0 != " " }
        if plain == "date" || plain.hasPrefix("date:") {
            return problem("'{\(name)}' has spaces", hint: "write '{\(plain)}'", at: offset)
        }
        if name.contains(",") {
            return problem(
                "alternatives such as '{\(name)}' are not paths", hint: "give a list of paths, one for each", at: offset
            )
        }
        if let near = nearestWord(to: name, in: params.keys.sorted()) {
            return problem("'{\(name)}' is not known", hint: "did you mean '{\(near)}'?", at: offset)
        }
        let word = String(name.prefix { $0 != ":" })
        if ["day", "dt", "ds", "today", "yesterday", "run_date"].contains(word)
            || nearestWord(to: word, in: ["date"]) != nil
        {
            return problem("'{\(name)}' is not known", hint: "did you mean '{date}'?", at: offset)
        }
        if let field = DateField(rawValue: name) ?? DateField(rawValue: name.lowercased()) {
            return problem("'{\(name)}' is not known", hint: "write '{date:\(field.rawValue)}'", at: offset)
        }
        return problem(
            "'{\(name)}' is not known",
            hint: "braces take {date}, {date:yyyy/MM/dd} and names of 'params'; write '{{' for a brace", at: offset)
    }

    private func unknownFormat(_ letter: Character, count: Int, at offset: Int) -> TextProblem {
        let word = String(repeating: letter, count: count)
        if letter == "%" {
            return problem("'%' is not used in the format of a date", hint: "write it like yyyy-MM-dd", at: offset)
        }
        switch word {
        case "H", "hh", "h":
            return problem("'\(word)' is not part of a date", hint: "write 'HH' for the hour, 00 to 23", at: offset)
        case "Y", "YY", "YYYY", "D", "DD", "m", "mm":
            let right = letter == "m" ? word.uppercased() : word.lowercased()
            let meaning = letter == "Y" ? "the year" : letter == "D" ? "the day" : "the month"
            return problem("'\(word)' is not part of a date", hint: "write '\(right)' for \(meaning)", at: offset)
        default:
            return problem(
                "'\(word)' is not part of a date", hint: "a format takes yyyy, yy, MM, M, dd, d and HH", at: offset)
        }
    }

    /// A date is whole, and numbers without a fixed width stand where their end can be seen.
    private func checkDate() throws(TextProblem) {
        let fields = Set(pieces.compactMap { if case .date(let field) = $0 { field } else { nil } })
        guard !fields.isEmpty else { return }
        let wanted: [(Set<PathTemplate.DateField>, String)] = [
            ([.year, .shortYear], "year (yyyy)"), ([.month, .shortMonth], "month (MM)"),
            ([.day, .shortDay], "day (dd)"),
        ]
        let missing = wanted.filter { $0.0.isDisjoint(with: fields) }.map(\.1)
        let first = pieces.firstIndex(where: \.isDate) ?? 0
        guard missing.isEmpty else {
            throw problem(
                "its date has no \(missing.joined(separator: " and no "))",
                hint: "name the whole day, so that each path belongs to one day", at: offsets[first])
        }
        for index in pieces.indices { try checkWidth(at: index) }
    }

    private func checkWidth(at index: Int) throws(TextProblem) {
        guard case .date(let field) = pieces[index], field.digits.count > 1 else { return }
        let before = index > 0 ? pieces[index - 1] : nil
        let after = index + 1 < pieces.count ? pieces[index + 1] : nil
        guard touches(before, \.last) || touches(after, \.first) else { return }
        let padded = field == .shortDay ? "dd" : "MM"
        throw problem(
            "nobody can tell where '\(field.rawValue)' ends", hint: "write '\(padded)' for two digits always",
            at: offsets[index])
    }

    /// Whether a neighbour may have a digit at the end that touches.
    private func touches(_ piece: PathTemplate.Piece?, _ end: (String) -> Character?) -> Bool {
        switch piece {
        case nil: false
        case .literal(let text)?: end(text)?.isNumber ?? false
        case .anyFolders?: false
        default: true
        }
    }
}
