import DaymillCore

/// The text of a file as the YAML library counts it: Unicode scalars in lines. It turns positions into places.
package struct YAMLText: Sendable {
    /// The path as the user would type it.
    package let file: String
    let scalars: [Unicode.Scalar]
    /// Where each line starts in `scalars`; never empty.
    private let lineStarts: [Int]

    /// - Parameter text: the whole file; a byte order mark at its start is dropped.
    package init(_ text: String, file: String) {
        self.file = file
        scalars = Array(
            text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...])
        lineStarts = Self.lineStarts(scalars)
    }

    var string: String { Self.string(scalars[...]) }

    /// The start of the file.
    var start: SourcePlace { SourcePlace(file: file, line: 1, column: 1) }

    /// The position of a mark of the YAML library: line and column in scalars, both from 1.
    func index(line: Int, column: Int) -> Int {
        guard line <= lineStarts.count else { return scalars.count }
        let start = lineStarts[max(line, 1) - 1]
        return min(start + max(column, 1) - 1, scalars.count)
    }

    /// Line, and column in characters as an editor counts them.
    func place(at index: Int) -> SourcePlace {
        let line = line(of: index)
        let column = Self.string(scalars[lineStarts[line]..<min(index, scalars.count)]).count + 1
        return SourcePlace(file: file, line: line + 1, column: column)
    }

    /// The last line that starts at or before a position, from 0.
    private func line(of index: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }

    /// The position of a tab that indents a line (from 1) or one beside it.
    func tabIndent(near line: Int) -> Int? {
        let starts = [line - 1, line, line + 1].filter { 1...lineStarts.count ~= $0 }.map { lineStarts[$0 - 1] }
        return starts.compactMap { start in
            scalars[start...].firstIndex { $0 != " " }.flatMap { scalars[$0] == "\t" ? $0 : nil }
        }.first
    }

    static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// What the YAML library takes for the end of a line.
    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private static func lineStarts(_ scalars: [Unicode.Scalar]) -> [Int] {
        var starts = [0]
        for (index, scalar) in scalars.enumerated() where isBreak(scalar) {
            let isFirstOfTwo = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
            if !isFirstOfTwo { starts.append(index + 1) }
        }
        return starts
    }
}
