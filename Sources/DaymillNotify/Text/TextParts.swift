import DaymillCore

/// A long text in several parts.
enum TextParts {
    /// Parts of at most `unitsMax` UTF-16 units, cut at line ends where lines are not longer, else at spaces. Empty
    /// ones are left out. What does not fit into `partsMax` parts is left out too, and the last part says how much that
    /// is.
    static func parts(_ text: String, unitsMax: Int, partsMax: Int) -> [String] {
        var parts = pieces(of: text, unitsMax)
        guard parts.count > partsMax else { return parts }
        // Enough for the note, whatever number is in it.
        let last = pieces(of: parts[partsMax - 1], unitsMax - 60)[0]
        let left = parts[partsMax...].reduce(parts[partsMax - 1].count - last.count) { $0 + $1.count }
        parts.removeSubrange((partsMax - 1)...)
        return parts + ["\(last)\n… (\(left) characters more are left out)"]
    }

    private static func pieces(of text: String, _ unitsMax: Int) -> [String] {
        var parts: [String] = []
        var current = ""
        var room = unitsMax
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var rest = line
            var units = rest.utf16.count
            while true {
                let isCut = units > room
                // What fits into a part of its own is not cut, and nobody wants the first three words of a line.
                if !isCut || (units > unitsMax && room > unitsMax / 4) {
                    let end = isCut ? place(toCut: rest, room) : rest.endIndex
                    current += rest[..<end]
                    rest = rest[end...]
                }
                guard isCut else { break }
                parts.append(current)
                (current, room, units) = ("", unitsMax, rest.utf16.count)
            }
            // With the line break after it, should another line come.
            current += "\n"
            room = max(0, room - units - 1)
        }
        return (parts + [current]).map(\.trimmed).filter { !$0.isEmpty }
    }

    /// After the last space in the second half; else between two characters; else between two scalars of a monstrous
    /// one.
    private static func place(toCut line: Substring, _ unitsMax: Int) -> String.Index {
        let limit = line.utf16.index(line.startIndex, offsetBy: unitsMax)
        let half = line.utf16.index(line.startIndex, offsetBy: unitsMax / 2)
        if let space = line[half..<limit].lastIndex(of: " ") { return line.index(after: space) }
        // No character that people write has more units than this.
        let nearby = (0...min(64, unitsMax - 1)).lazy.map { line.utf16.index(limit, offsetBy: -$0) }
        if let character = nearby.first(where: { String.Index($0, within: line) != nil }) { return character }
        return nearby.first { !UTF16.isTrailSurrogate(line.utf16[$0]) } ?? limit
    }
}
