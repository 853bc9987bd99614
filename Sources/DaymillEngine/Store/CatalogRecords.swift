package import DaymillColumns

/// A line of a catalog file: what is known of one thing. The last line about a thing counts.
package protocol CatalogRecord: Sendable, Equatable {
    associatedtype Key: Hashable & Sendable

    /// The letter that a line of it begins with; the same in lower case says that the thing is gone.
    static var letter: String { get }
    var key: Key { get }
    /// The fields after the letter; the first one is the key.
    var fields: [String] { get }
    /// Nil when the line holds something else.
    init?(_ line: CheckedLines.Line)
    static func key(_ line: CheckedLines.Line) -> Key?
    /// The fields of the key, as they begin a line.
    static func fields(of key: Key) -> [String]
}

/// A file that has been seen, and what it held.
package struct FileRecord: CatalogRecord {
    package static let letter = "F"
    /// As people know it.
    package var path: String
    package var stamp: FileStamp
    package var content: ContentID
    /// Microseconds since 1970.
    package var seen: Int64
    /// Whether it was gone when it was looked for last. What it held stays known, should it come back.
    package var isGone = false

    package init(path: String, stamp: FileStamp, content: ContentID, seen: Int64) {
        self.path = path
        self.stamp = stamp
        self.content = content
        self.seen = seen
    }

    /// Paths are told apart by their bytes: names that only look the same are different files.
    package var key: PathBytes { PathBytes(path) }
    package static func key(_ line: CheckedLines.Line) -> PathBytes? { PathBytes(line.text(1)) }
    package static func fields(of key: PathBytes) -> [String] { [key.path] }

    package var fields: [String] {
        [
            path, String(stamp.size), String(stamp.modified), String(stamp.changed), String(stamp.inode),
            String(stamp.device), content.text, String(seen), isGone ? "gone" : "",
        ]
    }

    package init?(_ line: CheckedLines.Line) {
        guard let stamp = FileStamp(line, 2), let content = line.id(7), let seen = line.integer(8) else { return nil }
        self.init(path: line.text(1), stamp: stamp, content: content, seen: Int64(seen))
        isGone = line.text(9) == "gone"
    }
}

/// A path compared by its bytes, where Swift would take two spellings of one character for equal.
package struct PathBytes: Hashable, Sendable {
    package let path: String
    private let isASCII: Bool

    package init(_ path: String) {
        self.path = path
        isASCII = path.utf8.allSatisfy { $0 < 0x80 }
    }

    package static func == (a: PathBytes, b: PathBytes) -> Bool {
        a.path == b.path && (a.isASCII && b.isASCII || a.path.utf8.elementsEqual(b.path.utf8))
    }

    /// Equal bytes have equal characters, so the hash of these will do.
    package func hash(into hasher: inout Hasher) { hasher.combine(path) }
}

/// A stored segment.
package struct SegmentRecord: CatalogRecord {
    package static let letter = "S"

    /// A day inside, and what identifies its groups.
    package struct DayPart: Sendable, Equatable {
        /// Days since 1970-01-01; 0 in a segment without days.
        package var day: Int32
        package var digest: ContentID

        package init(day: Int32, digest: ContentID) {
            self.day = day
            self.digest = digest
        }
    }

    package var id: ContentID
    package var bytes: Int
    package var groups: Int
    package var rows: Int
    package var badRows: Int
    /// Microseconds since 1970.
    package var made: Int64
    /// Content id of the file it was made from; nil for merged ones.
    package var content: ContentID?
    /// Ids of the segments it was merged from; empty for the segment of a file.
    package var parts: [ContentID]
    /// Days that have groups, ascending.
    package var days: [DayPart]
    /// For people: the file, or the day that files were merged for.
    package var about: String
    /// For people: pipeline and step that made it first.
    package var madeFor: String

    package init(
        id: ContentID, bytes: Int, groups: Int, rows: Int, badRows: Int, made: Int64, content: ContentID?,
        parts: [ContentID], days: [DayPart], about: String, madeFor: String
    ) {
        self.id = id
        self.bytes = bytes
        self.groups = groups
        self.rows = rows
        self.badRows = badRows
        self.made = made
        self.content = content
        self.parts = parts
        self.days = days
        self.about = about
        self.madeFor = madeFor
    }

    /// What identifies the groups of a day; nil where it has none.
    package func digest(of day: Int32) -> ContentID? {
        var low = 0, high = days.count
        while low < high {
            let middle = (low + high) / 2
            if days[middle].day < day { low = middle + 1 } else { high = middle }
        }
        return low < days.count && days[low].day == day ? days[low].digest : nil
    }

    package var key: ContentID { id }
    package static func key(_ line: CheckedLines.Line) -> ContentID? { line.id(1) }
    package static func fields(of key: ContentID) -> [String] { [key.text] }

    package var fields: [String] {
        [
            id.text, String(bytes), String(groups), String(rows), String(badRows), String(made), content?.text ?? "",
            parts.map(\.text).joined(), days.map { String($0.day) }.joined(separator: " "),
            days.map(\.digest.text).joined(), about, madeFor,
        ]
    }

    package init?(_ line: CheckedLines.Line) {
        guard let id = line.id(1), let bytes = line.integer(2), let groups = line.integer(3),
            let rows = line.integer(4),
            let badRows = line.integer(5), let made = line.integer(6), let parts = line.ids(8),
            let digests = line.ids(10)
        else { return nil }
        let days = line.text(9).split(separator: " ").compactMap { Int32($0) }
        guard days.count == digests.count else { return nil }
        self.init(
            id: id, bytes: bytes, groups: groups, rows: rows, badRows: badRows, made: Int64(made), content: line.id(7),
            parts: parts, days: zip(days, digests).map { DayPart(day: $0, digest: $1) }, about: line.text(11),
            madeFor: line.text(12))
    }
}

/// A published output: what it is and what it was made of. Its receipt tells the rest.
package struct OutputRecord: CatalogRecord {
    package static let letter = "O"

    /// Which output: its date and its path, since parameters may give several a date.
    package struct Key: Hashable, Sendable {
        /// ISO.
        package var date: String
        /// Relative to the project's folder.
        package var output: String

        package init(date: String, output: String) {
            self.date = date
            self.output = output
        }
    }

    package var key: Key
    /// First and last day covered, ISO, with a space between; empty for everything.
    package var days: String
    /// Identity of the result's definition.
    package var definition: ContentID
    /// Identity of definition and contents of the files.
    package var inputs: ContentID
    /// Identity of definition and the days' groups: the output is fresh while this is what it would be made from.
    package var groups: ContentID
    /// The output's stamp when it was published.
    package var stamp: FileStamp
    /// Content id of the output.
    package var content: ContentID
    package var rows: Int
    /// Microseconds since 1970.
    package var made: Int64
    /// When it was last found equal to a computation on another path, in microseconds since 1970; nil: never.
    package var verified: Int64?
    /// By which engine.
    package var verifiedBy: String
    /// Counts the outputs that the step has made: what its run has audited follows from it.
    package var turn: Int
    /// How the window was put together, where not from its days alone: a `WindowOperator`.
    package var window: String

    package init(
        key: Key, days: String, definition: ContentID, inputs: ContentID, groups: ContentID, stamp: FileStamp,
        content: ContentID, rows: Int, made: Int64, verified: Int64? = nil, verifiedBy: String = "", turn: Int = 0,
        window: String = ""
    ) {
        self.key = key
        self.days = days
        self.definition = definition
        self.inputs = inputs
        self.groups = groups
        self.stamp = stamp
        self.content = content
        self.rows = rows
        self.made = made
        self.verified = verified
        self.verifiedBy = verifiedBy
        self.turn = turn
        self.window = window
    }

    package static func key(_ line: CheckedLines.Line) -> Key? { Key(date: line.text(1), output: line.text(2)) }
    package static func fields(of key: Key) -> [String] { [key.date, key.output] }

    package var fields: [String] {
        [
            key.date, key.output, days, definition.text, inputs.text, groups.text, String(stamp.size),
            String(stamp.modified), String(stamp.changed), String(stamp.inode), String(stamp.device), content.text,
            String(rows), String(made), verified.map(String.init) ?? "", verifiedBy,
            String(turn), window,
        ]
    }

    package init?(_ line: CheckedLines.Line) {
        guard let definition = line.id(4), let inputs = line.id(5), let groups = line.id(6),
            let stamp = FileStamp(line, 7), let content = line.id(12), let rows = line.integer(13),
            let made = line.integer(14)
        else { return nil }
        self.init(
            key: Key(date: line.text(1), output: line.text(2)), days: line.text(3), definition: definition,
            inputs: inputs, groups: groups, stamp: stamp, content: content, rows: rows, made: Int64(made),
            verified: line.integer(15).map(Int64.init), verifiedBy: line.text(16),
            turn: line.integer(17) ?? 0, window: line.text(18))
    }
}

extension FileStamp {
    /// From five fields of a line.
    fileprivate init?(_ line: CheckedLines.Line, _ first: Int) {
        guard let size = line.integer(first), let modified = line.integer(first + 1),
            let changed = line.integer(first + 2), let inode = line.integer(first + 3),
            let device = line.integer(first + 4), inode >= 0, device >= 0
        else { return nil }
        self.init(
            size: size, modified: Int64(modified), changed: Int64(changed), inode: UInt64(inode),
            device: UInt64(device))
    }
}
