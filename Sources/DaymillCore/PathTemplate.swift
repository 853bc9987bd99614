/// A path with places for a day, and maybe with wildcards: `input/{date}.csv`, `logs/{date:yyyy/MM/dd}/*.csv.gz`.
///
///     text       what stands there          in a path
///     {date}     the day                    2024-09-16
///     {date:F}   the day in the format F    yyyy yy MM M dd d, anything but letters between them; HH for its hour
///     *  ?       any text; any character    never a '/', never a dot that hides a file
///     [a-z] [!x] one character of a set
///     **/        any folders, also none
///     {name}     what a param stands for
///     {{  }}     a brace
///
/// `yy` is a year of 2000 to 2099. `M` and `d` have one or two digits. A path that names a day at all names it fully,
/// so that each path belongs to exactly one day, or hour. A leading `./` is dropped.
public struct PathTemplate: Hashable, Sendable {
    /// What the template consists of, from left to right.
    let pieces: [Piece]
    /// The text as written, with what params stand for.
    public let text: String

    enum Piece: Hashable, Sendable {
        case literal(String)
        case date(DateField)
        case anyText
        case anyCharacter
        case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)
        /// `**/`: any number of whole folders.
        case anyFolders
    }

    /// One number of a date, with the letters that stand for it.
    enum DateField: String, Hashable, Sendable, CaseIterable {
        case year = "yyyy"
        case shortYear = "yy"
        case month = "MM"
        case shortMonth = "M"
        case day = "dd"
        case shortDay = "d"
        /// 00 to 23.
        case hour = "HH"
    }

    init(pieces: [Piece], text: String) {
        self.pieces = pieces
        self.text = text
    }

    /// Whether the path differs from day to day.
    public var hasDate: Bool { pieces.contains { if case .date = $0 { true } else { false } } }

    /// Whether each path is of one hour.
    public var hasHours: Bool { pieces.contains(.date(.hour)) }

    /// Whether one day can have several paths.
    public var isGlob: Bool { pieces.contains(where: \.isWild) }

    /// Whether wildcards reach into folders of any depth (`**`).
    public var isRecursive: Bool { pieces.contains(.anyFolders) }

    /// Equal when they stand for the same paths, however the text is laid out.
    public static func == (a: PathTemplate, b: PathTemplate) -> Bool { a.pieces == b.pieces }

    public func hash(into hasher: inout Hasher) { hasher.combine(pieces) }
}

extension PathTemplate: CustomStringConvertible {
    public var description: String { text }
}

extension PathTemplate {
    /// The path of a day, or, when `isGlob`, the pattern that its paths match.
    public func render(for day: Day) -> String {
        pieces.map { $0.text(for: day) }.joined()
    }

    /// The path of an hour, or the pattern that its paths match.
    public func render(for hour: PathHour) -> String {
        pieces.map { $0 == .date(.hour) ? zeroPadded(hour.hour, 2) : $0.text(for: hour.day) }.joined()
    }

    /// The pattern that the paths of all days match; it may match others too, which `day(of:)` tells apart.
    public var everyDay: String {
        pieces.map { $0.text(for: nil) }.joined()
    }

    /// The deepest folder that holds all paths of a day, or of all days when nil; empty when that is the current
    /// folder.
    public func folder(for day: Day?) -> String {
        let wildFrom = pieces.firstIndex { $0.isWild || ($0.isDate && day == nil) } ?? pieces.endIndex
        let fixed = pieces[..<wildFrom].map { $0.text(for: day) }.joined()
        guard let slash = fixed.lastIndex(of: "/") else { return "" }
        return slash == fixed.startIndex ? "/" : String(fixed[..<slash])
    }
}

extension PathTemplate.Piece {
    var isDate: Bool { if case .date = self { true } else { false } }

    var isWild: Bool {
        switch self {
        case .date(.hour): true
        case .literal, .date: false
        case .anyText, .anyCharacter, .oneOf, .anyFolders: true
        }
    }

    /// As a glob has it; without a day a date's digits are wild.
    func text(for day: Day?) -> String {
        switch self {
        case .literal(let text): text
        case .date(let field): day.flatMap(field.text) ?? field.anyNumber
        case .anyText: "*"
        case .anyCharacter: "?"
        case .oneOf(let ranges, let negated): "[\(negated ? "!" : "")\(ranges.map(Self.text).joined())]"
        case .anyFolders: "**/"
        }
    }

    private static func text(_ range: ClosedRange<Unicode.Scalar>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}

extension PathTemplate.DateField {
    /// The digits of a day; nil where a day has many.
    func text(for day: Day) -> String? {
        let (year, month, day) = day.civil
        switch self {
        case .year: return zeroPadded(year, 4)
        case .shortYear: return zeroPadded(year % 100, 2)
        case .month: return zeroPadded(month, 2)
        case .shortMonth: return String(month)
        case .day: return zeroPadded(day, 2)
        case .shortDay: return String(day)
        case .hour: return nil
        }
    }

    /// How many digits it may have.
    var digits: ClosedRange<Int> {
        switch self {
        case .year: 4...4
        case .shortYear, .month, .day, .hour: 2...2
        case .shortMonth, .shortDay: 1...2
        }
    }

    var anyNumber: String {
        digits.count > 1 ? "*" : String(repeating: "[0-9]", count: digits.lowerBound)
    }
}
