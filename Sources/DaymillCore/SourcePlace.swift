/// A position in a text file that a person wrote: `pipelines/shop.yaml:14:11`.
public struct SourcePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The path as the user would type it.
    public var file: String
    /// The line, from 1; nil when only the file is known.
    public var line: Int?
    /// The column in characters, from 1; nil when only the line is known.
    public var column: Int?

    public init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String {
        [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
    }

    /// Reading order: by file, then line, then column.
    public static func < (a: SourcePlace, b: SourcePlace) -> Bool {
        (a.file, a.line ?? 0, a.column ?? 0) < (b.file, b.line ?? 0, b.column ?? 0)
    }
}
