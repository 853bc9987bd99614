extension PathTemplate {
    /// The day that a path belongs to; nil when the path does not match, or the template names no day. Where wildcards
    /// leave a choice, the first reading from the left wins, each wildcard taking as little as it can.
    public func day(of path: String) -> Day? {
        guard hasDate, let fields = match(path, DateFields()) else { return nil }
        return fields.day
    }

    /// The hour that a path belongs to, by the clock of whoever wrote it; nil when the path does not match, or the template
    /// names no hour.
    public func hour(of path: String) -> PathHour? {
        guard hasHours, let fields = match(path, DateFields()), let day = fields.day, let hour = fields.hour else {
            return nil
        }
        return PathHour(day: day, hour: hour)
    }

    /// Whether a path is one of this template's: of `day` when one is given, else of any day.
    public func matches(_ path: String, for day: Day? = nil) -> Bool {
        match(path, DateFields(day)) != nil
    }

    /// Whether paths of this template may lie below a folder: of `day` when one is given, else of any day. Says yes
    /// rather than no.
    public func reachesInto(folder: String, for day: Day? = nil) -> Bool {
        match(folder.hasSuffix("/") ? folder : folder + "/", DateFields(day), isStart: true) != nil
    }

    private func match(_ path: String, _ fields: DateFields, isStart: Bool = false) -> DateFields? {
        let plain = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
        let matcher = Matcher(pieces: pieces, path: Array(plain.unicodeScalars), isStart: isStart)
        return matcher.match(piece: 0, at: 0, fields)
    }
}

/// What is known of a date while a path is read from left to right.
private struct DateFields {
    var year: Int?
    var month: Int?
    var dayOfMonth: Int?
    var hour: Int?

    init(_ day: Day? = nil) {
        guard let civil = day?.civil else { return }
        (year, month, dayOfMonth) = civil
    }

    /// The day, once all three are known; nil also when there is no such day.
    var day: Day? {
        guard let year, let month, let dayOfMonth else { return nil }
        return Day(year: year, month: month, day: dayOfMonth)
    }

    /// With one more number, or nil when that contradicts what is known.
    func adding(_ number: Int, _ field: PathTemplate.DateField) -> DateFields? {
        var fields = self
        let known: Int?
        switch field {
        case .year: (known, fields.year) = (year, number)
        case .shortYear: (known, fields.year) = (year, 2000 + number)
        case .month, .shortMonth: (known, fields.month) = (month, number)
        case .day, .shortDay: (known, fields.dayOfMonth) = (dayOfMonth, number)
        case .hour:
            guard number < 24 else { return nil }
            (known, fields.hour) = (hour, number)
        }
        if field == .shortYear, let known, known % 100 == number { return self }
        return known == nil || known == number || (field == .shortYear && known == 2000 + number) ? fields : nil
    }
}

/// Backtracking over a short pattern: at most (length of the path) to the power of (number of `*`) steps.
private struct Matcher {
    let pieces: [PathTemplate.Piece]
    let path: [Unicode.Scalar]
    /// Whether the path is the start of one only, up to a '/'.
    let isStart: Bool

    func match(piece: Int, at position: Int, _ fields: DateFields) -> DateFields? {
        if isStart && position == path.count { return fields }
        guard piece < pieces.count else { return position == path.count ? finished(fields) : nil }
        switch pieces[piece] {
        case .literal(let text):
            let scalars = text.unicodeScalars
            if isStart, scalars.count > path.count - position {
                return scalars.starts(with: path[position...]) ? fields : nil
            }
            guard path[position...].starts(with: scalars) else { return nil }
            return match(piece: piece + 1, at: position + scalars.count, fields)
        case .date(let field):
            return matchNumber(field, piece: piece, at: position, fields)
        case .anyText:
            return matchText(piece: piece, at: position, fields)
        case .anyCharacter, .oneOf:
            guard position < path.count, accepts(pieces[piece], at: position) else { return nil }
            return match(piece: piece + 1, at: position + 1, fields)
        case .anyFolders:
            return matchFolders(piece: piece, at: position, fields)
        }
    }

    /// A template with a date matches only days that exist.
    private func finished(_ fields: DateFields) -> DateFields? {
        pieces.contains(where: \.isDate) && fields.day == nil ? nil : fields
    }

    private func matchNumber(
        _ field: PathTemplate.DateField, piece: Int, at position: Int, _ fields: DateFields
    ) -> DateFields? {
        for count in field.digits.reversed() where position + count <= path.count {
            let digits = path[position..<position + count]
            guard digits.allSatisfy({ "0"..."9" ~= $0 }), count == field.digits.lowerBound || digits.first != "0" else {
                continue
            }
            let number = digits.reduce(0) { $0 * 10 + Int($1.value) - 48 }
            if let known = fields.adding(number, field),
                let matched = match(piece: piece + 1, at: position + count, known)
            {
                return matched
            }
        }
        return nil
    }

    private func matchText(piece: Int, at position: Int, _ fields: DateFields) -> DateFields? {
        var end = position
        while true {
            if let matched = match(piece: piece + 1, at: end, fields) { return matched }
            guard end < path.count, accepts(.anyCharacter, at: end) else { return nil }
            end += 1
        }
    }

    private func matchFolders(piece: Int, at position: Int, _ fields: DateFields) -> DateFields? {
        var start = position
        while true {
            if let matched = match(piece: piece + 1, at: start, fields) { return matched }
            guard start < path.count, !hides(at: start), let slash = path[start...].firstIndex(of: "/") else {
                return nil
            }
            start = slash + 1
        }
    }

    private func accepts(_ piece: PathTemplate.Piece, at position: Int) -> Bool {
        let scalar = path[position]
        guard scalar != "/", !hides(at: position) else { return false }
        guard case .oneOf(let ranges, let negated) = piece else { return true }
        return ranges.contains { $0.contains(scalar) } != negated
    }

    /// A dot at the start of a name hides a file or folder from wildcards.
    private func hides(at position: Int) -> Bool {
        path[position] == "." && (position == 0 || path[position - 1] == "/")
    }
}
